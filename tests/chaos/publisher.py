"""Publishes what is done as it happens: some late, some twice, some that is no event."""

from __future__ import annotations

import asyncio
import heapq
import json
import random
import time
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple

from aiokafka import AIOKafkaProducer

from tests.chaos.centre import Centre
from tests.chaos.staff import Staff
from tests.reference.events import AGENTS, EVENT_TIME
from tests.reference.writing import TIMES, utc

if TYPE_CHECKING:
    from tests.chaos.centre import Told
    from tests.chaos.configuration import Names
    from tests.reference.settings import ReferenceSettings

_SECOND: Final = 1_000_000
_STEP_SECONDS: Final = 0.05
#: Of events: sent again some time after, held back, followed by one that is no event.
_AGAIN, _HELD_BACK, _BAD = 0.1, 0.2, 0.03
_AGAIN_WITHIN: Final = 20 * _SECOND
_HELD_BACK_FOR: Final = 2 * _SECOND
_AGENT_EVERY: Final = 2 * _SECOND
_YEAR: Final = 365 * 86_400 * _SECOND

Headers = list[tuple[str, bytes]]
#: Of events, and of what is none.
GOOD: Final[Headers] = []
BAD: Final[Headers] = [("bad", b"")]


class _Event(NamedTuple):
    type_: str
    key: bytes
    value: bytes
    headers: Headers
    again: bool


def now() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000


class Publisher:
    """First a history, all at once; then what happens as it happens, until it is stopped."""

    def __init__(
        self,
        bootstrap: str,
        names: Names,
        settings: ReferenceSettings,
        seed: int,
        contacts_per_second: float = 25.0,
    ) -> None:
        self.events = 0
        self.bad = 0
        self.again = 0
        self._names = names
        self._rng = random.Random(seed)
        self._centre = Centre(seed, settings)
        self._staff = Staff(seed)
        self._every = int(_SECOND / contacts_per_second)
        self._next_contact = self._next_agent = 0
        #: When it is sent, and a number against ties.
        self._due: list[tuple[int, int, _Event]] = []
        self._numbers = count()
        self._sent: list[asyncio.Future[object]] = []
        self._flowing = asyncio.Event()
        self._still = asyncio.Event()
        self._producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            acks="all",
            enable_idempotence=True,
            linger_ms=10,
            # A broker that is away for a minute must not cost the log an event.
            request_timeout_ms=180_000,
            max_batch_size=256 * 1024,
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self, history_seconds: float) -> None:
        """Publish the history that ends now; the rest follows from now on."""
        await self._producer.start()
        self._next_contact = self._next_agent = now() - int(history_seconds * _SECOND)
        await self._publish_until(now())
        await self._acknowledged()
        self._flowing.set()
        self._task = asyncio.create_task(self._run(), name="publisher")

    async def pause(self) -> int:
        """Send nothing more for now; the moment by which the broker had everything."""
        self._flowing.clear()
        self._still.clear()
        await self._still.wait()
        await self._acknowledged()
        return now()

    def resume(self) -> None:
        """Go on; what was due meanwhile is sent at once."""
        self._flowing.set()

    def running(self) -> bool:
        """Whether there is more to come: a fault that strikes later proves nothing."""
        return self._task is not None and not self._task.done()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._producer.stop()

    async def _run(self) -> None:
        while True:
            if not self._flowing.is_set():
                self._still.set()
                await self._flowing.wait()
            await self._publish_until(now())
            await asyncio.sleep(_STEP_SECONDS)

    async def _publish_until(self, moment: int) -> None:
        while self._next_contact <= moment:
            for event in self._centre.contact(self._next_contact):
                self._schedule(event)
            self._next_contact += self._every
        while self._next_agent <= moment:
            for event in self._staff.agent(self._next_agent):
                self._schedule(event)
            self._next_agent += _AGENT_EVERY
        while self._due and self._due[0][0] <= moment:
            _, _, due = heapq.heappop(self._due)
            topic = self._names.topic(due.type_)
            self._sent.append(
                await self._producer.send(topic, key=due.key, value=due.value, headers=due.headers)
            )
            self.events += 1
            self.bad += due.headers is BAD
            self.again += due.again

    def _schedule(self, event: Told) -> None:
        at, type_, value = event
        rng = self._rng
        key = (value["agent_id"] if type_ in AGENTS else value["customer_id"]).encode()
        written = json.dumps(
            {name: utc(it) if name.endswith(TIMES) else it for name, it in value.items()}
        ).encode()
        if rng.random() < _HELD_BACK:
            at += rng.randrange(_HELD_BACK_FOR)
        self._later(at, type_, key, written)
        if rng.random() < _AGAIN:
            self._later(at + rng.randrange(_AGAIN_WITHIN), type_, key, written, again=True)
        if rng.random() < _BAD:
            self._later(at, type_, *self._spoiled(value, key, written), BAD)

    def _spoiled(self, value: dict[str, object], key: bytes, written: bytes) -> tuple[bytes, bytes]:
        """No event any more, in one of the ways that must not move a clock or a number."""
        ways = [(key, written[:-1]), (b"somebody-else", written), (key, b"\xff\x00" + written)]
        own = next((name for name in EVENT_TIME.values() if name in value), None)
        if own is not None:
            ahead = json.loads(written) | {own: utc(now() + _YEAR)}
            ways.append((key, json.dumps(ahead).encode()))
        return self._rng.choice(ways)

    def _later(
        self,
        at: int,
        type_: str,
        key: bytes,
        value: bytes,
        headers: Headers = GOOD,
        *,
        again: bool = False,
    ) -> None:
        event = _Event(type_, key, value, headers, again)
        heapq.heappush(self._due, (at, next(self._numbers), event))

    async def _acknowledged(self) -> None:
        """Raises what the broker refused."""
        sent, self._sent = self._sent, []
        await self._producer.flush()
        await asyncio.gather(*sent)
