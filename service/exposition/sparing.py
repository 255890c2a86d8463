"""Log lines that whoever is at the other end of the network can bring about: only so many."""

from __future__ import annotations

from time import monotonic
from typing import Any

import structlog

_SECONDS = 10.0

_log = structlog.get_logger("service.exposition")


class SparingLog:
    """Tells a kind of thing at once, then its like every ten seconds, with how many there were."""

    def __init__(self) -> None:
        #: By event: when it was told last, and how many came since.
        self._told: dict[str, tuple[float, int]] = {}

    def warning(self, event: str, **fields: Any) -> None:
        """`event` is one of few fixed texts; `fields` are those of the one that is told."""
        now = monotonic()
        told_at, since = self._told.get(event, (-_SECONDS, 0))
        if now - told_at < _SECONDS:
            self._told[event] = told_at, since + 1
            return
        self._told[event] = now, 0
        if since:
            fields["more_before"] = since
        _log.warning(event, **fields)
