"""Record batches byte by byte, so that they can be what no client would send."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import cramjam
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.codec import snappy_encode
from aiokafka.errors import for_code
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.util import calc_crc32c

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
_HEADER = struct.Struct(">qiibIhiqqqhii")
_AFTER_CRC = 21
_AFTER_LENGTH = 12


class Raw(NamedTuple):
    """A record; names of headers are bytes."""

    key: bytes | None = b"someone"
    value: bytes | None = b"{}"
    headers: Sequence[tuple[bytes | None, bytes | None]] = ()
    timestamp_delta: int = 0


def number(value: int) -> bytes:
    """A zigzag number of variable length."""
    bits = (value << 1) ^ (value >> 63)
    written = bytearray()
    while bits > 0x7F:
        written.append(bits & 0x7F | 0x80)
        bits >>= 7
    written.append(bits)
    return bytes(written)


def _text(value: bytes | None) -> bytes:
    return number(-1) if value is None else number(len(value)) + value


def record_bytes(record: Raw, delta: int) -> bytes:
    """A record as it stands in a batch."""
    body = b"\0" + number(record.timestamp_delta) + number(delta)
    body += _text(record.key) + _text(record.value) + number(len(record.headers))
    body += b"".join(_text(name) + _text(value) for name, value in record.headers)
    return number(len(body)) + body


def compressed(codec: str, data: bytes) -> bytes:
    match codec:
        case "gzip":
            return gzip.compress(data)
        case "snappy":
            return bytes(snappy_encode(data))
        case "lz4":
            return bytes(cramjam.lz4.compress(data))
        case "zstd":
            return bytes(cramjam.zstd.compress(data))
    return data


def batch(
    records: Sequence[Raw],
    *,
    codec: str = "none",
    base_offset: int = 0,
    timestamp: int = 1_767_225_600_000,
    attributes: int = 0,
    producer_id: int = -1,
    payload: bytes | None = None,
) -> bytes:
    """A batch of the current format; `payload` stands in for the compressed records."""
    if payload is None:
        written = b"".join(record_bytes(record, place) for place, record in enumerate(records))
        payload = compressed(codec, written)
    header = _HEADER.pack(
        base_offset,
        _HEADER.size + len(payload) - _AFTER_LENGTH,
        -1,
        2,
        0,
        attributes | CODECS.index(codec),
        len(records) - 1,
        timestamp,
        timestamp,
        producer_id,
        -1,
        -1,
        len(records),
    )
    return sealed(header + payload)


def sealed(raw: bytes) -> bytes:
    """The batch with the checksum that belongs to it."""
    return (
        raw[: _AFTER_CRC - 4] + struct.pack(">I", calc_crc32c(raw[_AFTER_CRC:])) + raw[_AFTER_CRC:]
    )


class RawProducer:
    """Has a broker append batches as they are."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = AIOKafkaProducer(bootstrap_servers=bootstrap)

    async def __aenter__(self) -> Self:
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()

    async def append(self, topic: str, partition: int, raw: bytes) -> int:
        """The offset of the first record. Raises what the broker has against it."""
        await self._producer.partitions_for(topic)
        client: Any = self._producer.client
        node = client.cluster.leader_for_partition(TopicPartition(topic, partition))
        request = ProduceRequest(
            transactional_id=None,
            required_acks=-1,
            timeout=10_000,
            topics=[(topic, [(partition, raw)])],
        )
        response = await client.send(node, request)
        [(_, [(_, code, offset, *_)])] = response.topics
        if code:
            raise for_code(code)
        return int(offset)


async def produce(bootstrap: str, topic: str, partition: int, raw: bytes) -> int:
    """One batch; see :class:`RawProducer`."""
    async with RawProducer(bootstrap) as producer:
        return await producer.append(topic, partition, raw)
