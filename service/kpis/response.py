"""First response time: first response by an agent - start, by the response."""

from __future__ import annotations

from collections.abc import Iterator

from service.definitions import Definitions
from service.kpis.durations import Anomaly, Distribution, bounds_with_targets
from service.kpis.facts import Fact
from service.kpis.layout import Layout
from service.kpis.tables import Contacts


def _bounds(definitions: Definitions) -> tuple[int, ...]:
    return bounds_with_targets(
        definitions.first_response_buckets,
        (targets.first_response for targets in definitions.sla.all_targets()),
    )


class FirstResponse:
    """Zendesk's "first reply time": bots do not count, and the clock starts with the contact."""

    def __init__(self, definitions: Definitions, layout: Layout) -> None:
        self._times = Distribution(
            layout,
            "first_response",
            _bounds(definitions),
            gauge="cx_window_first_response_seconds",
            counter="cx_first_response_seconds",
            awaited=True,
        )
        self._negative = Anomaly(layout, "first_response_negative", "negative_duration")

    def facts(self, contacts: Contacts) -> Iterator[Fact]:
        negative = contacts.responded & (contacts.response_time < 0)
        yield Fact(
            slot="first_response",
            name="first_response",
            when=contacts.responded & ~negative,
            cell=self._times.cell(contacts.response_cells, contacts.response_time),
            at=contacts.first_response_at,
            total=contacts.response_time,
            final=contacts.first_response_at,
        )
        yield self._negative.fact(negative)


class CountedFirstResponse:
    """Of it, the business time: whoever waits for a first response waits, whatever the status."""

    def __init__(self, definitions: Definitions, layout: Layout) -> None:
        self._times = Distribution(
            layout,
            "first_response_counted",
            _bounds(definitions),
            gauge="cx_window_first_response_counted_seconds",
        )

    def facts(self, contacts: Contacts) -> Iterator[Fact]:
        yield Fact(
            slot="first_response_counted",
            name="first_response_counted",
            when=contacts.responded & (contacts.response_time >= 0),
            cell=self._times.cell(contacts.response_cells, contacts.response_counted),
            at=contacts.first_response_at,
            total=contacts.response_counted,
        )
