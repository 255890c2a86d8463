"""A batch is decoded as its records are one by one, whatever stands beside them in it."""

from __future__ import annotations

import gc
import random
import tracemalloc
import weakref
from dataclasses import dataclass
from typing import Any, Final

import pytest

from service.events.refusal import Refused
from tests.events.samples import AGENT_EVENTS, ALL_EVENTS, DECODER, MAX_BYTES, WALL, text


@dataclass(frozen=True)
class Keyed:
    """What a record has of an event."""

    key: bytes | None
    value: bytes | None


def records(type_: Any) -> list[Keyed]:
    key = b"agent-1" if type_ in AGENT_EVENTS else b"customer-1"
    [time] = [name for name in ALL_EVENTS[type_] if name.endswith(("_at", "_from"))][:1]
    further = text(type_, **{time: "2025-06-01T09:59:59.1234569Z"})
    values = [
        text(type_),
        text(type_, event_id="?", unknown=1.23456789).replace(b"?", "Ä".encode()),
        text(type_, **{time: "2025-06-01T09:59:59.123Z"}),
        text(type_, **{time: "2025-06-01T09:59:59.9999999Z"}),
        further,
        text(type_, **{time: "2025-06-01T09:59:59"}),
        text(type_, **{time: "1899-12-31T23:59:59Z"}),
        text(type_, version=4.0),
        text(type_).replace(b"-1", b"\xff1"),
        further[:-1],
        b"",
        b"[]",
        b"[" * 3_000,
        b" " * (MAX_BYTES + 1),
        None,
    ]
    keyed = [Keyed(key, value) for value in values]
    return [*keyed, Keyed(b"another", text(type_)), Keyed(None, further)]


def one_by_one(type_: Any, batch: list[Keyed]) -> tuple[list[Any], list[Any]]:
    events, refused = [], []
    for place, record in enumerate(batch):
        try:
            events.append(DECODER.decode(type_, record.key, record.value, WALL))
        except Refused as why:
            refused.append((place, str(why)))
    return events, refused


def together(type_: Any, batch: list[Keyed]) -> tuple[list[Any], list[Any]]:
    events, refused = DECODER.decode_all(type_, batch, WALL)
    return events, [(place, str(why)) for place, why in refused]


@pytest.mark.parametrize("type_", ALL_EVENTS)
def test_a_batch_is_decoded_as_its_records_are_one_by_one(type_: str) -> None:
    rng, choice = random.Random(type_), records(type_)
    assert together(type_, choice) == one_by_one(type_, choice)
    for _ in range(200):
        batch = rng.choices(choice, k=rng.randrange(6))
        assert together(type_, batch) == one_by_one(type_, batch)


@pytest.mark.parametrize("type_", ALL_EVENTS)
def test_a_long_batch_is_decoded_as_its_records_are_one_by_one(type_: str) -> None:
    """It is read in pieces, and most of them have nothing that asks for a closer look."""
    rng, choice = random.Random(type_), records(type_)
    plain, others = choice[:3], choice[3:]
    for count in (1, 255, 256, 257, 1_000):
        batch = rng.choices(plain, k=count)
        assert together(type_, batch) == one_by_one(type_, batch)
        batch[rng.randrange(count)] = rng.choice(others)
        assert together(type_, batch) == one_by_one(type_, batch)


def test_digits_of_one_record_and_the_next_are_no_digits_of_a_time() -> None:
    # The first ends as if in a time that the second goes on with; neither is one.
    halves: Final = [b'{"a": "10:00:00.123', b'4567"}']
    batch = [Keyed(b"customer-1", half) for half in (*halves, text("contact-started"))]
    assert together("contact-started", batch) == one_by_one("contact-started", batch)


def test_a_refusal_keeps_nothing_of_the_batch() -> None:
    class Watched(list[Keyed]):
        pass

    batch = Watched(records("contact-started"))
    watched = weakref.ref(batch)
    gc.disable()
    try:
        _, refused = DECODER.decode_all("contact-started", batch, WALL)
        del batch
        assert len(refused) > 5
        assert watched() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("bytes_of_each", [MAX_BYTES, MAX_BYTES + 1])
def test_no_copy_is_made_of_large_values(bytes_of_each: int) -> None:
    """They may come in masses, as much as is fetched."""
    value = text("contact-started", started_at="2025-06-01T09:59:59.1234569Z")
    record = Keyed(b"customer-1", value.ljust(bytes_of_each))
    few, many = [record], [record] * (64 * 1024 * 1024 // bytes_of_each)
    tracemalloc.start()
    try:
        together = DECODER.decode_all("contact-started", many, WALL)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    alone = one_by_one("contact-started", few)
    assert together[0] == alone[0] * len(many)
    assert [str(why) for _, why in together[1]] == [why for _, why in alone[1]] * len(many)
    assert peak < 16 * 1024 * 1024
