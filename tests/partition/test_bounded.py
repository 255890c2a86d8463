"""State follows the live contacts, not the events ever seen; series follow the settings."""

from __future__ import annotations

import gc
import random
import sys
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from service.definitions import DAY as DAY_US
from service.definitions import HOUR as HOUR_US
from service.simulate.generator import simulate
from service.simulate.plan import Faults, Plan
from tests.partition.product import decoder
from tests.partition.running import DURABLE, GAUGES, Run, compacted, events_of
from tests.reference.compare import differences
from tests.reference.settings import DAY, HOUR, MINUTE, ReferenceSettings
from tests.reference.writing import START, plain_line
from tests.rules.notation import resolved, responded, started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.events.model import EventType
    from service.partition.engine import Engine
    from tests.partition.running import Batch

#: Closed contacts stay for six hours, open ones for two days.
SETTINGS: Final = ReferenceSettings(
    contact_responded=True,
    windows={"5m": (300, 15), "2h": (2 * HOUR, MINUTE)},
    repeat_windows={"1h": HOUR, "4h": 4 * HOUR},
    sla={"default": (3600, 4 * HOUR)},
    open_horizon=2 * DAY,
)
DAYS: Final = 9


class Sizes(NamedTuple):
    """How many of each thing an engine keeps."""

    live: int
    #: Contacts that have left and of which something stays for their neighbours.
    remembered: int
    changelog: int
    departures: int
    scheduled: int
    open_starts: int
    buckets: int
    customers: int


def sizes(run: Run) -> Sizes:
    engine, partition = run.engine, run.engine._partition
    return Sizes(
        engine.live_contacts,
        partition.customers.remembered,
        len(compacted(run.changelog, tombstones=False)),
        len(partition.departures),
        len(partition.aggregator._later) + len(partition.aggregator._finals),
        sum(len(starts) for starts in partition.open.starts()),
        sum(map(len, partition.aggregator._windows)),
        partition.customers.number,
    )


def days() -> Iterator[Batch]:
    """Nine days of a simulated contact centre, in batches of an hour, with a little disorder."""
    faults = Faults(disorder=20_000_000, duplicates=0.05)
    plan = Plan(5, START, rate=40, duration=DAYS * DAY_US, contact_responded=True, faults=faults)
    decode = decoder(SETTINGS).decode
    batch: Batch = []
    until = START + HOUR_US
    for item in simulate(plan):
        if item.at >= until:
            yield batch
            batch, until = [], until + HOUR_US
        batch.append(decode(cast("EventType", item.type), item.key, item.value, item.at))
    yield batch


def test_state_and_changelog_follow_the_live_contacts() -> None:
    run = Run(SETTINGS)
    after: list[Sizes] = []
    seen = 0
    for hour, batch in enumerate(days()):
        seen += len(batch)
        run.feed(batch)
        run.changelog[:] = compacted(run.changelog, tombstones=False)
        if hour % 24 == 12:
            after.append(sizes(run))
    assert run.engine._partition.retired.generation > 50
    assert len(after) == DAYS
    for day in after[3:]:
        assert day.live < seen / 10
        # the clock, the labels, and two generations of what has left
        assert day.changelog <= day.live + day.remembered + 6
        assert day.remembered <= day.live / 10
        assert day.departures <= 2 * day.live
        assert day.scheduled <= 25 * day.live
        assert day.open_starts <= day.live
        assert day.buckets <= 20 + 120 + 4
        assert day.customers <= day.live
    assert differences(run.page(), run.successor().page(), DURABLE) == []


def test_with_all_contacts_gone_nothing_is_left() -> None:
    run = Run(SETTINGS)
    for _, batch in zip(range(30), days(), strict=False):
        run.feed(batch)
    run.feed([], run.engine.clock + 4 * DAY_US)
    run.feed([], run.engine.clock + 2 * DAY_US)
    left = sizes(run)
    assert left._replace(changelog=0) == Sizes(0, 0, 0, 0, 0, 0, 0, 0)
    assert left.changelog <= 6


class Flooded(NamedTuple):
    """What an engine came to by label values of which most are new."""

    held: list[int]
    #: Series, and cells.
    sizes: list[tuple[int, int]]
    queues: set[str]
    overflowed: int


def flooded() -> Flooded:
    """After each of five floods of 4,000 values of four dimensions."""
    settings = ReferenceSettings(max_label_values=10)
    run = Run(settings)
    held, after = [], []
    tracemalloc.start()
    for first in range(0, 20_000, 4_000):
        flood(run.engine, settings, first)
        # What only waits for the garbage collector does not count.
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])
        after.append((len(run.page()), run.engine._partition.cells.count))
    tracemalloc.stop()
    queues = {value for _, labels in run.page() for name, value in labels if name == "queue"}
    return Flooded(held, after, queues, run.engine.overflowed()["queue"])


def flood(engine: Engine, settings: ReferenceSettings, first: int) -> None:
    for start in range(first, first + 4_000, 500):
        lines = [
            plain_line(
                "contact-started",
                {
                    "contact_id": "a",
                    "customer_id": f"c{number % 100}",
                    "started_at": START + number,
                    "channel": f"channel {number}",
                    "queue": f"queue {number}",
                    "reason": f"reason {number}",
                    "priority": f"priority {number}",
                },
            )
            for number in range(start, start + 500)
        ]
        engine.apply(events_of(lines, settings))
        engine.advance(engine.latest)
        engine.changes()


def test_a_flood_of_labels_keeps_series_and_memory_bounded() -> None:
    # Python's table of strings grows by megabytes at a time, and others fill it too.
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
        came_to = fresh.submit(flooded).result()
    assert len(set(came_to.sizes)) == 1
    # All is full after two floods. How much that is depends on Python and on numpy's pieces, and it
    # goes up and down; a string kept for each label value would be 60 bytes at the least.
    assert min(came_to.held[2:]) - max(came_to.held[:2]) < 30 * 16_000, came_to.held
    assert "other" in came_to.queues
    assert came_to.queues <= {*(f"queue {number}" for number in range(10)), "other"}
    assert came_to.overflowed == 20_000 - 10


def test_a_contact_takes_little_memory() -> None:
    """A million of them must fit into what a container is given."""
    settings = ReferenceSettings()
    run = Run(settings)
    count = 5_000
    lines = [
        plain_line(
            "contact-started",
            {
                "contact_id": f"contact-{number}",
                "customer_id": f"customer-{number}",
                "started_at": START + number * 1_000_000,
                "channel": "voice",
                "queue": f"q{number % 5}",
            },
        )
        for number in range(count)
    ]
    events = events_of(lines, settings)
    run.feed(events[:1])
    tracemalloc.start()
    try:
        for start in range(1, count, 500):
            run.engine.apply(events[start : start + 500])
            run.engine.advance(run.engine.latest)
            run.engine.changes()
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown / count < 2_500, f"{grown / count:.0f} bytes a contact on {sys.version}"


def test_a_contact_that_is_answered_without_end_keeps_the_earliest_answers() -> None:
    """Such as that of a publisher which gives all its responses one id; in any order."""
    settings = ReferenceSettings(contact_responded=True)
    first = events_of([started("c", "10:00")], settings)
    answers = events_of(
        [
            responded("c", f"10:{second // 60:02}:{second % 60:02}", responder=responder)
            for second in range(1, 1200)
            for responder in ("agent", "bot")
        ],
        settings,
    )
    pages = []
    for seed in range(3):
        run = Run(settings)
        run.feed(first)
        shuffled = random.Random(seed).sample(answers, len(answers))
        for start in range(0, len(shuffled), 500):
            run.feed(shuffled[start : start + 500])
        run.feed(events_of([resolved("c", "10:30")], settings))
        assert max(len(value or b"") for _, value in run.changelog) < 30_000
        pages.append(run.page())
        assert differences(run.page(), run.successor().page(), DURABLE) == []
        run.results.clear()
        run.feed(answers[:50])
        assert run.results == {"duplicate": 50}
    assert [differences(pages[0], page, GAUGES) for page in pages] == [[], [], []]
    told = {name: count for (name, labels), count in pages[0].items() if ("window", "1h") in labels}
    assert told["cx_window_first_response_seconds_sum"] == 1
    assert told["cx_window_agent_replies_sum"] == 1000
