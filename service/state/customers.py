"""All contacts of one partition, by customer."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from functools import lru_cache

import msgspec

from service.state.indexed import Indexed
from service.state.record import Contact, Outcome

#: Customers whose contacts are at hand. Nearly all events are of contacts that began a short while
#: ago: so many customers are heard of within minutes even where there are thousands of agents.
AWAKE = 6_000

_pack = msgspec.msgpack.Encoder().encode
unpack = msgspec.msgpack.Decoder(list[Contact]).decode

#: In the place of the contacts of a customer who sleeps; nothing is ever put into it.
_ASLEEP: dict[str, Contact] = {}


def pack_records(records: Sequence[bytes]) -> bytes:
    """The packed form of contacts, given the record that the changelog has of each."""
    return b"".join((_head(len(records)), *records))


@lru_cache(maxsize=256)
def _head(length: int) -> bytes:
    """Of an array, which tells its length; all else is in what it holds."""
    return _pack([None] * length)[:-length]


class Customer(msgspec.Struct, gc=False, eq=False):
    """The contacts of one customer.

    Nearly every customer has a handful, and then they are looked at one by one. A busy one (a shop
    using one id for all its calls) has them indexed as well, so that the cost of an event does not
    grow with their number.

    One of whom nothing was heard for a while sleeps: its contacts are packed, in a quarter of the
    memory. :class:`Customers` hands out only customers that are awake.
    """

    id: str
    #: By their ids. To compare the ids one after the other would mean to fetch every contact, and
    #: its id, from memory: nearly half of all events are of contacts that are not there yet.
    contacts: dict[str, Contact]
    indexed: Indexed | None = None
    #: The earliest hour in which to look whether some of them may leave the state.
    look_at: int | None = None
    packed: bytes | None = None
    #: Whether the id stands for all customers of whom nobody knows who they are.
    anonymous: bool = False
    #: What stays of those that have left the state, if they can still matter to the others.
    departed: Customer | None = None

    @property
    def alone(self) -> bool:
        """Whether there is but one contact, and so no neighbour, and no index of them."""
        return len(self.contacts) == 1 and self.departed is None and self.indexed is None

    @property
    def remembered(self) -> int:
        """How many have left of which something stays."""
        return 0 if self.departed is None else len(self.departed)

    def find(self, contact_id: str) -> Contact | None:
        return self.contacts.get(contact_id)

    def add(self, contact: Contact) -> None:
        self.contacts[contact.contact_id] = contact

    def remove(self, contact: Contact) -> None:
        del self.contacts[contact.contact_id]

    def each(self) -> Collection[Contact]:
        return self.contacts.values()

    def sleep(self, packed: bytes | None = None) -> None:
        """Packs the contacts, if they are not yet; from now on there are no others of them."""
        departed = () if self.departed is None else self.departed.each()
        self.packed = packed or _pack([*self.each(), *departed])
        self.contacts, self.departed = _ASLEEP, None

    def wake(self, packed: bytes) -> None:
        self.hold(unpack(packed))
        self.packed = None

    def hold(self, contacts: Collection[Contact]) -> None:
        """Has these contacts, those that are in the state and what stays of the others."""
        left = Outcome.LEFT
        # Nearly always all of them are in the state.
        self.contacts = {it.contact_id: it for it in contacts if it.outcome != left}
        if len(self.contacts) < len(contacts):
            for contact in contacts:
                if contact.outcome == left:
                    if self.departed is None:
                        self.departed = Customer(self.id, {}, anonymous=self.anonymous)
                    self.departed.add(contact)

    def __len__(self) -> int:
        return len(self.contacts)


class Customers:
    """Every contact, resolution without contact, and survey without contact in the state."""

    def __init__(self, anonymous: Collection[str] = ()) -> None:
        #: The ids, in lower case, of customers of whom nobody knows who they are.
        self._anonymous = frozenset(anonymous)
        self._customers: dict[str, Customer] = {}
        #: Those awake, in the order in which they woke. It may be that they are busy by now, and
        #: stay awake, or gone.
        self._awake: deque[Customer] = deque()
        self._count = 0
        #: Contacts that have left and of which something stays.
        self.remembered = 0

    def __len__(self) -> int:
        return self._count

    @property
    def number(self) -> int:
        """How many customers there are."""
        return len(self._customers)

    def customer(self, customer_id: str) -> Customer | None:
        customer = self._customers.get(customer_id)
        if customer is not None and customer.packed is not None:
            self.wake(customer)
        return customer

    def add(self, customer: Customer, contact: Contact) -> None:
        """Adds a contact to a customer who is awake."""
        self._count += 1
        customer.add(contact)

    def add_customer(self, customer_id: str, contacts: list[Contact]) -> Customer:
        """A customer who is new here, with all contacts at once."""
        customer = self.begin(customer_id)
        customer.hold(contacts)
        self._count += len(customer)
        self.remembered += customer.remembered
        return customer

    def begin(self, customer_id: str) -> Customer:
        """A customer who is new here, and to get a first contact."""
        customer = self._customers[customer_id] = Customer(
            customer_id, {}, anonymous=customer_id.lower() in self._anonymous
        )
        self._awake.append(customer)
        return customer

    def removed(self, customer: Customer, contacts: int, remembered: int) -> None:
        """So many of a customer's contacts have left; of so many more something stays."""
        self._count -= contacts
        self.remembered += remembered
        if not customer:
            del self._customers[customer.id]

    def wake(self, customer: Customer) -> None:
        """Has the contacts of a customer at hand."""
        if customer.packed is not None:
            customer.wake(customer.packed)
            self._awake.append(customer)

    def rest(self, awake: int = AWAKE) -> None:
        """Lets sleep who woke longest ago, until so many are awake. Nobody may hold a contact any
        more: it would no longer be the one in the state."""
        while len(self._awake) > awake:
            customer = self._awake.popleft()
            if customer.contacts and customer.indexed is None:
                customer.sleep()
