"""What `contact-metrics check` looks at, before the service has to find it out."""

from service.cli.preflight.finding import Finding
from service.cli.preflight.inspection import inspect

__all__ = ["Finding", "inspect"]
