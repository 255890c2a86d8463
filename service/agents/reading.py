"""From events about agents to the parts that they set."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from sys import intern

from service.agents.agent import Part
from service.agents.parts import NEVER, Employment, Shift, StateChange
from service.definitions import label_form
from service.events.agents import AgentEvent, AgentScheduled, AgentStateChanged
from service.events.model import NONE
from service.events.times import microseconds


class Reading:
    """Draws up the parts; `lowercase` names the labels that count without capitals."""

    def __init__(self, lowercase: Collection[str]) -> None:
        is_lower = "team" in lowercase

        @lru_cache(1_000)
        def team(label: str | None) -> str | None:
            form = label and label_form(label, lowercase=is_lower)
            return intern(form) if form and form != NONE else None

        self._team = team

    def part_of(self, event: AgentEvent, at: int) -> Part:
        """The part that an event of this time (microseconds) sets."""
        team = self._team(event.team)
        if isinstance(event, AgentStateChanged):
            return StateChange(at, event.state, team, event.version)
        if isinstance(event, AgentScheduled):
            ends = microseconds(event.ends_at)
            return Shift(at, ends, event.activity, team, event.cancelled, event.version)
        until = event.employed_until
        ends = NEVER if until is None else microseconds(until)
        return Employment(at, ends, team, event.version)
