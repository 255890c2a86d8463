"""What `contact-metrics check` looks at, before the service has to find it out."""

from service.cli.preflight.feeds import examine_registry
from service.cli.preflight.finding import Finding
from service.cli.preflight.inspection import inspect
from service.cli.preflight.listening import may_listen, reachable_by_others

__all__ = ["Finding", "examine_registry", "inspect", "may_listen", "reachable_by_others"]
