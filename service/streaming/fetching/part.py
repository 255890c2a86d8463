"""Of a broker's answer what concerns one topic partition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class Part:
    """Its layout differs by version."""

    def __init__(self, version: int, highwater: int, rest: list[Any]) -> None:
        self.highwater = highwater
        self.raw: bytes = rest[-1] or b""
        self.stable: int | None = None
        self.aborted: Sequence[tuple[int, int]] = ()
        if version >= 4:
            # Up to there all transactions are decided. Some brokers know of none.
            self.stable = rest[0] if rest[0] >= 0 else None
            # After the stable offset, and since version 5 the log's start.
            self.aborted = rest[1 if version == 4 else 2] or ()
