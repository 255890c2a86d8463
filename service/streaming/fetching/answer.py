"""What one answer of a broker brought of one topic partition, read batch by batch."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from service.events.refusal import Reason, Refused
from service.streaming.fetching.batch import (
    PREFIX,
    CorruptError,
    Header,
    read_header,
    read_records,
    unpacked,
    unreadable_batch,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from aiokafka import TopicPartition

    from service.streaming.fetching.record import Record


class Answer:
    """Only the batch in hand is decompressed, and only up to `limit` bytes.

    `aborted` are the aborted transactions in it, by producer and first offset; empty where they
    are to be read. A batch that seems corrupt is passed over only if `is_certain` says of its
    offset that asking again is of no use; otherwise the answer ends before it.
    """

    def __init__(
        self,
        tp: TopicPartition,
        raw: bytes,
        offset: int,
        *,
        end: int,
        aborted: Sequence[tuple[int, int]],
        limit: int,
        is_certain: Callable[[int], bool],
    ) -> None:
        self.next_fetch_offset = offset
        """Where to go on, as aiokafka's own class calls it."""
        self.exhausted = False
        self._tp = tp
        self._raw = raw
        self._place = 0
        self._end = end
        self._limit = limit
        self._is_certain = is_certain
        self._aborted = sorted(aborted, key=lambda transaction: transaction[1])
        self._aborting: set[int] = set()
        self._records: Iterator[Record] | None = None
        self._header: Header
        self._batch_bytes = 0

    @property
    def held_bytes(self) -> int:
        """What it keeps in memory."""
        return len(self._raw) + self._batch_bytes

    def take(self, count: int, room: int) -> tuple[list[Record], int]:
        """Up to `count` records, and the bytes of their batches: no batch is begun beyond `room`.

        What was begun is charged at once, however many of its records are taken.
        """
        records: list[Record] = []
        charged = 0
        while len(records) < count:
            if self._records is None:
                if charged >= room or not self._open_next():
                    break
                charged += self._batch_bytes
                continue
            before = len(records)
            records.extend(islice(self._records, count - before))
            if len(records) > before:
                self.next_fetch_offset = records[-1].offset + 1
            if len(records) < count:
                self._close(self._header.next_offset)
        return records, charged

    def _close(self, next_offset: int) -> None:
        # The last records of a batch may be gone by compaction.
        self.next_fetch_offset = max(self.next_fetch_offset, next_offset)
        self._records = None
        self._batch_bytes = 0

    def _open_next(self) -> bool:
        """Whether there was one more batch, be it one of which nothing is to be read."""
        raw = self._next_raw()
        if raw is None:
            self.exhausted = True
            self._raw = b""
            return False
        offset = self.next_fetch_offset
        try:
            self._header = header = self._believed(read_header(raw))
        except CorruptError as error:
            return self._pass_over(raw, str(error))
        if self._is_to_be_skipped(header):
            self._close(header.next_offset)
            return True
        try:
            batch = unpacked(raw, header, self._limit)
        except Refused as why:
            self._batch_bytes = len(raw)
            self._records = iter([unreadable_batch(self._tp, raw, header, offset, why.bare())])
            return True
        self._batch_bytes = len(batch)
        self._records = read_records(self._tp, batch, header, offset)
        return True

    def _next_raw(self) -> bytes | None:
        left = len(self._raw) - self._place
        if left < PREFIX.size:
            return None
        _, length = PREFIX.unpack_from(self._raw, self._place)
        # What an answer has no room for is cut off. If that is the first batch, it is corrupt.
        if not 0 <= length <= left - PREFIX.size:
            if self._place:
                return None
            length = left - PREFIX.size
        begin, self._place = self._place, self._place + PREFIX.size + length
        return self._raw[begin : self._place]

    def _is_to_be_skipped(self, header: Header) -> bool:
        while self._aborted and self._aborted[0][1] <= header.base_offset:
            self._aborting.add(self._aborted.pop(0)[0])
        if header.is_control:
            # Whether it commits or aborts: it ends what its producer had begun.
            self._aborting.discard(header.producer_id)
            return True
        return header.is_transactional and header.producer_id in self._aborting

    def _pass_over(self, raw: bytes, why: str) -> bool:
        offset = self.next_fetch_offset
        if not self._is_certain(offset):
            self.exhausted = True
            return False
        # Of where it ends only the next batch is believed.
        following = self._following()
        next_offset = offset + 1 if following is None else following
        self._header = Header(offset, next_offset, -1, 0, False, False, None, 0, 0)
        refused = Refused(Reason.UNREADABLE, f"the batch is corrupt: {why}")
        self._batch_bytes = len(raw)
        self._records = iter([unreadable_batch(self._tp, raw, self._header, offset, refused)])
        return True

    def _believed(self, header: Header) -> Header:
        """With no offset beyond the next batch or the log's end: those would never be read."""
        following = self._following()
        if following is None:
            following = max(self._end, header.base_offset + header.records)
        return header._replace(next_offset=min(header.next_offset, following))

    def _following(self) -> int | None:
        """Where the next batch begins, if it is in this answer and in the log."""
        if len(self._raw) - self._place < PREFIX.size:
            return None
        begins: int = PREFIX.unpack_from(self._raw, self._place)[0]
        return begins if self.next_fetch_offset < begins < self._end else None
