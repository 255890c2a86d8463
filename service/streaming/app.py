"""The Faust application: worker life cycle, group membership and timers; no agents, no tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import faust
import structlog
from faust.assignor.partition_assignor import PartitionAssignor

from service.streaming.consumer import BatchConsumer, BatchTransport
from service.streaming.errors import StreamError
from service.streaming.logs import service_logger
from service.streaming.producer import ChangelogProducer

if TYPE_CHECKING:
    from service.streaming.config import KafkaConfig
    from service.streaming.worker import Worker

log = structlog.get_logger(__name__)

_COMMIT_SECONDS = 1.0


class StreamApp(faust.App):
    """Faust's app, with the two things its parts look up here."""

    kafka: KafkaConfig
    worker: Worker
    logger = service_logger

    async def on_first_start(self) -> None:
        """Faust would create directories for tables; the file system may be read-only."""


def build_app(config: KafkaConfig, worker: Worker, url: str | None) -> StreamApp:
    """The app of one worker. Has to be called on the event loop it will run on.

    `url` is told to the group's other workers: where this one answers.
    """
    app = StreamApp(
        config.group_id,
        broker=[f"kafka://{server}" for server in config.addresses],
        broker_commit_interval=_COMMIT_SECONDS,
        canonical_url=url,
        # All that Faust offers and we do not use: topics of its own, tables, web pages.
        reply_create_topic=False,
        stream_wait_empty=False,
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
    )
    app.kafka = config
    app.worker = worker
    app.transport = BatchTransport(app.conf.broker, app)
    for _, topic in config.event_topics:
        app.topics.add(app.topic(topic))

    async def give_up(*_: Any, **__: Any) -> None:
        # Faust leaves the flow on where no partitions are given up; but those given next are not
        # to be fetched, or taken for read to their end, before `perform_seek`.
        app.consumer.stop_flow()
        # The group takes all partitions back before it gives them out anew.
        await worker.release()

    async def take_over(*_: Any, **__: Any) -> None:
        # Faust resumes the flow of events only after this.
        try:
            await worker.take(app.consumer.assignment())
        except StreamError as error:
            worker.fail(error)
        except Exception as error:
            log.exception("partitions could not be taken over")
            worker.fail(error)

    app.on_partitions_revoked.connect(give_up)
    app.on_rebalance_complete.connect(take_over)
    return app


def group_and_producer(app: StreamApp) -> tuple[BatchConsumer, ChangelogProducer]:
    """The two parts of the transport that the worker talks to."""
    return cast(BatchConsumer, app.consumer), cast(ChangelogProducer, app.producer)


def peers(app: StreamApp) -> list[str]:
    """Where the other workers answer that were given partitions with this worker's own."""
    own = str(app.conf.canonical_url)
    # Faust's leader hands it to every member together with the partitions.
    given = cast(PartitionAssignor, app.assignor).external_topic_distribution
    return sorted(url for url, topics in given.items() if url != own and any(topics.values()))
