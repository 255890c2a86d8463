"""How many parts in the state wait for the start of their contact."""

from __future__ import annotations

from collections.abc import Collection

from service.state import orphans
from service.state.record import Contact


class WaitingParts:
    """The parts of contacts whose start has not been seen, by the type of their events."""

    def __init__(self, types: Collection[str]) -> None:
        """`types` are those of the events that are read."""
        self.counts = {part: 0 for part in orphans.ORPHANS if part in types}

    def add(self, contact: Contact) -> None:
        """Counts the parts of a record, if they wait."""
        self._count(contact, 1)

    def remove(self, contact: Contact) -> None:
        """Takes back what :meth:`add` counted: before the record changes, or when parts leave."""
        self._count(contact, -1)

    def _count(self, contact: Contact, weight: int) -> None:
        for part, number in orphans.count(contact).items():
            if part in self.counts:
                self.counts[part] += weight * number
