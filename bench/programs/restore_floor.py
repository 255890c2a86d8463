"""The least that reading a changelog back can cost: aiokafka alone, and decoding alone.

Arguments: BOOTSTRAP TOPIC. Reads as the service does. Prints the `records` and, in seconds, how
long it took to `fetch` them, and to `decode` their keys and values.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import msgspec

from bench.changelog import whole_topic
from service.state.record import Contact
from service.store import changelog as state
from service.streaming.changelog import changelog_consumer
from service.streaming.config import KafkaConfig

#: As many as a restore asks for at once.
_AT_ONCE = 5_000


async def _fetch(bootstrap: str, topic: str) -> tuple[list[tuple[bytes, bytes]], float]:
    found: list[tuple[bytes, bytes]] = []
    fetching = 0.0
    async with changelog_consumer(KafkaConfig(bootstrap)) as consumer:
        begun = time.monotonic()
        async for records in whole_topic(consumer, topic, _AT_ONCE):
            fetching += time.monotonic() - begun
            found += [(record.key, record.value) for record in records if record.value]
            begun = time.monotonic()
    return found, fetching


def _main(bootstrap: str, topic: str) -> None:
    found, fetching = asyncio.run(_fetch(bootstrap, topic))
    read_contact = msgspec.msgpack.Decoder(Contact).decode
    begun = time.monotonic()
    for key, value in found:
        if isinstance(state.read_key(key), tuple):
            read_contact(value)
    decoding = time.monotonic() - begun
    print(json.dumps({"records": len(found), "fetch": fetching, "decode": decoding}))


if __name__ == "__main__":
    _main(*sys.argv[1:3])
