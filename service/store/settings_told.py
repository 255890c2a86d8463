"""Definitions in the words of the configuration: what differs between two, and which they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from service.definitions import (
    DAY,
    HOUR,
    MINUTE,
    OTHERS,
    Calendar,
    Definitions,
    Sla,
    Targets,
    duration_text,
)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: The value of a setting that is not there.
ABSENT = "none"


class Difference(NamedTuple):
    """A setting that has another value, both as text."""

    setting: str
    former: str
    now: str


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[Difference]:
    """The settings that differ between two of what :func:`told` tells."""
    return [
        Difference(name, before.get(name, ABSENT), after.get(name, ABSENT))
        for name in dict.fromkeys((*after, *before))
        if before.get(name) != after.get(name)
    ]


def written(definitions: Definitions) -> bytes:
    """What is told of them as JSON: equal for equal definitions."""
    return json.dumps(told(definitions), sort_keys=True).encode()


def read(value: bytes) -> dict[str, str]:
    """The opposite of :func:`written`. Raises ValueError."""
    return msgspec.json.decode(value, type=dict[str, str])


def digest(value: bytes) -> str:
    """A short name of what was written: in all likelihood another one for other definitions."""
    return hashlib.sha256(value).hexdigest()[:12]


def told(definitions: Definitions) -> dict[str, str]:
    """Each setting that the numbers depend on, as text."""
    return dict(_told(definitions))


def _told(definitions: Definitions) -> Iterator[tuple[str, str]]:
    yield (
        "windows",
        _listed(f"{it.name} by {duration_text(it.step)}" for it in definitions.windows),
    )
    yield (
        "calendar_windows",
        _listed(
            f"{it.name} in {it.timezone}, weeks from {WEEKDAYS[it.week_starts]}"
            for it in definitions.calendar_windows
        ),
    )
    yield "repeat_windows", _listed(window.name for window in definitions.repeat_windows)
    yield "repeat_match", definitions.repeat_match
    for table, targets in _tables(definitions.sla).items():
        yield f"sla.{table}.first_response", _target(targets.first_response)
        yield f"sla.{table}.resolution", _target(targets.resolution)
    for table, name in sorted(definitions.sla.calendars.items()):
        yield f"sla.{table}.calendar", name
    for name, calendar in sorted(definitions.calendars.items()):
        for key, value in _calendar(calendar):
            yield f"calendars.{name}.{key}", value
    for queue, name in sorted(definitions.queue_calendars.items()):
        yield f"queue_calendars.{queue}", name
    yield "short_abandon", duration_text(definitions.short_abandon)
    yield "at_risk_fraction", f"{definitions.at_risk_fraction:g}"
    for name, bounds in (
        ("first_response_buckets", definitions.first_response_buckets),
        ("resolution_buckets", definitions.resolution_buckets),
        ("backlog_age_buckets", definitions.backlog_age_buckets),
    ):
        yield name, _listed(map(duration_text, bounds))
    yield "allowed_lateness", duration_text(definitions.allowed_lateness)
    yield "open_horizon", duration_text(definitions.open_horizon)
    yield "contact_responded", str(definitions.contact_responded).lower()
    yield "contact_updated", str(definitions.contact_updated).lower()
    yield "contact_evaluated", str(definitions.contact_evaluated).lower()
    if definitions.agents:
        yield "agents", "true"
    yield "teams", str(definitions.teams).lower()
    yield "anonymous_customers", _listed(sorted(definitions.anonymous_customers))
    yield "lowercase_labels", _listed(sorted(definitions.lowercase_labels))
    yield "max_label_values", str(definitions.max_label_values)
    for dimension, values in sorted(definitions.allowed_labels.items()):
        yield f"allowed_labels.{dimension}", _listed(sorted(values))


def _calendar(calendar: Calendar) -> Iterator[tuple[str, str]]:
    yield "timezone", calendar.timezone
    for weekday, hours in zip(WEEKDAYS, calendar.hours, strict=True):
        if hours:
            yield f"hours.{weekday}", _hours(hours)
    if calendar.holidays is not None:
        yield "holidays", calendar.holidays
    if calendar.closed:
        yield "closed", _listed(day.isoformat() for day in sorted(calendar.closed))
    for day, hours in sorted(calendar.open.items()):
        yield f"open.{day.isoformat()}", _hours(hours)


def _hours(hours: Iterable[tuple[int, int]]) -> str:
    return _listed(f"{_time_of_day(opens)}-{_time_of_day(closes)}" for opens, closes in hours)


def _time_of_day(since_midnight: int) -> str:
    """As the configuration has it, where hours may close on the next day."""
    if since_midnight > DAY:
        since_midnight -= DAY
    return f"{since_midnight // HOUR:02}:{since_midnight % HOUR // MINUTE:02}"


def _tables(sla: Sla) -> Mapping[str, Targets]:
    by_priority = {
        f"{channel}.priority.{priority}": targets
        for (channel, priority), targets in sla.by_priority.items()
    }
    return dict(sorted({**sla.by_channel, **by_priority, OTHERS: sla.default}.items()))


def _target(target: int | None) -> str:
    return ABSENT if target is None else duration_text(target)


def _listed(values: Iterable[str]) -> str:
    return ", ".join(values)
