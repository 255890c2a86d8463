"""A changelog that cannot be read ends a take-over with one message: which record, what to do."""

from __future__ import annotations

import asyncio
import random
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any, Final

import msgspec
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic

from service.cli.preflight import inspect
from service.definitions import Definitions
from service.partition.engine import Engine
from service.store import changelog as state
from service.streaming.config import KafkaConfig
from service.streaming.copartitions import Copartition
from service.streaming.epochs import epoch_headers
from service.streaming.errors import StreamError
from service.streaming.incomplete import ChangelogClearedError
from service.streaming.installation import Installation
from service.streaming.restore import Restore
from tests.brokers.topics import create_topics
from tests.partition.running import Run, events_of
from tests.reference.logs import random_log
from tests.reference.settings import ReferenceSettings
from tests.streaming.harness import config
from tests.streaming.raw_batches import Raw, batch, produce

pytestmark = pytest.mark.broker

Headers = list[tuple[str, bytes | None]]
Entry = tuple[bytes | None, bytes | None, Headers]
CASES: Final = 60


class Claims:
    """Writes as the changelog's producer does, for a take-over without a service."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def append_all(
        self, changes: Any, to: TopicPartition, epoch: int, _may_write: object
    ) -> tuple[int, int]:
        offsets = [
            (
                await self._producer.send_and_wait(
                    to.topic,
                    key=key,
                    value=value,
                    partition=to.partition,
                    headers=epoch_headers(epoch),
                )
            ).offset
            for key, value in changes
        ]
        return offsets[0], offsets[-1] + 1


def _clock(**of: Any) -> bytes:
    """That of a partition with this instead of what there is."""
    _, value = next(record[:2] for record in reversed(log_of(1)) if record[0] == state.CLOCK)
    assert value is not None
    return state.encode(msgspec.structs.replace(state.read_clock(value), **of))


def log_of(seed: int) -> list[Entry]:
    """What an owner writes."""
    settings = ReferenceSettings()
    run = Run(settings)
    run.feed(events_of(random_log(seed, 60, settings=settings).lines, settings))
    return [(key, value, list(epoch_headers(1))) for key, value in run.changelog]


@cache
def _packed_zeros() -> bytes:
    """Half a megabyte that takes up hundreds of them."""
    return zlib.compress(b"\0" * 200_000_000, 1)[:500_000]


def mutated(log: Sequence[Entry], rng: random.Random) -> list[Entry]:
    """With one record more, or one changed."""
    log = list(log)
    place = rng.randrange(len(log))
    key, value, headers = log[place]
    match rng.choice(("epoch", "key", "value", "cut", "bomb", "random", "missing")):
        case "epoch":
            epochs = (b"", None, b"\0" * 16, b"\xff" * 4, b"\0\0\1")
            headers = [("e", rng.choice(epochs))]
        case "key":
            key = rng.randbytes(rng.randrange(1, 20))
        case "value":
            changed = bytearray(value or b"\0")
            changed[rng.randrange(len(changed))] = rng.randrange(256)
            value = bytes(changed)
        case "cut":
            value = (value or b"")[: rng.randrange(max(1, len(value or b"")))]
        case "bomb":
            packed = _packed_zeros()
            key = rng.choice(
                (state.together_key(0), state.CLOCK, msgspec.msgpack.encode("retired/1/0"))
            )
            value = state.encode(state.Together(0, 1, packed))  # type: ignore[arg-type]
        case "random":
            key, value = rng.randbytes(9), rng.randbytes(90)
        case "missing":
            del log[place]
            return log
    log[place] = key, value, headers
    return log


async def write(settings: KafkaConfig, logs: Sequence[Sequence[Entry]]) -> None:
    topics = (settings.changelog_topic, *settings.topics.values())
    await create_topics(settings.bootstrap, *(NewTopic(topic, len(logs), 1) for topic in topics))
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap, linger_ms=20)
    await producer.start()
    sent = [
        await producer.send(
            settings.changelog_topic, key=key, value=value, partition=number, headers=headers
        )
        for number, log in enumerate(logs)
        for key, value, headers in log
    ]
    await asyncio.gather(*sent)
    await producer.stop()


async def _agree(_: object) -> None:
    """As if the list of labels had room for none."""


async def outcome(settings: KafkaConfig, producer: AIOKafkaProducer, number: int) -> str | None:
    """The message that ends the take-over of this partition; None where it is restored."""
    claims: Any = Claims(producer)
    nothing: Any = SimpleNamespace(labels=[], agree=_agree)
    installation = Installation(settings.group_id, "", {}, 1)
    while True:
        engines = {Copartition("contacts", number): Engine(Definitions())}
        restore = Restore(settings, installation, claims, nothing, engines, lambda: True)
        try:
            await restore.run()
        except ChangelogClearedError:
            # Of a record that is gone: the event topics are whole.
            continue
        except StreamError as error:
            return str(error)
        return None


async def test_whatever_a_changelog_holds_it_is_restored_or_one_message_says_where_it_is_not(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    rng = random.Random(26)
    whole = [log_of(seed) for seed in range(4)]
    logs = [*whole, *(mutated(rng.choice(whole), rng) for _ in range(CASES))]
    await write(settings, logs)
    refused = 0
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        # A few at once: each waits for the broker most of its time.
        some = asyncio.Semaphore(8)

        async def took_over(number: int) -> str | None:
            async with some:
                return await outcome(settings, producer, number)

        for number, told in enumerate(
            await asyncio.gather(*(took_over(number) for number in range(len(logs))))
        ):
            if told is None:
                continue
            refused += 1
            assert number >= len(whole)
            assert settings.changelog_topic in told
            assert f"partition {number}" in told
            assert "offset" in told or "together" in told
            assert "\n" not in told
    assert refused >= CASES // 4


@pytest.mark.parametrize(
    "record",
    [
        Raw(b"a", b"1", [(b"\xff\xfe", b"")]),
        Raw(b"a", b"1", [(b"e", None)]),
        Raw(b"a", b"1", [(b"e", b"\0" * 16)]),
        Raw(b"a", b"1", [(b"e", b"\xff" * 4)]),
        Raw(b"\xc1", b"1", [(b"e", b"\0\0\0\1")]),
        Raw(state.CLOCK, b"\x93\1", [(b"e", b"\0\0\0\1")]),
        # To look for so many parts, or to go so far, would take all the memory there is.
        *(
            Raw(state.CLOCK, _clock(**of), [(b"e", b"\0\0\0\1")])
            for of in (
                {"parts": 1 << 62},
                {"definitions_parts": 1 << 31},
                {"labels": 1 << 40},
                {"now": 1 << 62},
                {"readings": {"contact-started": (1 << 63) - 1}},
            )
        ),
        Raw(
            state.together_key(0),
            msgspec.msgpack.encode([(1 << 31) - 1, 1 << 31, b""]),
            [(b"e", b"\0\0\0\1")],
        ),
    ],
)
async def test_the_record_that_cannot_be_read_is_named_by_its_offset(
    bootstrap: str, unique: Callable[[str], str], record: Raw
) -> None:
    settings = config(bootstrap, unique)
    await write(settings, [log_of(1)])
    offset = await produce(bootstrap, settings.changelog_topic, 0, batch([record]))
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        told = await outcome(settings, producer, 0)
    assert told is not None
    assert f"the record at offset {offset} is unreadable" in told
    assert "begin anew" in told


@pytest.mark.parametrize("header", [(b"\xff\xfe", b""), (b"e", b"\0" * 16), (b"e", None)])
async def test_the_check_names_a_record_without_which_nobody_knows_whose_the_state_is(
    bootstrap: str, unique: Callable[[str], str], header: tuple[bytes, bytes | None]
) -> None:
    settings = config(bootstrap, unique)
    await write(settings, [log_of(1)])
    raw = batch([Raw(b"a", b"1", [header])])
    offset = await produce(bootstrap, settings.changelog_topic, 0, raw)
    findings = [finding async for finding in inspect(settings, {})]
    assert any(f"offset {offset} is unreadable" in it.what for it in findings if not it.well)
