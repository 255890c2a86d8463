"""What an event costs in the changelog: while a backlog is worked off, and live.

As a program it measures a partition once as many contacts leave the state as enter it: windows of
minutes instead of days, so that they leave while one watches, and batches as small as live ones.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Container
from itertools import chain, groupby, takewhile

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.broker import broker_with
from bench.contenders import run_service
from bench.engines import decoded, feed
from bench.measures import Measure, Plan, Say
from bench.processes import answer_of
from bench.workload import PARTITIONS, contacts, past
from service.definitions import MINUTE, SECOND, Definitions, RepeatWindow, Window
from service.partition.engine import Engine
from service.store import changelog as state

_GROUP = "bench-changelog"
_MOST_RECORDS = 1.2
_MOST_BYTES = 250
_SECONDS = 900.0
_CONTACTS_PER_SECOND = 100
_CUSTOMERS = 20_000
#: A tick brings about as many events as one to a partition at 10,000 events a second.
_TICK = SECOND // 4
_SETTLED = 20 * MINUTE
#: Contacts leave every five minutes here, all that are due: two whole periods of that, or more
#: would leave than enter.
_WATCHED = 10 * MINUTE
#: Most contacts end within half a minute.
_PACE = 60.0


def changelog(plan: Plan, say: Say) -> list[Measure]:
    """Records and bytes an event: of a service with a backlog, and of an engine live."""
    say(f"a backlog of {plan.events:,} events")
    records = past(plan.events, time.time_ns() // 1000)
    with broker_with(records, kafka=plan.kafka) as broker:
        run_service(broker, plan.events, _GROUP)
        written, size = asyncio.run(_content(broker.bootstrap, f"changelog-{_GROUP}"))
    say("half an hour of live events")
    live = answer_of([sys.executable, "-m", "bench.goals.changelog"], _SECONDS)
    return [
        *_cost("backlog", written / plan.events, size / plan.events),
        *_cost("live", sum(live["kinds"].values()), live["bytes"]),
        *(Measure(f"of them: {kind}", each) for kind, each in live["kinds"].items()),
    ]


def _cost(when: str, records: float, size: float) -> list[Measure]:
    return [
        Measure(f"changelog records an event, {when}", records, most=_MOST_RECORDS),
        Measure(f"changelog bytes an event, {when}", size, " B", most=_MOST_BYTES),
    ]


async def _content(bootstrap: str, topic: str) -> tuple[int, int]:
    """Records in it, and bytes of keys, values and headers; uncompressed."""
    records = size = 0
    partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        unread = {partition for partition in partitions if ends[partition]}
        while unread:
            for batch in (await consumer.getmany(*unread, timeout_ms=200)).values():
                records += len(batch)
                for record in batch:
                    size += len(record.key) + len(record.value or b"")
                    size += sum(len(name) + len(value) for name, value in record.headers)
            unread = {p for p in unread if await consumer.position(p) < ends[p]}
    return records, size


def _main() -> None:
    engine = Engine(
        Definitions(
            windows=(Window("1m", MINUTE, 15 * SECOND), Window("5m", 5 * MINUTE, MINUTE)),
            repeat_windows=(RepeatWindow("2m", 2 * MINUTE),),
            open_horizon=10 * MINUTE,
        )
    )
    made = contacts(0, _CUSTOMERS, SECOND // _CONTACTS_PER_SECOND, _PACE)
    wanted = takewhile(lambda events: events[0].at < _SETTLED + _WATCHED, made)
    records = sorted(
        record for record in chain.from_iterable(wanted) if record.at < _SETTLED + _WATCHED
    )
    events = size = 0
    kinds: Counter[str] = Counter()
    known: set[bytes] = set()
    for _, due in groupby(records, lambda record: record.at // _TICK):
        batch = list(due)
        changes = feed(engine, decoded(batch))
        if batch[0].at >= _SETTLED:
            events += len(batch)
            kinds.update(_kind(key, value, known) for key, value in changes)
            size += sum(len(key) + len(value or b"") for key, value in changes)
        known.update(key for key, value in changes if value is not None)
    each = {kind: count / events for kind, count in kinds.items()}
    print(json.dumps({"bytes": size / events, "kinds": each}))


def _kind(key: bytes, value: bytes | None, known: Container[bytes]) -> str:
    if not isinstance(state.read_key(key), tuple):
        return "clock, labels, what has left for the counters"
    if value is None:
        return "a tombstone: a contact has left"
    return "a contact that has changed" if key in known else "a contact that is new"


if __name__ == "__main__":
    _main()
