"""Who may write to a changelog partition, said in the log itself.

A worker can lose a partition without knowing: paused beyond the session time-out, it wakes up with
a write still in its buffers, after another worker has taken over. No check before a write can rule
that out, so every record carries the *epoch* of its writer, and a worker that takes a partition
over first writes a *claim*: a record with an epoch above all before it. Reading the log in order,
a record counts only if no greater epoch came before it; so whatever a former owner writes after
the claim is as if it had never been written.

The log alone decides: no clock, no generation of the consumer group (which restarts when a group
is deleted), no feature that only some brokers have. What compaction could do to it, see
:mod:`service.streaming.restore`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.streaming.fetching.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.streaming.fetching.record import Record

#: Key of the claims. No UTF-8 text starts with this byte, so no key of an engine is like it.
CLAIM_KEY: Final = b"\xffclaim"
_HEADER: Final = "e"
_EPOCH_BYTES: Final = 4
#: After it nobody could claim the partition any more.
_NO_GREATER: Final = b"\xff" * _EPOCH_BYTES


class UnreadableRecordError(Exception):
    """The record at this offset is none that this service has written."""

    def __init__(self, offset: int, why: str) -> None:
        super().__init__(f"offset {offset}: {why}")
        self.offset = offset
        self.why = why


def epoch_headers(epoch: int) -> list[tuple[str, bytes]]:
    """The headers of every record that the owner with this epoch writes."""
    return [(_HEADER, epoch.to_bytes(_EPOCH_BYTES, "big"))]


def epoch_of(record: Record) -> int:
    """That of its writer; 0: none is said. Raises UnreadableRecordError."""
    if isinstance(record, Unreadable):
        raise UnreadableRecordError(record.first_offset, record.refused.detail)
    for name, value in record.headers:
        if name == _HEADER:
            if value is None or len(value) != _EPOCH_BYTES or value == _NO_GREATER:
                raise UnreadableRecordError(record.offset, "its epoch is none that an owner writes")
            return int.from_bytes(value, "big")
    return 0


class Fence:
    """Reads one changelog partition in log order and lets only the records pass that count."""

    def __init__(self) -> None:
        self.highest = 0
        """The greatest epoch so far; 0 before the first claim."""
        self.claim: bytes | None = None
        """What the claim that counts says; None before the first."""
        self.overwritten: set[bytes] = set()
        """Keys whose newest record does not count: compaction would keep that one alone."""
        self._headers: object = ()
        self._epoch = 0
        self._claimed = 0

    def admit(self, records: Iterable[Record]) -> list[tuple[bytes, bytes | None]]:
        """The keys and values that count, of the next records of the log.

        Raises UnreadableRecordError.
        """
        admitted: list[tuple[bytes, bytes | None]] = []
        append = admitted.append
        for record in records:
            # Nearly always the same epoch as before: comparing is quicker than parsing.
            if record.headers != self._headers:
                self._epoch = epoch_of(record)
                self._headers = record.headers
                self.highest = max(self.highest, self._epoch)
            key = record.key
            if key == CLAIM_KEY:
                # Of two at once, the second one does not count: it will see that, and go on.
                if self._epoch > self._claimed:
                    self._claimed, self.claim = self._epoch, record.value
                continue
            if key is None:
                continue
            if self._epoch < self.highest:
                self.overwritten.add(key)
                continue
            if self.overwritten:
                self.overwritten.discard(key)
            append((key, record.value))
        return admitted
