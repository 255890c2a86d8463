"""In which cells what is said of a contact counts: first cells of the blocks of its labels."""

from __future__ import annotations

from typing import NamedTuple

from service.kpis.rows import NEVER


class ClosingCells(NamedTuple):
    """First cells of the blocks in which a closing counts."""

    queue: int
    reason: int
    team: int


class SurveyCells(NamedTuple):
    """The last fields of :class:`service.kpis.rows.SurveyRow`, alike for all of a contact."""

    cells: int
    team_cells: int
    expires_at: int = NEVER
    no_team_cells: int = 0


class EvaluationCells(NamedTuple):
    """The last fields of :class:`service.kpis.rows.EvaluationRow`, alike for all of a contact."""

    cells: int
    expires_at: int = NEVER
    expired_cells: int = 0
    reopened_at: int = NEVER
