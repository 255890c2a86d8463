"""What a system keeps of each contact while something may still happen to it."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, Generic, TypeVar

from service.simulate.vendors.foreign import FORGOTTEN_AFTER

Kept = TypeVar("Kept")


class Contacts(Generic[Kept]):
    """By id; those of which nothing was heard for long are forgotten, so that memory is bounded."""

    def __init__(self) -> None:
        self._kept: Final[OrderedDict[str, tuple[int, Kept]]] = OrderedDict()

    def add(self, contact_id: str, kept: Kept, at: int) -> None:
        """A new contact, at a time in µs."""
        self._kept[contact_id] = (at, kept)
        while (oldest := next(iter(self._kept.values())))[0] < at - FORGOTTEN_AFTER:
            self._kept.popitem(last=False)
            del oldest

    def get(self, contact_id: str, at: int) -> Kept | None:
        """The contact, unless it is not known, or not any more."""
        if contact_id not in self._kept:
            return None
        _, kept = self._kept[contact_id]
        self._kept[contact_id] = (at, kept)
        self._kept.move_to_end(contact_id)
        return kept
