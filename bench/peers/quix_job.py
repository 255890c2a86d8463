"""The reduced job on Quix Streams: concatenated topics, per-customer state with its changelog."""

from __future__ import annotations

import tempfile
import uuid
from functools import partial, reduce
from typing import Any

from quixstreams import Application, State
from quixstreams.dataframe import StreamingDataFrame

from bench.peers.progress import Progress
from bench.peers.reduced import TOPICS, Numbers

_Item = tuple[str, dict[str, Any]]


def _count(progress: Progress, numbers: Numbers, item: _Item, state: State) -> None:
    progress.begin()
    topic, event = item
    contacts = state.get("contacts", {})
    numbers.apply(topic, contacts, event)
    if topic != "survey-answered":
        state.set("contacts", contacts)
    progress.add(1)


def main() -> None:
    """Run until enough events are done."""
    progress = Progress()
    app = Application(
        broker_address=progress.bootstrap,
        consumer_group=f"bench-quix-{uuid.uuid4().hex[:8]}",
        auto_offset_reset="earliest",
        state_dir=tempfile.mkdtemp(prefix="bench-quix-"),
        loglevel="ERROR",
        # The embedded broker waits half of it before it lets a group begin.
        consumer_extra_config={"session.timeout.ms": 6_000},
    )
    frames = [
        app.dataframe(app.topic(name, value_deserializer="json")).apply(
            partial(lambda topic, event: (topic, event), name)
        )
        for name in TOPICS
    ]
    merged = reduce(StreamingDataFrame.concat, frames)
    merged.update(partial(_count, progress, Numbers()), stateful=True)
    app.run()


if __name__ == "__main__":
    main()
