"""The reduced job on stock Faust: models, an agent a topic, and a Table with its changelog."""

from __future__ import annotations

import sys
import tempfile
import uuid

import faust

from bench.peers.progress import arguments
from bench.peers.reduced import Numbers

_bootstrap, _progress = arguments()
app = faust.App(
    f"bench-faust-{uuid.uuid4().hex[:8]}",
    broker=f"kafka://{_bootstrap}",
    datadir=tempfile.mkdtemp(prefix="bench-faust-"),
    topic_partitions=4,
    topic_replication_factor=1,
    # The embedded broker waits half of it before it lets a group begin.
    broker_rebalance_timeout=4.0,
    web_enabled=False,
)


class Started(faust.Record, serializer="json"):
    """The fields of contact-started that the job reads."""

    contact_id: str
    customer_id: str
    started_at: str
    channel: str
    queue: str


class Resolved(faust.Record, serializer="json"):
    """The fields of contact-resolved that the job reads."""

    contact_id: str
    customer_id: str
    resolved_at: str
    outcome: str


class Answered(faust.Record, serializer="json"):
    """The fields of survey-answered that the job reads."""

    contact_id: str
    customer_id: str
    score: int


customers = app.Table("customers", default=dict, partitions=4)
numbers = Numbers()


def _done() -> None:
    if _progress.add(1):
        _progress.report()


@app.agent(app.topic("contact-started", value_type=Started))
async def on_started(stream: faust.StreamT[Started]) -> None:
    """Contacts begin."""
    async for event in stream:
        _progress.begin()
        contacts = customers[event.customer_id]
        numbers.started(contacts, event.contact_id, event.started_at, event.channel, event.queue)
        customers[event.customer_id] = contacts
        _done()


@app.agent(app.topic("contact-resolved", value_type=Resolved))
async def on_resolved(stream: faust.StreamT[Resolved]) -> None:
    """Contacts end."""
    async for event in stream:
        _progress.begin()
        contacts = customers[event.customer_id]
        numbers.resolved(contacts, event.contact_id, event.resolved_at, event.outcome)
        customers[event.customer_id] = contacts
        _done()


@app.agent(app.topic("survey-answered", value_type=Answered))
async def on_answered(stream: faust.StreamT[Answered]) -> None:
    """Customers rate contacts."""
    async for event in stream:
        _progress.begin()
        numbers.answered(customers[event.customer_id], event.contact_id, event.score)
        _done()


if __name__ == "__main__":
    faust.Worker(
        app, loglevel="ERROR", redirect_stdouts=False, logfile=sys.stderr
    ).execute_from_commandline()
