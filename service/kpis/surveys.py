"""Survey answers: the standing answer of each contact and survey, as a count a score.

Every index (CSAT top-1 and top-2 box, mean, 0-100 index, NPS, CES) is a recording rule over these
counts, so that none hides the distribution from the other.
"""

from __future__ import annotations

from collections.abc import Iterator

from service.events.model import SCORES
from service.kpis.facts import NEVER, Fact, SurveyAnswers
from service.kpis.layout import Layout

#: The number of each survey in `SurveyRow.kind`.
KINDS: dict[str, int] = {survey: number for number, survey in enumerate(SCORES)}


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
        self._issue = layout.add(
            "issue_resolved", "queue", [("no",), ("yes",)], gauge="cx_window_issue_resolved_answers"
        )

    def facts(self, answers: SurveyAnswers) -> Iterator[Fact]:
        for survey, (lowest, _) in SCORES.items():
            yield Fact(
                slot=f"survey:{survey}",
                name="survey",
                when=answers.kind == KINDS[survey],
                cell=answers.cells + self._runs[survey].offset + answers.score - lowest,
                at=answers.answered_at,
                final=answers.answered_at,
            )
        yield Fact(
            slot="issue_resolved",
            name="issue_resolved",
            when=(answers.answered_at != NEVER) & (answers.issue_resolved >= 0),
            cell=answers.cells + self._issue.offset + answers.issue_resolved,
            at=answers.answered_at,
        )
