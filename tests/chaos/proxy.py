"""A network between a worker and its broker that can be made to fail."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from service.embedded_broker import LOOPBACK

_CHUNK = 256 * 1024


class Proxy:
    """Forwards TCP connections; holds back what passes while it is told to.

    What is held back arrives later, as on a network that comes back: packets are sent again.
    """

    def __init__(self, port: int, target: str) -> None:
        self._port = port
        self._host, _, port_text = target.rpartition(":")
        self._target_port = int(port_text)
        self._passes_up = asyncio.Event()
        self._passes_down = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.restore()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connected, LOOPBACK, self._port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def hold(self) -> None:
        """Nothing passes any more, in either direction; no connection is closed."""
        self._passes_up.clear()
        self._passes_down.clear()

    def hold_answers(self) -> None:
        """Requests reach the broker, its answers do not come back."""
        self._passes_down.clear()

    def restore(self) -> None:
        """Everything passes, also what was held back."""
        self._passes_up.set()
        self._passes_down.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._passes_up.wait()
        try:
            up_reader, up_writer = await asyncio.open_connection(self._host, self._target_port)
        except OSError:
            writer.close()
            return
        for source, sink, passes in (
            (reader, up_writer, self._passes_up),
            (up_reader, writer, self._passes_down),
        ):
            task = asyncio.create_task(_pump(source, sink, passes))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _pump(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, passes: asyncio.Event
) -> None:
    with suppress(OSError):
        while data := await source.read(_CHUNK):
            await passes.wait()
            sink.write(data)
            await sink.drain()
    with suppress(OSError):
        sink.close()
