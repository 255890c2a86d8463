"""Records that a broker took and nobody can read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.events.refusal import Refused


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands among the records of a fetch for one, or for all of a batch, that cannot be read.

    As an event it is nothing: its key and value are None.
    """

    topic: str
    partition: int
    first_offset: int
    offset: int
    """The last one that it stands for."""
    refused: Refused
    original_key: bytes | None
    original_value: bytes | None
    """Of a batch: the batch, as the broker keeps it."""
    headers: Sequence[tuple[str, bytes | None]] = ()
    """With what is not UTF-8 in their names written as `\\xff`."""

    key: ClassVar[None] = None
    value: ClassVar[None] = None

    @property
    def count(self) -> int:
        """Records that it stands for."""
        return self.offset - self.first_offset + 1
