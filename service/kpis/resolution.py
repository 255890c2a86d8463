"""Resolution time: last closing - start of contacts closed as resolved, by that closing."""

from __future__ import annotations

from collections.abc import Iterator

from service.definitions import Definitions
from service.kpis.durations import Anomaly, Distribution, bounds_with_targets
from service.kpis.facts import Fact
from service.kpis.layout import Layout
from service.kpis.tables import Contacts


def _bounds(definitions: Definitions) -> tuple[int, ...]:
    return bounds_with_targets(
        definitions.resolution_buckets,
        (targets.resolution for targets in definitions.sla.all_targets()),
    )


class ResolutionTime:
    """Zendesk's "full resolution time": the last resolution counts, so a reopening moves it."""

    def __init__(self, definitions: Definitions, layout: Layout) -> None:
        self._times = Distribution(
            layout,
            "resolution",
            _bounds(definitions),
            gauge="cx_window_resolution_seconds",
            counter="cx_resolution_seconds",
        )
        self._negative = Anomaly(layout, "resolution_negative", "negative_duration")

    def facts(self, contacts: Contacts) -> Iterator[Fact]:
        yield Fact(
            slot="resolution",
            name="resolution",
            when=contacts.resolved & (contacts.duration >= 0),
            cell=self._times.cell(contacts.end_cells, contacts.duration),
            at=contacts.closed_at,
            total=contacts.duration,
            final=contacts.closed_at,
        )
        yield self._negative.fact(contacts.closed & (contacts.duration < 0))


class CountedResolutionTime:
    """Of it, the business time in which the contact was neither closed nor waiting."""

    def __init__(self, definitions: Definitions, layout: Layout) -> None:
        self._times = Distribution(
            layout,
            "resolution_counted",
            _bounds(definitions),
            gauge="cx_window_resolution_counted_seconds",
        )

    def facts(self, contacts: Contacts) -> Iterator[Fact]:
        yield Fact(
            slot="resolution_counted",
            name="resolution_counted",
            when=contacts.resolved & (contacts.duration >= 0),
            cell=self._times.cell(contacts.end_cells, contacts.resolution_counted),
            at=contacts.closed_at,
            total=contacts.resolution_counted,
        )
