"""Noticing that this process stood still: SIGSTOP, a frozen container, a suspended machine."""

from __future__ import annotations

import asyncio
import time
from typing import Final

_BEAT_SECONDS: Final = 0.5


class Pulse:
    """Beats on the event loop; standing still for `limit` seconds is remembered until cleared.

    Whoever stood still for the session time-out has lost its partitions without being told.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._last = time.monotonic()
        self._stood_still = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to beat."""
        self._last = time.monotonic()
        self._task = asyncio.create_task(self._beat(), name="pulse")

    def stop(self) -> None:
        """Beat no more."""
        if self._task is not None:
            self._task.cancel()

    def stood_still(self) -> bool:
        """Whether it did since the last :meth:`clear`; true from the first moment after it."""
        # The one that asks may run before the beat does.
        if time.monotonic() - self._last > self._limit:
            self._stood_still = True
        return self._stood_still

    def clear(self) -> None:
        """Forget: the partitions have been given anew."""
        self._last = time.monotonic()
        self._stood_still = False

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            self.stood_still()
            self._last = time.monotonic()
