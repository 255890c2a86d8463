"""Every published index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.alerting.agent_indexes import agent_indexes
from service.alerting.churn_indexes import churn_indexes
from service.alerting.fcr_indexes import fcr_indexes
from service.alerting.handling_indexes import HANDLING_INDEXES
from service.alerting.quality_indexes import QUALITY_INDEXES
from service.alerting.service_indexes import service_indexes
from service.alerting.survey_indexes import SURVEY_INDEXES
from service.alerting.team_indexes import TEAM_INDEXES

if TYPE_CHECKING:
    from service.alerting.index import Index
    from service.definitions import Definitions


def indexes(definitions: Definitions) -> tuple[Index, ...]:
    """All of them, in the order in which the metric reference lists them.

    Also those of series that are off: without series they have no value, and the shipped rules suit
    whoever turns them on.
    """
    return (
        *fcr_indexes(definitions),
        *service_indexes(definitions),
        *HANDLING_INDEXES,
        *SURVEY_INDEXES,
        *TEAM_INDEXES,
        *QUALITY_INDEXES,
        *churn_indexes(definitions),
        *agent_indexes(definitions),
    )
