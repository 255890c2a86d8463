"""What the numbers mean here: the settings of the domain, in one immutable value.

Every duration is an integer number of microseconds, so that sums and comparisons are exact
("exactly on target is met" must not depend on floating point). The names are those of the
configuration file; :mod:`service.settings` turns files and environment into this value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
UNITS = {"us": 1, "ms": 1000, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}


def duration_text(microseconds: int) -> str:
    """A duration as the configuration has it, in the greatest unit that suits: `30s`, `2h`."""
    for unit in ("w", "d", "h", "m", "s", "ms"):
        if microseconds and microseconds % UNITS[unit] == 0:
            return f"{microseconds // UNITS[unit]}{unit}"
    return f"{microseconds}us"


def label_form(label: str, *, lowercase: bool) -> str:
    """A label as it counts: without the blanks around it, perhaps without capitals."""
    label = label.strip()
    return label.lower() if lowercase else label


@dataclass(frozen=True, slots=True)
class Window:
    """A sliding window of `length`, moving in buckets of `step`, of which it is a multiple."""

    name: str
    length: int
    step: int


@dataclass(frozen=True, slots=True)
class CalendarWindow:
    """A window of local days: `today`, `yesterday`, `this_week` or `this_month`.

    `timezone` is an IANA name; `week_starts` a weekday, 0 being Monday.
    """

    name: str
    timezone: str = "UTC"
    week_starts: int = 0

    @property
    def length(self) -> int:
        """How far back it reaches at most, clocks that were changed meanwhile included."""
        days = {"today": 1, "yesterday": 2, "this_week": 7, "this_month": 31}
        return days[self.name] * DAY + HOUR


@dataclass(frozen=True, slots=True)
class RepeatWindow:
    """How long after a contact was closed a further one of the same match still is its repeat."""

    name: str
    length: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """When an office is open, by the clocks of its time zone (an IANA name).

    Hours are (opens, closes), microseconds since local midnight, by weekday from Monday on; those
    that close later than at 24 hours run into the next day.
    """

    timezone: str
    hours: tuple[tuple[tuple[int, int], ...], ...]
    #: The country, `DE`, or the subdivision of one, `DE-BY`, whose holidays have no hours.
    holidays: str | None = None
    #: Further dates without hours, and dates with hours of their own, whatever else is said.
    closed: frozenset[date] = frozenset()
    open: Mapping[date, tuple[tuple[int, int], ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )


@dataclass(frozen=True, slots=True)
class Targets:
    """SLA targets of one kind of contact; None: not judged."""

    first_response: int | None = None
    resolution: int | None = None


#: The name of the SLA table for all channels that have none of their own.
OTHERS = "default"


@dataclass(frozen=True, slots=True)
class Sla:
    """Targets by channel, a channel's priority, and for all other channels.

    A priority of `OTHERS` is one of every channel that has no targets of its own.
    """

    by_channel: Mapping[str, Targets] = field(default_factory=lambda: MappingProxyType({}))
    by_priority: Mapping[tuple[str, str], Targets] = field(
        default_factory=lambda: MappingProxyType({})
    )
    default: Targets = Targets()
    #: By channel, or `OTHERS`: the name of the calendar by which its targets count.
    calendars: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def targets(self, channel: str, priority: str | None) -> Targets:
        """The targets a contact of this channel and priority is judged by.

        A target that the priority leaves open is the channel's.
        """
        of_channel = self.by_channel.get(channel, self.default)
        if priority is None:
            return of_channel
        own = self.by_priority.get((channel, priority))
        if own is None and channel not in self.by_channel:
            own = self.by_priority.get((OTHERS, priority))
        if own is None:
            return of_channel
        return Targets(
            of_channel.first_response if own.first_response is None else own.first_response,
            of_channel.resolution if own.resolution is None else own.resolution,
        )

    def all_targets(self) -> tuple[Targets, ...]:
        """Every set of targets that a contact can be judged by."""
        combined = (self.targets(channel, priority) for channel, priority in self.by_priority)
        return (*self.by_channel.values(), *combined, self.default)


def _seconds(*values: int) -> tuple[int, ...]:
    return tuple(value * SECOND for value in values)


@dataclass(frozen=True, slots=True)
class Definitions:
    """Everything a KPI's definition depends on. Two equal values give equal numbers."""

    windows: tuple[Window, ...] = (
        Window("5m", 5 * MINUTE, 15 * SECOND),
        Window("1h", HOUR, MINUTE),
        Window("24h", DAY, 15 * MINUTE),
        Window("7d", 7 * DAY, HOUR),
    )
    calendar_windows: tuple[CalendarWindow, ...] = ()
    repeat_windows: tuple[RepeatWindow, ...] = (
        RepeatWindow("2h", 2 * HOUR),
        RepeatWindow("24h", DAY),
        RepeatWindow("7d", 7 * DAY),
    )
    repeat_match: Literal["reason", "customer"] = "reason"
    sla: Sla = Sla(
        by_channel=MappingProxyType(
            {
                "voice": Targets(20 * SECOND, 4 * HOUR),
                "chat": Targets(60 * SECOND, 4 * HOUR),
                "email": Targets(4 * HOUR, 48 * HOUR),
                "social": Targets(HOUR, DAY),
            }
        ),
        default=Targets(HOUR, DAY),
    )
    short_abandon: int = 5 * SECOND
    at_risk_fraction: float = 0.75
    first_response_buckets: tuple[int, ...] = _seconds(
        5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 14400, 86400, 604800
    )
    resolution_buckets: tuple[int, ...] = _seconds(
        60, 300, 900, 1800, 3600, 7200, 14400, 28800, 86400, 172800, 345600, 604800, 2592000
    )
    backlog_age_buckets: tuple[int, ...] = _seconds(
        300, 900, 3600, 14400, 28800, 86400, 259200, 604800
    )
    allowed_lateness: int = 30 * SECOND
    open_horizon: int = 30 * DAY
    contact_responded: bool = False
    contact_updated: bool = False
    contact_evaluated: bool = False
    #: Whether agents are told of: their states, shifts and employments.
    agents: bool = False
    max_label_values: int = 100
    #: Allow-list of a label dimension (`channel`, `queue`, `reason`); without one the first
    #: `max_label_values` values of the group's list are kept.
    allowed_labels: Mapping[str, frozenset[str]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    #: Labels that count without capitals.
    lowercase_labels: frozenset[str] = frozenset({"channel"})
    #: Ids, in lower case, that stand for customers nobody knows.
    anonymous_customers: frozenset[str] = frozenset(
        {"anonymous", "unknown", "restricted", "private"}
    )
    #: Whether numbers are told by team too.
    teams: bool = False
    calendars: Mapping[str, Calendar] = field(default_factory=lambda: MappingProxyType({}))
    #: The calendar of a queue, by its name; it goes before that of the channel's targets.
    queue_calendars: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def counts_time(self) -> bool:
        """Whether counted time can be another than all time."""
        return self.contact_updated or bool(self.calendars)

    def calendar(self, channel: str, queue: str | None) -> str | None:
        """The name of a contact's calendar; None: all time is business time."""
        own = None if queue is None else self.queue_calendars.get(queue)
        if own is not None:
            return own
        if channel in self.sla.calendars or channel in self.sla.by_channel:
            return self.sla.calendars.get(channel)
        return self.sla.calendars.get(OTHERS)

    @property
    def all_windows(self) -> tuple[Window | CalendarWindow, ...]:
        """The windows of the gauges: sliding ones first."""
        return (*self.windows, *self.calendar_windows)

    @property
    def retention(self) -> int:
        """How long a closed contact, or an orphan part, stays in the state."""
        longest_window = max(window.length for window in self.all_windows)
        longest_repeat = max(window.length for window in self.repeat_windows)
        return longest_window + longest_repeat + self.allowed_lateness
