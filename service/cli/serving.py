"""The service as one coroutine: the stream, the numbers it serves, and an orderly end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import structlog

from service.cli.wiring import credentials, kafka_config, server_tls
from service.engine.engine import Engine
from service.events.decoding import Decoder
from service.exposition.server import ExpositionServer
from service.settings import Settings
from service.streaming.service import StreamService
from service.version import VERSION

_log = structlog.get_logger(__name__)


@contextmanager
def stop_on_signals() -> Iterator[asyncio.Event]:
    """An event that Ctrl-C and SIGTERM set; a second Ctrl-C ends the process at once."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def ask_to_stop() -> None:
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask_to_stop)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[tuple[StreamService, ExpositionServer]]:
    """The running service. Its end drains, flushes, commits and leaves the group.

    Raises StreamError, ListenError or UnusableFileError.
    """
    definitions = settings.definitions()
    stream = StreamService(
        kafka_config(settings),
        lambda: Engine(definitions),
        Decoder(settings.max_event_bytes, settings.max_future_skew),
    )
    server = ExpositionServer(
        settings.http.host,
        settings.http.port,
        stream,
        definitions,
        version=VERSION,
        ces_high_is_easy=settings.ces_high_is_easy,
        credentials=credentials(settings.http),
        tls=server_tls(settings.http),
    )
    await stream.start()
    try:
        await server.start()
        try:
            _log.info("serving", host=settings.http.host, port=server.port)
            yield stream, server
        finally:
            await server.stop()
    finally:
        _log.info("stopping: finishing the batch in hand and committing")
        await stream.stop()


async def until_stopped(stream: StreamService, stop: asyncio.Event) -> None:
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
