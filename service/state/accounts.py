"""The accounts of one partition's customers, beside their contacts."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from itertools import islice

import msgspec

from service.state.account import Account
from service.state.loyalty import loyalty

#: So many customers who left long ago are remembered, lest one who comes back without a status be
#: taken for a new one. A few hundred bytes each: without a bound they would only become more.
FORMER = 500_000

#: Entries that stand no more are dropped once there are so many more of them than of others.
SPARE = 1_000

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Account).decode


class Accounts:
    """Every account in the state, packed but for those in hand: a million take little room."""

    def __init__(self) -> None:
        self._packed: dict[str, bytes] = {}
        self._in_hand: dict[str, Account] = {}
        #: The customers who have left at a time that still is told of, and the first such time.
        self.leavers: dict[str, int] = {}
        #: The same by time, as a heap: of the entries of a customer, that one stands.
        self._by_leaving: list[tuple[int, str]] = []
        #: Customers of whom no more is known than that they left, about the longest ago first.
        self._former: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._packed)

    def account(self, customer_id: str) -> Account | None:
        """A customer's account; the same object each time until :meth:`rest`."""
        account = self._in_hand.get(customer_id)
        if account is None:
            packed = self._packed.get(customer_id)
            if packed is None:
                return None
            account = self._in_hand[customer_id] = _unpack(packed)
        return account

    def add(self, customer_id: str) -> Account:
        """The account of a customer who is new here."""
        account = self._in_hand[customer_id] = Account()
        self._packed[customer_id] = b""
        return account

    def put(self, customer_id: str, packed: bytes) -> None:
        """An account as it was written; what it says of leaving, :meth:`note` is to be told."""
        self._packed[customer_id] = packed

    def note(self, customer_id: str, account: Account) -> None:
        """Whether its customer has left may have changed."""
        its = loyalty(account.changes)
        left_at = next((turn.at for turn in its.turns if turn.leaves), None)
        if left_at is None:
            self.leavers.pop(customer_id, None)
        elif self.leavers.get(customer_id) != left_at:
            self.leavers[customer_id] = left_at
            heappush(self._by_leaving, (left_at, customer_id))
            if len(self._by_leaving) > 2 * len(self.leavers) + SPARE:
                self._by_leaving = [(at, it) for it, at in self.leavers.items()]
                heapify(self._by_leaving)
        if its.turns or its.is_active:
            self._former.pop(customer_id, None)
        else:
            self._former[customer_id] = None

    def have_left(self, until: int) -> bool:
        """Whether any leaving up to a moment is still told of."""
        heap = self._by_leaving
        while heap and self.leavers.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
        return bool(heap) and heap[0][0] <= until

    def take_leavers(self, until: int) -> Iterator[str]:
        """The customers of such leavings, in the order of time; :meth:`note` is to be told of each
        before the next one is asked for."""
        while self.have_left(until):
            yield heappop(self._by_leaving)[1]

    def forget(self) -> list[str]:
        """Takes those out who left longest ago, where there are too many; their ids."""
        gone = list(islice(self._former, max(0, len(self._former) - FORMER)))
        for customer_id in gone:
            del self._former[customer_id], self._packed[customer_id]
            self._in_hand.pop(customer_id, None)
        return gone

    def ids(self) -> Iterator[str]:
        return iter(list(self._packed))

    def rest(self) -> None:
        """Packs those in hand. Nobody may hold one any more."""
        for customer_id, account in self._in_hand.items():
            self._packed[customer_id] = _pack(account)
        self._in_hand.clear()
