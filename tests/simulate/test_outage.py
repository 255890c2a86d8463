"""Twenty minutes without answers on a Monday noon, beside the same day without them."""

from __future__ import annotations

from statistics import mean

import pytest

from service.definitions import HOUR, MINUTE, SECOND
from service.simulate.plan import Outage
from tests.simulate.observed import MONDAY, Contact, contacts_of, plan, share

BEGIN = MONDAY + 12 * HOUR
END = BEGIN + 20 * MINUTE


@pytest.fixture(scope="module")
def usual() -> list[Contact]:
    return live(contacts_of(plan()))


@pytest.fixture(scope="module")
def disturbed() -> list[Contact]:
    return live(contacts_of(plan(outage=Outage(BEGIN))))


def live(contacts: list[Contact]) -> list[Contact]:
    return [contact for contact in contacts if contact.channel in ("voice", "chat")]


def between(contacts: list[Contact], begin: int, end: int) -> list[Contact]:
    return [contact for contact in contacts if begin <= contact.started_at < end]


def mean_wait(contacts: list[Contact]) -> float:
    return mean(c.response_seconds for c in contacts if c.response_seconds is not None)


def test_abandonment_multiplies(usual: list[Contact], disturbed: list[Contact]) -> None:
    with_outage = share(between(disturbed, BEGIN, END), "abandoned")
    assert with_outage > 0.5 > 5 * share(between(usual, BEGIN, END), "abandoned")


def test_nobody_is_answered_until_it_ends(disturbed: list[Contact]) -> None:
    for contact in between(disturbed, BEGIN, END):
        if contact.response_seconds is not None:
            assert contact.started_at + contact.response_seconds * SECOND >= END


def test_who_has_patience_waits_for_minutes(usual: list[Contact], disturbed: list[Contact]) -> None:
    wait = mean_wait(between(disturbed, BEGIN, END))
    assert wait > 180 > 4 * mean_wait(between(usual, BEGIN, END))


def test_as_many_customers_try_as_ever_and_those_who_gave_up_try_again(
    usual: list[Contact], disturbed: list[Contact]
) -> None:
    assert len(between(disturbed, BEGIN, END)) > len(between(usual, BEGIN, END))


def test_it_is_over_an_hour_later(disturbed: list[Contact]) -> None:
    later = END + HOUR
    assert share(between(disturbed, later, later + 3 * HOUR), "abandoned") < 0.10
