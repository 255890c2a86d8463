"""The settings of the contract, with its names and defaults. Durations are seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

MICROSECONDS: Final = 1_000_000
MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

Seconds = int | float
#: First response and resolution; None: not judged.
Targets = tuple[Seconds | None, Seconds | None]


@cache
def micro(seconds: Seconds) -> int:
    """Microseconds of a setting in seconds, exactly as it is written (0.1 is 100,000)."""
    return int(Decimal(str(seconds)) * MICROSECONDS)


#: Opening and closing in minutes since midnight; past midnight where more than a day's.
Hours = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class ReferenceCalendar:
    """Office hours; dates are written as ISO 8601 has them."""

    timezone: str = "UTC"
    #: From Monday on, always seven.
    hours: tuple[Hours, ...] = ((),) * 7
    holidays: str | None = None
    closed: frozenset[str] = frozenset()
    open: tuple[tuple[str, Hours], ...] = ()


@dataclass(frozen=True)
class ReferenceSettings:
    #: Name: length, bucket length.
    windows: Mapping[str, tuple[Seconds, Seconds]] = field(
        default_factory=lambda: {
            "5m": (5 * MINUTE, 15),
            "1h": (HOUR, MINUTE),
            "24h": (DAY, 15 * MINUTE),
            "7d": (7 * DAY, HOUR),
        }
    )
    repeat_windows: Mapping[str, Seconds] = field(
        default_factory=lambda: {"2h": 2 * HOUR, "24h": DAY, "7d": 7 * DAY}
    )
    repeat_match: Literal["reason", "customer"] = "reason"
    #: By channel, and `default`.
    sla: Mapping[str, Targets] = field(
        default_factory=lambda: {
            "voice": (20, 14400),
            "chat": (60, 14400),
            "email": (14400, 172800),
            "social": (3600, 86400),
            "default": (3600, 86400),
        }
    )
    #: By channel and priority; a target that is None here is the channel's.
    sla_priority: Mapping[tuple[str, str], Targets] = field(default_factory=dict)
    short_abandon: Seconds = 5
    at_risk_fraction: float = 0.75
    first_response_buckets: tuple[Seconds, ...] = (
        *(5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 14400, 86400, 604800),
    )
    resolution_buckets: tuple[Seconds, ...] = (
        *(60, 300, 900, 1800, 3600, 7200, 14400, 28800, 86400, 172800, 345600, 604800, 2592000),
    )
    backlog_age_buckets: tuple[Seconds, ...] = (
        *(300, 900, 3600, 14400, 28800, 86400, 259200, 604800),
    )
    allowed_lateness: Seconds = 30
    open_horizon: Seconds = 30 * DAY
    contact_responded: bool = False
    contact_updated: bool = False
    contact_evaluated: bool = False
    agents: bool = False
    customer_changed: bool = False
    left_after: Seconds = 7 * DAY
    teams: bool = False
    calendar_windows: tuple[str, ...] = ()
    #: Of the calendar windows.
    timezone: str = "UTC"
    week_starts: str = "monday"
    calendars: Mapping[str, ReferenceCalendar] = field(default_factory=dict)
    #: By queue: the name of its calendar.
    queue_calendars: Mapping[str, str] = field(default_factory=dict)
    #: By channel of `sla`, or `default`: the name of its table's calendar.
    sla_calendars: Mapping[str, str] = field(default_factory=dict)
    lowercase_labels: tuple[str, ...] = ("channel",)
    anonymous_customers: tuple[str, ...] = ("anonymous", "unknown", "restricted", "private")
    max_label_values: int = 100
    #: Dimension (`channel`, `queue`, `reason`, `team`, `segment`): the values it may take.
    allowed_labels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    max_event_bytes: int = 65_536
    max_future_skew: Seconds = 300

    @property
    def counts_time(self) -> bool:
        """Whether counted durations are told beside the plain ones."""
        return self.contact_updated or bool(self.calendars)

    def calendar(self, channel: str, queue: str | None) -> ReferenceCalendar | None:
        """That of the queue, else of the channel's SLA table; None: all time is business time."""
        table = channel if channel in self.sla else "default"
        name = self.queue_calendars.get(queue) if queue is not None else None
        name = name or self.sla_calendars.get(table)
        return None if name is None else self.calendars[name]

    def targets(self, channel: str, priority: str | None) -> Targets:
        """A contact is judged by the targets of its channel, else of `default`."""
        default = self.sla.get("default", (None, None))
        of_channel = self.sla.get(channel, default)
        if of_channel == (None, None) and self._says_more(channel):
            # Such a table says nothing of the channel's targets; only an empty one says: none.
            of_channel = default
        own = self.sla_priority.get((channel, priority)) if priority is not None else None
        if own is None:
            return of_channel
        return (
            of_channel[0] if own[0] is None else own[0],
            of_channel[1] if own[1] is None else own[1],
        )

    def _says_more(self, channel: str) -> bool:
        """Whether the channel's table has a calendar, or targets of a priority."""
        return channel in self.sla_calendars or channel in {of for of, _ in self.sla_priority}
