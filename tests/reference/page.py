"""CONTRACT 2 and 4: clock, windows, finality, and every series of the page."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from prometheus_client.utils import floatToGoString

from tests.reference.agents import LABELS, Agents
from tests.reference.contacts import assemble
from tests.reference.customers import active_customers, customers_of
from tests.reference.events import AGENTS, EVENT_TIME, Fields, parse_line
from tests.reference.facts import all_facts
from tests.reference.partition import Fact, Labels, Partition
from tests.reference.pipeline import negative_durations, orphans, waiting_parts
from tests.reference.settings import MICROSECONDS, ReferenceSettings, micro
from tests.reference.sla import backlog
from tests.reference.windows import greatest_length, windows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: A series: its sample's name, and its labels.
Series = tuple[str, frozenset[tuple[str, str]]]
Page = dict[Series, float]
#: Counts are whole; a fraction costs eighty times as much to add to.
Totals = dict[Series, int | Fraction]

#: Facts told as distributions, and as sums; all others are just counted.
HISTOGRAMS: Final = (
    *("first_response_seconds", "resolution_seconds"),
    *("first_response_counted_seconds", "resolution_counted_seconds"),
)
#: Name to what of its value is one.
SUMS: Final = {
    "handle_seconds": MICROSECONDS,
    "team_handle_seconds": MICROSECONDS,
    "agent_replies": 1,
    "survey_index": 1000,
    "evaluation_score": MICROSECONDS,
}
#: Sums of which nobody tells of how many; both emotions are of the same evaluations.
PLAIN_SUMS: Final = {
    "evaluation_errors": ("evaluation_errors", 1),
    "emotion_positive": ("emotion_positive_sum", MICROSECONDS),
    "emotion_negative": ("emotion_negative_sum", MICROSECONDS),
}


#: Labels that the service itself gives.
OWN: Final = ("none", "unknown", "other")


class NoClockError(ValueError):
    """The clock cannot be set before the largest event time."""


@dataclass(frozen=True)
class View:
    """What lines say at a clock: every series, and what they are made of."""

    page: Page
    facts: Sequence[Fact]
    agents: Agents


def page(lines: Iterable[str | bytes], as_of: int | None, settings: ReferenceSettings) -> Page:
    """Every series after these lines, at a clock of `as_of` microseconds since 1970.

    None: the largest event time of them. Series that are zero may be missing.
    """
    return view(lines, as_of, settings).page


def view(lines: Iterable[str | bytes], as_of: int | None, settings: ReferenceSettings) -> View:
    """The same, with the facts and agents that the series are made of."""
    totals: Totals = defaultdict(int)
    read = readable_events(lines, settings, totals)
    events = [event for event in read if event[0] not in AGENTS]
    contacts, contact_results = assemble(events, settings)
    agents = agents_of(settings)
    results = iter(contact_results)
    dimensions = Dimensions(read, settings)
    for topic, fields in read:
        result = agents.apply(topic, fields) if topic in AGENTS else next(results)
        add(totals, "cx_pipeline_events_total", {"topic": topic, "result": result})
        for dimension in dimensions.overflows(topic, fields) if result == "accepted" else ():
            add(totals, "cx_pipeline_label_overflow_total", {"dimension": dimension})
    times = [fields[EVENT_TIME[topic]] for topic, fields in read if topic in EVENT_TIME]
    clock = max(times, default=None) if as_of is None else as_of
    facts: Sequence[Fact] = ()
    if read and clock is not None:
        if any(clock < at for at in times):
            raise NoClockError
        customers = customers_of(events)
        facts = tell(Partition(contacts, clock, settings, dimensions.label, customers), totals)
        tell_agents(agents, clock, dimensions, totals)
    return View({key: float(value) for key, value in totals.items()}, facts, agents)


def readable_events(
    lines: Iterable[str | bytes], settings: ReferenceSettings, totals: Totals
) -> list[tuple[str, Fields]]:
    """The events in order of arrival; what is refused is only counted, blank lines are not."""
    wall = time.time_ns() // 1000
    events: list[tuple[str, Fields]] = []
    for line in lines:
        if line.strip():
            topic, event = parse_line(line, settings, wall)
            if event is None:
                add(totals, "cx_pipeline_events_total", {"topic": topic, "result": "invalid"})
            else:
                events.append((topic, event))
    return events


def add(totals: Totals, name: str, labels: Labels, value: Fraction | int = 1) -> None:
    totals[series(name, labels)] += value


def series(name: str, labels: Labels) -> Series:
    return name, frozenset(labels.items())


def is_told(name: str, settings: ReferenceSettings) -> bool:
    """CONTRACT 4: metrics of what is off are absent."""
    if "counted_seconds" in name:
        return settings.counts_time
    return settings.teams or not name.startswith("team_")


def tell(partition: Partition, totals: Totals) -> Sequence[Fact]:
    """Add what the partition says; returns the facts behind it."""
    facts = list(all_facts(partition))
    for fact in facts:
        if not is_told(fact.name, partition.settings):
            continue
        for window in windows_of(fact.at, partition.clock, partition.settings):
            labels = fact.labels | {"window": window}
            tell_fact(f"cx_window_{fact.name}", fact, labels, partition.settings, totals)
        if fact.final is not None and partition.clock >= fact.final:
            suffix = "" if fact.name in HISTOGRAMS else "_total"
            name = f"cx_{fact.name}{suffix}"
            tell_fact(name, fact, fact.labels, partition.settings, totals)
    for kind in negative_durations(partition):
        add(totals, "cx_pipeline_anomalies_total", {"kind": kind})
    for topic in orphans(partition):
        add(totals, "cx_pipeline_orphans_total", {"type": topic})
    for topic in waiting_parts(partition):
        add(totals, "cx_pipeline_waiting_parts", {"type": topic})
    tell_backlog(partition, totals)
    for segment, revenue in active_customers(partition):
        add(totals, "cx_customers", segment)
        add(totals, "cx_customers_monthly_revenue", segment, revenue)
    return facts


def agents_of(settings: ReferenceSettings) -> Agents:
    windows: dict[str, tuple[int, int] | str] = {name: name for name in settings.calendar_windows}
    for name, (length, bucket) in settings.windows.items():
        windows[name] = micro(length), micro(bucket)
    lateness = micro(settings.allowed_lateness)
    return Agents(windows, settings.timezone, greatest_length(settings), lateness)


def tell_agents(agents: Agents, clock: int, dimensions: Dimensions, totals: Totals) -> None:
    agents.advance(clock)
    for (name, *values), value in agents.numbers().items():
        labels = dict(zip(LABELS[name], values, strict=True))
        if "team" in labels:
            labels["team"] = dimensions.label("team", labels["team"])
        one = MICROSECONDS if "seconds" in name else 1
        add(totals, name, labels, Fraction(value, one))


def tell_fact(
    name: str,
    fact: Fact,
    labels: Labels,
    settings: ReferenceSettings,
    totals: Totals,
) -> None:
    if fact.name in HISTOGRAMS:
        for bound in bounds(fact.name, settings):
            if fact.value <= bound:
                add(totals, f"{name}_bucket", labels | {"le": le(bound)})
        add(totals, f"{name}_bucket", labels | {"le": "+Inf"})
    if fact.name in HISTOGRAMS or fact.name in SUMS:
        value = Fraction(fact.value, SUMS.get(fact.name, MICROSECONDS))
        add(totals, f"{name}_sum", labels, value)
        add(totals, f"{name}_count", labels)
    elif fact.name in PLAIN_SUMS:
        told, one = PLAIN_SUMS[fact.name]
        add(totals, f"cx_window_{told}", labels, Fraction(fact.value, one))
        if fact.name == "emotion_positive":
            add(totals, "cx_window_emotion_count", labels)
    else:
        add(totals, name, labels)


def bounds(name: str, settings: ReferenceSettings) -> list[int]:
    """The bounds of the settings, and every SLA target of that kind."""
    if name.startswith("first_response"):
        kind, given = 0, settings.first_response_buckets
    else:
        kind, given = 1, settings.resolution_buckets
    targets = [*settings.sla.values()]
    targets += [settings.targets(*channel_priority) for channel_priority in settings.sla_priority]
    sla = [target[kind] for target in targets]
    return sorted({micro(bound) for bound in (*given, *sla) if bound is not None})


def le(bound: int) -> str:
    return str(floatToGoString(bound / MICROSECONDS))  # type: ignore[no-untyped-call]


def tell_backlog(partition: Partition, totals: Totals) -> None:
    for contact in backlog(partition):
        add(totals, "cx_backlog_contacts", contact.labels)
        if contact.is_waiting:
            add(totals, "cx_backlog_waiting_contacts", contact.labels)
        oldest = series("cx_backlog_oldest_age_seconds", contact.labels)
        totals[oldest] = max(totals[oldest], Fraction(contact.age, MICROSECONDS))
        for seconds in partition.settings.backlog_age_buckets:
            if contact.age <= micro(seconds):
                bucket = contact.labels | {"le": le(micro(seconds))}
                add(totals, "cx_backlog_age_seconds_bucket", bucket)
        add(totals, "cx_backlog_age_seconds_bucket", contact.labels | {"le": "+Inf"})
        for target, state in contact.states.items():
            labels = contact.labels | {"target": target, "state": state}
            add(totals, "cx_sla_open_contacts", labels)


class Dimensions:
    """The values that each label dimension takes: the first to arrive; all further ones `other`."""

    def __init__(self, events: Iterable[tuple[str, Fields]], settings: ReferenceSettings) -> None:
        self.teams_of_contacts = settings.teams
        dimensions: tuple[str, ...] = ("channel", "queue", "reason")
        dimensions += ("team",) if settings.teams or settings.agents else ()
        dimensions += ("segment",) if settings.customer_changed else ()
        taken: dict[str, list[str]] = {dimension: [] for dimension in dimensions}
        for topic, fields in events:
            for dimension, values in taken.items():
                value = self.value(dimension, topic, fields)
                if value is not None and value not in values and value not in OWN:
                    values.append(value)
        self.shown = {
            dimension: frozenset(values[: settings.max_label_values])
            for dimension, values in taken.items()
        }
        self.shown |= {
            dimension: kept
            for dimension, kept in settings.allowed_labels.items()
            if dimension in taken
        }

    def label(self, dimension: str, value: str | None) -> str:
        if value is None or dimension not in self.shown:
            return "none"  # teams that are off are told nowhere
        return value if value in self.shown[dimension] or value in OWN else "other"

    def value(self, dimension: str, topic: str, fields: Fields) -> str | None:
        """What an event says of a dimension that is told."""
        if dimension == "team" and topic not in AGENTS and not self.teams_of_contacts:
            return None
        return fields.get(dimension)

    def overflows(self, topic: str, fields: Fields) -> Iterator[str]:
        for dimension, shown in self.shown.items():
            value = self.value(dimension, topic, fields)
            if value is not None and value not in shown and value not in OWN:
                yield dimension
