"""What records stated by the rules of version 1, of which changelogs are still gone on with.

Contacts had no life then, only a start and an end. A reason was the one that a contact began with:
by it repeats were matched and told. Without a response a contact that was resolved before its
target had passed was a miss of it. And no customer was anonymous.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.aggregates.entries import Statements, Table
from service.aggregates.labels import Labels
from service.aggregates.rows import Rows
from service.aggregates.tables import Drawn, Owner
from service.kpis.rows import ContactRow
from service.kpis.tables import Contacts
from service.state.customers import Customer
from service.state.neighbours import Neighbours
from service.state.place import Place
from service.state.record import Contact
from service.state.standing import start_labels
from service.store.views import FormerView, Stated


class MayDiffer:
    """Whether anything that counters have of a customer's contacts can be another by today's."""

    def __init__(self, labels: Labels, *, responses_are_published: bool) -> None:
        #: Values that were shown as they are. Under another limit, what was `other` may be today.
        self._channels = labels.channel.places
        self._queues, self._reasons = ({*it.places, None} for it in (labels.queue, labels.reason))
        self._responses_are_published = responses_are_published

    def __call__(self, customer: Customer) -> bool:
        if customer.anonymous:
            return True
        channels, queues, reasons = self._channels, self._queues, self._reasons
        # A single loop without calls: it is asked of every contact of the state.
        for it in customer.each():
            reason = it.reason
            if it.end_reason is not None and it.end_reason != reason:
                return True
            if it.queue not in queues or reason not in reasons or it.end_queue not in queues:
                return True
            if it.channel not in channels:
                return True
            if self._responses_are_published and it.resolved_at is not None:
                response = it.responded_at if it.extras is None else it.first_response_at()
                if response is None or response > it.resolved_at:
                    return True
        return False


class FirstNeighbours(Neighbours):
    """Whose contacts match by the reasons that they began with."""

    def place(self, contact: Contact) -> Place | None:
        place = super().place(contact)
        if place is None or not self._by_reason:
            return place
        return Place(place.start, place.end, contact.reason, place.previous)


class FirstRows(Rows):
    """Whose repeats are told by the reason that a contact began with."""

    def contact(self, customer: Customer, contact: Contact) -> Drawn:
        drawn = super().contact(customer, contact)
        if contact.started_at is None or contact.outbound:
            return drawn
        cells = self.profile(contact.channel, start_labels(contact)).reason_cells
        return Drawn(tuple(ContactRow(*drawn.row)._replace(start_reason_cells=cells)))


class FirstView(FormerView):
    """The view of a predecessor of version 1."""

    neighbours_by, rows_by = FirstNeighbours, FirstRows

    def stated(
        self, statements: Statements[Table], owners: Sequence[Owner], table: Table
    ) -> Stated:
        if isinstance(table, Contacts):
            gone = (table.abandoned | (table.inbound & ~table.closed)) & (
                table.closed_at <= table.response_due
            )
            table.closed_at_response_due = gone & ~table.responded
        return super().stated(statements, owners, table)

    def _refiled(self, customer: Customer) -> Customer:
        refiled = Customer(customer.id, customer.contacts)
        self._neighbours.index(refiled)
        refiled.departed = customer.departed and self._refiled(customer.departed)
        return refiled
