"""Open contacts as the page shows them: how many, how old, and how they stand to their targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from service.definitions import Definitions
from service.exposition.rollup import Facts


@dataclass(frozen=True, slots=True)
class Standing:
    """Open contacts by how they stand to one of their targets."""

    on_track: int
    at_risk: int
    breached: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """Contacts open now; `ages` counts those at most so many seconds old, by upper bound.

    `waiting` are those that wait for the customer; None: nobody tells.
    """

    contacts: int
    waiting: int | None
    oldest_age_seconds: float
    ages: Sequence[tuple[float | None, int]]
    standing: Mapping[str, Standing]


def backlog(facts: Facts, name: str, definitions: Definitions) -> Backlog:
    """That of a group."""
    ages = sorted(
        (float(bound), int(count))
        for (bound,), count in facts.cells("cx_backlog_age_seconds_bucket", name).items()
    )
    waiting = facts.cells("cx_backlog_waiting_contacts", name)
    states = sorted(facts.cells("cx_sla_open_contacts", name).items())
    standing: dict[str, Standing] = {}
    for target, of_target in groupby(states, key=lambda cell: cell[0][0]):
        # Whether an open contact still waits for one is not known then: zeros would say it is.
        if target == "first_response" and not definitions.contact_responded:
            continue
        by_state = {state: int(count) for (_, state), count in of_target}
        standing[target] = Standing(
            *(by_state.get(state, 0) for state in ("on_track", "at_risk", "breached"))
        )
    return Backlog(
        contacts=int(facts.cells("cx_backlog_contacts", name).get((), 0.0)),
        waiting=int(waiting.get((), 0.0)) if definitions.contact_updated else None,
        oldest_age_seconds=facts.cells("cx_backlog_oldest_age_seconds", name).get((), 0.0),
        # JSON knows no infinity: the last bound is null.
        ages=[(None if bound == float("inf") else bound, count) for bound, count in ages],
        standing=standing,
    )
