"""The service as one coroutine: the stream, the numbers it serves, and an orderly end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, Protocol

import structlog

from service.agents.engine import AgentsEngine
from service.cli.advertising import advertised_url
from service.cli.deadline import Deadline
from service.cli.decoding import event_decoder, event_schemas
from service.cli.descriptors import descriptors_for_http
from service.cli.files import require_files
from service.cli.wiring import credentials, kafka_config, peers_tls, server_tls
from service.exposition.http_server import HttpServer
from service.exposition.server import ExpositionServer
from service.partition.engine import Engine
from service.settings import Settings
from service.store import settings_told
from service.streaming.copartitions import AGENTS, CONTACTS
from service.streaming.errors import StreamError
from service.streaming.service import StreamService
from service.version import VERSION

#: How long a start that is broken off may take to let go of what it has.
_BREAK_OFF_SECONDS: Final = 5.0

_log = structlog.get_logger(__name__)


class StoppedEarlyError(Exception):
    """The service was asked to stop before it ran; there is nothing to tell."""


def stop_on_signals(deadline: Deadline) -> asyncio.Event:
    """An event that Ctrl-C and SIGTERM set, when the deadline begins too.

    A second Ctrl-C ends the process at once.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def ask_to_stop(_number: int, _frame: object) -> None:
        deadline.begin()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        # A loop that has ended needs no telling.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)

    # Not the loop's own handlers: nobody is called by those while something blocks the loop. And
    # they stay to the end, so that a process that is ending tells its own exit code.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask_to_stop)
    return stop


@asynccontextmanager
async def serving(
    settings: Settings, stop: asyncio.Event, deadline: Deadline
) -> AsyncIterator[tuple[StreamService, ExpositionServer]]:
    """The running service. Its end drains, flushes, commits and leaves the group.

    Raises StreamError (also when not all could be written at the end), ListenError or
    UnusableFileError; StoppedEarlyError where `stop` is set before it has started.
    """
    require_files(settings, "kafka", "http", "registry")
    definitions = settings.definitions()
    schemas = event_schemas(settings)
    stream = StreamService(
        kafka_config(settings),
        {
            CONTACTS: lambda: Engine(definitions, agreed_labels=True),
            AGENTS: lambda: AgentsEngine(definitions, agreed_labels=True),
        },
        event_decoder(settings, schemas),
        settings_told.written(definitions),
        schemas,
    )
    server = ExpositionServer(
        settings.http.host,
        settings.http.port,
        stream,
        definitions,
        version=VERSION,
        ces_high_is_easy=settings.ces_high_is_easy,
        alerts=settings.alerts,
        credentials=credentials(settings.http),
        tls=server_tls(settings.http),
        trust=peers_tls(settings.http),
        allowed_hosts=settings.http.allowed_hosts,
        most_connections=descriptors_for_http(),
    )

    async def start() -> None:
        await stream.start(await advertised_url(settings, server.port))

    with deadline.at_an_error():
        await begin(stop, start, server)
    try:
        with deadline.at_an_error():
            await server.start()
            try:
                _log.info("serving", host=settings.http.host, port=server.port)
                yield stream, server
                deadline.begin()
            finally:
                await server.stop()
    finally:
        _log.info("stopping: finishing the batch in hand and committing")
        all_is_written = await stream.stop()
    if not all_is_written:
        raise StreamError(
            "stopped before all was written, because the broker did not take it in time. Nothing"
            " is lost: it is consumed again at the next start"
        )


async def begin(
    stop: asyncio.Event, start: Callable[[], Coroutine[Any, Any, None]], *servers: HttpServer
) -> None:
    """Start, with the ports of the servers taken: one that is not to be had is told at once.

    Raises ListenError, StoppedEarlyError, and what `start` raises.
    """
    try:
        for server in servers:
            await server.bind()
        await _unless(stop, start())
    except BaseException:
        for server in servers:
            await server.stop()
        raise


async def _unless(stop: asyncio.Event, start: Coroutine[Any, Any, None]) -> None:
    """Start, or break it off when `stop` is set. Raises StoppedEarlyError."""
    starting, stopped = asyncio.create_task(start), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            await asyncio.wait({starting}, timeout=_BREAK_OFF_SECONDS)
            raise StoppedEarlyError
        starting.result()
    finally:
        stopped.cancel()


class Running(Protocol):
    """What has been started and may fail."""

    async def wait(self) -> None:
        """Until it is stopped; raises StreamError when it cannot go on."""


async def until_stopped(stream: Running, stop: asyncio.Event) -> None:
    """Wait for `stop`; raises StreamError when the stream cannot go on."""
    failed = asyncio.create_task(stream.wait())
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({failed, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if failed.done():
            failed.result()
    finally:
        failed.cancel()
        stopped.cancel()
