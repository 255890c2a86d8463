"""All contacts of one partition, by customer."""

from __future__ import annotations

from collections.abc import Iterator

from service.contacts.record import Contact
from service.contacts.timeline import Timeline

#: Up to so many contacts, looking at all of a customer's is faster than keeping an index of them.
FEW = 12


class Customer:
    """The contacts of one customer.

    Nearly every customer has a handful, and then the list is all there is. A busy one (a shop
    using one id for all its calls) also gets an index by id and timelines by match, so that the
    cost of an event does not grow with the number of its contacts.
    """

    __slots__ = ("contacts", "id", "index", "links", "timelines")

    def __init__(self, customer_id: str) -> None:
        self.id = customer_id
        self.contacts: list[Contact] = []
        self.index: dict[str, Contact] | None = None
        #: By match: its contacts in time.
        self.timelines: dict[str | None, Timeline] = {}
        #: By contact id: the contacts that name it as their previous one.
        self.links: dict[str, Timeline] = {}

    @property
    def busy(self) -> bool:
        return self.index is not None

    @property
    def alone(self) -> bool:
        """Whether there is but one contact, and so no neighbour."""
        return self.index is None and len(self.contacts) == 1

    def find(self, contact_id: str) -> Contact | None:
        if self.index is not None:
            return self.index.get(contact_id)
        for contact in self.contacts:
            if contact.contact_id == contact_id:
                return contact
        return None

    def each(self) -> Iterator[Contact]:
        return iter(self.contacts if self.index is None else self.index.values())


class Book:
    """Every contact, resolution without contact, and survey without contact in the state."""

    def __init__(self) -> None:
        self._customers: dict[str, Customer] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def customer(self, customer_id: str) -> Customer | None:
        return self._customers.get(customer_id)

    def found(self, customer_id: str) -> Customer:
        """The customer of a contact that is in the state."""
        return self._customers[customer_id]

    def customers(self) -> Iterator[Customer]:
        return iter(self._customers.values())

    def add(self, customer_id: str, contact: Contact) -> Customer:
        customer = self._customers.get(customer_id)
        if customer is None:
            customer = self._customers[customer_id] = Customer(customer_id)
        if customer.index is None:
            customer.contacts.append(contact)
        else:
            customer.index[contact.contact_id] = contact
        self._count += 1
        return customer

    def remove(self, customer: Customer, contact: Contact) -> None:
        self._count -= 1
        if customer.index is not None:
            del customer.index[contact.contact_id]
            if not customer.index:
                del self._customers[customer.id]
            return
        customer.contacts.remove(contact)
        if not customer.contacts:
            del self._customers[customer.id]
