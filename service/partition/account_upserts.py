"""Events put into the accounts of their customers."""

from __future__ import annotations

from service.aggregates.clock import BEFORE_ALL
from service.partition.partition import Partition
from service.state.account import Change, summed_up
from service.state.parts import digest
from service.state.rank import rank
from service.state.record import has_lost, note_lost


class AccountUpserts:
    """Puts changes into accounts; what that means for the numbers is added up once a batch.

    None is too late: that is for events about contacts that are not in the state, and what a
    customer is now may have been said long ago. But one that is older than all that is still told
    of only sets what none later has.
    """

    def __init__(self, partition: Partition) -> None:
        self._accounts = partition.accounts
        self._turnovers = partition.differences.turnovers
        self._retired = partition.retired
        self._unwritten = partition.unwritten

    def put(self, customer_id: str, change: Change) -> bool:
        """Puts a change in; whether it was not there before."""
        account = self._accounts.account(customer_id)
        if account is None:
            account = self._accounts.add(customer_id)
        standing = change.standing(account)
        if standing is not None and (change == standing or has_lost(account, digest(change))):
            return False
        self._unwritten.changed[account] = customer_id
        if standing is not None:
            if rank(change) < rank(standing):
                note_lost(account, digest(change), change.at)
                return True
            note_lost(account, digest(standing), standing.at)
        self._turnovers.touch(customer_id, account)
        change.put_into(account)
        until = self._retired.turns_until
        if until > BEFORE_ALL:
            account.changes = summed_up(account.changes, until)
        self._accounts.note(customer_id, account)
        return True
