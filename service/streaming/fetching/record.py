"""What a fetch brings of a topic partition, record by record."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from service.streaming.fetching.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence


class ReadRecord(Protocol):
    """A record as aiokafka's reader of batches makes it.

    Of which topic partition it is, whoever asked for it knows: aiokafka's consumer makes another
    object of each that says so too, which took longer than to read it.
    """

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int:
        """Milliseconds since 1970; -1: there is none."""

    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...


class PlainRecord(NamedTuple):
    """One that aiokafka's reader did not make: its numbers may be too large for 64 bits."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


Record: TypeAlias = ReadRecord | Unreadable
