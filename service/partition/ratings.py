"""What has become of the survey answers and evaluations of contacts touched in a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from service.aggregates.aggregator import Aggregator
from service.aggregates.cells import Cells
from service.aggregates.counted_in import EvaluationCells, SurveyCells
from service.aggregates.entries import Statements, Table
from service.aggregates.retractions import Retractions
from service.aggregates.rows import EVALUATION_ABSENT, Row, Rows
from service.aggregates.tables import answer_part, evaluation_part
from service.kpis.tables import Evaluations, SurveyAnswers
from service.partition.changed_rows import ChangedRows
from service.state.customers import Customer
from service.state.evaluation import Evaluation, evaluations
from service.state.record import Contact, Survey


class FormerRatings(msgspec.Struct, frozen=True, gc=False):
    """A contact's survey answers and evaluations before a batch, and the cells of their labels."""

    customer: Customer
    surveys: Mapping[str, Survey]
    cells: SurveyCells | None
    evaluations: Sequence[Evaluation]
    evaluation_cells: EvaluationCells | None


class Ratings:
    """Has retractions take what they state now."""

    def __init__(self, rows: Rows, cells: Cells, aggregator: Aggregator) -> None:
        self._rows = rows
        self._cells = cells
        self._aggregator = aggregator
        #: How the ratings of each contact touched since the last :meth:`apply` stood before.
        self.before: dict[Contact, FormerRatings] = {}

    def touch(self, customer: Customer, contact: Contact) -> None:
        """Remembers a contact's survey answers and evaluations: they, or their labels, are about to
        change."""
        if contact not in self.before:
            judged = evaluations(contact)
            self.before[contact] = FormerRatings(
                customer,
                contact.surveys or {},
                self._rows.survey_cells(contact) if contact.surveys else None,
                judged,
                self._rows.evaluation_cells(contact) if judged else None,
            )

    def apply(self, retractions: Retractions, clock: int, comes_to: int) -> None:
        """Restates what has become of those touched since the last call, at a clock, and before it
        comes to its next reading."""
        if self.before:
            self._restate_answers(retractions, clock, comes_to)
            self._restate_evaluations(retractions, clock, comes_to)
            self.before.clear()

    def _restate_answers(self, retractions: Retractions, clock: int, comes_to: int) -> None:
        changes: ChangedRows[Row] = ChangedRows()
        for contact, former in self.before.items():
            if not contact.surveys:
                continue
            surveys, cells = former.surveys, former.cells
            now = self._rows.survey_cells(contact)
            for key, answer in (contact.surveys or {}).items():
                standing = surveys.get(key)
                changes.note(
                    (contact, answer_part(key)),
                    self._rows.survey(key, answer, now),
                    None if standing is None else self._rows.survey(key, standing, cells),
                )
        self._restate(retractions, retractions.surveys, changes, SurveyAnswers, clock, comes_to)

    def _restate_evaluations(self, retractions: Retractions, clock: int, comes_to: int) -> None:
        changes: ChangedRows[Row] = ChangedRows()
        for contact, former in self.before.items():
            its = evaluations(contact)
            if not its:
                continue
            before = {it.key: it for it in former.evaluations}
            now = self._rows.evaluation_cells(contact)
            for it in its:
                standing = before.pop(it.key, None)
                changes.note(
                    (contact, evaluation_part(it.key)),
                    self._rows.evaluation(it, now),
                    None
                    if standing is None
                    else self._rows.evaluation(standing, former.evaluation_cells),
                )
            for key, dropped in before.items():
                was = self._rows.evaluation(dropped, former.evaluation_cells)
                changes.note((contact, evaluation_part(key)), EVALUATION_ABSENT, was)
        self._restate(retractions, retractions.evaluations, changes, Evaluations, clock, comes_to)

    def _restate(
        self,
        retractions: Retractions,
        statements: Statements[Table],
        changes: ChangedRows[Row],
        make: Callable[[Sequence[Row]], Table],
        clock: int,
        comes_to: int,
    ) -> None:
        owners = changes.owners()
        if owners:
            self._aggregator.grow(self._cells.count)
            retractions.restate(statements, owners, make(changes.rows()), clock, comes_to)
