"""The work of a step is taken down from an engine, without changing it for those that follow."""

from __future__ import annotations

import pytest

from bench.profiling.tape import Tape
from bench.programs.feeding import decoded, feed, new_engine
from bench.workload import Workload
from service.aggregates.retractions import Retractions
from service.state.customers import Customer

_EVENTS = decoded(Workload(events=3_000, start=1_700_000_000_000_000, customers=300).records())


@pytest.fixture(scope="module")
def tape() -> Tape:
    return Tape(_EVENTS)


def test_the_tables_are_those_that_the_kpis_were_asked_about(tape: Tape) -> None:
    statements, kind, rows = tape.tables[0]
    entries = statements.entries(kind(rows))
    assert len(entries.cell)
    assert sum(len(rows) for _, _, rows in tape.tables) > len(_EVENTS) // 3


def test_each_addition_to_a_window_or_counter_is_taken_down(tape: Tape) -> None:
    assert sum(len(cells) for cells, _, _ in tape.windows) > len(_EVENTS)
    assert sum(len(cells) for cells, _, _ in tape.counters) > len(_EVENTS)


def test_what_the_engine_writes_is_what_it_writes_otherwise(tape: Tape) -> None:
    assert tape.changes == feed(new_engine(), _EVENTS)


def test_afterwards_nothing_is_taken_down_any_more(tape: Tape) -> None:
    restated, packed = len(tape.tables), len(tape.packed)
    feed(new_engine(), _EVENTS)
    assert (len(tape.tables), len(tape.packed)) == (restated, packed)
    assert Retractions.restate.__qualname__ == "Retractions.restate"
    assert Customer.sleep.__qualname__ == "Customer.sleep"
