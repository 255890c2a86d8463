"""Customers who joined and left as rows of the table that churn is read from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from service.aggregates.cells import Cells
from service.aggregates.rows import NOT_DRAWN, Rows
from service.aggregates.tables import Drawn, Row, contact_table
from service.calendars.business_time import BusinessTime
from service.definitions import Definitions
from service.kpis.churn import Turnover, TurnoverRow
from service.state.account import Account, Ending
from service.state.customers import Customer
from service.state.loyalty import Turn, loyalty
from service.state.record import Contact, Outcome


class DrawnTurn(NamedTuple):
    """A turn as drawn up, and the last contact before, if it is in the state."""

    row: Row
    contact: Drawn


TURN_ABSENT = DrawnTurn(tuple(TurnoverRow()), NOT_DRAWN)


class TurnoverRows:
    """Draws up the turns of accounts."""

    def __init__(self, definitions: Definitions, cells: Cells, rows: Rows) -> None:
        self._left_after = definitions.left_after
        self._cells = cells
        self._rows = rows
        self.lines = rows.lines

    def turns(self, account: Account, customer: Customer | None) -> dict[str, DrawnTurn]:
        """The turns by the part of each, given the customer's contacts that are in the state."""
        return {
            turn_part(turn.at): self._turn(account, customer, turn)
            for turn in loyalty(account.changes).turns
        }

    def _turn(self, account: Account, customer: Customer | None, turn: Turn) -> DrawnTurn:
        cells = self._cells.of_segment(turn.segment)
        if not turn.leaves:
            return DrawnTurn(tuple(TurnoverRow(turn.at, 0, cells)), NOT_DRAWN)
        last = self._last_contact(account, customer, turn.at)
        if isinstance(last, Ending):
            row = TurnoverRow(turn.at, 1, cells, last.after, last.first_closed_at)
            return DrawnTurn(tuple(row), NOT_DRAWN)
        drawn = NOT_DRAWN
        if last is not None and customer is not None:
            drawn = self._rows.contact(customer, last)
        return DrawnTurn(tuple(TurnoverRow(turn.at, 1, cells)), drawn)

    def _last_contact(
        self, account: Account, customer: Customer | None, left_at: int
    ) -> Contact | Ending | None:
        """The one that started last, soon enough before; of two at one time the greater id."""
        found: Contact | Ending | None = None
        latest = (left_at - self._left_after, "")
        candidates: list[Contact | Ending] = [*account.endings]
        # Of one that is in the state again, or still, that is what counts.
        candidates += () if customer is None else customer.each()
        for it in candidates:
            start = it.started_at
            if start is None or start > left_at or (start, it.contact_id) < latest:
                continue
            if isinstance(it, Contact) and not self._is_contact(it):
                continue
            found, latest = it, (start, it.contact_id)
        return found

    def _is_contact(self, contact: Contact) -> bool:
        standing = self._rows.standings.of(contact)
        return not contact.outbound and standing.outcome != Outcome.VOID


def turnover_table(drawn: Sequence[DrawnTurn], lines: Sequence[BusinessTime]) -> Turnover:
    """The table of turns drawn up."""
    return Turnover(
        [turn.row for turn in drawn], contact_table([turn.contact for turn in drawn], lines)
    )


def turn_part(at: int) -> str:
    """Tells the turns of an account apart."""
    return f"@{at}"


def turned_at(parts: Iterable[str]) -> list[int]:
    """The opposite of :func:`turn_part`."""
    return [int(part[1:]) for part in parts]
