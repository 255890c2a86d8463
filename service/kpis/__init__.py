"""The KPIs: what each number means, one family a file.

A KPI turns what is known of contacts into *facts*: this cell has this weight, at this event time,
valid while the clock is within these bounds, final from then on. It knows neither the clock nor
the order in which events came, so a gauge is a pure function of the events and the clock.
A new KPI is a new file and one line in this file.
"""

from __future__ import annotations

from typing import NamedTuple

from service.definitions import Definitions
from service.kpis.churn import Churn
from service.kpis.evaluations import Quality
from service.kpis.facts import ContactKpi, EvaluationKpi, SurveyKpi, TurnKpi
from service.kpis.fcr import FirstContactResolution
from service.kpis.handling import HandledAgain, Handling, handle_run
from service.kpis.layout import Layout
from service.kpis.repeats import Repeats
from service.kpis.resolution import CountedResolutionTime, ResolutionTime
from service.kpis.response import CountedFirstResponse, FirstResponse
from service.kpis.revisions import revised_run
from service.kpis.sla import FirstResponseSla, ResolutionSla
from service.kpis.surveys import Surveys
from service.kpis.teams import TeamContacts, TeamSurveys, TeamTurns, team_runs
from service.kpis.volume import Closed, ClosedAgain, Reopened, Started, closed_run


class Kpis(NamedTuple):
    """Every KPI, by the tables that it is asked of; of what is not read there are none."""

    contacts: tuple[ContactKpi, ...]
    turns: tuple[TurnKpi, ...]
    surveys: tuple[SurveyKpi, ...]
    evaluations: tuple[EvaluationKpi, ...]
    turnover: tuple[Churn, ...]


def all_kpis(definitions: Definitions, layout: Layout) -> Kpis:
    """The KPIs of these definitions, laid out."""
    revised = revised_run(definitions, layout)
    closed, handle = closed_run(layout), handle_run(layout)
    contacts: list[ContactKpi] = [
        Started(layout),
        Closed(closed),
        FirstResponse(definitions, layout),
        ResolutionTime(definitions, layout),
        Handling(layout, handle),
        Repeats(definitions, layout),
        FirstContactResolution(definitions, layout),
        FirstResponseSla(definitions, layout),
        ResolutionSla(layout),
    ]
    turns: list[TurnKpi] = []
    surveys: list[SurveyKpi] = [Surveys(layout)]
    if definitions.contact_updated:
        turns += [ClosedAgain(closed), Reopened(layout), HandledAgain(handle)]
    if definitions.counts_time:
        contacts += [
            CountedFirstResponse(definitions, layout),
            CountedResolutionTime(definitions, layout),
        ]
    if definitions.teams:
        runs = team_runs(layout)
        contacts.append(TeamContacts(definitions, layout, runs))
        surveys.append(TeamSurveys(layout))
        if definitions.contact_updated:
            turns.append(TeamTurns(runs))
    evaluations = [Quality(definitions, layout, revised)] if definitions.contact_evaluated else []
    turnover = [Churn(definitions, layout)] if definitions.customer_changed else []
    return Kpis(tuple(contacts), tuple(turns), tuple(surveys), tuple(evaluations), tuple(turnover))
