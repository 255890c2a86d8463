"""Accepts connections, so many at most: whoever opens thousands takes descriptors from nobody.

asyncio's own servers accept whatever comes; then Kafka's connections find no descriptor, and a
health check is reset. Here the connection that has waited longest makes room for a new one, so a
check that asks at once is answered.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from contextlib import suppress
from ssl import SSLContext
from typing import Final

from aiohttp import web

from service.exposition.connection import Connection
from service.exposition.sparing import SparingLog

_LOOK_SECONDS: Final = 1.0
_HANDSHAKE_SECONDS: Final = 10.0
_TLS_FAREWELL_SECONDS: Final = 2.0
_BACKLOG: Final = 512
#: This process or this machine has no room left; it may have in a moment.
_NO_ROOM: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_NO_ROOM_SECONDS: Final = 0.1


class Listener:
    """Listens on an address for `server`, with at most `most` connections at a time.

    `malformed` is called whenever what came is no request.
    """

    def __init__(
        self, most: int, tls: SSLContext | None, log: SparingLog, malformed: Callable[[], None]
    ) -> None:
        self._most = most
        self._tls = tls
        self._log = log
        self._malformed = malformed
        self._sockets: list[socket.socket] = []
        self._tasks: list[asyncio.Task[None]] = []
        #: In the order in which they began to wait for what they wait for now.
        self._connections: dict[Connection, None] = {}

    @property
    def addresses(self) -> list[str]:
        """The IP addresses that are listened on."""
        return [str(listening.getsockname()[0]) for listening in self._sockets]

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._sockets[0].getsockname()[1])

    async def open(self, host: str, port: int) -> None:
        """Listens; nothing is accepted yet. Raises OSError."""
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        try:
            for family, address in dict.fromkeys((it[0], it[4]) for it in found):
                # With port 0 all addresses of a name get the port that the first one was given.
                wanted = (address[0], self.port if self._sockets else port, *address[2:])
                self._sockets.append(_listening(family, wanted))
        except OSError:
            self._close_sockets()
            raise

    def serve(self, server: web.Server) -> None:
        """Accepts connections from now on."""
        self._tasks = [
            asyncio.create_task(self._accept(listening, server)) for listening in self._sockets
        ]
        self._tasks.append(asyncio.create_task(self._look()))

    async def close(self) -> None:
        """Accepts no more; those that are there go on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._close_sockets()

    def abort(self) -> None:
        """Closes all connections that are left."""
        for connection in list(self._connections):
            connection.abort()

    def _close_sockets(self) -> None:
        for listening in self._sockets:
            listening.close()
        self._sockets = []

    async def _accept(self, listening: socket.socket, server: web.Server) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, _ = await loop.sock_accept(listening)
            except OSError as error:
                if error.errno in _NO_ROOM:
                    self._log.warning("no connection can be accepted", error=error.strerror)
                    self._make_room()
                    await asyncio.sleep(_NO_ROOM_SECONDS)
                continue
            if len(self._connections) >= self._most:
                self._log.warning(
                    "too many connections: the one that has waited longest is closed for each new"
                    " one",
                    most=self._most,
                )
                self._make_room()
            self._connect(accepted, server)
            # sock_accept gives way to nobody while there is one to accept.
            await asyncio.sleep(0)

    def _connect(self, accepted: socket.socket, server: web.Server) -> None:
        accepted.setblocking(False)
        connection = Connection(
            server, self._log, moved=self._moved, malformed=self._malformed, gone=self._gone
        )
        self._connections[connection] = None
        by_tls = self._tls is not None
        connecting = asyncio.get_running_loop().connect_accepted_socket(
            lambda: connection,
            accepted,
            ssl=self._tls,
            ssl_handshake_timeout=_HANDSHAKE_SECONDS if by_tls else None,
            ssl_shutdown_timeout=_TLS_FAREWELL_SECONDS if by_tls else None,
        )
        connection.connect(asyncio.ensure_future(connecting))

    def _make_room(self) -> None:
        """One that is being answered goes only when all are."""
        waiting = (it for it in self._connections if not it.answering)
        longest = next(waiting, None) or next(iter(self._connections), None)
        if longest is not None:
            del self._connections[longest]
            longest.abort()

    def _moved(self, connection: Connection) -> None:
        if connection in self._connections:
            del self._connections[connection]
            self._connections[connection] = None

    def _gone(self, connection: Connection) -> None:
        self._connections.pop(connection, None)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            for connection in list(self._connections):
                connection.look()


def _listening(family: int, address: tuple[object, ...]) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # "::" is not to take the port of 0.0.0.0 too.
            with suppress(OSError):
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening
