"""What the worker asks of the consumer group; Faust's consumer answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple, Protocol

from faust.types import TP

#: How Faust's assignor is called in the group, which takes no member that knows another one only.
PROTOCOL: Final = "faust"
#: How often a member is heard of within the session time-out.
HEARTBEATS: Final = 5


class TopicEnd(NamedTuple):
    """How far one topic partition is read."""

    topic: str
    partition: int
    #: Offset of the next record to be handed over.
    position: int
    #: Offset after the last record there was when the broker was asked, or later.
    end: int
    #: When it was asked, in microseconds since 1970; None: this host's clock is not to be believed.
    asked_us: int | None


class Group(Protocol):
    """This worker's membership."""

    def generation(self) -> int:
        """Number of the assignment this worker takes part in; negative if it was expelled."""
        ...

    async def committed(self, tps: Collection[TP]) -> Mapping[TP, int]:
        """The offsets that the group has committed; without any that nobody tells."""
        ...

    async def commit_offsets(self, offsets: Mapping[TP, int]) -> bool:
        """Whether the group took them; it does not from one that has lost its partitions."""
        ...

    async def is_member(self) -> bool:
        """Whether the group says, at this moment, that this worker takes part; false if silent."""
        ...

    async def rejoin(self) -> None:
        """Give up all partitions and ask for new ones."""
        ...

    async def catch_up(self) -> None:
        """Have applied what there is by now, as far as that takes moments only."""
        ...
