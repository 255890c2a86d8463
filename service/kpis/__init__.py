"""The KPIs: what each number means, one family a file.

A KPI turns what is known of contacts into *facts*: this cell has this weight, at this event time,
valid while the clock is within these bounds, final from then on. It knows neither the clock nor
the order in which events came, so a gauge is a pure function of the events and the clock.
A new KPI is a new file and one line in this file.
"""

from __future__ import annotations

from service.definitions import Definitions
from service.kpis.facts import ContactKpi, SurveyKpi
from service.kpis.fcr import FirstContactResolution
from service.kpis.handling import Handling
from service.kpis.layout import Layout
from service.kpis.repeats import Repeats
from service.kpis.resolution import ResolutionTime
from service.kpis.response import FirstResponse
from service.kpis.sla import FirstResponseSla, ResolutionSla
from service.kpis.surveys import Surveys
from service.kpis.volume import Closed, Started


def contact_kpis(definitions: Definitions, layout: Layout) -> tuple[ContactKpi, ...]:
    """Every KPI that is decided by a contact and its neighbours."""
    return (
        Started(layout),
        Closed(layout),
        FirstResponse(definitions, layout),
        ResolutionTime(definitions, layout),
        Handling(layout),
        Repeats(definitions, layout),
        FirstContactResolution(definitions, layout),
        FirstResponseSla(definitions, layout),
        ResolutionSla(layout),
    )


def survey_kpis(layout: Layout) -> tuple[SurveyKpi, ...]:
    """Every KPI that is decided by a survey answer."""
    return (Surveys(layout),)
