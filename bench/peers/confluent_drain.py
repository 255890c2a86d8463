"""The lowest floor there is in Python: librdkafka's consume and orjson, nothing done."""

from __future__ import annotations

import uuid

import orjson
from confluent_kafka import Consumer

from bench.peers.progress import arguments
from bench.peers.reduced import TOPICS


def main() -> None:
    """Run until enough events are done."""
    bootstrap, progress = arguments()
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"bench-confluent-{uuid.uuid4().hex[:8]}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            # The embedded broker waits half of it before it lets a group begin.
            "session.timeout.ms": 6_000,
        }
    )
    consumer.subscribe(list(TOPICS))
    while True:
        messages = consumer.consume(10_000, timeout=0.1)
        if not messages:
            continue
        progress.begin()
        for message in messages:
            orjson.loads(message.value() or b"null")
        if progress.add(len(messages)):
            progress.report()


if __name__ == "__main__":
    main()
