"""Where requests go once they are proved; Kafka or a test provides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class NotTakenError(Exception):
    """It is not known to be taken: whoever sent it may try again later. Harmless if it was."""


class TooLargeError(Exception):
    """It can never be taken, as it is larger than its topic allows."""


class Sink(Protocol):
    """Takes records, and is asked whether it can."""

    async def deliver(self, topic: str, value: bytes, headers: Sequence[tuple[str, bytes]]) -> None:
        """Returns once it is kept for good. Raises NotTakenError, soon, or TooLargeError."""
        ...

    @property
    def waiting_bytes(self) -> int:
        """Of what was given and is not known to be kept."""
        ...

    def ready(self) -> tuple[bool, Mapping[str, object]]:
        """Whether it takes records now; and if not, why."""
        ...
