"""Resolution time: end - start of contacts closed as resolved, by the end."""

from __future__ import annotations

from collections.abc import Iterator

from service.definitions import Definitions
from service.kpis.durations import Anomaly, Distribution, bounds_with_targets
from service.kpis.facts import Contacts, Fact
from service.kpis.layout import Layout


class ResolutionTime:
    """Zendesk's "full resolution time": the last resolution counts, so a reopening moves it."""

    def __init__(self, definitions: Definitions, layout: Layout) -> None:
        self._times = Distribution(
            layout,
            "resolution",
            bounds_with_targets(
                definitions.resolution_buckets,
                (targets.resolution for targets in definitions.sla.all_targets()),
            ),
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
