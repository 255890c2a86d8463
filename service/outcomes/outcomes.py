"""Whose outcomes are to be told, and when: what changed, and what the clock has changed.

At most one record of a contact for each move of the clock. When it next changes by itself is
known whenever it is drawn up, so that a contact is looked at again only then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from heapq import heapify, heappop, heappush

import msgspec
import numpy as np

from service.aggregates.cells import Cells
from service.aggregates.clock import BEFORE_ALL
from service.aggregates.entries import Entries
from service.aggregates.retractions import Retractions
from service.aggregates.rows import Rows
from service.definitions import Definitions
from service.kpis.rows import NEVER
from service.outcomes.life import told
from service.outcomes.verdicts import Verdicts, next_changes
from service.state.customers import Customer, Customers
from service.state.record import Contact, Remembers

#: A customer's id and a contact's: contacts themselves may be packed meanwhile.
Name = tuple[str, str]
#: Contacts that are drawn up at once.
AT_ONCE = 1_000


class _Named(msgspec.Struct):
    customer_id: str
    contact_id: str


_decode_name = msgspec.json.Decoder(_Named).decode


class Outcomes:
    """The outcomes of one partition's contacts that are to be told."""

    def __init__(
        self,
        definitions: Definitions,
        customers: Customers,
        rows: Rows,
        cells: Cells,
        retractions: Retractions,
    ) -> None:
        self._customers = customers
        self._rows = rows
        self._statements = retractions
        self._lateness = definitions.allowed_lateness
        self._verdicts = Verdicts(cells, retractions.contacts.slots, self._lateness)
        self._noted: set[Name] = set()
        #: When each contact next changes by itself. Of its entries in the heap, that one counts.
        self._next: dict[Name, int] = {}
        self._due: list[tuple[int, Name]] = []
        self._untold: list[tuple[bytes, bytes]] = []

    def note(self, customer_id: str, contact: Contact) -> None:
        """Something of this contact has changed."""
        self._noted.add((customer_id, contact.contact_id))

    def note_told(self, values: Iterable[bytes]) -> None:
        """The contacts of these records, as far as they are records of outcomes."""
        for value in values:
            with suppress(msgspec.MsgspecError):
                its = _decode_name(value)
                self._noted.add((its.customer_id, its.contact_id))

    def draw(self, clock: int) -> None:
        """Draws up what was noted, and what changes by the clock; before any of it leaves.

        Not before the clock has begun: nothing holds until then, and no record could say when.
        """
        if clock == BEFORE_ALL:
            return
        while self._due and self._due[0][0] <= clock:
            due, name = heappop(self._due)
            if self._next.get(name) == due:
                del self._next[name]
                self._noted.add(name)
        names = sorted(self._noted)
        self._noted.clear()
        for start in range(0, len(names), AT_ONCE):
            self._tell(list(self._those(names[start : start + AT_ONCE])), clock)
        if len(self._due) > 2 * len(self._next) + AT_ONCE:
            self._due = [(due, name) for name, due in self._next.items()]
            heapify(self._due)

    def restored(
        self, contacts: Sequence[tuple[Customer, Contact]], clock: int, *, tell: bool
    ) -> None:
        """Takes in contacts that were read back; `tell`: they may have become other ones by that.

        Else all that the predecessor wrote of them was told before it was written.
        """
        if clock == BEFORE_ALL:
            for customer, contact in contacts:
                self.note(customer.id, contact)
        elif tell:
            self._tell(contacts, clock)
        else:
            self._draw(contacts, clock)

    def untold(self) -> list[tuple[bytes, bytes]]:
        """Key and value of the records since the last call."""
        records, self._untold = self._untold, []
        return records

    def _those(self, names: Iterable[Name]) -> Iterable[tuple[Customer, Contact]]:
        for customer_id, contact_id in names:
            customer = self._customers.customer(customer_id)
            contact = None if customer is None else customer.find(contact_id)
            if customer is not None and contact is not None:
                yield customer, contact

    def _tell(self, contacts: Sequence[tuple[Customer, Contact]], clock: int) -> None:
        entries, changes = self._draw(contacts, clock)
        records = [
            None
            if contact.started_at is None
            else told(customer, contact, self._rows.standings, clock, self._lateness)
            for customer, contact in contacts
        ]
        self._verdicts.tell(entries, records, clock)
        for record, change in zip(records, changes, strict=True):
            if record is not None:
                record.final = change == NEVER and record.status == "closed"
                self._untold.append((record.customer_id.encode(), record.encoded()))

    def _draw(
        self, contacts: Sequence[tuple[Customer, Contact]], clock: int
    ) -> tuple[Entries, list[int]]:
        """What these contacts state, and when each changes by itself next."""
        tables = self._rows.tables(contacts)
        rows: dict[Remembers, int] = {contact: row for row, (_, contact) in enumerate(contacts)}
        changes = np.full(len(contacts), NEVER, dtype=np.int64)
        its, lateness = self._statements, self._lateness
        stated = its.contacts.entries(tables.contact_table())
        turns = its.turns.entries(tables.turn_table())
        answers = its.surveys.entries(tables.answer_table())
        # Of some answers there is no counter; they are final in the same way.
        answers.final = np.minimum(answers.final, answers.at)
        judged = its.evaluations.entries(tables.evaluation_table())
        for entries, owners in (
            (stated, tables.contacts),
            (turns, tables.turns),
            (answers, tables.answers),
            (judged, tables.evaluations),
        ):
            next_changes(entries, owners, rows, clock, lateness, changes)
        for row, (_, contact) in enumerate(contacts):
            # It states no closing, yet its record tells of it, and is final as all are.
            if contact.outbound and contact.started_at is not None:
                standings = self._rows.standings
                ends_at = standings.life(contact).last(standings.horizon).at
                ahead_of_it = (at for at in (ends_at, ends_at + lateness) if at > clock)
                changes[row] = min((int(changes[row]), *ahead_of_it))
        ahead = changes.tolist()
        for (customer, contact), change in zip(contacts, ahead, strict=True):
            name = (customer.id, contact.contact_id)
            if change == NEVER:
                self._next.pop(name, None)
            elif self._next.get(name) != change:
                self._next[name] = change
                heappush(self._due, (change, name))
        return stated, ahead
