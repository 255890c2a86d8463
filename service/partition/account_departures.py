"""What is counted of customers' turns long ago is kept as a sum; of contacts that leave, how they
turned out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec.structs import replace

from service.aggregates.tables import contact_table
from service.aggregates.turnover import turn_part, turnover_table
from service.definitions import DAY
from service.kpis.churn import Endings, longest
from service.partition.partition import Partition
from service.state.account import Account, Ending, summed_up
from service.state.customers import Customer
from service.state.loyalty import loyalty
from service.state.record import Contact
from service.store import changelog as state


def are_overdue(partition: Partition, clock: int) -> bool:
    """Whether leavings wait that could have been summed up a day ago."""
    return partition.accounts.have_left(clock - partition.terms.turns - DAY)


def note_endings(partition: Partition, leaving: Sequence[tuple[Customer, Contact]]) -> None:
    """Keeps with the accounts of customers who left how contacts turned out that leave the state.

    Before they leave; written before the clock that says so, as it changes no number.
    """
    leavers = partition.accounts.leavers
    concerned = [
        (customer, contact)
        for customer, contact in leaving
        if customer.id in leavers and contact.started_at is not None
    ]
    if not concerned:
        return
    rows = partition.differences.rows
    table = contact_table([rows.contact(*entry) for entry in concerned], rows.lines)
    endings = Endings(table, longest(partition.definitions))
    found: defaultdict[str, list[Ending]] = defaultdict(list)
    for number, (customer, contact) in enumerate(concerned):
        if table.inbound[number]:
            after, closed_at = int(endings.after[number]), int(endings.first_closed_at[number])
            ending = Ending(contact.started_at or 0, contact.contact_id, after, closed_at)
            found[customer.id].append(ending)
    for customer_id, its in found.items():
        account = partition.accounts.account(customer_id)
        if account is not None:
            account.remember(its)
            partition.unwritten.changed[account] = customer_id


def sum_up(partition: Partition) -> bool:
    """Sums up the accounts whose turns have been told of for long enough; whether there are any."""
    accounts, until = partition.accounts, partition.retired.turns_until
    is_due = accounts.have_left(until)
    for customer_id in accounts.take_leavers(until):
        account = accounts.account(customer_id)
        if account is not None:
            _retire(partition, customer_id, account, until)
            _write_reduced(partition, customer_id, account, until)
            accounts.note(customer_id, account)
    return is_due


def forget(partition: Partition) -> None:
    """Lets go of the accounts of those who left longest ago, where there are too many of them."""
    gone = partition.accounts.forget()
    partition.unwritten.remove(state.account_key(customer_id) for customer_id in gone)


def reduce(account: Account, until: int, reach: int) -> None:
    """Takes out of an account what is told of no more; `reach`: how long before it still matters.

    Also what it remembers to have been counted of that.
    """
    gone = {turn_part(turn.at) for turn in loyalty(account.changes).turns if turn.at <= until}
    account.changes = summed_up(account.changes, until)
    account.endings = [it for it in account.endings if it.started_at + reach > until]
    extras = account.extras
    if extras is not None and extras.counted:
        counted = {key: it for key, it in extras.counted.items() if _part(key) not in gone}
        account.extras = replace(extras, counted=counted or None)


def _retire(partition: Partition, customer_id: str, account: Account, until: int) -> None:
    """Keeps what counters have of the turns up to a moment."""
    turnovers, retired = partition.differences.turnovers, partition.retired
    owners, drawn = turnovers.drawn([(customer_id, account)])
    gone = [number for number, turn in enumerate(drawn) if turn.row[0] <= until]
    owners = [owners[number] for number in gone]
    table = turnover_table([drawn[number] for number in gone], turnovers.rows.lines)
    retractions, cells = partition.differences.retractions, partition.cells
    retired.add_facts(retractions.turnover, owners, table, cells)
    parts = {part for _, part in owners}
    extras = account.extras
    for key, counted in (extras.counted or {}).items() if extras is not None else ():
        if _part(key) in parts and counted.weight:
            retired.add(counted.cell, counted.weight, counted.total)


def _write_reduced(partition: Partition, customer_id: str, account: Account, until: int) -> None:
    unwritten = partition.unwritten
    if account in unwritten.changed:
        # Before the clock that says what was summed up, the record is written as it was.
        unwritten.changed[replace(account)] = unwritten.changed.pop(account)
    reduce(account, until, partition.definitions.left_after)
    unwritten.reduced[account] = customer_id


def _part(key: str) -> str:
    """The part of a turn, of the key of what was counted of it."""
    return key[key.index("@") :]
