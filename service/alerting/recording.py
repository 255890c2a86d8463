"""The recording rules of the indexes: each index at each of its levels."""

from __future__ import annotations

from service.alerting.indexes import INDEXES, Index
from service.alerting.rules import Group, Recording


def records(index: Index) -> tuple[Recording, ...]:
    """One rule for each level of an index."""
    return tuple(
        Recording(f"{'_'.join(labels) or 'all'}:{index.name}", index.expr((*labels, *index.keeps)))
        for labels in index.levels
    )


def index_group() -> Group:
    """Every index. Half a minute is finer than any window moves that people look at."""
    return Group(
        "contact-metrics-indexes",
        "30s",
        tuple(rule for index in INDEXES for rule in records(index)),
    )
