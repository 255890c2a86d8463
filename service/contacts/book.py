"""All contacts of one partition, by customer."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from service.contacts.indexed import Indexed
from service.contacts.record import Contact


class Customer(msgspec.Struct, gc=False, eq=False):
    """The contacts of one customer.

    Nearly every customer has a handful, and then the list is all there is. A busy one (a shop
    using one id for all its calls) has them indexed instead, so that the cost of an event does
    not grow with their number.
    """

    id: str
    few: list[Contact]
    indexed: Indexed | None = None

    @property
    def alone(self) -> bool:
        """Whether there is but one contact, and so no neighbour."""
        return len(self.few) == 1

    def find(self, contact_id: str) -> Contact | None:
        if self.indexed is not None:
            return self.indexed.by_id.get(contact_id)
        # Most events are about the newest.
        for contact in reversed(self.few):
            if contact.contact_id == contact_id:
                return contact
        return None

    def add(self, contact: Contact) -> None:
        if self.indexed is None:
            self.few.append(contact)
        else:
            self.indexed.by_id[contact.contact_id] = contact

    def remove(self, contact: Contact) -> None:
        if self.indexed is None:
            self.few.remove(contact)
        else:
            del self.indexed.by_id[contact.contact_id]

    def each(self) -> Iterator[Contact]:
        return iter(self.few if self.indexed is None else self.indexed.by_id.values())

    def __bool__(self) -> bool:
        return bool(self.few if self.indexed is None else self.indexed.by_id)


class Book:
    """Every contact, resolution without contact, and survey without contact in the state."""

    def __init__(self) -> None:
        #: By id.
        self.customers: dict[str, Customer] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, customer_id: str, contact: Contact) -> Customer:
        self._count += 1
        customer = self.customers.get(customer_id)
        if customer is None:
            customer = self.customers[customer_id] = Customer(customer_id, [contact])
        else:
            customer.add(contact)
        return customer

    def removed(self, customer: Customer) -> None:
        """One of the customer's contacts has been removed."""
        self._count -= 1
        if not customer:
            del self.customers[customer.id]
