"""A changelog that has lost records is not taken for the state of a partition."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import msgspec
import pytest

from service.partition import departures
from service.store import changelog as state
from service.store import pieces
from service.store.completeness import StateIncompleteError
from service.streaming.incomplete import clearing
from tests.partition.running import DURABLE, GAUGES, Run, compacted, cut, events_of
from tests.reference.compare import differences
from tests.reference.long_logs import LATENESS, long_log, short_settings
from tests.reference.settings import ReferenceSettings, micro
from tests.rules.notation import started

if TYPE_CHECKING:
    from tests.partition.running import Record


def run_of(seed: int, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A worker after some hours in which contacts have come and gone."""
    rng = random.Random(seed)
    settings = short_settings(rng)
    monkeypatch.setattr(departures, "DEPARTURE_INTERVAL", micro(rng.choice((1, 300))))
    monkeypatch.setattr(state, "PART_BYTES", rng.choice((100, state.PART_BYTES)))
    # The clock is smaller.
    monkeypatch.setattr(pieces, "PIECE_BYTES", rng.choice((200, pieces.PIECE_BYTES)))
    run = Run(settings)
    arrivals = long_log(rng, settings, 40)
    for batch in cut(arrivals[: rng.randrange(1, len(arrivals))], rng):
        clock = max(run.engine.clock, batch[-1].at - LATENESS)
        run.feed(events_of([arrival.line for arrival in batch], settings), clock)
    return run


@pytest.mark.parametrize("seed", range(12))
def test_without_its_head_a_changelog_is_refused_or_says_the_same(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(seed, monkeypatch)
    told, refused = run.page(), 0
    for log in (run.changelog, compacted(run.changelog, tombstones=seed % 2 == 0)):
        for first in range(len(log) + 1):
            kept = log[first:]
            try:
                page = run.successor(changelog=kept).page()
            except StateIncompleteError:
                refused += 1
                continue
            # Nothing at all: there is no state, as before the first event.
            assert not kept or differences(told, page, DURABLE) == []
    assert refused > 0


@pytest.mark.parametrize("seed", range(6))
def test_without_any_one_record_a_compacted_changelog_is_refused(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(seed, monkeypatch)
    log = compacted(run.changelog, tombstones=False)
    for missing in range(len(log)):
        key = log[missing][0]
        if key.startswith(state.TOGETHER) or _is_of_other_generation(key, log):
            continue
        with pytest.raises(StateIncompleteError) as refusal:
            run.successor(changelog=log[:missing] + log[missing + 1 :])
        assert refusal.value.found == refusal.value.expected - 1


def _is_of_other_generation(key: bytes, log: list[Record]) -> bool:
    if key.startswith(pieces.PIECE):
        return False
    clock = state.read_clock(dict(log)[state.CLOCK] or b"")
    return str(state.read_key(key)).startswith("retired/") and key not in state.retired_keys(clock)


def test_what_a_crash_left_of_the_very_first_flush_is_complete() -> None:
    settings = ReferenceSettings()
    run = Run(settings)
    batch = events_of([started("a", "10:00"), started("b", "10:01")], settings)
    written = run.feed(batch)
    for length in range(len(written) + 1):
        successor = run.successor(changelog=written[:length])
        successor.feed(batch)
        assert differences(run.page(), successor.page(), DURABLE) == []


@pytest.mark.parametrize("seed", range(3))
def test_what_the_last_release_wrote_is_read_unchecked(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its counters come to is in :mod:`tests.partition.test_last_release`."""
    run = run_of(seed, monkeypatch)
    last_release = [
        (key, _without_counts(value) if key == state.CLOCK and value is not None else value)
        for key, value in run.changelog
    ]
    successor = run.successor(changelog=last_release)
    assert differences(run.page(), successor.page(), GAUGES) == []
    successor.feed([], successor.engine.clock)
    again = successor.successor()
    assert differences(successor.page(), again.page(), DURABLE) == []
    with pytest.raises(StateIncompleteError):
        successor.successor(changelog=successor.changelog[-1:])


def _without_counts(clock: bytes) -> bytes:
    return msgspec.msgpack.encode(msgspec.msgpack.decode(clock)[:6])


def test_a_first_flush_that_was_undone_leaves_an_empty_state() -> None:
    """As the streaming layer undoes what a former owner wrote after it had lost the partition."""
    settings = ReferenceSettings()
    written = Run(settings).feed(events_of([started("a", "10:00")], settings))
    undone: list[Record] = [(key, None) for key in dict(written)]
    for changelog in (undone, undone[::-1]):
        assert Run(settings, changelog).engine.live_contacts == 0


@pytest.mark.parametrize("seed", range(4))
def test_any_piece_of_a_changelog_that_is_cleared_leaves_an_empty_state(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also a piece without a clock: of a flush during which the worker was killed."""
    run = run_of(seed, monkeypatch)
    for first in range(len(run.changelog)):
        for last in range(first + 1, min(first + 20, len(run.changelog) + 1)):
            piece = run.changelog[first:last]
            cleared = [*piece, *clearing(key for key, _ in piece)]
            assert run.successor(changelog=cleared).engine.is_empty
