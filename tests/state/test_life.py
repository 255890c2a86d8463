"""A contact's life, by example and against its definition written another way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.state.life import Life, live
from service.state.record import Contact, Outcome
from service.state.resolution import Resolution, resolutions
from service.state.update import OPEN, WAITING, Update, updates

HORIZON = 100
CUSTOMER, AGENT = 0, 1


def ended(at: int, outcome: int = 0, version: int = 0) -> Resolution:
    return Resolution(at, outcome, None, None, None, None, None, None, version=version)


def said(at: int, status: int | None, by: int = AGENT, version: int = 0) -> Update:
    return Update(at, status, by, None, None, None, version)


def lived(*parts: Resolution | Update, start: int = 0) -> Life:
    contact = Contact("c", start)
    for part in parts:
        if part.standing(contact) is None:
            part.put_into(contact)
    return live(start, resolutions(contact), updates(contact), HORIZON)


def marks(life: Life) -> tuple[list[int], list[int], bool]:
    return (
        [closing.at for closing in life.closings],
        [reopening.at for reopening in life.reopenings],
        life.is_open,
    )


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([], ([], [], True)),
        ([ended(5)], ([5], [], False)),
        # Without a status between them they are one closing: the later stands, or the version.
        ([ended(5), ended(9)], ([9], [], False)),
        ([ended(5, version=1), ended(9)], ([5], [], False)),
        # The first status after a closing opens it again; at its own moment it comes before.
        ([ended(5), said(6, OPEN)], ([5], [6], True)),
        ([ended(5), said(6, WAITING), ended(9)], ([5, 9], [6], False)),
        ([ended(5), said(5, OPEN)], ([5], [], False)),
        ([ended(5), said(7, None)], ([5], [], False)),
        # It expires, and a status later than that opens it again; a resolution takes its place.
        ([said(101, OPEN)], ([100], [101], True)),
        ([said(100, OPEN)], ([], [], True)),
        ([ended(150)], ([150], [], False)),
        ([ended(5), said(20, OPEN), said(130, OPEN)], ([5, 120], [20, 130], True)),
        # A status from before the start counts as at it; so does what comes after an end before it.
        ([said(-3, WAITING)], ([], [], True)),
        ([ended(-5), said(-9, OPEN)], ([-5], [0], True)),
    ],
)
def test_what_closes_and_what_opens_again(
    parts: list[Resolution | Update], expected: tuple[list[int], list[int], bool]
) -> None:
    assert marks(lived(*parts)) == expected


def test_it_counts_while_it_is_open_and_does_not_wait() -> None:
    life = lived(
        *(said(10, WAITING), said(15, WAITING), said(20, OPEN), said(25, OPEN), ended(30)),
        *(said(40, WAITING), said(50, OPEN)),
    )
    assert life.active == [(0, 10), (20, 30), (50, 140)]
    assert not lived(said(-3, WAITING)).active
    assert lived(said(-3, WAITING)).waits


def test_who_opened_it_again_is_told() -> None:
    life = lived(ended(5), said(6, OPEN, CUSTOMER), said(6, OPEN, AGENT, version=1), ended(7))
    assert [reopening.by for reopening in life.reopenings] == [AGENT]


parts = st.one_of(
    st.builds(
        ended,
        *(st.integers(-20, 350), st.integers(0, 2), st.integers(0, 2)),
    ),
    st.builds(
        said,
        *(st.integers(-20, 350), st.sampled_from((OPEN, WAITING, None))),
        *(st.integers(0, 2), st.integers(0, 1)),
    ),
)


@given(st.lists(parts, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(known: list[Resolution | Update], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = [*known, *known]
    random.shuffle(shuffled)
    assert lived(*known) == lived(*shuffled)


@given(st.lists(parts, max_size=12))
def test_closings_and_reopenings_take_turns(known: list[Resolution | Update]) -> None:
    life = lived(*known)
    turns = [it.at for it in life.closings] + [it.at for it in life.reopenings]
    assert len(life.closings) - len(life.reopenings) == (not life.is_open)
    assert sorted(turns) == [
        turn.at
        for pair in zip(life.closings, [*life.reopenings, None], strict=False)
        for turn in pair
        if turn is not None
    ]
    assert all(begin < end for begin, end in life.active)
    assert Outcome.VOID not in {0, 1, 2, 3}


@given(st.lists(parts, max_size=12), st.integers(-20, 400))
def test_it_was_open_from_each_opening_to_the_next_end(
    known: list[Resolution | Update], moment: int
) -> None:
    life = lived(*known)
    opened = [0, *(reopening.at for reopening in life.reopenings)]
    ends = [closing.at for closing in life.closings] + [10**9] * life.is_open
    by_spans = any(begin <= moment < end for begin, end in zip(opened, ends, strict=True))
    if moment >= 0:
        assert life.was_open(moment) == by_spans
