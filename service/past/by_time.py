"""Events put in the order of their own time, plans in that ahead of it, however many there are.

What does not fit into memory is written to a temporary file in sorted runs, which are merged while
they are read: memory is bounded by the size of a run, not by the number of events.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from heapq import merge
from operator import attrgetter
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Final, Self

import msgspec

from service.events.agents import AgentEvent
from service.events.model import Event
from service.past.lines import TopicEvent

#: Events sorted at a time, and of each run written or read at a time.
RUN: Final = 100_000
_BLOCK: Final = 500

_by_time = attrgetter("known_at")


class EventsByTime:
    """Takes events in any order, gives them by when they are known; those of one time as they came.

    How many there are and when is said of what has happened: plans reach far back and ahead.

    A context manager: its temporary file, which has no name, goes with it. Raises OSError where
    the file cannot be written.
    """

    def __init__(self, run: int = RUN) -> None:
        self._run = run
        self._pending: list[TopicEvent] = []
        self._spooled = ExitStack()
        self._spools: list[_Spool] = []
        self._times = array("q")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._spooled.close()

    def __len__(self) -> int:
        return len(self._times)

    def take(self, events: Iterable[TopicEvent]) -> None:
        """Takes further events."""
        for event in events:
            if not event.is_plan:
                self._times.append(event.at)
            self._pending.append(event)
            if len(self._pending) == self._run:
                self._spools.append(self._spool())

    def _spool(self) -> _Spool:
        self._pending.sort(key=_by_time)
        spool = _Spool(self._spooled.enter_context(TemporaryFile()), self._pending)  # noqa: SIM115
        self._pending = []
        return spool

    def __iter__(self) -> Iterator[TopicEvent]:
        """All that was taken, by time."""
        self._pending.sort(key=_by_time)
        return merge(*self._spools, self._pending, key=_by_time)

    def first(self, ignoring: float = 0.0) -> int:
        """The first event's time, those left out that are the first `ignoring` (0 to 1) of all.

        Microseconds since 1970; there must be an event.
        """
        return sorted(self._times)[int(len(self._times) * ignoring)]

    @property
    def last(self) -> int:
        """The last event's time; there must be an event."""
        return max(self._times)


class _Spool:
    """A sorted run on disk, read a block at a time."""

    def __init__(self, file: IO[bytes], run: Sequence[TopicEvent]) -> None:
        self._file = file
        self._classes: dict[str, msgspec.msgpack.Decoder[Event | AgentEvent]] = {
            type(event).__name__: msgspec.msgpack.Decoder(type(event)) for _, event, _ in run
        }
        encode = msgspec.msgpack.encode
        for start in range(0, len(run), _BLOCK):
            block = encode(
                [
                    (topic, type(event).__name__, encode(event), at)
                    for topic, event, at in run[start : start + _BLOCK]
                ]
            )
            file.write(len(block).to_bytes(4, "big"))
            file.write(block)

    def __iter__(self) -> Iterator[TopicEvent]:
        at_byte = 0
        decode = msgspec.msgpack.Decoder(list[tuple[str, str, bytes, int]]).decode
        while True:
            self._file.seek(at_byte)
            head = self._file.read(4)
            if not head:
                return
            size = int.from_bytes(head, "big")
            for topic, name, event, at in decode(self._file.read(size)):
                yield TopicEvent(topic, self._classes[name].decode(event), at)
            at_byte += 4 + size
