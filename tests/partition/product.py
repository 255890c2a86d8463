"""The product's numbers as the reference's dictionary, without a process or a page between."""

from __future__ import annotations

from datetime import date
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from service.definitions import (
    Calendar,
    CalendarWindow,
    Definitions,
    RepeatWindow,
    Sla,
    Targets,
    Window,
)
from service.events.decoding import Decoder
from service.events.model import EVENT_CLASSES, OPTIONAL, EventType
from service.replay import Replay
from service.view.catalogue import METRICS
from tests.reference.page import bounds
from tests.reference.settings import MINUTE, ReferenceSettings, micro
from tests.reference.windows import WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.view.snapshot import Snapshot
    from tests.reference.page import Page, Series
    from tests.reference.settings import Hours, ReferenceCalendar

LABELS = {sample: names for metric in METRICS for sample, names in metric.samples.items()}


def _targets(first_response: float | None, resolution: float | None) -> Targets:
    return Targets(
        None if first_response is None else micro(first_response),
        None if resolution is None else micro(resolution),
    )


def definitions(settings: ReferenceSettings) -> Definitions:
    """The same settings, in the product's terms."""
    channels = {channel: _targets(*both) for channel, both in settings.sla.items()}
    default = channels.pop("default", Targets())
    return Definitions(
        windows=tuple(
            Window(name, micro(length), micro(step))
            for name, (length, step) in settings.windows.items()
        ),
        repeat_windows=tuple(
            RepeatWindow(name, micro(length)) for name, length in settings.repeat_windows.items()
        ),
        repeat_match=settings.repeat_match,
        sla=Sla(
            MappingProxyType(channels),
            MappingProxyType({key: _targets(*both) for key, both in settings.sla_priority.items()}),
            default,
            settings.sla_calendars,
        ),
        short_abandon=micro(settings.short_abandon),
        at_risk_fraction=settings.at_risk_fraction,
        first_response_buckets=tuple(bounds("first_response_seconds", settings)),
        resolution_buckets=tuple(bounds("resolution_seconds", settings)),
        backlog_age_buckets=tuple(map(micro, settings.backlog_age_buckets)),
        allowed_lateness=micro(settings.allowed_lateness),
        open_horizon=micro(settings.open_horizon),
        contact_responded=settings.contact_responded,
        contact_updated=settings.contact_updated,
        contact_evaluated=settings.contact_evaluated,
        customer_changed=settings.customer_changed,
        left_after=micro(settings.left_after),
        teams=settings.teams,
        calendar_windows=tuple(
            CalendarWindow(name, settings.timezone, WEEKDAYS.index(settings.week_starts))
            for name in settings.calendar_windows
        ),
        calendars={name: _calendar(it) for name, it in settings.calendars.items()},
        queue_calendars=settings.queue_calendars,
        lowercase_labels=frozenset(settings.lowercase_labels),
        anonymous_customers=frozenset(it.lower() for it in settings.anonymous_customers),
        max_label_values=settings.max_label_values,
        allowed_labels=settings.allowed_labels,
    )


def _calendar(calendar: ReferenceCalendar) -> Calendar:
    return Calendar(
        timezone=calendar.timezone,
        hours=tuple(map(_spans, calendar.hours)),
        holidays=calendar.holidays,
        closed=frozenset(map(date.fromisoformat, calendar.closed)),
        open={date.fromisoformat(day): _spans(hours) for day, hours in calendar.open},
    )


def _spans(hours: Hours) -> tuple[tuple[int, int], ...]:
    return tuple((micro(opens * MINUTE), micro(closes * MINUTE)) for opens, closes in hours)


def topics(settings: ReferenceSettings) -> dict[str, EventType]:
    return {
        name: name
        for name in EVENT_CLASSES
        if name not in OPTIONAL or getattr(settings, OPTIONAL[name])
    }


def decoder(settings: ReferenceSettings) -> Decoder:
    return _decoder(settings.max_event_bytes, micro(settings.max_future_skew))


#: It takes some milliseconds to make one.
_decoder = cache(Decoder)


def series(snapshot: Snapshot) -> Page:
    """Every series of a snapshot; none of them is there twice."""
    for sample, family in snapshot.families.items():
        shown = family.labels[: len(family.values)]
        assert len(shown) == len(set(shown)), sample
    return {
        _one_series(sample, labels): float(value / family.unit)
        for sample, family in snapshot.families.items()
        for labels, value in zip(family.labels, family.values, strict=False)
    }


#: A thousand pages tell of the same ones.
@cache
def _one_series(sample: str, labels: tuple[str, ...]) -> Series:
    return sample, frozenset(zip(LABELS[sample], labels, strict=True))


def replayed(
    lines: Iterable[str | bytes], as_of: int | None, settings: ReferenceSettings, wall_us: int
) -> Page:
    """The page after these lines, at a clock of `as_of`, events counted as well."""
    replay = Replay(
        definitions(settings), decoder(settings), topics(settings), wall_us, lambda _, __: None
    )
    result = replay.run(
        (line if isinstance(line, bytes) else line.encode() for line in lines), as_of
    )
    page = series(result.snapshot)
    for (topic, what), count in result.events.items():
        labels = frozenset({("topic", topic), ("result", what)})
        page["cx_pipeline_events_total", labels] = count
    return page
