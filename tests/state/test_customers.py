"""Customers who sleep: nobody can tell, but by the memory."""

from __future__ import annotations

import msgspec
import pytest

from service.definitions import DAY, Definitions
from service.state import departed
from service.state.customers import Customer, Customers, pack_records, unpack
from service.state.neighbours import FEW, Neighbours
from service.state.record import Contact, Extras, Survey
from service.state.standing import Standings

STANDINGS = Standings(30 * DAY, updates_are_read=False)


def contact(contact_id: str) -> Contact:
    return Contact(contact_id, 5, "voice", "billing", surveys={"csat": Survey(9, 4, None)})


def add(customers: Customers, customer_id: str, contact: Contact) -> Customer:
    customer = customers.customer(customer_id) or customers.begin(customer_id)
    customers.add(customer, contact)
    return customer


def plain(contacts: list[Contact]) -> list[object]:
    return [msgspec.to_builtins(contact) for contact in contacts]


@pytest.mark.parametrize("count", [1, 2, FEW, 15, 16, 65_535, 65_536])
def test_contacts_are_packed_from_their_records_as_they_are_by_themselves(count: int) -> None:
    contacts = [contact(str(number)) for number in range(count)]
    contacts[0].need_extras().previous = "other"
    records = [msgspec.msgpack.encode(each) for each in contacts]
    assert pack_records(records) == msgspec.msgpack.encode(contacts)


def test_records_with_fewer_fields_or_more_are_packed_without_harm() -> None:
    """As an older release wrote them, and a newer one."""
    whole = [contact("0"), Contact("1", extras=Extras(previous="0")), contact("2"), Contact("3")]
    fields = [msgspec.to_builtins(each) for each in whole]
    told = [fields[0], [*fields[1], {"new": [1, None]}, 7], fields[2][:-1], ["3"]]
    records = [msgspec.msgpack.encode(each) for each in told]
    assert plain(unpack(pack_records(records))) == plain(whole)


def test_a_customer_who_slept_has_the_same_contacts() -> None:
    customers = Customers()
    for number in range(3):
        add(customers, "x", contact(str(number)))
    customers.rest(awake=0)
    customer = customers.customer("x")
    assert customer is not None
    kept = [msgspec.structs.astuple(each) for each in customer.each()]
    assert kept == [msgspec.structs.astuple(contact(str(number))) for number in range(3)]


def test_a_contact_is_added_to_a_customer_who_sleeps() -> None:
    customers = Customers()
    add(customers, "x", contact("0"))
    customers.rest(awake=0)
    customer = add(customers, "x", contact("1"))
    assert [each.contact_id for each in customer.each()] == ["0", "1"]
    assert len(customers) == 2


def test_those_heard_of_last_stay_awake() -> None:
    customers = Customers()
    added = [add(customers, str(number), contact("c")) for number in range(5)]
    customers.rest(awake=2)
    assert [customer.id for customer in added if customer.packed is None] == ["3", "4"]


def test_a_busy_customer_never_sleeps() -> None:
    customers, neighbours = Customers(), Neighbours(Definitions(), STANDINGS)
    for number in range(FEW + 1):
        neighbours.index_if_busy(add(customers, "x", contact(str(number))))
    customers.rest(awake=0)
    customer = customers.customer("x")
    assert customer is not None
    assert customer.indexed is not None
    assert len(list(customer.each())) == FEW + 1


def test_a_busy_customer_of_whom_one_contact_is_left_stays_indexed_and_awake() -> None:
    """Nobody may take it for one without neighbours: the index has to follow what it becomes."""
    customers, neighbours = Customers(), Neighbours(Definitions(), STANDINGS)
    for number in range(FEW + 1):
        neighbours.index_if_busy(add(customers, "x", contact(str(number))))
    customer = customers.customer("x")
    assert customer is not None
    departed.leave(neighbours, customer, list(customer.each())[1:])
    customer.departed = None
    customers.rest(awake=0)
    assert [each.contact_id for each in customer.each()] == ["0"]
    assert customer.indexed is not None
    assert not customer.alone


def test_a_customer_who_slept_has_what_stays_of_those_that_left_apart() -> None:
    customers, neighbours = Customers(), Neighbours(Definitions(), STANDINGS)
    for number in range(3):
        add(customers, "x", contact(str(number)))
    customer = customers.customer("x")
    assert customer is not None
    departed.leave(neighbours, customer, list(customer.each())[:2])
    customers.rest(awake=0)
    assert customers.customer("x") is customer
    assert customer.departed is not None
    assert [each.contact_id for each in customer.each()] == ["2"]
    assert [each.contact_id for each in customer.departed.each()] == ["0", "1"]


def test_a_customer_whose_contacts_have_all_left_is_forgotten() -> None:
    customers = Customers()
    only = contact("0")
    customer = add(customers, "x", only)
    customer.remove(only)
    customers.removed(customer, 1, 0)
    customers.rest(awake=0)
    assert customers.customer("x") is None
    assert customers.number == 0
