"""Kafka's Produce requests, as far as a proxy has to understand them to refuse some."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Any, Final

from aiokafka.protocol import produce

_HEADER: Final = struct.Struct(">hhih")
_PRODUCE: Final = 0


def produced_partitions(request: bytes) -> dict[str, list[int]]:
    """Topic to the partitions written to; empty for every other request."""
    api, version, _, client_id_length = _HEADER.unpack_from(request)
    if api != _PRODUCE:
        return {}
    body = BytesIO(request[_HEADER.size + max(0, client_id_length) :])
    schema = _class("Request", version).SCHEMA
    topics = schema.decode(body)[-1]
    return {topic: [partition for partition, _ in partitions] for topic, partitions in topics}


def refusal(request: bytes, partitions: dict[str, list[int]], error: int) -> bytes:
    """The answer by which a broker refuses all records of the request with this error code."""
    _, version, correlation_id, _ = _HEADER.unpack_from(request)
    # No offset, no time, no start of the log; from version 8 on also no record and no text to it.
    rest: tuple[Any, ...] = (-1, -1, -1) if version < 8 else (-1, -1, -1, [], None)
    topics = [
        (topic, [(number, error, *rest) for number in numbers])
        for topic, numbers in partitions.items()
    ]
    answer = _class("Response", version)(topics, 0)
    return struct.pack(">i", correlation_id) + bytes(answer.encode())


def _class(kind: str, version: int) -> Any:
    assert version >= 5, "older versions of Produce are laid out differently"
    return getattr(produce, f"Produce{kind}_v{version}")
