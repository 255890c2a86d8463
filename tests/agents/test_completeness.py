"""A changelog of agents that has lost records is not taken for the state of a partition."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from service.agents import changelog as state
from service.agents.engine import AgentsEngine
from service.aggregates.labels import Label
from service.definitions import HOUR, SECOND
from service.store import pieces
from service.store.completeness import StateIncompleteError
from service.streaming.incomplete import clearing
from tests.agents.running import Record, Run, events_of
from tests.agents.test_random_logs import BEGIN, DEFINITIONS, an_event, numbers
from tests.partition.running import compacted


@pytest.fixture(autouse=True, params=[pieces.PIECE_BYTES, 60])
def _piece_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """However small the pieces are in which records are written."""
    monkeypatch.setattr(pieces, "PIECE_BYTES", request.param)


def run_of(seed: int) -> Run:
    """A worker after days in which agents have come, worked and left."""
    rng = random.Random(seed)
    run, hours = Run(DEFINITIONS), 0.0
    for _ in range(rng.randrange(2, 8)):
        hours += rng.choice((0.05, 3, 12))
        events = [an_event(rng, hours) for _ in range(rng.randrange(30))]
        lines = [json.dumps({"topic": it, "value": value}).encode() for it, value in events]
        clock = int((BEGIN + timedelta(hours=hours)).timestamp()) * SECOND
        run.feed(events_of(lines), clock)
    return run


@pytest.mark.parametrize("seed", range(8))
def test_without_its_head_a_changelog_is_refused_or_says_the_same(seed: int) -> None:
    run = run_of(seed)
    told, refused = numbers(run.engine), 0
    for log in (run.changelog, compacted(run.changelog, tombstones=seed % 2 == 0)):
        for first in range(1, len(log)):
            try:
                successor = run.successor(log[first:])
            except StateIncompleteError:
                refused += 1
                continue
            assert numbers(successor.engine) == told
    assert refused > 0


@pytest.mark.parametrize("seed", range(8))
def test_without_any_one_record_a_compacted_changelog_is_refused(seed: int) -> None:
    run = run_of(seed)
    log = compacted(run.changelog, tombstones=False)
    for missing in range(len(log)):
        with pytest.raises(StateIncompleteError):
            run.successor(log[:missing] + log[missing + 1 :])


@pytest.mark.parametrize("seed", range(8))
def test_wherever_a_worker_ends_what_it_wrote_is_whole(seed: int) -> None:
    run = run_of(seed)
    for length in range(len(run.changelog) + 1):
        whole = run.changelog[:length]
        for log in (whole, compacted(whole, tombstones=True)):
            again = run.successor(log)
            again.feed([], run.engine.clock + 30 * HOUR)
            assert numbers(again.successor().engine) == numbers(again.engine)


def test_a_first_flush_that_was_undone_leaves_an_empty_state() -> None:
    """As the streaming layer undoes what a former owner wrote after it had lost the partition."""
    written = run_of(1).changelog
    undone: list[Record] = [(key, None) for key in dict(written)]
    for log in (undone, undone[::-1]):
        assert Run(DEFINITIONS, log).engine.is_empty


def test_what_is_left_of_a_first_flush_without_its_clock_is_refused() -> None:
    engine = AgentsEngine(DEFINITIONS)
    engine.restore([entry for entry in run_of(1).changelog if entry[0] != state.CLOCK])
    with pytest.raises(StateIncompleteError, match="0 of 1 clocks"):
        engine.restored()


@pytest.mark.parametrize("seed", range(4))
def test_any_piece_of_a_changelog_that_is_cleared_leaves_an_empty_state(seed: int) -> None:
    """Also a piece without a clock: of a flush during which the worker was killed."""
    run = run_of(seed)
    for first in range(len(run.changelog)):
        for last in range(first + 1, min(first + 20, len(run.changelog) + 1)):
            piece = run.changelog[first:last]
            cleared = [*piece, *clearing(key for key, _ in piece)]
            assert run.successor(cleared).engine.is_empty


def test_a_team_that_has_lost_its_place_to_another_one_is_told() -> None:
    definitions = replace(DEFINITIONS, max_label_values=1)
    run = Run(definitions)
    state = {"agent_id": "a", "changed_at": BEGIN.isoformat(), "state": "busy", "team": "red"}
    run.feed(
        events_of([json.dumps({"topic": "agent-state-changed", "value": state}).encode()]),
        int(BEGIN.timestamp()) * SECOND,
    )
    for listed, displaced in ((["red", "blue"], []), (["blue"], [Label("team", "red")])):
        engine = AgentsEngine(definitions, agreed_labels=True)
        engine.admit(("team", team) for team in listed)
        engine.restore(run.changelog)
        engine.restored()
        assert engine.displaced_labels == displaced
