"""The same event in other clothes is the same event; what is none is refused, and nothing else."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import random
from typing import TYPE_CHECKING, Any

import fastavro
import pytest
from aiokafka.record.default_records import DefaultRecord

from service.cli.decoding import event_decoder
from service.events.decoding import Decoder
from service.events.refusal import Reason, Refused
from service.feeds.schemas import Schema, SchemaRef, parse_schema
from service.settings import Settings
from service.streaming import worker
from service.streaming.registry.config import RegistryConfig
from service.streaming.registry.requests import Registry
from service.streaming.registry.schemas import Schemas
from service.streaming.service import StreamService
from service.streaming.value_formats import Avro, CloudEvents, DressedDecoder, JsonSchema
from tests.patience import PATIENCE_S
from tests.streaming.harness import config, eventually, publish, read_all, started
from tests.streaming.registry.server import FakeRegistry
from tests.streaming.toy import ToyEngine

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.streaming.value_formats import Clothes

WALL = 1_767_225_600_000_000
LIMIT = 65_536
PLAIN = Decoder(LIMIT, 300_000_000)
EVENT = {
    "contact_id": "c1",
    "customer_id": "someone",
    "started_at": "2025-12-31T23:00:00.250000Z",
    "channel": "chat",
    "queue": None,
}
KEY = b"someone"
SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "ContactStarted",
    "fields": [
        {"name": "contact_id", "type": "string"},
        {"name": "customer_id", "type": "string"},
        {"name": "started_at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "channel", "type": {"type": "enum", "name": "Channel", "symbols": ["chat"]}},
        {"name": "queue", "type": ["null", "string"], "default": None},
    ],
}
STARTED_US = 1_767_222_000_250_000


def avro(number: int, contact: str = "c1") -> bytes:
    """As Confluent's serialisers write it: a zero, the schema's number, the datum."""
    out = io.BytesIO()
    datum = {**EVENT, "contact_id": contact, "started_at": STARTED_US}
    fastavro.schemaless_writer(out, SCHEMA, datum)
    return b"\0" + number.to_bytes(4) + out.getvalue()


def envelope(**data: object) -> bytes:
    return json.dumps(
        {"specversion": "1.0", "id": "1", "source": "/x", "type": "y", **data}
    ).encode()


AVRO = Avro(
    {
        SchemaRef("id", "7"): parse_schema("AVRO", json.dumps(SCHEMA)),
        SchemaRef("id", "8"): parse_schema("JSON", "{}"),
        SchemaRef("id", "9"): Schema(None, "nobody knows it"),
    }
)
BARE = json.dumps(EVENT).encode()


@pytest.mark.parametrize(
    ("clothes", "value"),
    [
        (CloudEvents(), envelope(data=EVENT)),
        (CloudEvents(), envelope(data_base64=base64.b64encode(BARE).decode())),
        (CloudEvents(), BARE),
        (JsonSchema(), b"\0\0\0\0\7" + BARE),
        (JsonSchema(), BARE),
        (AVRO, avro(7)),
        (AVRO, b"\0\0\0\0\x08" + BARE),
        (AVRO, BARE),
    ],
)
def test_an_event_is_the_same_whatever_it_wears(clothes: Clothes, value: bytes) -> None:
    dressed = DressedDecoder(PLAIN, LIMIT, clothes)
    undressed = PLAIN.decode("contact-started", KEY, BARE, WALL)
    assert dressed.decode("contact-started", KEY, value, WALL) == undressed


@pytest.mark.parametrize(
    ("clothes", "value", "reason"),
    [
        (CloudEvents(), envelope(), Reason.NO_VALUE),
        (CloudEvents(), envelope(data_base64="%%%"), Reason.NOT_JSON),
        (CloudEvents(), envelope(data=[1]), Reason.NOT_AN_OBJECT),
        (CloudEvents(), envelope(data="x" * LIMIT), Reason.TOO_LARGE),
        (CloudEvents(), None, Reason.NO_VALUE),
        (JsonSchema(), b"\0\0\0\0\7", Reason.NOT_JSON),
        (AVRO, avro(9), Reason.UNREADABLE),
        (AVRO, avro(10), Reason.UNREADABLE),
        (AVRO, avro(7)[:-1], Reason.UNREADABLE),
        (AVRO, avro(7) + b"\0", Reason.UNREADABLE),
    ],
)
def test_what_is_none_is_refused(clothes: Clothes, value: bytes | None, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        DressedDecoder(PLAIN, LIMIT, clothes).decode("contact-started", KEY, value, WALL)
    assert refused.value.reason is reason
    assert "someone" not in refused.value.detail


@pytest.mark.parametrize("clothes", [CloudEvents(), JsonSchema(), AVRO])
def test_a_batch_is_read_as_its_records_are_one_by_one(clothes: Clothes) -> None:
    values = [avro(7), avro(9), envelope(data=EVENT), envelope(), BARE, b"", b"x" * LIMIT, None]
    batch = [DefaultRecord(place, 0, 0, KEY, value, []) for place, value in enumerate(values)]
    dressed = DressedDecoder(PLAIN, LIMIT, clothes)
    expected: list[Any] = []
    for record in batch:
        try:
            expected.append(dressed.decode("contact-started", KEY, record.value, WALL))
        except Refused as why:
            expected.append(str(why))
    events, refused = dressed.decode_all("contact-started", batch, WALL)
    assert events == [it for it in expected if not isinstance(it, str)]
    reasons = [(place, it) for place, it in enumerate(expected) if isinstance(it, str)]
    assert [(place, str(why)) for place, why in refused] == reasons


@pytest.mark.parametrize("clothes", [CloudEvents(), JsonSchema(), AVRO])
def test_nothing_but_a_refusal_escapes_whatever_the_bytes_are(clothes: Clothes) -> None:
    rng = random.Random(1)
    dressed = DressedDecoder(PLAIN, LIMIT, clothes)
    seeds = [avro(7), b"\0\0\0\0\x08" + BARE, envelope(data=EVENT), BARE, b"[" * 5_000]
    for _ in range(5_000):
        value = bytearray(rng.choice(seeds))
        for _ in range(rng.randrange(4)):
            value[rng.randrange(len(value))] = rng.randrange(256)
        del value[rng.randrange(len(value)) + 1 :]
        try:
            dressed.decode("contact-started", KEY, bytes(value), WALL)
        except Refused:
            continue


@pytest.mark.broker
async def test_events_wait_for_a_registry_that_is_away_and_a_stop_does_not(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "REACHABLE_SECONDS", 1.0)
    registry = FakeRegistry()
    number = registry.register("contact-started-value", SCHEMA)
    await registry.start()
    address = RegistryConfig(registry.url)
    await registry.stop()
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]

    def service() -> StreamService:
        schemas = Schemas(Registry(address))
        decoder = DressedDecoder(PLAIN, LIMIT, Avro(schemas.known))
        return StreamService(settings, {"contacts": ToyEngine}, decoder, b"{}", schemas)

    first = service()
    await first.start()
    await eventually(lambda: first.ready()[0], "ready")
    await publish(bootstrap, topic, [(KEY, avro(number, f"c{n}")) for n in range(3)])
    await publish(bootstrap, topic, [(KEY, avro(number + 1)), started("c3")])
    await eventually(lambda: "registry" in first.ready()[1], "it tells what it waits for")
    async with asyncio.timeout(PATIENCE_S):
        assert await first.stop()
    assert await read_all(bootstrap, settings.dead_letter_topic, 1) == []

    second = service()
    await second.start()
    await registry.start()
    try:

        async def contacts() -> bool:
            return sum(it.live_contacts for _, it in await second.snapshots(5.0)) == 4

        await eventually(contacts, "all events")
        await eventually(lambda: second.ready()[0], "ready again")
    finally:
        assert await second.stop()
        await registry.stop()
    [letter] = await read_all(bootstrap, settings.dead_letter_topic, 1)
    assert letter.value == avro(number + 1)


def test_plain_json_is_read_by_the_decoder_itself() -> None:
    assert type(event_decoder(Settings(), None)) is Decoder
