"""What publishers do that they should not: each strikes a running field."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaProducer

from tests.chaos.publisher import now
from tests.reference.writing import utc
from tests.streaming.raw_batches import Raw, RawProducer, batch

if TYPE_CHECKING:
    import random

    from tests.chaos.field import Field

#: Microseconds: the broker answers before it has marked the end of a transaction in its logs.
_MARK_MAY_TAKE: Final = 1_000_000


async def abort_transactions(it: Field, rng: random.Random, times: int = 8) -> None:
    """A publisher writes contacts that never were, and takes them back; one it leaves open."""
    name = f"aborting-{it.names.run}-{rng.randrange(10**9)}"
    producer = AIOKafkaProducer(
        bootstrap_servers=it.kafka.bootstrap,
        transactional_id=name,
        transaction_timeout_ms=600_000,
    )
    await producer.start()
    try:
        for turn in range(times):
            it.strike("transaction aborted")
            began = now()
            await producer.begin_transaction()
            for number in range(40):
                customer = f"{name}-{turn}-{number}"
                event = {
                    "contact_id": customer,
                    "customer_id": customer,
                    "started_at": utc(now()),
                    "channel": "chat",
                }
                topic = it.names.topic("contact-started")
                await producer.send(topic, key=customer.encode(), value=json.dumps(event).encode())
            await producer.flush()
            # What follows it waits meanwhile, but not for as long as events may be late.
            await asyncio.sleep(rng.choice((0.0, 0.5, 2.0)))
            await producer.abort_transaction()
            it.transactions.append((began, now() + _MARK_MAY_TAKE))
    finally:
        await producer.stop()


async def send_what_cannot_be_read(it: Field, rng: random.Random, times: int = 40) -> None:
    """Headers whose names are no text, and batches that expand too far, between the events."""
    blanks = b" " * 16 * 1024 * 1024
    bomb = batch([Raw(b"k", blanks)] * 4, codec="zstd")
    async with RawProducer(it.kafka.bootstrap) as producer:
        for _ in range(times):
            it.strike("record that cannot be read")
            unreadable = batch([Raw(b"k", b"{}", [(rng.randbytes(3) + b"\xff", b"")])])
            raw = rng.choice((unreadable, unreadable, bomb))
            topic = rng.choice(list(it.names.events))
            await producer.append(topic, rng.randrange(it.names.partitions(topic)), raw)
            await asyncio.sleep(rng.uniform(0, 0.1))
