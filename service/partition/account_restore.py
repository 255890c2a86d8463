"""The accounts of customers, read back from a changelog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from service.partition.account_departures import reduce
from service.partition.partition import Partition
from service.partition.settings_changed import SettingsChanged
from service.state.account import Account
from service.store import changelog as state


def put_accounts(partition: Partition, found: Mapping[bytes, bytes]) -> list[str]:
    """Puts the accounts among the records found into the state; the customers whose they are."""
    customers: list[str] = []
    for key in [key for key in found if key.startswith(state.ACCOUNT)]:
        customer_id = state.read_key(key)[0]
        partition.accounts.put(customer_id, found[key])
        customers.append(customer_id)
    return customers


def state_accounts(
    partition: Partition, customers: Sequence[str], changed: SettingsChanged | None, at_once: int
) -> None:
    """States what accounts say, so many at once, when all contacts are there."""
    if not (partition.definitions.customer_changed or changed is not None):
        return
    accounts, turnovers = partition.accounts, partition.differences.turnovers
    until, reach = partition.retired.turns_until, partition.definitions.left_after
    for first in range(0, len(customers), at_once):
        read: list[tuple[str, Account]] = []
        for customer_id in customers[first : first + at_once]:
            account = accounts.account(customer_id)
            if account is not None:
                # It may be that only its record was not written any more.
                reduce(account, until, reach)
                read.append((customer_id, account))
        if changed is not None:
            changed.compare_accounts(read)
        if partition.definitions.customer_changed:
            for customer_id, account in read:
                accounts.note(customer_id, account)
            turnovers.restore(partition.differences.retractions, read)
            partition.aggregator.settle()
        accounts.rest()
        partition.customers.rest(awake=0)
