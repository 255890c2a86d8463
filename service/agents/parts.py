"""The parts of an agent's record, and which of two different ones for the same part stands."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from service.events.agents import Activity, AgentState

#: Later than any event.
NEVER = 1 << 62


class StateChange(Struct, frozen=True, array_like=True, gc=False):
    """In `state` from `at` (microseconds) on, until the next change."""

    at: int
    state: AgentState
    team: str | None
    version: int

    @property
    def begins(self) -> int:
        return self.at


class Shift(Struct, frozen=True, array_like=True, gc=False):
    """To work or to pause between two moments; a cancelled one says only that it is none."""

    begins: int
    ends: int
    activity: Activity
    team: str | None
    cancelled: bool
    version: int


class Employment(Struct, frozen=True, array_like=True, gc=False):
    """Employed between two moments; `ends` is NEVER as long as no end is known."""

    begins: int
    ends: int
    team: str | None
    version: int


class TeamEntry(NamedTuple):
    """A team that an agent is in from a moment on; of two the greater one goes before."""

    begins: int
    version: int
    #: Ranks states, shifts and employments that say so at one moment, and those of one kind.
    kind: int
    fields: tuple[str, ...]
    team: str


def team_entry(part: StateChange | Shift | Employment) -> TeamEntry | None:
    """What a part says of its agent's team."""
    if part.team is None or (isinstance(part, Shift) and part.cancelled):
        return None
    match part:
        case StateChange():
            return TeamEntry(part.at, part.version, 0, (part.state, part.team), part.team)
        case Shift():
            planned = (f"{part.ends:020}", part.activity, part.team)
            return TeamEntry(part.begins, part.version, 1, planned, part.team)
        case Employment():
            employed = (f"{part.ends:020}", part.team)
            return TeamEntry(part.begins, part.version, 2, employed, part.team)
