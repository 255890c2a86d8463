"""Where the exposition gets its numbers from; the stream, a replay or a test provides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from service.exposition.pipeline import Pipeline
from service.view.snapshot import Group, Snapshot


@dataclass(frozen=True, slots=True)
class Membership:
    """How many partitions there are in all, and the URLs of the other workers that have some."""

    partitions: Mapping[Group, int]
    peers: Sequence[str]


class SnapshotSource(Protocol):
    """What a running service can be asked at any moment, on its event loop."""

    async def snapshots(self, within: float, /) -> Sequence[tuple[int, Snapshot]]:
        """(partition number, snapshot) of every partition held, after at most `within` seconds.

        What is not durable within that time is left out: the last durable snapshots are returned.
        """
        ...

    def membership(self) -> Membership:
        """The group as this worker knows it; it may have changed since."""
        ...

    def kept(self) -> Sequence[bytes]:
        """What the group's workers have kept, in any order, also before they were started anew."""
        ...

    async def keep(self, place: int, value: bytes, /) -> None:
        """Keeps `value` in place of what was there before, if it is this worker's turn to do so.

        Of the workers that are asked, one does. It is a trial: what fails is lost.
        """
        ...

    def pipeline(self) -> Pipeline:
        """What the stream has to say of itself now."""
        ...

    def ready(self) -> tuple[bool, Mapping[str, object]]:
        """Whether all held partitions are restored and the broker answers; and if not, why.

        The reason must not hold customer or contact ids: it is served to whoever asks.
        """
        ...
