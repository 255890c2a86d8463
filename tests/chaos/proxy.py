"""A network between a worker and its broker that can be made to fail, and a disk that is full."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from service.embedded_broker import LOOPBACK
from tests.chaos.produce import produced_partitions, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

_SIZE: Final = struct.Struct(">i")


class Proxy:
    """Forwards requests and their answers; holds them back, delays or refuses while told to.

    What is held back arrives later, as on a network that comes back: packets are sent again.
    """

    def __init__(self, port: int, target: str) -> None:
        self._port = port
        self._host, _, port_text = target.rpartition(":")
        self._target_port = int(port_text)
        self.refused: dict[str, int] = {}
        """Topics to which writes are answered with this error code, and go no further."""
        self.delays: dict[str, float] = {}
        """Topics to which each write takes so many seconds longer."""
        self.detained: dict[str, asyncio.Event] = {}
        """Topics to which writes wait for the event."""
        self.detentions = 0
        self.refusals = 0
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
        answers = _Answers(writer)
        for pump in (
            self._pump_up(reader, up_writer, answers),
            self._pump_down(up_reader, answers),
        ):
            task = asyncio.create_task(_until_closed(pump, (writer, up_writer)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump_up(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, answers: _Answers
    ) -> None:
        while True:
            request = await _frame(source)
            await self._passes_up.wait()
            is_asked = self.refused or self.delays or self.detained
            partitions = produced_partitions(request) if is_asked else {}
            for topic in self.detained.keys() & partitions.keys():
                self.detentions += 1
                await self.detained[topic].wait()
            await asyncio.sleep(
                max((self.delays.get(topic, 0.0) for topic in partitions), default=0)
            )
            errors = {self.refused[topic] for topic in partitions if topic in self.refused}
            if errors:
                self.refusals += 1
                answers.insert(refusal(request, partitions, errors.pop()))
                continue
            answers.expect()
            sink.write(_SIZE.pack(len(request)) + request)
            await sink.drain()

    async def _pump_down(self, source: asyncio.StreamReader, answers: _Answers) -> None:
        while True:
            answer = await _frame(source)
            await self._passes_down.wait()
            await answers.forward(answer)


class _Answers:
    """Answers on one connection, in the order of the requests, whoever gives them."""

    def __init__(self, sink: asyncio.StreamWriter) -> None:
        self._sink = sink
        #: None: the broker will answer.
        self._order: deque[bytes | None] = deque()

    def expect(self) -> None:
        self._order.append(None)

    def insert(self, answer: bytes) -> None:
        self._order.append(answer)
        self._write_own()

    async def forward(self, answer: bytes) -> None:
        self._order.popleft()
        self._write(answer)
        self._write_own()
        await self._sink.drain()

    def _write_own(self) -> None:
        while self._order and self._order[0] is not None:
            self._write(self._order.popleft() or b"")

    def _write(self, answer: bytes) -> None:
        self._sink.write(_SIZE.pack(len(answer)) + answer)


async def _frame(source: asyncio.StreamReader) -> bytes:
    """One request or answer of Kafka's protocol, without its size."""
    (size,) = _SIZE.unpack(await source.readexactly(_SIZE.size))
    return await source.readexactly(size)


async def _until_closed(pump: object, writers: Iterable[asyncio.StreamWriter]) -> None:
    with suppress(OSError, asyncio.IncompleteReadError):
        await pump  # type: ignore[misc]
    for writer in writers:
        with suppress(OSError):
            writer.close()
