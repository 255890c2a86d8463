from __future__ import annotations

import random

import numpy as np
import pytest

from service.exposition.rollup import Rollup
from service.exposition.series import Merged, Merger
from service.view.snapshot import Family, Snapshot
from tests.exposition.fakes import snapshot

BACKLOG = "cx_backlog_contacts"
OLDEST = "cx_backlog_oldest_age_seconds"
VOICE, CHAT = ("voice", "billing"), ("chat", "none")


def values(merged: Merged, sample: str) -> dict[tuple[str, ...], float]:
    family = merged.families[sample]
    return dict(zip(family.labels, family.values.tolist(), strict=True))


def test_the_same_series_of_two_partitions_is_added_up() -> None:
    merged = Merger().merge(
        [
            (0, snapshot(cx_backlog_contacts={VOICE: 2, CHAT: 1})),
            (1, snapshot(cx_backlog_contacts={CHAT: 4})),
        ]
    )
    assert values(merged, BACKLOG) == {VOICE: 2, CHAT: 5}


def test_the_oldest_age_is_the_oldest_of_any_partition() -> None:
    merged = Merger().merge(
        [
            (0, snapshot(cx_backlog_oldest_age_seconds={VOICE: 20.5})),
            (1, snapshot(cx_backlog_oldest_age_seconds={VOICE: 7.0, CHAT: 3.0})),
        ]
    )
    assert values(merged, OLDEST) == {VOICE: 20.5, CHAT: 3.0}


def test_counts_above_two_to_the_fifty_are_added_exactly() -> None:
    merged = Merger().merge(
        [
            (0, snapshot(cx_backlog_contacts={VOICE: 2**51})),
            (1, snapshot(cx_backlog_contacts={VOICE: 1})),
        ]
    )
    assert values(merged, BACKLOG)[VOICE] == 2**51 + 1


@pytest.mark.parametrize("seed", range(20))
def test_only_what_is_held_is_told_whatever_was_held_before(seed: int) -> None:
    """Partitions come and go at random; a merger that has just begun tells the same."""
    pick, merger, rollup = random.Random(seed), Merger(), Rollup()
    held: dict[int, Snapshot] = {}
    for _ in range(12):
        number = pick.randrange(4)
        if number in held and pick.random() < 0.7:
            del held[number]
        else:
            held[number] = _some_series(pick)
        snapshots = sorted(held.items())
        merged, anew = merger.merge(snapshots), Merger().merge(snapshots)
        for sample in (BACKLOG, OLDEST):
            assert values(merged, sample) == values(anew, sample)
        groups = rollup.facts(merged.families, "channel").groups
        assert groups == tuple(sorted({channel for channel, _ in values(anew, BACKLOG)}))


def _some_series(pick: random.Random) -> Snapshot:
    found = pick.sample([(c, q) for c in ("voice", "chat", "email") for q in ("a", "b")], 3)
    return snapshot(
        cx_backlog_contacts={labels: pick.randrange(9) for labels in found},
        cx_backlog_oldest_age_seconds={labels: pick.randrange(9) for labels in found},
    )


def test_a_partition_that_came_back_with_its_series_in_another_order_is_read_anew() -> None:
    merger = Merger()
    merger.merge([(0, snapshot(cx_backlog_contacts={VOICE: 2, CHAT: 1}))])
    again = merger.merge([(0, snapshot(cx_backlog_contacts={CHAT: 7, VOICE: 3}))])
    assert values(again, BACKLOG) == {VOICE: 3, CHAT: 7}


def test_labels_that_grew_after_the_snapshot_are_not_read() -> None:
    labels = [VOICE]
    taken = Snapshot(0, 0, {BACKLOG: Family(labels, np.array([2]))})
    labels.append(CHAT)
    assert values(Merger().merge([(0, taken)]), BACKLOG) == {VOICE: 2}


def test_a_series_that_is_new_in_a_later_snapshot_is_found() -> None:
    merger, labels = Merger(), [VOICE]
    merger.merge([(0, Snapshot(0, 0, {BACKLOG: Family(labels, np.array([2]))}))])
    labels.append(CHAT)
    later = merger.merge([(0, Snapshot(0, 0, {BACKLOG: Family(labels, np.array([2, 5]))}))])
    assert values(later, BACKLOG) == {VOICE: 2, CHAT: 5}


def test_without_partitions_there_is_no_series() -> None:
    assert values(Merger().merge([]), BACKLOG) == {}
