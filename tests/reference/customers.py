"""CONTRACT 3, customers: who joins, who leaves, and how the last contact before turned out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.reference.partition import Fact, Labels, Partition
from tests.reference.rank import standing
from tests.reference.repeats import fcr, is_repeat
from tests.reference.settings import micro

if TYPE_CHECKING:
    from tests.reference.contacts import Contact
    from tests.reference.events import Fields


@dataclass(frozen=True)
class Customer:
    """`changes` in the order of time, of each time the standing one."""

    customer_id: str
    changes: tuple[Fields, ...]

    def known_at(self, name: str, moment: int) -> object:
        """That of the latest event up to then that has it."""
        value = None
        for change in self.changes:
            if change["changed_at"] <= moment and change[name] is not None:
                value = change[name]
        return value

    def statuses(self) -> list[tuple[int, str]]:
        """One that is absent is as before, at first `active`."""
        told, status = [], "active"
        for change in self.changes:
            status = change["status"] or status
            told.append((change["changed_at"], status))
        return told


def customers_of(events: Iterable[tuple[str, Fields]]) -> list[Customer]:
    told: dict[str, dict[int, list[Fields]]] = {}
    for topic, fields in events:
        if topic == "customer-changed":
            of_customer = told.setdefault(fields["customer_id"], {})
            of_customer.setdefault(fields["changed_at"], []).append(fields)
    return [
        Customer(name, tuple(standing("customer-changed", it) for _, it in sorted(parts.items())))
        for name, parts in told.items()
    ]


def segment_at(partition: Partition, customer: Customer, moment: int) -> Labels:
    segment = customer.known_at("segment", moment)
    return {"segment": partition.label("segment", None if segment is None else str(segment))}


def active_customers(partition: Partition) -> Iterator[tuple[Labels, Fraction]]:
    """Those who are now, by all that is known, with their monthly revenue in millionths' steps."""
    for customer in partition.customers:
        at, status = customer.statuses()[-1]
        if status == "active":
            revenue = customer.known_at("monthly_revenue", at)
            amount = round(float(str(revenue or 0)) * 1_000_000)
            yield segment_at(partition, customer, at), Fraction(amount, 1_000_000)


def turnover(partition: Partition, customer: Customer) -> Iterator[Fact]:
    has_joined, before = False, None
    for at, status in customer.statuses():
        segment = segment_at(partition, customer, at)
        if status == "active" and (not has_joined or before == "left"):
            has_joined = True
            yield Fact("customers_joined", segment, at, None, which=(at,))
        if status == "left" and before == "active":
            yield leaving(partition, customer, at, segment)
        before = status


def leaving(partition: Partition, customer: Customer, at: int, segment: Labels) -> Fact:
    """Final after the later of the leaving and the last contact's first closing."""
    window = max(map(micro, partition.settings.repeat_windows.values()))
    contact = last_contact(partition, customer, at)
    after, since = "none", at
    if contact is not None:
        after = turned_out(partition, contact)
        closings = contact.life(partition.clock).closings
        since = max(at, closings[0].at) if closings else 1 << 62
    final = since + window + partition.lateness
    return Fact("customers_left", segment | {"after": after}, at, final, which=(at,))


def last_contact(partition: Partition, customer: Customer, at: int) -> Contact | None:
    """Started at or within `left_after` before; of two at one time the greater id."""
    earliest = at - micro(partition.settings.left_after)
    soon_before = [
        contact
        for contact in partition.by_customer.get(customer.customer_id, [])
        if contact.is_contact(partition.clock) and earliest <= contact.started_at <= at
    ]
    return max(soon_before, key=lambda it: (it.started_at, it.key[1]), default=None)


def turned_out(partition: Partition, contact: Contact) -> str:
    windows = partition.settings.repeat_windows
    name = max(windows, key=lambda it: micro(windows[it]))
    if is_repeat(partition, contact, micro(windows[name])):
        return "repeated"
    for fact in fcr(partition, contact):
        if fact.name == "fcr_contacts" and fact.labels["repeat_window"] == name:
            return fact.labels["result"]
    return "abandoned" if contact.life(partition.clock).outcome == "abandoned" else "none"
