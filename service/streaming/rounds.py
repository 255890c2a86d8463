"""Rounds of fetching and applying: seldom while nobody asks for numbers, at once if somebody does.

What came meanwhile is applied together, which costs less an event; and nobody sees how old a
number is that nobody asks for.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.streaming.fetching.fetched import Fetched

#: From a round that has read all to the end until the next, if nobody asks.
PACE_SECONDS: Final = 0.25
#: From one that leaves something, or brings nothing, until the next: what is left may be at a
#: broker that is away. No pause where much came, as of a backlog.
_SHORT_PACE_SECONDS: Final = 0.04
_MUCH: Final = 2_000
#: How long whoever asks waits for a fetch to bring anything: what was there before is with us by
#: then. The broker may have nothing, and waits for it.
ANSWER_SECONDS: Final = 0.02
#: How long he waits in all; then he is told what there is. Much may have come, and a registry or
#: a label that has to be agreed on may take its time.
_LONGEST_SECONDS: Final = 0.08


def pace(fetched: Fetched) -> float:
    """Seconds from a fetch to the next one, unless somebody asks."""
    count = sum(map(len, fetched.records.values()))
    if count and not fetched.more:
        return 0.0 if fetched.is_old else PACE_SECONDS
    return _SHORT_PACE_SECONDS if count < _MUCH else 0.0


class Rounds:
    """Those of one consumer, which are made one after the other, and who waits for one."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []
        self._is_fetching = False
        self._left_more = False

    @property
    def is_awaited(self) -> bool:
        """Whether somebody has asked since the last fetch was answered."""
        return self._asked.is_set()

    @contextmanager
    def fetching(self) -> Iterator[None]:
        """Brokers are asked, and may have nothing."""
        self._is_fetching = True
        try:
            yield
        finally:
            self._is_fetching = False

    @contextmanager
    def applying(self, fetched: Fetched) -> Iterator[None]:
        """All wait for it that have asked by now, unless it may be older than their question."""
        waiting: list[asyncio.Future[None]] = []
        if not fetched.is_old:
            waiting, self._waiting = self._waiting, waiting
            self._asked.clear()
        self._left_more = fetched.more
        try:
            yield
        finally:
            for it in waiting:
                if not it.done():
                    it.set_result(None)

    async def pause(self, seconds: float) -> None:
        """Until the next round is due, or somebody asks."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._asked.wait()

    async def one(self) -> None:
        """Ask for one, and wait until it is over, or takes long.

        Of a backlog the next round comes by itself, and the one after that, and it takes long.
        """
        if self._left_more:
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._asked.set()
        try:
            if self._is_fetching:
                await asyncio.wait([waiter], timeout=ANSWER_SECONDS)
                if self._is_fetching:
                    return
            await asyncio.wait([waiter], timeout=_LONGEST_SECONDS)
        finally:
            waiter.cancel()
            if waiter in self._waiting:
                self._waiting.remove(waiter)
