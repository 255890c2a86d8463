"""The same by team: that of the closing that a fact belongs to, of surveys that of the last one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from service.definitions import SECOND, Definitions
from service.events.model import SCORES
from service.kpis.facts import Fact
from service.kpis.fcr import RESULTS, Verdict, is_asked
from service.kpis.layout import Layout, Run
from service.kpis.repeats import lengths
from service.kpis.rows import ALWAYS, NEVER, UNKNOWN
from service.kpis.surveys import KINDS
from service.kpis.tables import Contacts, SurveyAnswers, Turns
from service.kpis.volume import OUTCOME_LABELS


def team_runs(layout: Layout) -> tuple[Run, Run]:
    """The cells of closings and of handle time, by team."""
    closed = layout.add(
        "team_closed", "team", OUTCOME_LABELS, gauge="cx_window_team_contacts_closed"
    )
    handle = layout.add(
        "team_handle",
        "team",
        [()],
        shape="amount",
        gauge="cx_window_team_handle_seconds",
        unit=SECOND,
    )
    return closed, handle


class TeamContacts:
    """First closings, their handle time, and first-contact resolution."""

    def __init__(self, definitions: Definitions, layout: Layout, runs: tuple[Run, Run]) -> None:
        self._closed, self._handle = runs
        self._windows = definitions.repeat_windows
        self._lengths = lengths(self._windows)
        self._fcr = layout.add(
            "team_fcr",
            "team",
            [(window.name, result) for window in self._windows for result in (*RESULTS, "pending")],
            gauge="cx_window_team_fcr_contacts",
        )

    def facts(self, contacts: Contacts) -> Iterator[Fact]:
        at, teams = contacts.first_closed_at, contacts.first_team_cells
        closed = contacts.inbound & contacts.ends
        yield Fact(
            slot="team_closed",
            name="team_closed",
            when=closed,
            cell=teams + self._closed.offset + contacts.first_outcome,
            at=at,
            since=np.where(contacts.first_is_ahead, at, ALWAYS),
        )
        yield Fact(
            slot="team_handle",
            name="team_handle",
            when=closed & (contacts.first_handle >= 0),
            cell=teams + self._handle.offset,
            at=at,
            total=contacts.first_handle,
        )
        verdict = Verdict(contacts, is_asked(contacts), self._lengths)
        pending = verdict.asked & verdict.waits
        for number, window in enumerate(self._windows):
            first = teams + self._fcr.offset + number * (len(RESULTS) + 1)
            yield Fact(
                slot=f"team_fcr:{window.name}",
                name="team_fcr",
                when=verdict.asked[number],
                cell=first + verdict.result[number],
                at=at,
                since=verdict.since[number],
            )
            yield Fact(
                slot=f"team_fcr_pending:{window.name}",
                name="team_fcr",
                when=pending[number],
                cell=first + len(RESULTS),
                at=at,
                until=verdict.settles_at[number],
            )


class TeamTurns:
    """Closings after the first, and their handle time."""

    def __init__(self, runs: tuple[Run, Run]) -> None:
        self._closed, self._handle = runs

    def facts(self, turns: Turns) -> Iterator[Fact]:
        yield Fact(
            slot="team_closed",
            name="team_closed",
            when=turns.closed & (turns.team_cells != UNKNOWN),
            cell=turns.team_cells + self._closed.offset + turns.outcome,
            at=turns.at,
            since=np.where(turns.is_ahead, turns.at, ALWAYS),
        )
        yield Fact(
            slot="team_handle",
            name="team_handle",
            when=turns.closed & (turns.handle >= 0),
            cell=turns.team_cells + self._handle.offset,
            at=turns.at,
            total=turns.handle,
        )


class TeamSurveys:
    """Survey answers by score. No team closes what expires: its answers lose theirs."""

    def __init__(self, layout: Layout) -> None:
        self._runs = {
            survey: layout.add(
                f"team_survey_{survey}",
                "team",
                [(survey, str(score)) for score in range(lowest, highest + 1)],
                gauge="cx_window_team_survey_answers",
            )
            for survey, (lowest, highest) in SCORES.items()
        }

    def facts(self, answers: SurveyAnswers) -> Iterator[Fact]:
        for survey, (lowest, _) in SCORES.items():
            scored = (answers.kind == KINDS[survey]) & (answers.score >= 0)
            of_score = self._runs[survey].offset + answers.score - lowest
            yield Fact(
                slot=f"team_survey:{survey}",
                name="team_survey",
                when=scored,
                cell=answers.team_cells + of_score,
                at=answers.answered_at,
                until=answers.expires_at,
            )
            yield Fact(
                slot=f"team_survey_expired:{survey}",
                name="team_survey",
                when=scored & (answers.expires_at != NEVER),
                cell=answers.no_team_cells + of_score,
                at=answers.answered_at,
                since=answers.expires_at,
            )
