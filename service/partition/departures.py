"""Contacts whose time has come leave the state, and what is counted of them stays."""

from __future__ import annotations

from collections import defaultdict

from service.aggregates.tables import single_of
from service.partition import account_departures
from service.partition.partition import Partition
from service.state import departed, orphans
from service.state.customers import Customer
from service.state.record import Contact, copy_of
from service.store import changelog as state
from service.store.retired import retire

#: Contacts leave the state once the clock has moved on by so much (microseconds), or so many
#: are due: each time, what the counters hold of all that ever left is written anew.
DEPARTURE_INTERVAL = 300 * 1_000_000


def let_go(partition: Partition, clock: int) -> None:
    """Lets those leave whose time has come by `clock`, if it is worth while yet."""
    account_departures.forget(partition)
    departures, retired = partition.departures, partition.retired
    since = retired.until + DEPARTURE_INTERVAL
    if clock < since or not (
        departures.worth_while(clock, len(retired))
        or account_departures.are_overdue(partition, clock)
    ):
        return
    leaving = departures.due(clock)
    retired.until, retired.terms = clock, partition.terms
    partition.coverage.left(clock, partition.terms)
    account_departures.note_endings(partition, leaving)
    if not account_departures.sum_up(partition) and not leaving:
        return
    retired.generation += 1
    partition.unwritten.retired_changed = True
    until = clock - partition.terms.retention
    staying = {contact for _, contact in leaving if orphans.outlast(contact, until)}
    retiring = [
        (customer, _reduce(partition, customer, contact, until) if contact in staying else contact)
        for customer, contact in leaving
    ]
    _retire(partition, retiring)
    gone: defaultdict[Customer, list[Contact]] = defaultdict(list)
    for customer, contact in leaving:
        if contact not in staying:
            gone[customer].append(contact)
    for customer, contacts in gone.items():
        _remove(partition, customer, contacts)


def _retire(partition: Partition, contacts: list[tuple[Customer, Contact]]) -> None:
    """Keeps what is counted of these contacts, and takes those that are open out of the backlog."""
    differences = partition.differences
    tables = differences.rows.tables(contacts)
    retire(partition.retired, differences.retractions, partition.cells, tables)
    partition.open.remove(tables.contact_table())
    partition.open.restate_single((), single_of(tables.drawn))
    for _, contact in contacts:
        partition.waiting.remove(contact)


def _remove(partition: Partition, customer: Customer, contacts: list[Contact]) -> None:
    """Takes contacts of one customer out of the state; what they were to the others stays."""
    unwritten, remembered = partition.unwritten, customer.remembered
    departure = departed.leave(partition.neighbours, customer, contacts)
    partition.customers.removed(customer, len(contacts), customer.remembered - remembered)
    unwritten.remove(state.contact_key(customer.id, contact) for contact in contacts)
    unwritten.note_departure(customer.id, departure)


def _reduce(partition: Partition, customer: Customer, contact: Contact, until: int) -> Contact:
    """Takes the parts up to `until` out of a record without a start; returns them."""
    unwritten = partition.unwritten
    if contact in unwritten.changed:
        # Before the clock that says what has left, the record is written as it was.
        unwritten.changed[copy_of(contact)] = unwritten.changed.pop(contact)
    gone = orphans.take_out(contact, until)
    partition.departures.file_anew(customer, contact, partition.clock.now)
    unwritten.reduced[contact] = customer.id
    return gone
