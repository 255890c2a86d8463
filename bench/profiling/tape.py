"""What an engine did with a workload, taken down, so that a part of it can be done again alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.programs.feeding import Change, Timed, feed, new_engine
from service.aggregates.aggregator import Aggregator
from service.aggregates.entries import Statements
from service.aggregates.retractions import Retractions
from service.aggregates.window_sums import WindowSums
from service.kpis.rows import ContactRow, Ints, SurveyRow
from service.state.customers import Customer
from service.state.record import Contact


class Tape:
    """The tables that the KPIs were asked about, what windows and counters were given, and the
    customers that were packed."""

    def __init__(self, events: list[Timed]) -> None:
        #: Which KPIs, what kind of table, and its rows.
        self.tables: list[tuple[Statements[Any], type, list[tuple[int, ...]]]] = []
        #: Cells, weights and totals: of each addition to a window, and to the counters.
        self.windows: list[tuple[Ints, Ints, Ints]] = []
        self.counters: list[tuple[Ints, Ints, Ints]] = []
        self.packed: list[list[Contact]] = []
        self.changes = self._take_down(events)

    def _take_down(self, events: list[Timed]) -> list[Change]:
        watched: list[tuple[type, str, Callable[..., None]]] = [
            (Retractions, "restate", self._restate),
            (WindowSums, "add", self._enter),
            (Aggregator, "count", self._count),
            (Customer, "sleep", self._sleep),
        ]
        originals = [(owner, name, getattr(owner, name)) for owner, name, _ in watched]
        for (owner, name, take), (_, _, work) in zip(watched, originals, strict=True):
            setattr(owner, name, _after(take, work))
        try:
            return feed(new_engine(), events)
        finally:
            for owner, name, work in originals:
                setattr(owner, name, work)

    def _restate(
        self, _: Retractions, statements: Statements[Any], __: object, table: Any, *___: object
    ) -> None:
        kind = type(table)
        fields = ContactRow._fields if hasattr(table, "started_at") else SurveyRow._fields
        columns = np.stack([getattr(table, name) for name in fields], axis=1)
        self.tables.append((statements, kind, [tuple(row) for row in columns.tolist()]))

    def _enter(self, _: WindowSums, cell: Ints, __: Ints, weight: Ints, total: Ints) -> None:
        self.windows.append((cell.copy(), weight.copy(), total.copy()))

    def _count(self, _: Aggregator, cell: Ints, __: Ints, weight: Ints, total: Ints) -> None:
        self.counters.append((cell.copy(), weight.copy(), total.copy()))

    def _sleep(self, customer: Customer, *_: bytes) -> None:
        self.packed.append(list(customer.few))


def _after(take: Callable[..., None], work: Callable[..., Any]) -> Callable[..., Any]:
    def both(*arguments: Any, **named: Any) -> Any:
        take(*arguments)
        return work(*arguments, **named)

    return both
