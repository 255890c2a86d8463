"""Survey answers: the standing answer of each contact and survey, as a count a score.

Every index (CSAT top-1 and top-2 box, mean, 0-100 index, NPS, CES) is a recording rule over these
counts, so that none hides the distribution from the other. Of an aspect, or of a scale of its own,
only the satisfaction index speaks: each answer's place on its scale, from 0 to 100 (Turaj
Seyrafiaan, "Effectiveness Indicators - Customer Satisfaction").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from service.events.model import SCORES, Aspect
from service.kpis.facts import Fact
from service.kpis.layout import Layout
from service.kpis.tables import SurveyAnswers

#: The number of each survey in `SurveyRow.kind`, and of each aspect in `SurveyRow.aspect`.
KINDS: dict[str, int] = {survey: number for number, survey in enumerate(SCORES)}
ASPECTS: dict[str, int] = {aspect: number for number, aspect in enumerate(get_args(Aspect))}
#: An index is kept in thousandths.
INDEX_UNIT = 1_000


def points(kind: str, score: int, scale: int) -> int:
    """A score's place on its scale of so many grades, 0 to 100, in thousandths rounded half up."""
    if kind == "nps":
        return 10 * INDEX_UNIT * score
    return (200 * INDEX_UNIT * (score - 1) + scale - 1) // (2 * (scale - 1))


class Surveys:
    """Answers by score, and to "was your issue resolved?", by the time of the answer."""

    def __init__(self, layout: Layout) -> None:
        self._runs = {
            survey: layout.add(
                f"survey_{survey}",
                "queue",
                [(survey, str(score)) for score in range(lowest, highest + 1)],
                gauge="cx_window_survey_answers",
                counter="cx_survey_answers_total",
            )
            for survey, (lowest, highest) in SCORES.items()
        }
        self._index = layout.add(
            "survey_index",
            "queue",
            [(survey, aspect) for survey in KINDS for aspect in ASPECTS],
            shape="amount",
            gauge="cx_window_survey_index",
            unit=INDEX_UNIT,
        )
        self._issue = layout.add(
            "issue_resolved", "queue", [("no",), ("yes",)], gauge="cx_window_issue_resolved_answers"
        )

    def facts(self, answers: SurveyAnswers) -> Iterator[Fact]:
        for survey, (lowest, _) in SCORES.items():
            yield Fact(
                slot=f"survey:{survey}",
                name="survey",
                when=(answers.kind == KINDS[survey]) & (answers.score >= 0),
                cell=answers.cells + self._runs[survey].offset + answers.score - lowest,
                at=answers.answered_at,
                final=answers.answered_at,
            )
        of_aspect = answers.kind * len(ASPECTS) + answers.aspect
        yield Fact(
            slot="survey_index",
            name="survey_index",
            when=answers.answered,
            cell=answers.cells + self._index.offset + of_aspect,
            at=answers.answered_at,
            total=answers.points,
        )
        yield Fact(
            slot="issue_resolved",
            name="issue_resolved",
            when=answers.answered & (answers.issue_resolved >= 0),
            cell=answers.cells + self._issue.offset + answers.issue_resolved,
            at=answers.answered_at,
        )
