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

progress = Progress()
numbers = Numbers()
app = Application(
    broker_address=progress.bootstrap,
    consumer_group=f"bench-quix-{uuid.uuid4().hex[:8]}",
    auto_offset_reset="earliest",
    state_dir=tempfile.mkdtemp(prefix="bench-quix-"),
    loglevel="ERROR",
    # The embedded broker waits half of it before it lets a group begin.
    consumer_extra_config={"session.timeout.ms": 6_000},
)


def count(item: tuple[str, dict[str, Any]], state: State) -> None:
    """A contact begins, ends or is rated."""
    progress.begin()
    topic, event = item
    contacts = state.get("contacts", {})
    numbers.apply(topic, contacts, event)
    if topic != "survey-answered":
        state.set("contacts", contacts)
    progress.add(1)


if __name__ == "__main__":
    frames = [
        app.dataframe(app.topic(name, value_deserializer="json")).apply(
            partial(lambda topic, event: (topic, event), name)
        )
        for name in TOPICS
    ]
    reduce(StreamingDataFrame.concat, frames).update(count, stateful=True)
    app.run()
