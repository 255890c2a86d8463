"""Where the runbooks are published, told to Prometheus: so that dashboards link to them too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.alerting.rules import Group, Recording

if TYPE_CHECKING:
    from service.settings.alerts import Alerts

RUNBOOKS: Final = "all:cx_runbooks:info"


def runbooks_group(alerts: Alerts) -> Group:
    """The address is the label `url`; the value is always 1."""
    told = Recording(RUNBOOKS, "vector(1)", {"url": alerts.runbooks.rstrip("/")})
    return Group("contact-metrics-runbooks", "1m", (told,))
