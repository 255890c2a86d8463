"""Rows that are other ones than before a batch, in the order in which retractions take them."""

from __future__ import annotations

from typing import Generic, TypeVar

from service.aggregates.rows import Row
from service.aggregates.tables import Drawn, Owner
from service.aggregates.turnover import DrawnTurn

Said = TypeVar("Said", Row, Drawn, DrawnTurn)


class ChangedRows(Generic[Said]):
    """First the new ones, of which nothing has to be taken back; then those that have changed, and
    at the end these as they were."""

    def __init__(self) -> None:
        self._new: list[Owner] = []
        self._new_rows: list[Said] = []
        self._changed: list[Owner] = []
        self._changed_rows: list[Said] = []
        self._former_rows: list[Said] = []

    def note(self, owner: Owner, now: Said, before: Said | None) -> None:
        """A row as it is and as it was; None: there was none."""
        if before is None:
            self._new.append(owner)
            self._new_rows.append(now)
        elif now != before:
            self._changed.append(owner)
            self._changed_rows.append(now)
            self._former_rows.append(before)

    def note_turn(self, owner: Owner, now: Said, before: Said | None, absent: Said) -> None:
        """The same of a turn. One that is back is no new one where counters have it."""
        record, part = owner
        counted = {} if record.extras is None else record.extras.counted or {}
        if before is None and any(key.endswith(part) for key in counted):
            before = absent
        self.note(owner, now, before)

    def owners(self) -> list[Owner]:
        return self._new + self._changed

    def rows(self) -> list[Said]:
        return self._new_rows + self._changed_rows + self._former_rows
