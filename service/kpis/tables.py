"""Tables of rows, by column: a KPI states its definition once, over whole columns of int64."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from service.calendars.business_time import BusinessTime
from service.kpis.rows import (
    NEVER,
    OUTBOUND,
    Bools,
    ContactRow,
    EvaluationRow,
    Ints,
    LifeRow,
    SurveyRow,
    TurnRow,
    columns,
)
from service.state.record import Outcome


class Contacts:
    """A table of contacts: the columns of :class:`ContactRow`, and what follows from them.

    `lives` are the rows that have a :class:`LifeRow` beside them, by number; of the others the
    first closing is the last, and their labels never changed. `lines` are the calendars' number
    lines, by number.
    """

    def __init__(
        self,
        rows: Sequence[tuple[int, ...]],
        lives: Mapping[int, tuple[int, ...]] = MappingProxyType({}),
        lines: Sequence[BusinessTime] = (),
    ) -> None:
        column = columns(rows, len(ContactRow._fields))
        self.rows = len(rows)
        self.lives = lives
        self.started_at: Ints = column[0]
        self.flags: Ints = column[1]
        self.closed_at: Ints = column[2]
        self.outcome: Ints = column[3]
        self.first_response_at: Ints = column[4]
        self.handle: Ints = column[5]
        self.replies: Ints = column[6]
        self.transfers: Ints = column[7]
        self.response_target: Ints = column[8]
        self.resolution_target: Ints = column[9]
        self.calendar: Ints = column[10]
        self.start_cells: Ints = column[11]
        self.end_cells: Ints = column[12]
        self.start_reason_cells: Ints = column[13]
        self.end_reason_cells: Ints = column[14]
        self.team_cells: Ints = column[15]
        self.covered_until: Ints = column[16]
        self.followed_at: Ints = column[17]
        self.open_class: Ints = column[18]

        known = self.started_at != NEVER
        #: Whether it is outbound, as a number.
        self.outbound: Ints = self.flags & OUTBOUND
        came_in = known & (self.outbound == 0)
        self.void: Bools = came_in & (self.outcome == Outcome.VOID)
        self.started: Bools = known & ~self.void
        self.inbound: Bools = came_in & ~self.void
        self.closed: Bools = self.inbound & (self.outcome != Outcome.OPEN)
        self.resolved: Bools = self.inbound & (self.outcome == Outcome.RESOLVED)
        self.abandoned: Bools = self.inbound & (self.outcome == Outcome.ABANDONED)
        #: From the start to the end; negative where a publisher's clock was wrong.
        self.duration: Ints = self.closed_at - self.started_at
        self.responded: Bools = self.inbound & (self.first_response_at != NEVER)
        self.response_time: Ints = self.first_response_at - self.started_at
        self._add_counted(lines)
        self._add_lives()

    def _add_counted(self, lines: Sequence[BusinessTime]) -> None:
        """Counted times, and when targets are due, of contacts that were open all along."""
        self.response_due: Ints = self.started_at + self.response_target
        self.resolution_due: Ints = self.started_at + self.resolution_target
        self.response_counted: Ints = self.response_time
        self.resolution_counted: Ints = self.duration
        if not lines or not (self.calendar >= 0).any():
            return
        self.response_counted = self.response_time.copy()
        self.resolution_counted = self.duration.copy()
        passed = np.empty(self.rows, dtype=np.int64)
        for number, line in enumerate(lines):
            its = np.flatnonzero(self.calendar == number)
            if not len(its):
                continue
            # All moments in one look-up, and all targets: small batches are as dear as its calls.
            answered, ended = its[self.responded[its]], its[self.closed[its]]
            first, last = len(its), len(its) + len(answered)
            moments = self.started_at[its], self.first_response_at[answered], self.closed_at[ended]
            by = line.all_by(np.concatenate(moments))
            passed[its] = by[:first]
            self.response_counted[answered] = by[first:last] - passed[answered]
            self.resolution_counted[ended] = by[last:] - passed[ended]
            respond = its[self.response_target[its] != NEVER]
            resolve = its[self.resolution_target[its] != NEVER]
            targets = self.response_target[respond], self.resolution_target[resolve]
            due = line.all_last(
                passed[np.concatenate((respond, resolve))] + np.concatenate(targets)
            )
            self.response_due[respond] = due[: len(respond)]
            self.resolution_due[resolve] = due[len(respond) :]

    def _add_lives(self) -> None:
        """What of a contact's life is its own; where nothing is, the columns are the same ones."""
        self.first_closed_at: Ints = self.closed_at
        self.first_outcome: Ints = self.outcome
        self.first_is_ahead: Bools = self.outcome == Outcome.OPEN
        self.first_handle: Ints = self.handle
        self.first_cells: Ints = self.end_cells
        self.first_reason_cells: Ints = self.end_reason_cells
        self.first_team_cells: Ints = self.team_cells
        #: Of inbound ones and of those that are void, which have a first closing, perhaps ahead.
        self.ends: Bools = self.inbound | self.void
        #: When the customer came back about the same, or opened it again.
        self.came_back_at: Ints = self.followed_at
        #: Whether it was closed, by then or at it, when its first response was due.
        self.closed_at_response_due: Bools = self.closed_at <= self.response_due
        self.response_cells: Ints = self.start_cells
        self.response_due_cells: Ints = self.start_cells
        self.resolution_due_cells: Ints = self.start_cells
        self.closing_cells: Ints = self.start_cells
        if not self.lives:
            return
        numbers = np.fromiter(self.lives, np.intp, len(self.lives))
        column = columns(list(self.lives.values()), len(LifeRow._fields))
        self.reopened_by_customer_at: Ints = np.full(self.rows, NEVER, dtype=np.int64)
        for name, own in zip(LifeRow._fields, column, strict=True):
            mine = getattr(self, name).copy()
            mine[numbers] = own
            setattr(self, name, mine)
        self.ends = self.ends & (self.first_closed_at != NEVER)
        self.came_back_at = np.minimum(self.followed_at, self.reopened_by_customer_at)


class Turns:
    """A table of closings after the first and of reopenings: the columns of :class:`TurnRow`."""

    def __init__(self, rows: Sequence[tuple[int, ...]]) -> None:
        column = columns(rows, len(TurnRow._fields))
        self.rows = len(rows)
        self.at: Ints = column[0]
        self.outcome: Ints = column[1]
        self.by: Ints = column[2]
        self.is_ahead: Bools = column[3] != 0
        self.handle: Ints = column[4]
        self.cells: Ints = column[5]
        self.team_cells: Ints = column[6]
        self.closed: Bools = self.outcome >= 0
        self.reopened: Bools = self.by >= 0


class SurveyAnswers:
    """A table of survey answers: the columns of :class:`SurveyRow`."""

    def __init__(self, rows: Sequence[tuple[int, ...]]) -> None:
        column = columns(rows, len(SurveyRow._fields))
        self.rows = len(rows)
        self.answered_at: Ints = column[0]
        self.kind: Ints = column[1]
        self.aspect: Ints = column[2]
        self.score: Ints = column[3]
        self.points: Ints = column[4]
        self.issue_resolved: Ints = column[5]
        self.cells: Ints = column[6]
        self.team_cells: Ints = column[7]
        self.expires_at: Ints = column[8]
        self.no_team_cells: Ints = column[9]
        self.answered: Bools = self.answered_at != NEVER


class Evaluations:
    """A table of evaluations: the columns of :class:`EvaluationRow`."""

    def __init__(self, rows: Sequence[tuple[int, ...]]) -> None:
        column = columns(rows, len(EvaluationRow._fields))
        self.rows = len(rows)
        self.evaluated_at: Ints = column[0]
        self.result: Ints = column[1]
        self.fatal: Ints = column[2]
        self.nonfatal: Ints = column[3]
        self.score: Ints = column[4]
        self.positive: Ints = column[5]
        self.negative: Ints = column[6]
        self.cells: Ints = column[7]
        self.expires_at: Ints = column[8]
        self.expired_cells: Ints = column[9]
        self.reopened_at: Ints = column[10]
        self.told: Bools = self.evaluated_at != NEVER


def either(which: Bools, one: Ints, other: Ints) -> Ints:
    """Of two columns that are often the same one, the first where `which`, else the other."""
    return one if one is other else np.where(which, one, other)
