"""The rows of contacts that were updated: their labels changed, they waited, were opened again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from service.aggregates.calendars import Calendars
from service.aggregates.cells import Cells
from service.aggregates.counted_in import ClosingCells, EvaluationCells, SurveyCells
from service.aggregates.due import DueMoments, Risk
from service.definitions import Definitions
from service.kpis.rows import (
    BY_BOT,
    NOT_JUDGED,
    UNKNOWN,
    OpenRow,
    TurnRow,
)
from service.state.counted_time import counted
from service.state.life import Closing, Life, first_response_at
from service.state.place import NEVER
from service.state.record import Contact, Outcome
from service.state.standing import KnownLabels, Standings
from service.state.update import BY

if TYPE_CHECKING:
    from service.aggregates.rows import Profile

Row = tuple[int, ...]

CUSTOMER = BY.index("customer")
TURN_ABSENT: Row = tuple(TurnRow())


class Lived(NamedTuple):
    """What a life has to tell beside the row of its contact."""

    life: Row
    #: Of an open contact whose counted time does not simply go on since its start.
    open: Row | None
    #: Reopenings and the closings after them, in turn.
    turns: tuple[Row, ...]
    #: When it was opened again, also where no fact tells of it as it is void now.
    reopened_at: tuple[int, ...]


class Lives:
    """Draws up the rows of contacts that were updated."""

    def __init__(
        self,
        definitions: Definitions,
        cells: Cells,
        standings: Standings,
        calendars: Calendars,
        profile: Callable[[str, KnownLabels], Profile],
    ) -> None:
        self.horizon = definitions.open_horizon
        self.responses_are_published = definitions.contact_responded
        self.risk = Risk(definitions)
        self.cells = cells
        self.standings = standings
        self.calendars = calendars
        self.profile = profile

    def contact(
        self, contact: Contact, flags: int, distances: tuple[int, int]
    ) -> tuple[Row, Lived]:
        """The row of a contact of which the start is known, and what its life has to tell.

        `distances` are the latest end of what it may repeat, and the earliest start of what may
        repeat it.
        """
        drawing = _Drawing(self, contact)
        row, life, its_open = drawing.contact(flags, *distances), drawing.life(), drawing.open()
        if not drawing.was_reopened:
            return row, Lived(life, its_open, (), ())
        return row, Lived(life, its_open, tuple(drawing.turns()), drawing.reopened_at())

    def survey_cells(self, contact: Contact) -> SurveyCells | None:
        """Where its survey answers count; None: nowhere."""
        return _Drawing(self, contact).survey_cells()

    def evaluation_cells(self, contact: Contact) -> EvaluationCells | None:
        """Where its evaluations count; None: nowhere."""
        return _Drawing(self, contact).evaluation_cells()


class _Drawing:
    """One contact being drawn up."""

    def __init__(self, lives: Lives, contact: Contact) -> None:
        self._lives = lives
        self._contact = contact
        self._started_at = contact.started_at or 0
        self._life: Life = lives.standings.life(contact)
        #: The last closing, or the expiry that lies ahead of an open contact.
        self._last = self._life.last(lives.horizon)
        self._outcome = self._last.outcome
        self._labels = lives.standings.labels(contact)
        self._profile = lives.profile(contact.channel, self._labels.now())
        self._start_cells = lives.cells.of_queue(contact.channel, contact.queue)
        self._response = first_response_at(contact, self._life)
        self._last_cells = self._closing_cells(self._last)
        self._due = DueMoments(
            self._started_at,
            self._life,
            self._last.at,
            (self._profile.response_target, self._profile.resolution_target),
            lives.calendars.line(self._profile.calendar),
        )

    @property
    def was_reopened(self) -> bool:
        return bool(self._life.reopenings)

    def contact(self, flags: int, covered_until: int, followed_at: int) -> Row:
        contact, cells = self._contact, self._lives.cells
        # Neighbours were asked for by it, so within a batch it is remembered.
        known = self._lives.standings.of(contact).reason
        begun_in = self._labels.at(self._started_at)[0]
        handle, replies, transfers = None, None, None
        ended = self._last.resolution
        if ended is not None:
            handle, replies, transfers = ended.handle, ended.replies, ended.transfers
            if ended.by_bot:
                flags |= BY_BOT
        if replies is None:
            replies = contact.responses_by_agents()
        # In the order of ContactRow.
        return (
            self._started_at,
            flags,
            self._last.at,
            self._outcome,
            NEVER if self._response is None else self._response,
            UNKNOWN if handle is None else handle,
            UNKNOWN if replies is None else replies,
            UNKNOWN if transfers is None else transfers,
            self._profile.response_target,
            self._profile.resolution_target,
            self._profile.calendar,
            self._cells_at(self._started_at),
            self._last_cells.queue,
            cells.of_reason(contact.channel, begun_in, known),
            self._last_cells.reason,
            self._last_cells.team,
            covered_until,
            followed_at,
            self._open_class(),
        )

    def life(self) -> Row:
        life, due = self._life, self._due
        first, first_outcome, first_cells = self._last, self._outcome, self._last_cells
        first_at, reopened_by_customer_at = first.at, NEVER
        if life.reopenings:
            first = life.closings[0]
            first_outcome, first_cells = first.outcome, self._closing_cells(first)
            # Of a contact that was none nothing is told but its end.
            first_at = NEVER if self._outcome == Outcome.VOID else first.at
            by_customer = (it.at for it in life.reopenings if it.by == CUSTOMER)
            reopened_by_customer_at = min(by_customer, default=NEVER)
        # In the order of LifeRow.
        return (
            first_at,
            first_outcome,
            int(not life.closings),
            _handle(first),
            *first_cells,
            reopened_by_customer_at,
            counted(life.active, due.line),
            due.resolution,
            int(due.was_closed),
            *self._cells_of_life(),
        )

    def _cells_of_life(self) -> tuple[int, int, int, int]:
        """The last fields of :class:`service.kpis.rows.LifeRow`."""
        if not self._labels.queue_changes:
            start = self._start_cells
            return start, start, start, start
        return (
            self._start_cells if self._response is None else self._cells_at(self._response),
            self._cells_at(self._due.response),
            self._cells_at(self._due.resolution),
            self._cells_at(self._last.at),
        )

    def open(self) -> Row | None:
        if not self._life.is_open or self._goes_on():
            return None
        response = (NOT_JUDGED, NOT_JUDGED)
        if self._awaits_response():
            response = self._due.open_response(self._started_at, self._lives.risk)
        return OpenRow(
            self._profile.cells,
            self._started_at,
            self._last.at,
            int(self._life.waits),
            *response,
            *self._due.open_resolution(self._lives.risk),
        )

    def reopened_at(self) -> tuple[int, ...]:
        return tuple(reopening.at for reopening in self._life.reopenings)

    def turns(self) -> Iterator[TurnRow]:
        closings = self._life.closings[1:]
        if self._life.is_open and self._life.reopenings:
            closings.append(self._last)
        is_void = self._outcome == Outcome.VOID
        for reopening, closing in zip(self._life.reopenings, closings, strict=True):
            cells = self._cells_at(reopening.at)
            yield TurnRow() if is_void else TurnRow(reopening.at, by=reopening.by, cells=cells)
            yield TurnRow() if is_void and closing is not self._last else self._closing(closing)

    def survey_cells(self) -> SurveyCells | None:
        life, cells = self._life, self._lives.cells
        if self._outcome == Outcome.VOID:
            return None
        of_labels = self._last_cells.queue
        no_team = cells.of_team(None)
        if not life.closings:
            return SurveyCells(of_labels, no_team)
        expires_at = self._last.at if life.is_open else NEVER
        return SurveyCells(of_labels, self._team_cells(life.closings[-1]), expires_at, no_team)

    def evaluation_cells(self) -> EvaluationCells | None:
        if self._outcome == Outcome.VOID:
            return None
        cells = self._last_cells.queue
        if not (self._life.closings and self._life.is_open):
            return EvaluationCells(cells)
        # Open again: of its last closing, until it expires.
        return EvaluationCells(
            self._closing_cells(self._life.closings[-1]).queue,
            self._last.at,
            cells,
            self._life.opened_at,
        )

    def _closing(self, closing: Closing) -> TurnRow:
        cells = self._last_cells if closing is self._last else self._closing_cells(closing)
        row = TurnRow(
            closing.at,
            closing.outcome,
            is_ahead=int(self._life.is_open and closing is self._last),
            cells=cells.queue,
        )
        if self._outcome == Outcome.VOID:
            return row
        return row._replace(handle=_handle(closing), team_cells=cells.team)

    def _goes_on(self) -> bool:
        """Whether its counted time has simply gone on since its start."""
        return self._life.active == [(self._started_at, self._last.at)]

    def _awaits_response(self) -> bool:
        published = self._lives.responses_are_published
        return published and self._response is None and self._life.was_open(self._due.response)

    def _open_class(self) -> int:
        if not self._life.is_open or not self._goes_on():
            return UNKNOWN
        if self._awaits_response():
            return self._profile.awaiting_class
        return self._profile.responded_class

    def _closing_cells(self, closing: Closing) -> ClosingCells:
        """Where a closing counts; of an open contact's expiry, the labels are those now."""
        channel, cells = self._contact.channel, self._lives.cells
        queue, reason, _ = self._labels.of_closing(closing)
        return ClosingCells(
            cells.of_queue(channel, queue),
            cells.of_reason(channel, queue, reason),
            self._team_cells(closing),
        )

    def _cells_at(self, moment: int) -> int:
        """The first cell of the block of the labels at a moment."""
        if not self._labels.queue_changes:
            return self._start_cells
        return self._lives.cells.of_queue(self._contact.channel, self._labels.at(moment)[0])

    def _team_cells(self, closing: Closing) -> int:
        ended = closing.resolution
        return self._lives.cells.of_team(None if ended is None else ended.team)


def _handle(closing: Closing) -> int:
    handle = None if closing.resolution is None else closing.resolution.handle
    return UNKNOWN if handle is None else handle
