"""Who repeats whom, against a comparison of each with each; and who can be left out of account."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.contacts import neighbours, timeline
from service.contacts.book import Book
from service.contacts.neighbours import Neighbours
from service.contacts.parts import Resolution, Start
from service.contacts.record import Contact, Outcome
from service.definitions import Definitions, RepeatWindow

if TYPE_CHECKING:
    from service.contacts.book import Customer

LENGTHS: Final = (1, 4)
HORIZON: Final = 14
DEFINITIONS: Final = Definitions(
    repeat_windows=tuple(RepeatWindow(f"{length}", length) for length in LENGTHS),
    open_horizon=HORIZON,
)

starts = st.builds(
    Start,
    at=st.integers(0, 12),
    channel=st.just("voice"),
    queue=st.none(),
    reason=st.sampled_from((None, None, None, "r")),
    priority=st.none(),
    outbound=st.sampled_from((False,) * 9 + (True,)),
    previous=st.sampled_from((None, None, None, None, "0", "1")),
)
resolutions = st.builds(
    Resolution,
    at=st.integers(0, 16),
    outcome=st.sampled_from((Outcome.RESOLVED,) * 5 + (Outcome.ABANDONED,)).map(int),
    responded_at=st.none(),
    queue=st.none(),
    reason=st.none(),
    replies=st.none(),
    handle=st.none(),
    transfers=st.none(),
)
changes = st.lists(
    st.tuples(st.integers(0, 6).map(str), st.one_of(starts, resolutions)),
    min_size=8,
    max_size=30,
)
#: What each says under every window: is it a repeat, and if not, and closed: has it one.
Answers = dict[str, list[tuple[bool, bool]]]


@dataclass
class One:
    """One customer, and all that is asked of its contacts."""

    book: Book = field(default_factory=Book)
    neighbours: Neighbours = field(default_factory=lambda: Neighbours(DEFINITIONS))

    @property
    def customer(self) -> Customer:
        customer = self.book.customer("x")
        assert customer is not None
        return customer

    def contact(self, contact_id: str) -> Contact:
        customer = self.book.customer("x")
        contact = None if customer is None else customer.find(contact_id)
        if contact is None:
            contact = Contact(contact_id)
            self.neighbours.index_if_busy(self.book.add("x", contact))
        return contact

    def answers(self) -> Answers:
        return {contact.contact_id: self._answers(contact) for contact in self.customer.each()}

    def _answers(self, contact: Contact) -> list[tuple[bool, bool]]:
        place = self.neighbours.place(contact)
        if place is None:
            return []
        covered_until, followed_at = self.neighbours.distances(self.customer, contact)
        return [
            answer(
                contact, place.start <= covered_until + length, followed_at <= place.end + length
            )
            for length in LENGTHS
        ]

    def expected(self) -> Answers:
        everyone = list(self.customer.each())
        return {
            contact.contact_id: []
            if self.neighbours.place(contact) is None
            else [
                answer(
                    contact,
                    any(repeats(contact, other, length) for other in everyone),
                    any(repeats(other, contact, length) for other in everyone),
                )
                for length in LENGTHS
            ]
            for contact in everyone
        }


def answer(contact: Contact, is_repeat: bool, has_repeat: bool) -> tuple[bool, bool]:
    asked = contact.resolved_at is not None and not is_repeat
    return is_repeat, asked and has_repeat


def repeats(r: Contact, c: Contact, length: int) -> bool:
    """CONTRACT 3, repeat contact."""
    if r is c or r.outbound or c.outbound or r.started_at is None or c.started_at is None:
        return False
    if Outcome.ABANDONED in (r.outcome, c.outcome):
        return False
    if r.reason != c.reason and r.previous != c.contact_id:
        return False
    end = c.started_at + HORIZON if c.resolved_at is None else c.resolved_at
    return c.started_at < r.started_at <= end + length


@settings(max_examples=400, deadline=None)
@given(told=changes, few=st.sampled_from((0, 2, 12)), block=st.sampled_from((1, 2, 256)))
def test_repeats_are_those_of_the_contract_and_only_those_named_change(
    told: list[tuple[str, Start | Resolution]], few: int, block: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "FEW", few)
        patch.setattr(timeline, "BLOCK", block)
        one = One()
        for contact_id, part in told:
            contact = one.contact(contact_id)
            before = one.answers()
            places = one.neighbours.place(contact), one.neighbours.place_with(contact, part)
            named = {
                other.contact_id
                for other in one.neighbours.affected(one.customer, contact, *places)
            }
            part.put_into(contact)
            one.neighbours.move(one.customer, contact, *places)
            after = one.answers()
            assert after == one.expected()
            changed = {other for other in after if after[other] != before[other]}
            assert changed - {contact_id} <= named


@settings(max_examples=200, deadline=None)
@given(
    told=changes,
    leaving=st.permutations([str(number) for number in range(7)]),
    few=st.sampled_from((0, 2, 12)),
)
def test_what_a_contact_says_stays_when_its_neighbours_leave(
    told: list[tuple[str, Start | Resolution]], leaving: list[str], few: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "FEW", few)
        patch.setattr(timeline, "BLOCK", 2)
        one = One()
        for contact_id, part in told:
            contact = one.contact(contact_id)
            places = one.neighbours.place(contact), one.neighbours.place_with(contact, part)
            part.put_into(contact)
            one.neighbours.move(one.customer, contact, *places)
        customer, expected = one.customer, one.answers()
        for contact_id in leaving:
            gone = customer.find(contact_id)
            # A contact leaves long after it was closed, or has expired.
            if gone is not None:
                one.neighbours.bequeath(customer, gone)
                del expected[contact_id]
                assert one.answers() == expected
