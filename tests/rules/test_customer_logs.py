"""The service tells of customers what the reference tells, over all series."""

from __future__ import annotations

import random

import pytest

from tests.reference.customer_logs import WITH_CUSTOMERS, customer_log
from tests.reference.seeds import seeds
from tests.rules.product import replay_text
from tests.rules.test_generated_logs import wrong


@pytest.mark.parametrize("seed", seeds(8))
@pytest.mark.parametrize("name", WITH_CUSTOMERS)
def test_customers_who_join_and_leave_between_contacts(name: str, seed: int) -> None:
    of = WITH_CUSTOMERS[name]
    assert wrong(customer_log(seed, of), of) == []


@pytest.mark.parametrize("seed", range(3))
def test_the_same_lines_in_any_other_order_give_the_same_page(seed: int) -> None:
    of = WITH_CUSTOMERS["Berlin"]
    log = customer_log(seed, of)
    lines = list(log.lines)
    random.Random(seed).shuffle(lines)
    assert replay_text(lines, log.as_of, of) == replay_text(log.lines, log.as_of, of)
