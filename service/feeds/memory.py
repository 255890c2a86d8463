"""What one record says, and later ones do not: who the caller of a call is."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

#: The calls or tickets that are remembered at once, under each name.
MAX_REMEMBERED: Final = 100_000


class Memory:
    """Values by key; the key that was asked for longest ago makes room for a new one."""

    def __init__(self, most: int = MAX_REMEMBERED) -> None:
        self._most = most
        self._values: OrderedDict[str, str] = OrderedDict()

    def remember(self, key: str, value: str) -> None:
        """What is known of a key from now on."""
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._most:
            self._values.popitem(last=False)

    def recall(self, key: str) -> str | None:
        """What is known of a key."""
        if key not in self._values:
            return None
        self._values.move_to_end(key)
        return self._values[key]
