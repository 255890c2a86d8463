"""What the centre's systems tell of an agent: the events, as publishers would send them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.events.agents import (
    AGENT_EMPLOYED,
    AGENT_SCHEDULED,
    AGENT_STATE_CHANGED,
    AgentEmployed,
    AgentScheduled,
    AgentState,
    AgentStateChanged,
)
from service.simulate.publication import Publication, agent_publication, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.simulate.rota import Agent, Shift


def in_state(agent: Agent, at: int, state: AgentState, version: int) -> Publication:
    """The agent does something else from now on."""
    event = AgentStateChanged(
        agent_id=agent.id,
        changed_at=moment(at),
        state=state,
        team=agent.pool.team,
        version=version,
    )
    return agent_publication(AGENT_STATE_CHANGED, event, at)


def scheduled(
    agent: Agent, shift: Shift, at: int, *, cancelled: bool = False
) -> Iterator[Publication]:
    """The agent is to work, and to pause meanwhile; or no longer."""
    spans = [("work", shift.begins, shift.ends)]
    spans += [(f"pause-{begins}", begins, ends) for begins, ends in shift.pauses]
    for name, begins, ends in spans:
        event = AgentScheduled(
            agent_id=agent.id,
            shift_id=f"{shift.begins}-{name}",
            starts_at=moment(begins),
            ends_at=moment(ends),
            activity="work" if name == "work" else "pause",
            team=agent.pool.team,
            cancelled=cancelled,
            version=int(cancelled),
        )
        yield agent_publication(AGENT_SCHEDULED, event, at)


def employed(agent: Agent, at: int, until: int | None = None) -> Publication:
    """The agent is employed, until a day that is known or for good."""
    event = AgentEmployed(
        agent_id=agent.id,
        employed_from=moment(agent.employed_from),
        employed_until=None if until is None else moment(until),
        team=agent.pool.team,
        version=int(until is not None),
    )
    return agent_publication(AGENT_EMPLOYED, event, at)
