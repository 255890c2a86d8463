"""The one seam to the service: its replay of lines, through its own settings, to a page."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from service.events.decoding import Decoder
from service.exposition.pipeline import Pipeline
from service.exposition.reports import MetricsPage
from service.replay import Replay
from service.settings import Settings
from tests.reference.business_time import MIDNIGHT
from tests.reference.compare import parse
from tests.reference.windows import WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.reference.page import Page
    from tests.reference.settings import Hours, ReferenceCalendar, ReferenceSettings, Targets


def replay(lines: Iterable[bytes], as_of: int | None, settings: ReferenceSettings) -> Page:
    """What `contact-metrics replay` says of these lines under the same settings."""
    return parse(replay_text(lines, as_of, settings))


def replay_text(lines: Iterable[bytes], as_of: int | None, settings: ReferenceSettings) -> str:
    """The same as the text that it writes."""
    configured = Settings(**configuration(settings))
    replayed = Replay(
        configured.definitions(),
        Decoder(configured.max_event_bytes, configured.max_future_skew),
        {name: name for name in (*configured.event_topics(), *configured.agent_topics())},
        wall_us=time.time_ns() // 1000,
        on_bad_line=lambda number, refused: None,
    ).run(lines, as_of)
    page = MetricsPage("test")
    pipeline = Pipeline(events=replayed.events, overflows=replayed.overflows)
    snapshots = [replayed.snapshot, *([replayed.agents] if replayed.agents else [])]
    return page.text(page.merge([(0, snapshot) for snapshot in snapshots]), pipeline)


def configuration(settings: ReferenceSettings) -> dict[str, Any]:
    """The content of a configuration file that says the same as these settings."""
    sla: dict[str, dict[str, Any]] = {
        channel: targets_table(targets) for channel, targets in settings.sla.items()
    }
    for (channel, priority), targets in settings.sla_priority.items():
        # a channel that is named has the default's targets only where it repeats them
        table = sla.setdefault(channel, targets_table(settings.targets(channel, None)))
        table.setdefault("priority", {})[priority] = targets_table(targets)
    for channel, calendar in settings.sla_calendars.items():
        sla[channel]["calendar"] = calendar
    return {
        "calendars": {name: calendar_table(it) for name, it in settings.calendars.items()},
        "queue_calendars": dict(settings.queue_calendars),
        "calendar_windows": list(settings.calendar_windows),
        "timezone": settings.timezone,
        "week_starts": settings.week_starts,
        "contact_updated": settings.contact_updated,
        "contact_evaluated": settings.contact_evaluated,
        "agents": settings.agents,
        "customer_changed": settings.customer_changed,
        "left_after": settings.left_after,
        "teams": settings.teams,
        "lowercase_labels": list(settings.lowercase_labels),
        "anonymous_customers": list(settings.anonymous_customers),
        "windows": {name: bucket for name, (_, bucket) in settings.windows.items()},
        "repeat_windows": list(settings.repeat_windows),
        "repeat_match": settings.repeat_match,
        "sla": sla,
        "short_abandon": settings.short_abandon,
        "at_risk_fraction": settings.at_risk_fraction,
        "first_response_buckets": list(settings.first_response_buckets),
        "resolution_buckets": list(settings.resolution_buckets),
        "backlog_age_buckets": list(settings.backlog_age_buckets),
        "allowed_lateness": settings.allowed_lateness,
        "open_horizon": settings.open_horizon,
        "contact_responded": settings.contact_responded,
        "max_label_values": settings.max_label_values,
        "allowed_labels": {name: sorted(kept) for name, kept in settings.allowed_labels.items()},
        "max_event_bytes": settings.max_event_bytes,
        "max_future_skew": settings.max_future_skew,
    }


def calendar_table(calendar: ReferenceCalendar) -> dict[str, Any]:
    return {
        "timezone": calendar.timezone,
        "hours": {day: told(it) for day, it in zip(WEEKDAYS, calendar.hours, strict=True)},
        "holidays": calendar.holidays,
        "closed": sorted(calendar.closed),
        "open": {day: told(hours) for day, hours in calendar.open},
    }


def told(hours: Hours) -> list[str]:
    """As `09:00-17:30`; a closing past midnight is one of the next day."""
    return [f"{time_of_day(opens)}-{time_of_day(closes)}" for opens, closes in hours]


def time_of_day(minute: int) -> str:
    past_midnight = minute - MIDNIGHT if minute > MIDNIGHT else minute
    return f"{past_midnight // 60:02}:{past_midnight % 60:02}"


def targets_table(targets: Targets) -> dict[str, Any]:
    names = ("first_response", "resolution")
    return {name: target for name, target in zip(names, targets, strict=True) if target is not None}
