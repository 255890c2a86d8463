"""Events put into the records of their contacts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, Literal, get_args

from service.aggregates.clock import BEFORE_ALL
from service.aggregates.labels import Label
from service.events.model import ContactEvent, CustomerChanged, Event
from service.partition.account_upserts import AccountUpserts
from service.partition.partition import Partition
from service.state.account import Change
from service.state.customers import Customer
from service.state.evaluation import Evaluation
from service.state.parts import Answer, Part, Response, Start, digest
from service.state.rank import rank
from service.state.reading import Reading
from service.state.record import Contact, has_lost, note_lost
from service.state.resolution import Resolution
from service.state.update import Update

#: What became of a decoded event. Plain strings: they are counted by the million, and to hash a
#: member of an enumeration takes ten times as long.
Result = Literal["accepted", "duplicate", "too_late"]
RESULTS: Final[tuple[Result, ...]] = get_args(Result)


class Upserts:
    """Puts events into records; what that means for the numbers is added up once a batch.

    What is asked for every event is `type(part) is Start`: to find by `isinstance` that a struct is
    none of a class takes ten times as long.
    """

    def __init__(self, partition: Partition, *, decides_alone: bool) -> None:
        self._decides_alone = decides_alone
        #: Of the events that were not applied, see :meth:`apply`.
        self.undecided: list[Label] = []
        #: Of the event in hand, the dimensions that have no place for its value.
        self._without_place: list[str] = []
        #: How many accepted events had such a value, by dimension.
        self.overflows: Counter[str] = Counter()
        definitions = partition.definitions
        reading = Reading(definitions.lowercase_labels, tells_agents=definitions.outcomes)
        self._part_of, self._change_of = reading.part_of, reading.change
        self._accounts = AccountUpserts(partition)
        #: Customers whose contacts bear on how they left.
        self._leavers = partition.accounts.leavers
        self._account_of = partition.accounts.account
        self._tells_teams = partition.definitions.teams
        self._clock = partition.clock
        self._retention = partition.terms.retention
        self._customers = partition.customers
        self._neighbours = partition.neighbours
        self._standings = partition.standings
        self._departures = partition.departures
        self._retired = partition.retired
        self._waiting = partition.waiting
        self._coverage = partition.coverage
        self._labels = partition.labels
        self._dimensions = dict(partition.labels.each())
        self._cells = partition.cells
        self._differences = partition.differences
        self._unwritten = partition.unwritten
        #: Events before this moment are late enough to bear on when a contact may leave.
        self._late_before = BEFORE_ALL
        #: Events up to this moment are too late where their contact is not in the state.
        self._too_late_until = BEFORE_ALL

    def apply(self, events: Sequence[tuple[Event, int]]) -> list[Result]:
        """Puts a batch in, each event with its event time; the clock stands still meanwhile.

        It may be no more than the events before the first with a label value that is `undecided`.
        """
        # Under a shorter retention than today's, more has left: it may come again.
        self._too_late_until = max(self._clock.now - self._retention, self._coverage.whole_since)
        self._late_before = self._clock.now - min(
            self._departures.margin, self._retired.terms.retention // 2
        )
        self._standings.remember()
        results: list[Result] = []
        for event, at in events:
            result = self._apply(event, at)
            if result is None:
                break
            results.append(result)
        self.undecided = self._undecided(events[len(results) :])
        return results

    def _undecided(self, events: Sequence[tuple[Event, int]]) -> list[Label]:
        """Of the labels that events give those that are not decided."""
        if not events:
            return []
        parts = (self._read(event, at) for event, at in events)
        return self._labels.undecided(value for part in parts for value in self._values(part))

    def _read(self, event: Event, at: int) -> Part | Change:
        if isinstance(event, CustomerChanged):
            return self._change_of(event, at)
        return self._part_of[type(event)](event, at)

    def _apply(self, event: Event, at: int) -> Result | None:
        """What became of the event; None: nothing yet, its labels are not decided."""
        if type(event) is CustomerChanged:
            return self._change(event.customer_id, self._change_of(event, at))
        customer = self._customers.customer(event.customer_id)
        contact = None if customer is None else customer.contacts.get(event.contact_id)
        part = self._part_of[type(event)](event, at)
        # A part that waits for its contact beside others is no less late than one alone.
        if at <= self._too_late_until and (
            contact is None or (contact.started_at is None and type(part) is not Start)
        ):
            return "too_late"
        if self._without_place:
            self._without_place.clear()
        if not (self._gives_known_labels(part) or self._decide_labels(part)):
            return None
        if contact is None or customer is None:
            return self._begin(customer, event, at, part)
        return self._amend(customer, contact, at, part)

    def _change(self, customer_id: str, change: Change) -> Result | None:
        """An event of a customer's account."""
        self._without_place.clear()
        if not self._decide_labels(change):
            return None
        if not self._accounts.put(customer_id, change):
            return "duplicate"
        self.overflows.update(self._without_place)
        return "accepted"

    def _begin(self, customer: Customer | None, event: ContactEvent, at: int, part: Part) -> Result:
        """The first event of a contact."""
        contact = Contact(event.contact_id)
        if customer is None:
            customer = self._customers.begin(event.customer_id)
        self._customers.add(customer, contact)
        self._neighbours.index_if_busy(customer)
        self._departures.file(at + self._retention, customer, contact)
        self._put(customer, contact, part)
        if contact.started_at is None:
            self._waiting.add(contact)
        self._unwritten.note_begun(contact, customer.id)
        if at < self._late_before:
            self._file_anew(customer, contact)
        return "accepted"

    def _amend(self, customer: Customer, contact: Contact, at: int, part: Part) -> Result:
        """A further event of a contact."""
        standing = part.standing(contact)
        if standing is not None:
            if part == standing:
                return "duplicate"
            if rank(part) < rank(standing):
                return self._lost(customer, contact, part)
            note_lost(contact, digest(standing), standing.at)
        elif contact.extras is not None and contact.extras.lost and has_lost(contact, digest(part)):
            # Release 1 left such resolutions out of records, and orphans leave for themselves.
            return "duplicate"
        start = contact.started_at
        if start is None:
            self._waiting.remove(contact)
            self._put(customer, contact, part)
            self._waiting.add(contact)
        else:
            self._put(customer, contact, part)
        self._unwritten.changed[contact] = customer.id
        if start is None or at < start or at < self._late_before:
            self._file_anew(customer, contact)
        return "accepted"

    def _file_anew(self, customer: Customer, contact: Contact) -> None:
        """An event was so early or so late that its contact may leave sooner by that."""
        if self._retired.covers(contact):
            contact.need_extras().touched = self._clock.now
        self._departures.file_anew(customer, contact, self._clock.now)

    def _put(self, customer: Customer, contact: Contact, part: Part) -> None:
        """Puts a part in, after all that it can change was noted as it was before."""
        if type(part) is Answer or type(part) is Evaluation:
            self._differences.ratings.touch(customer, contact)
            part.put_into(contact)
            return
        self._differences.touch(customer, contact)
        if type(part) is Response:
            part.put_into(contact)
            return
        if customer.id in self._leavers and (account := self._account_of(customer.id)) is not None:
            self._differences.turnovers.touch(customer.id, account)
        extras = contact.extras
        if contact.surveys or (extras is not None and extras.evaluations):
            # An answer, or an evaluation, has the labels of its contact.
            self._differences.ratings.touch(customer, contact)
        if self._without_place:
            self.overflows.update(self._without_place)
        if customer.alone or customer.anonymous:
            if contact.extras is not None:
                self._standings.forget(contact)
            part.put_into(contact)
        else:
            self._put_and_move(customer, contact, part)

    def _lost(self, customer: Customer, contact: Contact, part: Part) -> Result:
        """An event that another one for its part stands against: nothing but its coming counts."""
        number = digest(part)
        if has_lost(contact, number):
            return "duplicate"
        note_lost(contact, number, part.at)
        if isinstance(part, Start):
            # Counted as they would be, had it come before the one that stands.
            self.overflows.update(self._without_place)
        self._unwritten.changed[contact] = customer.id
        return "accepted"

    def _put_and_move(
        self, customer: Customer, contact: Contact, part: Start | Resolution | Update
    ) -> None:
        """Puts a part that can change who repeats whom."""
        before = None if contact.started_at is None else self._neighbours.place(contact)
        after = self._neighbours.place_with(contact, part)
        # The neighbours' former rows are drawn up before anything moves. As long as nothing was
        # restated (a log is being replayed), they have none.
        affected = (
            self._neighbours.affected(customer, contact, before, after)
            if self._differences.has_restated
            else ()
        )
        if affected:
            first = min(place.start for place in (before, after) if place is not None)
            for other in affected:
                is_later = other.started_at is not None and other.started_at > first
                self._differences.touch(customer, other, may_repeat=is_later)
        if contact.extras is not None:
            self._standings.forget(contact)
        part.put_into(contact)
        if customer.indexed is not None:
            self._neighbours.move(customer, contact, before, after)

    def _decide_labels(self, part: Part | Change) -> bool:
        """Whether it is decided which labels a part has; alone, the order of arrival decides."""
        for name, value in self._values(part):
            dimension = self._dimensions[name]
            if value is None:
                continue
            if dimension.awaits(value):
                if not self._decides_alone:
                    return False
                self._labels.admit([(name, value)])
            elif not dimension.has_place(value):
                self._without_place.append(name)
        return True

    def _gives_known_labels(self, part: Part) -> bool:
        """Nearly always: labels that have their places already, or none."""
        if type(part) is Start:
            return self._cells.are_settled(part.channel, part.queue, part.reason)
        if type(part) is Resolution:
            no_team = part.team is None or not self._tells_teams
            return no_team and part.queue is None and part.reason is None
        return type(part) is not Update

    def _values(self, part: Part | Change) -> Iterator[tuple[str, str | None]]:
        """The label values that a part gives, by dimension."""
        if isinstance(part, Start):
            yield "channel", part.channel
        if isinstance(part, Start | Resolution | Update):
            yield "queue", part.queue
            yield "reason", part.reason
        if isinstance(part, Resolution) and self._tells_teams:
            yield "team", part.team
        if isinstance(part, Change):
            yield "segment", part.segment
