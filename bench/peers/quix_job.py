"""The reduced job on Quix Streams: concatenated topics, per-customer state with its changelog."""

from __future__ import annotations

import tempfile
import uuid
from typing import Any

from quixstreams import Application, State

from bench.peers.progress import arguments
from bench.peers.reduced import TOPICS, Numbers


def main() -> None:
    """Run until enough events are done."""
    bootstrap, progress = arguments()
    numbers = Numbers()
    app = Application(
        broker_address=bootstrap,
        consumer_group=f"bench-quix-{uuid.uuid4().hex[:8]}",
        auto_offset_reset="earliest",
        state_dir=tempfile.mkdtemp(prefix="bench-quix-"),
        loglevel="ERROR",
        # The embedded broker waits half of it before it lets a group begin.
        consumer_extra_config={"session.timeout.ms": 6_000},
    )

    def update(topic: str) -> Any:
        def apply(event: dict[str, Any]) -> tuple[str, dict[str, Any]]:
            return topic, event

        return apply

    def count(item: tuple[str, dict[str, Any]], state: State) -> None:
        progress.begin()
        topic, event = item
        contacts = state.get("contacts", {})
        numbers.apply(topic, contacts, event)
        if topic != "survey-answered":
            state.set("contacts", contacts)
        if progress.add(1):
            progress.report()

    frames = [
        app.dataframe(app.topic(name, value_deserializer="json")).apply(update(name))
        for name in TOPICS
    ]
    merged = frames[0]
    for frame in frames[1:]:
        merged = merged.concat(frame)
    merged.update(count, stateful=True)
    app.run()


if __name__ == "__main__":
    main()
