"""The word in the log that events are refused: at once, then once a minute, with how many."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterable

log = structlog.get_logger(__name__)

_EVERY_SECONDS: Final = 60.0


class RefusalLog:
    """Names topics and reasons; whose events they are, the dead letters alone tell."""

    def __init__(self, dead_letter_topic: str) -> None:
        self._dead_letter_topic = dead_letter_topic
        self._untold: Counter[tuple[str, str]] = Counter()
        self._next: asyncio.TimerHandle | None = None

    def note(self, refused: Iterable[tuple[str, str]]) -> None:
        """Topic and reason of each record."""
        self._untold.update(refused)
        if self._untold and self._next is None:
            self._tell()

    def close(self) -> None:
        """Tell what is left to tell."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
        self._warn()

    def _tell(self) -> None:
        if self._untold:
            self._warn()
            self._next = asyncio.get_running_loop().call_later(_EVERY_SECONDS, self._tell)
        else:
            self._next = None

    def _warn(self) -> None:
        for (topic, reason), count in sorted(self._untold.items()):
            log.warning(
                "events are refused, and missing from every number: the dead-letter topic has them,"
                " with what is wrong with each",
                topic=topic,
                reason=reason,
                events=count,
                dead_letter_topic=self._dead_letter_topic,
            )
        self._untold.clear()
