"""Numbers can be asked for before a partition's clock begins: it waits for all of its topics."""

from __future__ import annotations

import pytest

from service.definitions import HOUR, Calendar, CalendarWindow, Definitions
from service.events.model import ContactStarted
from service.partition.engine import Engine
from tests.partition.test_busy_customer import BEGIN, moment

OFFICE = Calendar("Europe/Berlin", hours=(((9 * HOUR, 17 * HOUR),),) * 7)


@pytest.mark.parametrize(
    "definitions",
    [Definitions(), Definitions(calendars={"o": OFFICE}, queue_calendars={"bill": "o"})],
    ids=["every hour counts", "office hours count"],
)
def test_what_is_open_before_the_clock_begins_is_on_track(definitions: Definitions) -> None:
    engine = Engine(definitions)
    starts = [BEGIN + number * HOUR for number in range(30)]
    for at in starts:
        start = ContactStarted(
            contact_id=f"k{at}",
            customer_id=f"c{at}",
            started_at=moment(at),
            channel="email",
            queue="bill",
        )
        engine.apply([(start, at)])
    engine.advance()
    families = engine.snapshot().families
    states = families["cx_sla_open_contacts"]
    told = dict(zip(map(tuple, states.labels), states.values.tolist(), strict=True))
    assert set(told.values()) == {0, 30}
    assert all(state == "on_track" for (*_, state), count in told.items() if count)


def test_a_successor_takes_up_a_clock_that_has_not_begun_where_windows_are_days() -> None:
    """As where a worker died when it had written no more than the beginning of a changelog."""
    definitions = Definitions(calendar_windows=(CalendarWindow("today", "Europe/Berlin"),))
    first = Engine(definitions)
    start = ContactStarted(
        contact_id="k", customer_id="c", started_at=moment(BEGIN), channel="email"
    )
    first.apply([(start, BEGIN)])
    first.advance()
    successor = Engine(definitions)
    successor.restore(first.changes())
    successor.restored()
    told = successor.snapshot().families["cx_backlog_contacts"]
    assert told.values.sum() == 1
