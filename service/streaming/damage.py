"""Finding the record of a changelog of which nothing can be made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.streaming.epochs import Fence, UnreadableRecordError
from service.streaming.errors import StreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aiokafka import TopicPartition

    from service.streaming.fetching.record import Record


def unreadable_state(tp: TopicPartition, where: str) -> StreamError:
    """What ends the service: `where` says which record, and what is wrong with it."""
    return StreamError(
        f"the state of partition {tp.partition} cannot be read from the changelog topic"
        f" {tp.topic!r}: {where}. Either somebody else has written to it, or it is damaged;"
        " nothing was changed. Let nobody but this service write there, and begin anew with"
        " another topics.changelog and another kafka.group: the state is then made from the"
        " events that the topics still hold"
    )


def at_offset(error: UnreadableRecordError) -> str:
    """Says which record it was."""
    return f"the record at offset {error.offset} is unreadable: {error.why}"


class Search:
    """Reads a partition once more, and keeps those newest records that cannot be read."""

    def __init__(self, flaw: Callable[[bytes, bytes | None], str | None]) -> None:
        self._flaw = flaw
        self._fence = Fence()
        self._found: dict[bytes, UnreadableRecordError] = {}

    def look(self, records: Iterable[Record]) -> None:
        """At the next records of the log. Raises UnreadableRecordError where even that fails."""
        for record in records:
            for key, value in self._fence.admit([record]):
                why = self._flaw(key, value)
                if why is None:
                    self._found.pop(key, None)
                else:
                    self._found[key] = UnreadableRecordError(record.offset, why)

    def outcome(self, error: Exception) -> str:
        """Which record it is; where each can be read by itself, what was made of them."""
        if self._found:
            return at_offset(min(self._found.values(), key=lambda found: found.offset))
        return f"its records do not fit together ({type(error).__name__})"
