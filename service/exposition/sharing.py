"""One answer for all who ask at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, TypeVar

Answer = TypeVar("Answer")

#: A scrape gives up after 10 s by default; what is not durable after this long is not waited for.
PATIENCE_SECONDS = 2.0


class Shared(Generic[Answer]):
    """Asks once, however many requests wait for the answer: ten scrapers cost what one does."""

    def __init__(self, ask: Callable[[], Awaitable[Answer]]) -> None:
        self._ask = ask
        self._under_way: asyncio.Task[Answer] | None = None
        self._taken: tuple[float, Answer] | None = None

    async def take(self, *, at_most_old: float = 0.0) -> Answer:
        """That of now, or the one that came at most `at_most_old` seconds ago."""
        if self._taken is not None and monotonic() - self._taken[0] < at_most_old:
            return self._taken[1]
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.create_task(self._answer())
        # A client that goes away must not take the others' answer with it.
        return await asyncio.shield(self._under_way)

    async def _answer(self) -> Answer:
        answer = await self._ask()
        self._taken = (monotonic(), answer)
        return answer
