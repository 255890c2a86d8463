"""Sums over what is open, for alerts: what is missing in a hand-over of partitions is no relief."""

from __future__ import annotations

from typing import Final

from service.alerting.partitions import when_complete
from service.alerting.rules import Recording

#: Open contacts by how they stand to their targets.
STANDING: Final = Recording(
    "channel_target_state:cx_sla_open_contacts:sum",
    when_complete("sum by (channel, target, state) (cx_sla_open_contacts)"),
)
OLDEST: Final = Recording(
    "channel:cx_backlog_oldest_age_seconds:max",
    when_complete("max by (channel) (cx_backlog_oldest_age_seconds)"),
)


def lately(record: str) -> str:
    """The last value of such a sum; a hand-over takes a quarter of an hour at most."""
    return f"last_over_time({record}[15m])"
