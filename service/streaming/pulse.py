"""Noticing that this process stood still: SIGSTOP, a frozen container, a suspended machine."""

from __future__ import annotations

import threading
import time
from typing import Final

_BEAT_SECONDS: Final = 0.5


class Pulse:
    """Beats in a thread; standing still for `limit` seconds is remembered until cleared.

    Whoever stood still for the session time-out has lost its partitions without being told. A
    long computation is no standing still: the thread goes on, as the heartbeats to the group do.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._last = time.monotonic()
        self._stood_still = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._last = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """Beat no more."""
        self._ended.set()

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

    def _beat(self) -> None:
        while not self._ended.wait(_BEAT_SECONDS):
            self.stood_still()
            self._last = time.monotonic()
