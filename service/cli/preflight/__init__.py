"""What `contact-metrics check` looks at, before the service has to find it out."""

from service.cli.preflight.finding import Finding
from service.cli.preflight.inspection import inspect
from service.cli.preflight.listening import may_listen

__all__ = ["Finding", "inspect", "may_listen"]
