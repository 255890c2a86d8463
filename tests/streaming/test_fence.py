"""Whose records count, read off the changelog alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from service.streaming.epochs import CLAIM_KEY, Fence, epoch_headers


def written(epoch: int, key: bytes, value: bytes | None = b"") -> Any:
    return SimpleNamespace(key=key, value=value, headers=tuple(epoch_headers(epoch)))


def test_records_of_one_owner_count_in_order() -> None:
    fence = Fence()
    log = [written(1, CLAIM_KEY), written(1, b"a", b"1"), written(1, b"a", None)]
    assert fence.admit(log) == [(b"a", b"1"), (b"a", None)]
    assert fence.highest == 1


def test_what_a_former_owner_writes_after_a_newer_claim_does_not_count() -> None:
    fence = Fence()
    log = [
        written(1, CLAIM_KEY),
        written(1, b"a", b"1"),
        written(2, CLAIM_KEY),
        written(1, b"a", b"late"),
        written(2, b"b", b"2"),
    ]
    assert fence.admit(log) == [(b"a", b"1"), (b"b", b"2")]


def test_an_epoch_is_known_from_its_records_when_its_claim_is_compacted_away() -> None:
    fence = Fence()
    log = [written(2, b"a", b"2"), written(1, b"a", b"late"), written(3, CLAIM_KEY)]
    assert fence.admit(log) == [(b"a", b"2")]


def test_keys_overwritten_by_a_record_that_does_not_count_are_known_until_written_again() -> None:
    fence = Fence()
    fence.admit([written(2, CLAIM_KEY), written(1, b"a", b"late"), written(1, b"b", b"late")])
    assert fence.overwritten == {b"a", b"b"}
    fence.admit([written(2, b"a", b"again")])
    assert fence.overwritten == {b"b"}


def test_records_without_an_epoch_count_only_before_any_claim() -> None:
    fence = Fence()
    plain = SimpleNamespace(key=b"a", value=b"1", headers=())
    assert fence.admit([plain]) == [(b"a", b"1")]
    assert fence.admit([written(1, CLAIM_KEY), plain]) == []


def test_what_counts_is_the_same_however_the_log_is_cut_into_batches() -> None:
    log = [
        written(epoch, b"%d" % key, b"%d" % number)
        for number, (epoch, key) in enumerate([(1, 0), (2, 1), (1, 0), (2, 0), (3, 1), (2, 1)])
    ]
    whole = Fence().admit(log)
    for cut in range(len(log) + 1):
        fence = Fence()
        assert fence.admit(log[:cut]) + fence.admit(log[cut:]) == whole
