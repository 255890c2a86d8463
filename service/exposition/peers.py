"""Asking the group's other workers for what they hold.

One that does not answer costs each page the time-out once, not at every look: it is left alone for
a while. Its URL comes from the group, where only those who may join it can put one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from ssl import SSLContext
from time import monotonic
from typing import Final, Protocol, TypeVar
from urllib.parse import urlsplit

import aiohttp

from service.exposition.coverage import Silent
from service.exposition.parts import MOST_BYTES, Parts, Reader, UnusableAnswerError
from service.exposition.protection import Credentials
from service.exposition.sparing import SparingLog
from service.view.snapshot import Snapshot

Result = TypeVar("Result")

#: A worker waits for two seconds itself, for what is not durable yet.
TIMEOUT_SECONDS: Final = 3.0
#: How long one that let the time-out pass is not asked.
_LEFT_ALONE_SECONDS: Final = 10.0
#: Workers asked at a time: so many answers are in memory as they came.
_AT_ONCE: Final = 8
#: As it is sent, compressed.
_MOST_SENT: Final = MOST_BYTES // 4
_CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Told:
    """A worker's answer."""

    worker: str
    parts: Parts
    snapshots: Sequence[tuple[int, Snapshot]]


class InThread(Protocol):
    """Runs what computes beside the event loop."""

    def __call__(self, work: Callable[[], Result], /) -> Awaitable[Result]: ...


class Peers:
    """The other workers of the group. All methods belong to one event loop.

    `trust` is for those at https; with it no other URL is asked, lest the password goes out in the
    clear.
    """

    def __init__(
        self, version: str, in_thread: InThread, login: Credentials | None, trust: SSLContext | None
    ) -> None:
        self.silent = 0
        """How often one that was asked told nothing."""
        self._version = version
        self._in_thread = in_thread
        self._trust = trust
        self._headers = {}
        if login is not None:
            basic = aiohttp.encode_basic_auth(login.user, login.password, "utf-8")
            self._headers["Authorization"] = basic
        self._readers: dict[str, Reader] = {}
        self._left_alone_until: dict[str, float] = {}
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._session: aiohttp.ClientSession | None = None
        self._log = SparingLog()

    async def close(self) -> None:
        """Ends the connections, where there are any."""
        if self._session is not None:
            await self._session.close()

    async def ask(self, urls: Sequence[str], definitions: str) -> list[Told | Silent]:
        """What each says, in the order of `urls`; `definitions`: the digest of our own settings.

        Takes the time-out, a few times that where many workers hang.
        """
        for url in self._readers.keys() - set(urls):
            del self._readers[url]
            self._left_alone_until.pop(url, None)
        return list(await asyncio.gather(*(self._told(url, definitions) for url in urls)))

    async def _told(self, url: str, definitions: str) -> Told | Silent:
        worker = urlsplit(url).netloc.rpartition("@")[2]
        try:
            return await self._asked(url, worker, definitions)
        except UnusableAnswerError as error:
            why = str(error)
        except TimeoutError:
            self._left_alone_until[url] = monotonic() + _LEFT_ALONE_SECONDS
            why = f"no answer within {TIMEOUT_SECONDS:.0f} s"
        except aiohttp.ClientSSLError:
            why = "its certificate is not trusted: see http.peers_ca_file"
        except (aiohttp.ClientError, OSError, ValueError):
            why = "it cannot be reached: see http.advertised_url"
        self.silent += 1
        self._log.warning("a worker of the group tells no numbers", worker=worker, why=why)
        return Silent(worker, why)

    async def _asked(self, url: str, worker: str, definitions: str) -> Told:
        if self._left_alone_until.get(url, 0.0) > monotonic():
            raise UnusableAnswerError("it let the time-out pass, and is asked again soon")
        if self._trust is not None and not url.startswith("https:"):
            raise UnusableAnswerError("it serves no HTTPS, as this worker does")
        async with self._turns:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                answer = await self._fetched(url)
            reader = self._readers.setdefault(url, Reader())
            parts, snapshots = await self._in_thread(lambda: reader.read(answer))
        if parts.version != self._version:
            raise UnusableAnswerError(f"it runs another release, {parts.version[:32]}")
        if parts.definitions != definitions:
            raise UnusableAnswerError("it counts by other settings")
        return Told(worker, parts, snapshots)

    async def _fetched(self, url: str) -> bytes:
        session = self._session = self._session or aiohttp.ClientSession(
            headers=self._headers,
            connector=aiohttp.TCPConnector(ssl=True if self._trust is None else self._trust),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )
        asked = session.get(f"{url.rstrip('/')}/api/parts", allow_redirects=False)
        async with asked as response:
            if response.status == HTTPStatus.UNAUTHORIZED:
                raise UnusableAnswerError(
                    "it refuses our login: give all workers the same http.username and password"
                )
            if response.status != HTTPStatus.OK:
                raise UnusableAnswerError(f"it answers with status {response.status}")
            answer = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK):
                answer += chunk
                if len(answer) > _MOST_SENT:
                    raise UnusableAnswerError("its answer is too long")
            return bytes(answer)
