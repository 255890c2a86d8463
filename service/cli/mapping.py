"""`contact-metrics map` on Kafka: the mapping stage, its metrics, and an orderly end."""

from __future__ import annotations

import gc
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from service.cli.options import exit_on

if TYPE_CHECKING:
    from service.feeds.mapper import Mapper
    from service.settings import Settings
    from service.streaming.mapping.config import StageConfig

#: As of `run`: what a record makes goes without a collector.
_COLLECTOR: Final = (100_000, 20, 20)


def map_topics(settings: Settings, mapper: Mapper) -> None:
    """Read the feeds' topics and publish events, until SIGTERM or Ctrl-C."""
    import uvloop

    from service.cli.files import UnusableFileError
    from service.exposition.http_server import ListenError
    from service.logs import set_up_logging
    from service.streaming.errors import StreamError

    set_up_logging(settings.log.level, settings.log.format)
    gc.freeze()
    gc.set_threshold(*_COLLECTOR)
    with exit_on(StreamError, ListenError, UnusableFileError):
        uvloop.run(_run(settings, mapper))


def stage_config(settings: Settings, mapper: Mapper) -> StageConfig:
    """What the stage reads and writes; the files of Kafka have been looked at."""
    from service.cli.wiring import kafka_config
    from service.events.agents import AGENT_EVENT_CLASSES
    from service.events.model import EVENT_CLASSES
    from service.streaming.mapping.config import StageConfig

    emitted = {feed.definition.emit for feed in mapper.feeds}
    topics = settings.all_topics()
    kafka = replace(
        kafka_config(settings),
        group_id=settings.kafka.map_group,
        topics={type_: topics[type_] for type_ in EVENT_CLASSES if type_ in emitted},
        agent_topics={type_: topics[type_] for type_ in AGENT_EVENT_CLASSES if type_ in emitted},
    )
    return StageConfig(
        kafka,
        tuple(sorted(mapper.topics)),
        tuple(feed.name for feed in mapper.feeds),
        mapper.remembering,
    )


async def _run(settings: Settings, mapper: Mapper) -> None:
    import structlog

    from service.cli.deadline import Deadline
    from service.cli.descriptors import descriptors_for_http
    from service.cli.files import require_files
    from service.cli.serving import StoppedEarlyError, begin, stop_on_signals, until_stopped
    from service.cli.wiring import credentials, registry_config, server_tls
    from service.exposition.feeds import STAGE_METRICS
    from service.exposition.status_server import StatusServer
    from service.streaming.errors import StreamError
    from service.streaming.mapping.service import MappingService

    log = structlog.get_logger(__name__)
    require_files(settings, "kafka", "http", "registry")
    http = settings.http
    stage = MappingService(stage_config(settings, mapper), mapper, registry_config(settings))
    status = StatusServer(
        http.host,
        http.port,
        STAGE_METRICS,
        stage.families,
        stage.ready,
        credentials=credentials(http),
        tls=server_tls(http),
        allowed_hosts=http.allowed_hosts,
        most_connections=descriptors_for_http(),
    )
    deadline = Deadline()
    stop = stop_on_signals(deadline)
    with suppress(StoppedEarlyError):
        with deadline.at_an_error():
            await begin(stop, stage.start, status)
        try:
            with deadline.at_an_error():
                try:
                    await status.start()
                    log.info("mapping", topics=sorted(mapper.topics), status_port=status.port)
                    await until_stopped(stage, stop)
                    deadline.begin()
                    log.info("stopping: finishing the round in hand and committing")
                finally:
                    await status.stop()
        finally:
            all_is_written = await stage.stop()
        if not all_is_written:
            raise StreamError(
                "stopped before all was written, because the broker did not take it in time."
                " Nothing is lost: it is mapped again at the next start"
            )
