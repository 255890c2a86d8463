"""A worker that takes up a partition from its changelog says what its predecessor would."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from service.aggregates.clock import BEFORE_ALL
from service.partition import restore as restoring
from service.state import neighbours
from service.store import changelog as state
from service.store import pieces
from tests.partition.running import (
    DURABLE,
    GAUGES,
    SIZES,
    Batch,
    Record,
    Run,
    compacted,
    cut,
    events_of,
    expected_at,
    fallen,
)
from tests.reference.clean_logs import clean_log
from tests.reference.compare import differences
from tests.reference.logs import random_log
from tests.reference.settings import DAY, HOUR, MINUTE, ReferenceSettings, micro
from tests.reference.strategies import small_logs
from tests.rules.notation import answered, resolved, started

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.reference.writing import Log

#: Few days are enough for contacts to expire, to leave, and to come too late.
SHORT: Final[dict[str, Any]] = {
    "windows": {"1h": (HOUR, MINUTE)},
    "repeat_windows": {"10m": 10 * MINUTE, "1h": HOUR},
    "open_horizon": 2 * DAY,
}
#: Nothing is ever too late, however late it comes.
LONG: Final[dict[str, Any]] = {"windows": {"1h": (HOUR, MINUTE), "40d": (40 * DAY, HOUR)}}
#: In order; out of order within the lateness; late by anything.
DISORDERS: Final = ("none", "within the lateness", "any")


def test_the_contacts_of_a_busy_customer_are_indexed_once() -> None:
    settings = ReferenceSettings()
    lines = [started(f"c{number:02}", f"10:{number:02}") for number in range(20)]
    lines += [resolved(f"c{number:02}", f"10:{number + 30:02}") for number in range(20)]
    lines += [started("late", "12:35")]  # a repeat of those that ended since 10:35
    run = Run(settings)
    run.feed(events_of(lines, settings))
    successor = run.successor()
    # all but the first turn out to be about something else, and no trace of them stays behind
    amended = [started(f"c{number:02}", f"10:{number:02}", reason="r") for number in range(1, 20)]
    successor.feed(events_of(amended, settings))
    expected = expected_at(lines + amended, successor.engine.clock, settings)
    assert differences(expected, successor.page(), GAUGES) == []
    assert differences(successor.page(), successor.successor().page(), DURABLE) == []


def test_a_topic_that_is_ahead_of_the_others_stays_so() -> None:
    settings = ReferenceSettings()
    run = Run(settings)
    run.feed(events_of([answered("x", "10:00", "csat", 5), started("a", "10:00")], settings), 0)
    run.feed(events_of([started("b", "11:00")], settings), 0)
    successor = run.successor()
    for worker in (run, successor):
        worker.feed(events_of([answered("x", "12:00", "nps", 5)], settings), 0)
        worker.feed(events_of([resolved("a", "12:00")], settings), 0)
    assert successor.engine.clock == run.engine.clock


@pytest.mark.parametrize(
    ("restated", "settled"), [(1, 1), (1, 3), (2, 1), (3, 7), (1, 10**6), (10**6, 1)]
)
def test_what_is_restored_does_not_depend_on_how_much_is_booked_at_once(
    restated: int, settled: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ReferenceSettings(**SHORT)
    run = Run(settings)
    for batch in cut(in_disorder(3, "within the lateness", settings), random.Random(3)):
        run.feed(batch)
    monkeypatch.setattr(restoring, "RESTATED_AT_ONCE", restated)
    monkeypatch.setattr(restoring, "SETTLED_AT_ONCE", settled)
    assert differences(run.page(), run.successor().page(), DURABLE) == []


def rewritten(changelog: Sequence[Record], rng: random.Random) -> list[Record]:
    """As another release writes contacts: without fields at their end that say nothing, or with
    more than we know of."""

    def other(key: bytes, value: bytes | None) -> bytes | None:
        if value is None or not isinstance(state.read_key(key), tuple):
            return value
        fields = msgspec.msgpack.decode(value)
        if rng.random() < 0.5:
            return msgspec.msgpack.encode([*fields, "new", {"more": 1}])
        while fields[-1] is None:
            fields.pop()
        return msgspec.msgpack.encode(fields)

    return [(key, other(key, value)) for key, value in changelog]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("disorder", DISORDERS)
def test_a_restart_from_what_another_release_wrote_changes_no_number(
    disorder: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ReferenceSettings(contact_responded=seed % 3 == 0, **(SHORT if seed % 2 else {}))
    monkeypatch.setattr(neighbours, "FEW", 2 if seed % 3 == 1 else 12)
    rng = random.Random(seed)
    batches = list(cut(in_disorder(seed, disorder, settings), rng))
    run, half = Run(settings), len(batches) // 2
    for batch in batches[:half]:
        run.feed(batch)
    other = run.successor(changelog=rewritten(run.changelog, rng))
    assert differences(run.page(), other.page(), DURABLE) == []
    for batch in batches[half:]:
        run.feed(batch)
        other.feed(batch)
        assert differences(run.page(), other.page(), DURABLE) == []
    assert differences(run.page(), other.successor().page(), DURABLE) == []


def test_nothing_new_is_nothing_to_write() -> None:
    run = Run(ReferenceSettings())
    assert run.feed([], BEFORE_ALL) == []
    run.feed(events_of([started("a", "10:00")], run.settings))
    assert run.feed([]) == []
    assert run.successor().feed([]) == []


def in_disorder(seed: int, disorder: str, settings: ReferenceSettings) -> Batch:
    responded = settings.contact_responded
    if disorder == "any":
        log = random_log(seed, 150, responded=responded, settings=settings, amendments=0.1)
        return events_of(log.lines, settings)
    if disorder == "none":
        log = random_log(seed, 150, responded=responded, settings=settings, shuffled=False)
        return events_of(log.lines, settings)
    rng = random.Random(seed)
    events = events_of(clean_log(seed, 50, responded=responded).lines, settings)
    return sorted(events, key=lambda event: event[1] + rng.randrange(micro(30)))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("disorder", DISORDERS)
def test_a_restart_at_any_point_of_any_log_changes_no_number(
    disorder: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also from any prefix of the last flush, whose batch is then consumed again."""
    rng = random.Random(seed)
    settings = ReferenceSettings(
        contact_responded=seed % 3 == 0,
        repeat_match="customer" if seed % 5 == 0 else "reason",
        **(SHORT if seed % 2 else LONG if disorder == "any" else {}),
    )
    monkeypatch.setattr(neighbours, "FEW", 1 if seed % 4 == 0 else neighbours.FEW)
    piece, part = SIZES[seed % len(SIZES)]
    monkeypatch.setattr(pieces, "PIECE_BYTES", piece)
    monkeypatch.setattr(state, "PART_BYTES", part)
    batches = list(cut(in_disorder(seed, disorder, settings), rng))
    first, successor = Run(settings), None
    clock, strikes_at = BEFORE_ALL, rng.randrange(len(batches))
    for number, batch in enumerate(batches):
        if rng.random() < 0.5:
            clock = max(clock, rng.choice(batch)[1] - rng.choice((0, 0, micro(HOUR))))
        before, told = list(first.changelog), first.page()
        written = first.feed(batch, clock)
        if number == strikes_at:
            if rng.random() < 0.5:
                before = compacted(before, tombstones=rng.random() < 0.5)
            for length in rng.sample(range(len(written) + 1), min(8, len(written) + 1)):
                successor = first.successor(changelog=before + written[:length])
                assert first.lost_some() or fallen(told, successor.page()) == []
                successor.feed(batch, clock)
                assert first.lost_some() or not differences(first.page(), successor.page(), DURABLE)
        elif successor is not None:
            successor.feed(batch, clock)
        if first.lost_some():
            return
        if successor is not None:
            assert differences(first.page(), successor.page(), DURABLE) == []
            assert successor.engine.clock == first.engine.clock
    assert differences(first.page(), first.successor().page(), DURABLE) == []


@hypothesis_settings(max_examples=100, deadline=None)
@given(
    log=small_logs(responded=True, max_events=20),
    sizes=st.lists(st.integers(1, 8), min_size=1, max_size=6),
    length=st.integers(0, 30),
    late=st.integers(0, 40),
    few=st.sampled_from((0, 1, 12)),
    sizes_written=st.sampled_from(SIZES),
)
def test_a_restart_in_the_middle_of_a_flush(
    log: Log, sizes: list[int], length: int, late: int, few: int, sizes_written: tuple[int, int]
) -> None:
    """The last batch: of a small log, at a clock by which some of it is final."""
    settings = ReferenceSettings(contact_responded=True)
    events = events_of(log.lines, settings)
    clock = log.as_of - micro(late * DAY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "FEW", few)
        patch.setattr(pieces, "PIECE_BYTES", sizes_written[0])
        patch.setattr(state, "PART_BYTES", sizes_written[1])
        first = Run(settings)
        for size in sizes[:-1]:
            first.feed(events[:size], clock)
            events = events[size:]
        batch, events = events[: sizes[-1]], events[sizes[-1] :]
        before, told = list(first.changelog), first.page()
        written = first.feed(batch, clock)
        successor = first.successor(changelog=before + written[:length])
        if not first.lost_some():
            assert fallen(told, successor.page()) == []
            for rest in (batch, events):
                successor.feed(rest, clock)
            first.feed(events, clock)
            assert first.lost_some() or not differences(first.page(), successor.page(), DURABLE)


@pytest.mark.parametrize(
    ("part", "piece"),
    [(state.PART_BYTES, pieces.PIECE_BYTES), (40, pieces.PIECE_BYTES), (20, 30)],
)
def test_a_restart_after_a_restart_in_the_middle_of_a_flush(
    part: int, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written together is then owed each by itself, whatever becomes of that flush.

    Also where it takes several records to write it: without the last of them none counts.
    """
    monkeypatch.setattr(state, "PART_BYTES", part)
    # What is written in parts is always in one piece; contacts need not be.
    monkeypatch.setattr(pieces, "PIECE_BYTES", piece)
    settings = ReferenceSettings()
    first = Run(settings)
    early = [started("a", "01 10:00"), resolved("a", "01 10:05")]
    early += [answered("other", "08 12:00", "csat", 5)]
    first.feed(events_of(early, settings))
    told = first.page()
    # late: it makes of a another kind of contact, and is itself one at once
    batch = events_of([started("b", "01 10:06"), resolved("b", "01 10:07")], settings)
    before = list(first.changelog)
    written = first.feed(batch)
    whole = first.page()
    assert len(written) > 3
    for length in range(len(written) + 1):
        second = first.successor(changelog=before + written[:length])
        assert fallen(told, second.page()) == []
        kept = list(second.changelog)
        again = second.feed(batch)
        assert differences(whole, second.page(), DURABLE) == []
        for then in range(len(again) + 1):
            for log in (kept + again[:then], compacted(kept + again[:then], tombstones=False)):
                third = first.successor(changelog=log)
                assert fallen(told, third.page()) == []
                third.feed(batch)
                assert differences(whole, third.page(), DURABLE) == []


@pytest.mark.parametrize(
    ("early", "late"),
    [
        pytest.param(
            [started("k", "10:00")],
            [started("r", "10:10"), resolved("r", "10:20"), started("k", "10:30")],
            id="what it would have repeated turns out to have begun later",
        ),
        pytest.param(
            [started("a", "10:00"), started("z", "10:10"), resolved("z", "10:12")],
            [resolved("a", "10:06", outcome="abandoned"), started("b", "10:05")],
            id="it repeats another one than before",
        ),
        pytest.param(
            [started("a", "10:00"), started("z", "10:10"), resolved("z", "10:12")],
            [started("b", "10:05"), resolved("a", "10:06", outcome="abandoned")],
            id="it repeats another one than before, which came first",
        ),
    ],
)
def test_late_changes_of_several_contacts_of_a_customer_count_all_at_once(
    early: list[bytes], late: list[bytes]
) -> None:
    """Also where, all of them together, a contact that is final is what it was before."""
    settings = ReferenceSettings()
    run = Run(settings)
    run.feed(events_of([*early, answered("other", "11:00", "csat", 5)], settings))
    told, before, batch = run.page(), list(run.changelog), events_of(late, settings)
    written = run.feed(batch)
    for length in range(len(written) + 1):
        successor = run.successor(changelog=before + written[:length])
        assert fallen(told, successor.page()) == []
        successor.feed(batch)
        assert differences(run.page(), successor.page(), DURABLE) == [], length
