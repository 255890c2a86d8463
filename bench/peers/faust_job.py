"""The reduced job on stock Faust: a model, an agent, and a Table with its changelog."""

from __future__ import annotations

import sys
import tempfile
import uuid

import faust

from bench.peers.progress import Progress
from bench.peers.reduced import TOPICS, Numbers

progress = Progress()
numbers = Numbers()
app = faust.App(
    f"bench-faust-{uuid.uuid4().hex[:8]}",
    broker=f"kafka://{progress.bootstrap}",
    datadir=tempfile.mkdtemp(prefix="bench-faust-"),
    topic_partitions=4,
    topic_replication_factor=1,
    # The embedded broker waits half of it before it lets a group begin.
    broker_rebalance_timeout=4.0,
    web_enabled=False,
)
customers = app.Table("customers", default=dict, partitions=4)


class Event(faust.Record, serializer="json"):
    """The fields of all three topics that the job reads."""

    contact_id: str
    customer_id: str
    started_at: str | None = None
    resolved_at: str | None = None
    channel: str | None = None
    queue: str | None = None
    outcome: str | None = None
    score: int | None = None


@app.agent(app.topic(*TOPICS, value_type=Event))
async def count(stream: faust.StreamT[Event]) -> None:
    """Contacts begin, end and are rated."""
    async for event in stream.events():
        progress.begin()
        contacts = customers[event.value.customer_id]
        numbers.apply(event.message.topic, contacts, event.value.asdict())
        if event.message.topic != "survey-answered":
            customers[event.value.customer_id] = contacts
        progress.add(1)


if __name__ == "__main__":
    faust.Worker(
        app, loglevel="ERROR", redirect_stdouts=False, logfile=sys.stderr
    ).execute_from_commandline()
