"""Records larger than a broker takes, as they are written and read back."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import pytest

from service.store import pieces
from service.store.changelog import Change
from service.store.completeness import StateIncompleteError
from service.store.pieces import HEAD, PIECE, Pieces, flaw

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

KEYS: Final = (b"\x91\xa1a", b"\x91\xa1b", b"\xa5clock")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE_BYTES", 8)


def read(log: Iterable[Change]) -> tuple[dict[bytes, bytes], Pieces]:
    """The records by key as a successor has them, and what it goes on with."""
    kept = Pieces()
    found: dict[bytes, bytes] = {}
    for key, value in [*kept.whole(log), *kept.joined()]:
        if value is None:
            found.pop(key, None)
        else:
            found[key] = value
    return found, kept


def compacted(log: Sequence[Change], end: int) -> list[Change]:
    """As a broker compacts what is before an offset, tombstones included."""
    last = {key: number for number, (key, _) in enumerate(log[:end])}
    head = [
        (key, value)
        for number, (key, value) in enumerate(log[:end])
        if last[key] == number and value is not None
    ]
    return [*head, *log[end:]]


def some(rng: random.Random) -> bytes | None:
    return None if rng.random() < 0.2 else bytes([0x91]) + rng.randbytes(rng.choice((2, 7, 20, 60)))


@pytest.mark.parametrize("seed", range(200))
def test_a_successor_of_any_prefix_however_compacted_has_whole_values(seed: int) -> None:
    """Each as it was before or after its record was written; and so have its own successors."""
    rng = random.Random(seed)
    log: list[Change] = []
    kept, stands = Pieces(), dict[bytes, bytes]()
    for _ in range(30):
        records = [(key, some(rng)) for key in rng.sample(KEYS, rng.randrange(3))]
        written = kept.cut(records)
        assert all(value is None or len(value) <= 8 + len(HEAD) for _, value in written)
        length = len(written) if rng.random() < 0.7 else rng.randrange(len(written) + 1)
        log += written[:length]
        before = dict(stands)
        after = {**before, **{key: value for key, value in records if value is not None}}
        for key, value in records:
            if value is None:
                after.pop(key, None)
        if rng.random() < 0.5:
            log = compacted(log, rng.randrange(len(log) + 1))
        if length < len(written) or rng.random() < 0.3:
            stands, kept = read(log)
        else:
            stands = after
        for key in KEYS:
            assert stands.get(key) in (before.get(key), after.get(key))
        assert read(log)[0] == stands
    written = kept.cut([(key, b"\x90") for key in KEYS])
    last = compacted(log + list(written), len(log) + len(written))
    assert not [key for key, _ in last if key.startswith(PIECE)]


def test_a_late_piece_that_was_undone_stands_behind_its_head() -> None:
    log = Pieces().cut([(KEYS[0], b"\x91" + bytes(20))])
    first, *rest = log
    assert read([*rest, first])[0] == read(log)[0] == {KEYS[0]: b"\x91" + bytes(20)}


def test_missing_pieces_are_told_and_no_former_value_stands_for_them() -> None:
    kept = Pieces()
    log = [(KEYS[0], b"\x90"), *kept.cut([(KEYS[0], b"\x91" + bytes(20))])]
    for lost in (1, 2, 3):
        with pytest.raises(StateIncompleteError, match="2 of 3 pieces of a record"):
            read([it for number, it in enumerate(log) if number != lost])
    with pytest.raises(StateIncompleteError, match="0 of 3 pieces"):
        read([log[0], log[-1]])


def test_pieces_of_another_value_are_told() -> None:
    log = Pieces().cut([(KEYS[0], b"\x91" + bytes(20))])
    key, value = log[1]
    with pytest.raises(ValueError, match="do not fit"):
        read([log[0], (key, bytes(len(value or b"") - 1) + b"x"), *log[2:]])


def test_a_damaged_head_is_found() -> None:
    log = Pieces().cut([(KEYS[0], b"\x91" + bytes(20))])
    assert [flaw(*it, of_one=lambda *_: "not asked") for it in log] == [None] * len(log)
    for damaged in (HEAD, HEAD + b"\x93\x02\x03\x00", HEAD + b"\x93\x00\x01\x00", HEAD + b"\xff"):
        assert "head" in (flaw(KEYS[0], damaged, of_one=lambda *_: None) or "")
    assert flaw(KEYS[0], b"\x90", of_one=lambda *_: "asked") == "asked"
    assert flaw(KEYS[0], None, of_one=lambda *_: "asked") == "asked"


def test_what_replaces_a_record_in_pieces_replaces_only_what_stands_before_it() -> None:
    """As a record that holds several does, however much of the log is read at once."""
    writing, value = Pieces(), b"\x91" + bytes(20)
    log = [*writing.cut([(KEYS[0], value)]), (KEYS[1], b"\x90"), *writing.cut([(KEYS[0], value)])]
    for stands_after in (log, log[: log.index((KEYS[1], b"\x90")) + 1]):
        kept = Pieces()
        for key, _ in kept.whole(stands_after):
            if key == KEYS[1]:
                kept.replaced(KEYS[0])
        assert kept.joined() == ([(KEYS[0], value)] if stands_after is log else [])
