"""Who repeats whom, against a comparison of each with each; and who can be left out of account."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.definitions import Definitions, RepeatWindow
from service.state import departed, neighbours, timeline
from service.state.customers import Customers
from service.state.neighbours import Neighbours
from service.state.parts import Start
from service.state.rank import rank
from service.state.record import Contact, Outcome
from service.state.resolution import Resolution
from service.state.standing import Standings
from service.state.update import OPEN, WAITING, Update

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.state.customers import Customer

RepeatMatch = Literal["reason", "customer"]

LENGTHS: Final = (1, 4)
HORIZON: Final = 14
DEFINITIONS: Final = Definitions(
    repeat_windows=tuple(RepeatWindow(f"{length}", length) for length in LENGTHS),
    open_horizon=HORIZON,
)

STANDINGS: Final = Standings(HORIZON, updates_are_read=True)

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
    outcome=st.sampled_from((Outcome.RESOLVED,) * 5 + (Outcome.ABANDONED,)),
    responded_at=st.none(),
    queue=st.none(),
    reason=st.none(),
    replies=st.none(),
    handle=st.none(),
    transfers=st.none(),
    version=st.integers(0, 1),
)
updates = st.builds(
    Update,
    at=st.integers(0, 16),
    status=st.sampled_from((OPEN, WAITING, None)),
    by=st.just(0),
    queue=st.none(),
    reason=st.sampled_from((None, None, "r", "s")),
    priority=st.none(),
)
Part = Start | Resolution | Update
START: Final = Start(0, "voice", None, None, None, outbound=False, previous=None)
END: Final = Resolution(0, Outcome.RESOLVED, *(None,) * 6)
changes = st.lists(
    st.tuples(st.integers(0, 6).map(str), st.one_of(starts, resolutions, updates)),
    min_size=8,
    max_size=30,
)
#: What each says under every window: is it a repeat, and if not, and closed: has it one.
Answers = dict[str, list[tuple[bool, bool]]]


@dataclass
class One:
    """One customer, and all that is asked of its contacts."""

    match: RepeatMatch = "reason"
    customers: Customers = field(default_factory=Customers)
    neighbours: Neighbours = field(init=False)

    def __post_init__(self) -> None:
        self.neighbours = Neighbours(replace(DEFINITIONS, repeat_match=self.match), STANDINGS)

    @property
    def customer(self) -> Customer:
        customer = self.customers.customer("x")
        assert customer is not None
        return customer

    def contact(self, contact_id: str) -> Contact:
        customer = self.customers.customer("x")
        contact = None if customer is None else customer.find(contact_id)
        if contact is None:
            contact = Contact(contact_id)
            customer = customer or self.customers.begin("x")
            self.customers.add(customer, contact)
            self.neighbours.index_if_busy(customer)
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

    def put(self, contact: Contact, part: Part) -> None:
        places = self.neighbours.place(contact), self.neighbours.place_with(contact, part)
        part.put_into(contact)
        self.neighbours.move(self.customer, contact, *places)

    def expected(self, left: Sequence[Contact] = ()) -> Answers:
        staying = list(self.customer.each())
        everyone = [*staying, *left]
        return {
            contact.contact_id: []
            if self.neighbours.place(contact) is None
            else [
                answer(
                    contact,
                    any(self._repeats(contact, other, length) for other in everyone),
                    any(self._repeats(other, contact, length) for other in everyone),
                )
                for length in LENGTHS
            ]
            for contact in staying
        }

    def _repeats(self, r: Contact, c: Contact, length: int) -> bool:
        """CONTRACT 3, repeat contact."""
        if r is c or r.outbound or c.outbound or r.started_at is None or c.started_at is None:
            return False
        _, r_outcome, r_reason = STANDINGS.of(r)
        end, c_outcome, c_reason = STANDINGS.of(c)
        if Outcome.ABANDONED in (r_outcome, c_outcome):
            return False
        if self.match == "reason" and r_reason != c_reason and r.previous != c.contact_id:
            return False
        return c.started_at < r.started_at <= end + length


def answer(contact: Contact, is_repeat: bool, has_repeat: bool) -> tuple[bool, bool]:
    asked = contact.resolved_at is not None and not is_repeat
    return is_repeat, asked and has_repeat


@settings(max_examples=400, deadline=None)
@given(
    told=changes,
    few=st.sampled_from((0, 2, 12)),
    block=st.sampled_from((1, 2, 256)),
    match=st.sampled_from(("reason", "reason", "customer")),
)
def test_repeats_are_those_of_the_contract_and_only_those_named_change(
    told: list[tuple[str, Part]], few: int, block: int, match: RepeatMatch
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "FEW", few)
        patch.setattr(timeline, "BLOCK", block)
        one = One(match)
        for contact_id, part in told:
            contact = one.contact(contact_id)
            if part.standing(contact) == part:
                continue
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


#: A contact leaves, or a part comes that stands against the one before.
events = st.lists(
    st.tuples(
        st.integers(0, 6).map(str),
        st.one_of(st.just("leaves"), st.just("leaves"), starts, resolutions, updates),
    ),
    max_size=20,
)


@settings(max_examples=600, deadline=None)
@given(
    told=changes,
    then=events,
    few=st.sampled_from((0, 2, 12)),
    asleep=st.booleans(),
)
def test_what_contacts_are_to_each_other_does_not_depend_on_who_has_left(
    told: list[tuple[str, Part]],
    then: list[tuple[str, str | Part]],
    few: int,
    asleep: bool,
) -> None:
    """Also when those that have not left turn out to be other than they were then."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "FEW", few)
        patch.setattr(timeline, "BLOCK", 2)
        one = One()
        for contact_id, part in told:
            told_of = one.contact(contact_id)
            if part.standing(told_of) != part:
                one.put(told_of, part)
        left: list[Contact] = []
        for contact_id, event in then:
            contact = one.customer.find(contact_id)
            if contact is None:
                continue
            if isinstance(event, str):
                left.append(contact)
                departed.leave(one.neighbours, one.customer, [contact])
                if not one.customer:
                    assert not one.customer.remembered
                    return
            else:
                standing = event.standing(contact)
                if standing is None or rank(event) > rank(standing):
                    one.put(contact, event)
            if asleep:
                one.customers.rest(awake=0)
            assert one.answers() == one.expected(left)


def test_of_too_many_that_have_left_those_stay_that_ended_last() -> None:
    one = One()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(departed, "DEPARTED", 4)
        one.put(one.contact("open"), START)
        for number in range(5):
            contact = one.contact(f"{number}")
            one.put(contact, msgspec.structs.replace(START, at=2 * number + 1))
            one.put(contact, msgspec.structs.replace(END, at=2 * number + 2))
            departed.leave(one.neighbours, one.customer, [contact])
    kept = one.customer.departed
    assert kept is not None
    assert [contact.contact_id for contact in kept.each()] == ["3", "4"]
