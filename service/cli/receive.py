"""`contact-metrics receive`: webhooks into Kafka."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import typer

from service.cli.options import WRONG_USAGE, ConfigFile, exit_on, load_or_exit

if TYPE_CHECKING:
    import asyncio

    from service.cli.deadline import Deadline
    from service.receiving.server import ReceivingServer
    from service.settings import Settings


def receive(config: ConfigFile = None) -> None:
    """Take webhooks in, prove each, and publish it to Kafka; until SIGTERM or Ctrl-C."""
    settings = load_or_exit(config)
    if not settings.receive.webhooks:
        typer.echo(
            "contact-metrics: there is no webhook to receive: add a table [receive.webhooks.NAME]"
            " (docs/receive.md tells what is in it)",
            err=True,
        )
        raise typer.Exit(WRONG_USAGE)

    import uvloop

    from service.cli.files import UnusableFileError
    from service.exposition.http_server import ListenError
    from service.logs import set_up_logging
    from service.streaming.errors import StreamError
    from service.streaming.logs import tame_libraries

    set_up_logging(settings.log.level, settings.log.format)
    tame_libraries()
    with exit_on(StreamError, ListenError, UnusableFileError):
        uvloop.run(_run(settings))


async def _run(settings: Settings) -> None:
    from service.cli.deadline import Deadline
    from service.cli.serving import StoppedEarlyError, stop_on_signals

    deadline = Deadline()
    stop = stop_on_signals(deadline)
    with suppress(StoppedEarlyError):
        async with receiving(settings, stop, deadline):
            await stop.wait()


@asynccontextmanager
async def receiving(
    settings: Settings, stop: asyncio.Event, deadline: Deadline
) -> AsyncIterator[ReceivingServer]:
    """Webhooks are taken in. Its end answers the requests that are there and takes no more.

    Raises StreamError, ListenError or UnusableFileError; StoppedEarlyError where `stop` is set
    before it has started.
    """
    import structlog

    from service.cli.descriptors import descriptors_for_http
    from service.cli.files import require_files
    from service.cli.serving import begin
    from service.cli.webhooks import limits, webhooks
    from service.cli.wiring import credentials, kafka_config, server_tls
    from service.exposition.status_server import StatusServer
    from service.receiving.metrics import RECEIVE_METRICS, Counts
    from service.receiving.server import ReceivingServer
    from service.streaming.delivery import Delivery

    log = structlog.get_logger(__name__)
    require_files(settings, "kafka", "http", "receive")
    section, http = settings.receive, settings.http
    hooks = webhooks(section)
    # Half of them for each of the two servers.
    connections = max(1, descriptors_for_http() // 2)
    topics = {hook.topic for hook in hooks}
    delivery = Delivery(
        kafka_config(settings), topics, section.max_body_bytes, section.max_waiting_bytes
    )
    counts = Counts(hook.name for hook in hooks)
    server = ReceivingServer(
        section.host,
        section.port,
        hooks,
        delivery,
        counts,
        limits(section, connections),
        tls=server_tls(settings.receive),
    )
    status = StatusServer(
        http.host,
        http.port,
        RECEIVE_METRICS,
        lambda: counts.families(server.waiting_bytes),
        delivery.ready,
        credentials=credentials(http),
        tls=server_tls(settings.http),
        allowed_hosts=http.allowed_hosts,
        most_connections=connections,
    )
    with deadline.at_an_error():
        await begin(stop, delivery.start, status, server)
    try:
        with deadline.at_an_error():
            try:
                await status.start()
                await server.start()
                log.info("receiving", host=section.host, port=server.port, status_port=status.port)
                yield server
                deadline.begin()
                log.info("stopping: answering the requests that are there")
            finally:
                await server.stop()
                await status.stop()
    finally:
        await delivery.stop()
