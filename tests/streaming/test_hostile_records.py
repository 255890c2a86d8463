"""No record that a broker takes stops a worker: the next event counts, and nothing is silent."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from aiokafka.errors import KafkaError

from tests.streaming.harness import (
    Running,
    committed,
    config,
    eventually,
    publish,
    read_all,
    running,
    started,
)
from tests.streaming.raw_batches import CODECS, Raw, batch, produce, sealed

pytestmark = pytest.mark.broker

BAD_NAME = b"\xff\xfe"


def invalid(stream: Running, topic: str) -> int:
    return stream.service.pipeline().events.get((topic, "invalid"), 0)


async def test_a_record_that_cannot_be_read_is_kept_as_far_as_can_be_and_the_next_one_counts(
    bootstrap: str, unique: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    key, value = started("c0")
    bad = Raw(key, value, [(b"trace", b"t"), (BAD_NAME, b"1"), (b"none", None)])
    async with running(settings) as stream:
        await produce(bootstrap, topic, 0, batch([Raw(*started("c1")), bad, Raw(*started("c2"))]))
        await stream.until_contacts(2)
        await eventually(lambda: invalid(stream, topic) == 1, "told")
    # It stands in the log still, behind what is committed.
    async with running(settings) as stream:
        await publish(bootstrap, topic, [started("c3")])
        await stream.until_contacts(3)
        assert invalid(stream, topic) == 0
    [letter] = await read_all(bootstrap, settings.dead_letter_topic, 1)
    assert (letter.key, letter.value) == (key, value)
    headers = dict(letter.headers)
    assert (headers["trace"], headers["\\xff\\xfe"], headers["none"]) == (b"t", b"1", None)
    assert (headers["error.reason"], headers["error.offset"]) == (b"unreadable", b"1")
    assert await committed(settings, topic, 0) == 4
    told = [line for line in capsys.readouterr().out.splitlines() if "cannot be read" in line]
    assert len(told) == 1
    assert topic in told[0]


async def test_batches_of_every_codec_and_of_none_are_taken_or_told(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    """Whatever of it the broker appends; what it does not, it keeps from us."""
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    good, appended, rng = 0, 0, random.Random(3)
    async with running(settings) as stream:
        for _ in range(60):
            codec = rng.choice(CODECS)
            raw = batch([Raw(*started(f"c{good}")), Raw(b"k", b"none")], codec=codec)
            kind = rng.choice(("good", "bytes", "payload", "header", "time"))
            if kind == "bytes":
                broken = bytearray(raw)
                for _ in range(3):
                    broken[rng.randrange(61, len(raw))] = rng.randrange(256)
                raw = sealed(bytes(broken))
            elif kind == "payload":
                raw = batch([Raw()] * 3, codec=codec, payload=rng.randbytes(50))
            elif kind == "header":
                raw = batch([Raw(None, None, [(BAD_NAME, None)] * 2_000)], codec=codec)
            elif kind == "time":
                raw = batch([Raw(None, b"none")], codec=codec, timestamp=-1)
            try:
                await produce(bootstrap, topic, 0, raw)
            except KafkaError:
                continue
            appended += kind != "good"
            good += kind == "good"
            await eventually(lambda: stream.service.ready()[0], "ready")
        assert appended
        await publish(bootstrap, topic, [started("last")])

        async def last() -> bool:
            return any("last" in engine.contacts for engine in stream.engines)

        await eventually(last, "the event after all that")
        contacts = {name for engine in stream.engines for name in engine.contacts}
        assert contacts >= {f"c{number}" for number in range(good)}
        assert invalid(stream, topic) >= appended


async def test_what_expands_too_far_is_refused_and_what_is_large_waits_in_bounds(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    blanks = b" " * 16 * 1024 * 1024
    async with running(settings) as stream:
        bomb = batch([Raw(b"k", blanks)] * 4, codec="zstd")
        large = batch([Raw(b"k", blanks)], codec="zstd")
        for raw in (bomb, *[large] * 12):
            try:
                await produce(bootstrap, topic, 0, raw)
            except KafkaError:
                pytest.skip("this broker looks into batches, and finds these too large")
        await publish(bootstrap, topic, [started("c1")])
        most = 0

        async def done() -> bool:
            nonlocal most
            most = max(most, sum(stream.service._worker.holdings.waiting_bytes().values()))
            return await stream.live_contacts() == 1

        await eventually(done, "the event after all that")
        # All of the bomb's records are counted, though nobody has seen them.
        assert invalid(stream, topic) == 4 + 12
        assert most <= settings.fetch_bytes + settings.fetch_bytes // 2
    letters = await read_all(bootstrap, settings.dead_letter_topic, 1)
    assert len(letters) == 1 + 12
    whole = dict(letters[0].headers)
    assert (whole["error.offset"], whole["error.last_offset"]) == (b"0", b"3")
    kept = letters[0].value
    # The broker has written into its header.
    assert kept is not None
    assert kept[61:] == bomb[61:]


async def test_a_producer_that_numbers_all_its_records_alike_hides_none(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    raw = batch([Raw(*started("a")), Raw(*started("b"))])
    alike = sealed(raw.replace(b"\0\0\x02\x0esomeone", b"\0\0\0\x0esomeone"))
    async with running(settings) as stream:
        try:
            await produce(bootstrap, topic, 0, alike)
        except KafkaError:
            pytest.skip("this broker looks at the numbers")
        await publish(bootstrap, topic, [started("c")])

        async def told() -> bool:
            return await stream.live_contacts() + invalid(stream, topic) == 3

        await eventually(told, "all three counted, in one way or the other")
