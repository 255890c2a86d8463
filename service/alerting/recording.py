"""The recording rules of the indexes: each index at each of its levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.alerting.agent_indexes import target_occupancy
from service.alerting.churn_indexes import margin
from service.alerting.enough import ENOUGH
from service.alerting.indexes import indexes
from service.alerting.partitions import HANDOVER, held
from service.alerting.rules import Group, Recording

if TYPE_CHECKING:
    from service.alerting.index import Index
    from service.definitions import Definitions
    from service.settings.alerts import Alerts


def records(index: Index) -> tuple[Recording, ...]:
    """One rule for each level of an index."""
    return tuple(
        Recording(f"{'_'.join(labels) or 'all'}:{index.name}", index.expr((*labels, *index.keeps)))
        for labels in index.levels
    )


def index_group(definitions: Definitions, alerts: Alerts) -> Group:
    """Every index; half a minute is finer than any window moves that people look at."""
    return Group(
        "contact-metrics-indexes",
        "30s",
        (
            HANDOVER,
            margin(alerts),
            target_occupancy(alerts),
            *map(held, ENOUGH),
            *(held(rule) for index in indexes(definitions) for rule in records(index)),
        ),
    )
