"""Which label values are kept is the same in every partition, on every worker, at any time."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import orjson
import pytest
from structlog.testing import capture_logs

from service.aggregates.labels import Label
from service.definitions import Definitions
from service.events.decoding import Decoder
from service.partition.engine import Engine
from service.store.settings_told import written
from service.streaming import definitions_in_force
from service.streaming.copartitions import Copartition
from service.streaming.register import Register
from service.streaming.service import StreamService
from tests.patience import PATIENCE_S
from tests.streaming.harness import config, eventually, publish
from tests.streaming.toy import ToyEngine

if TYPE_CHECKING:
    from service.streaming.config import KafkaConfig

pytestmark = pytest.mark.broker

PARTITIONS = 4
STARTED_AT = datetime.now(UTC) - timedelta(hours=1)


def contacts(first: int, count: int, queues: int, rng: random.Random) -> list[tuple[bytes, str]]:
    """Customers, each with one contact, and the queues of these."""
    return [
        (f"customer-{number}".encode(), f"queue-{rng.randrange(queues)}")
        for number in range(first, first + count)
    ]


def event(contact: tuple[bytes, str]) -> tuple[bytes, bytes]:
    customer, queue = contact
    value = {
        "contact_id": "c",
        "customer_id": customer.decode(),
        "started_at": STARTED_AT,
        "channel": "chat",
        "queue": queue,
    }
    return customer, orjson.dumps(value)


class Workers:
    """Workers of one group, with engines as the service has them."""

    def __init__(self, settings: KafkaConfig, stack: AsyncExitStack, limit: int) -> None:
        self._settings = settings
        self._stack = stack
        self._definitions = Definitions(max_label_values=limit)
        self.services: list[StreamService] = []

    async def add(self) -> None:
        service = StreamService(
            self._settings,
            {"contacts": lambda: Engine(self._definitions, agreed_labels=True)},
            Decoder(65_536, 300_000_000),
            written(self._definitions),
        )
        await service.start()
        self._stack.push_async_callback(service.stop)
        self.services.append(service)

    async def by_partition(self) -> dict[int, Counter[str]]:
        """Contacts started by queue, of each partition that is held."""
        counts: dict[int, Counter[str]] = {}
        for service in self.services:
            for number, snapshot in await service.snapshots(5.0):
                family = snapshot.families["cx_window_contacts_started"]
                counts[number] = Counter()
                for (_, queue, _, window), value in zip(
                    family.labels, family.values.tolist(), strict=False
                ):
                    if window == "7d":
                        counts[number][queue] += value
        return counts

    async def until(self, count: int) -> dict[int, Counter[str]]:
        """What the partitions say once there are so many contacts."""

        async def enough() -> bool:
            held = await self.by_partition()
            return len(held) == PARTITIONS and sum(c.total() for c in held.values()) == count

        await eventually(enough, f"{count} contacts in {PARTITIONS} partitions")
        return await self.by_partition()


def total(counts: Iterable[Counter[str]]) -> Counter[str]:
    return sum(counts, Counter())


async def test_more_queues_than_are_kept_are_the_same_everywhere_and_after_every_restart(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    """Over restarts with a larger limit and a smaller one; sums by queue are true."""
    settings = config(bootstrap, unique, PARTITIONS)
    topic = settings.topics["contact-started"]
    rng = random.Random(4)
    sent: list[tuple[bytes, str]] = []
    shown: list[set[str]] = []
    for limit in (10, 25, 10):
        batch = contacts(len(sent), 400, 40, rng)
        sent += batch
        truth = Counter(queue for _, queue in sent)
        async with AsyncExitStack() as stack:
            workers = Workers(settings, stack, limit)
            await asyncio.gather(workers.add(), workers.add())
            await publish(bootstrap, topic, map(event, batch))
            counts = total((await workers.until(len(sent))).values())
            kept = set(counts) - {"other"}
            assert len(kept) == limit
            assert {queue: counts[queue] for queue in kept} == {
                queue: truth[queue] for queue in kept
            }
            assert counts["other"] == sum(truth.values()) - sum(truth[queue] for queue in kept)
            shown.append(kept)
    assert shown[0] == shown[2] < shown[1]


async def test_a_worker_that_waits_for_the_register_can_be_stopped_and_loses_nothing(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused events among those that wait are counted once, too."""
    settings = config(bootstrap, unique, PARTITIONS)
    topic = settings.topics["contact-started"]
    batch = contacts(0, 200, 20, random.Random(5))
    waiting = asyncio.Event()

    async def never(_register: Register, _labels: Sequence[Label]) -> None:
        waiting.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(Register, "agree", never)
        async with AsyncExitStack() as stack:
            workers = Workers(settings, stack, 10)
            await workers.add()
            await workers.until(0)
            await publish(bootstrap, topic, [event(batch[0]), (b"bad", b"{"), *map(event, batch)])
            await asyncio.wait_for(waiting.wait(), PATIENCE_S)
            held = await workers.by_partition()
            assert sum(counts.total() for counts in held.values()) == 0
    async with AsyncExitStack() as stack:
        workers = Workers(settings, stack, 10)
        await workers.add()
        counts = total((await workers.until(len(batch))).values())
        truth = Counter(queue for _, queue in batch)
        assert all(counts[queue] == truth[queue] for queue in set(counts) - {"other"})

        async def all_counted() -> bool:
            events = workers.services[0].pipeline().events
            return {it[1]: count for it, count in events.items() if it[0] == topic} == {
                "accepted": len(batch),
                "duplicate": 1,
                "invalid": 1,
            }

        await eventually(all_counted, "each record counted once")


def test_label_values_that_have_lost_their_place_are_told() -> None:
    engines = {Copartition("contacts", number): ToyEngine() for number in range(2)}
    for engine, queue in zip(engines.values(), ("billing", "sales"), strict=True):
        engine.displaced_labels = [Label("queue", queue)]
    with capture_logs() as logs:
        definitions_in_force.tell(engines)
    (told,) = logs
    assert told["log_level"] == "warning"
    assert told["labels"] == ["queue=billing", "queue=sales"]
