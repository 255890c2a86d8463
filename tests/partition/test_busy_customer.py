"""The cost of an event does not grow with the number of its customer's contacts."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from service.definitions import Definitions
from service.events.model import ContactResolved, ContactStarted
from service.partition.engine import Engine

if TYPE_CHECKING:
    from tests.partition.running import Batch

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
BEGIN: Final = 1_709_600_000_000_000
SECOND: Final = 1_000_000
BATCH: Final = 1000


def log(contacts: int, order: str, *, one_customer: bool) -> Batch:
    """A contact every 12 s, of ten minutes on the average, of three reasons."""
    rng = random.Random(7)
    told: Batch = []
    for number in range(contacts):
        contact, customer = f"k{number}", "shop" if one_customer else f"c{number // 2}"
        nth = number // (contacts // 4) * (contacts // 4) if order == "at once" else number
        started_at = BEGIN + nth * 12 * SECOND
        resolved_at = started_at + 1 + rng.randrange(1200 * SECOND)
        start = ContactStarted(
            contact_id=contact,
            customer_id=customer,
            started_at=moment(started_at),
            channel="voice",
            reason=rng.choice((None, "bill", "fault")),
            previous_contact_id=f"k{number - 1 - rng.randrange(5)}" if "linked" in order else None,
        )
        told.append((start, started_at))
        end = ContactResolved(
            contact_id=contact, customer_id=customer, resolved_at=moment(resolved_at)
        )
        told.append((end, resolved_at))
    if "any order" in order:
        rng.shuffle(told)
    elif order == "closed last first":
        opened = [event for event in told if isinstance(event[0], ContactStarted)]
        closed = [event for event in told if isinstance(event[0], ContactResolved)]
        told = opened + closed[::-1]
    else:
        told.sort(key=lambda event: event[1])
    return told


def moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def cost(events: Batch, runs: int = 2) -> float:
    """Seconds of this process an event; the best of what a busy machine has shown."""
    best = float("inf")
    for _ in range(runs):
        engine = Engine(Definitions())
        begin = time.process_time()
        for start in range(0, len(events), BATCH):
            engine.apply(events[start : start + BATCH])
            engine.advance()
            engine.changes()
        best = min(best, (time.process_time() - begin) / len(events))
    return best


def test_a_customer_with_100_000_contacts_costs_hardly_more_than_others() -> None:
    """The goal is twice; the margin is for machines that do other things besides."""
    many, few = (
        log(100_000, "in time", one_customer=True),
        log(20_000, "in time", one_customer=False),
    )
    assert any(cost(many, runs=1) < 2.7 * cost(few) for _ in range(4))


@pytest.mark.parametrize(
    "order", ["any order", "linked", "linked, any order", "at once", "closed last first"]
)
def test_the_cost_does_not_grow_with_the_contacts_in_whatever_order_they_come(order: str) -> None:
    many, few = log(8_000, order, one_customer=True), log(1_000, order, one_customer=True)
    ordinary = log(2_000, order, one_customer=False)

    def hardly_more() -> bool:
        it = cost(many)
        return it < 3 * cost(few) and it < 6 * cost(ordinary)

    # Eight times the contacts; the margin is for machines that do other things besides.
    assert any(hardly_more() for _ in range(4))
