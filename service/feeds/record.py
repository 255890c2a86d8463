"""A record as another system published it, before anything of it is read."""

from __future__ import annotations

from typing import NamedTuple


class ForeignRecord(NamedTuple):
    """One Kafka record (or a line of a file that stands for one).

    `timestamp_ms` is the record's own time in milliseconds since 1970. Header names may repeat.
    """

    topic: str
    timestamp_ms: int
    key: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes | None

    def header(self, name: str) -> bytes | None:
        """The last header of that name, whatever its case; HTTP bridges change it."""
        wanted = name.lower()
        return next((v for n, v in reversed(self.headers) if n.lower() == wanted), None)
