"""Agents of the simulated centre: their days are plausible, and are those of its contacts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

import orjson
import pytest

from service.agents.engine import AgentsEngine
from service.cli.demo import _TARGET_OCCUPANCY
from service.definitions import DAY, HOUR, SECOND, Definitions
from service.events.agents import (
    AGENT_EMPLOYED,
    AGENT_EVENT_CLASSES,
    AGENT_SCHEDULED,
    AGENT_STATE_CHANGED,
    AgentEvent,
)
from service.events.decoding import Decoder
from service.events.model import CONTACT_EVALUATED, CONTACT_RESOLVED
from service.simulate.generator import simulate
from service.simulate.publication import Publication
from tests.simulate.observed import MONDAY, plan

PLAN = plan(rate=300, duration=3 * DAY, agents=True)
HOURS = HOUR / SECOND


class Spell(NamedTuple):
    """What an agent does between two moments (seconds since 1970)."""

    state: str
    begins: float
    ends: float


def seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


@pytest.fixture(scope="module")
def told() -> list[Publication]:
    return list(simulate(PLAN))


def values(told: list[Publication], type_: str) -> Iterator[dict[str, Any]]:
    return (orjson.loads(item.value) for item in told if item.type == type_)


@pytest.fixture(scope="module")
def spells(told: list[Publication]) -> dict[str, list[Spell]]:
    """Of each agent, in the order of time; of changes at one moment the last one."""
    states: dict[str, dict[float, str]] = defaultdict(dict)
    for value in values(told, AGENT_STATE_CHANGED):
        states[value["agent_id"]][seconds(value["changed_at"])] = value["state"]
    return {
        agent: [
            Spell(state, begins, ends)
            for (begins, state), (ends, _) in pairwise(sorted(changes.items()))
        ]
        for agent, changes in states.items()
    }


def test_without_agents_all_else_is_the_same_but_who_it_was() -> None:
    """And with that what quality monitoring finds."""

    def without_agents(items: Iterator[Publication]) -> list[tuple[str, dict[str, Any]]]:
        told = [(it.type, orjson.loads(it.value)) for it in items]
        of_contacts = [it for it in told if it[0] not in AGENT_EVENT_CLASSES]
        for _, value in of_contacts:
            value.pop("agent_id", None)
        return [it for it in of_contacts if it[0] != CONTACT_EVALUATED]

    given = replace(PLAN, duration=6 * HOUR, contact_evaluated=True)
    assert without_agents(simulate(given)) == without_agents(simulate(replace(given, agents=False)))


def test_no_change_of_state_is_none(told: list[Publication]) -> None:
    states: dict[str, str] = {}
    for value in values(told, AGENT_STATE_CHANGED):
        assert states.get(value["agent_id"]) != value["state"]
        states[value["agent_id"]] = value["state"]


def test_who_handles_a_contact_is_busy_with_it(
    told: list[Publication], spells: dict[str, list[Spell]]
) -> None:
    """When a contact is closed, its agent has just done so, or goes on with the next one."""
    handled = 0
    for value in values(told, CONTACT_RESOLVED):
        agent = value.get("agent_id")
        at = seconds(value["resolved_at"])
        if agent is None or at > MONDAY / SECOND + 3 * DAY / SECOND - HOURS:
            continue
        handled += 1
        worked = [it for it in spells[agent] if it.begins < at <= it.ends + 1.1]
        assert any(it.state in {"busy", "wrap_up"} for it in worked), value
    assert handled > 10_000


def test_nobody_is_with_more_customers_than_there_is_time_for(
    told: list[Publication], spells: dict[str, list[Spell]]
) -> None:
    """All handle time lies within the agents' time with customers."""
    handled = sum(value.get("handle_seconds", 0) for value in values(told, CONTACT_RESOLVED))
    busy = sum(
        it.ends - it.begins
        for of_agent in spells.values()
        for it in of_agent
        if it.state in {"busy", "wrap_up"}
    )
    assert handled * 0.95 < busy < handled * 1.15


def test_an_agent_changes_state_every_few_minutes(spells: dict[str, list[Spell]]) -> None:
    at_work = [it for of_agent in spells.values() for it in of_agent if it.state != "offline"]
    mean = sum(it.ends - it.begins for it in at_work) / len(at_work)
    assert 2 * 60 < mean < 15 * 60


def test_shifts_are_told_ahead_with_pauses_in_them_and_rest_between(
    told: list[Publication],
) -> None:
    shifts: dict[str, list[tuple[float, float]]] = defaultdict(list)
    pauses: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for value in values(told, AGENT_SCHEDULED):
        span = seconds(value["starts_at"]), seconds(value["ends_at"])
        if not value.get("cancelled"):
            kind = pauses if value.get("activity") == "pause" else shifts
            kind[value["agent_id"]].append(span)
    for agent, spans in shifts.items():
        spans.sort()
        assert all(4 * HOURS <= ends - begins <= 8 * HOURS for begins, ends in spans)
        rests = [later[0] - one[1] for one, later in pairwise(spans)]
        assert all(rest >= 11 * HOURS for rest in rests)
        for begins, ends in pauses[agent]:
            assert any(one < begins and ends < other for one, other in spans)
    last = max(begins for spans in shifts.values() for begins, _ in spans)
    assert last > MONDAY / SECOND + 3.5 * DAY / SECOND


def test_some_give_notice_and_some_call_in_sick(told: list[Publication]) -> None:
    ends = [it for it in values(told, AGENT_EMPLOYED) if "employed_until" in it]
    everybody = {it["agent_id"] for it in values(told, AGENT_EMPLOYED)}
    assert 0 < len(ends) < len(everybody) / 5
    cancelled = [it for it in values(told, AGENT_SCHEDULED) if it.get("cancelled")]
    assert cancelled
    assert all(it["version"] == 1 for it in cancelled)


def test_a_replayed_day_has_plausible_occupancy_adherence_and_schedule() -> None:
    """By the sums of /metrics, on the fourth day: on the first nothing is left over."""
    clock = MONDAY + 4 * DAY
    told = simulate(plan(rate=120, duration=4 * DAY, agents=True))
    decoder = Decoder(max_event_bytes=65_536, max_future_skew_us=0)
    engine = AgentsEngine(Definitions(agents=True))
    of_agents = [it for it in told if it.type in AGENT_EVENT_CLASSES]
    decoded = (decoder.decode(it.type, it.key, it.value, it.at) for it in of_agents)
    events = [(event, at) for event, at in decoded if isinstance(event, AgentEvent)]
    assert set(engine.apply(events)) == {"accepted"}
    engine.advance(clock)
    sums: dict[tuple[str, str, str], float] = {}
    for sample, family in engine.snapshot().families.items():
        for labels, value in zip(family.labels, family.values, strict=True):
            if labels[-1] == "24h":
                key = sample.removeprefix("cx_window_agent_"), labels[0], labels[1]
                sums[key] = value / family.unit
    teams = {team for sample, team, _ in sums if sample == "seconds"}
    assert teams == {"front-office", "back-office", "technical", "community"}
    handling = planned = 0.0
    for team in teams:
        busy, available = (
            sum(sums.get(("seconds", team, state), 0) for state in states)
            for states in (("busy", "wrap_up"), ("available",))
        )
        scheduled, kept = (
            sum(sums[f"{sample}_seconds", team, activity] for activity in ("work", "pause"))
            for sample in ("scheduled", "adherent")
        )
        handling += busy
        planned += sums["scheduled_seconds", team, "work"]
        assert 0.45 < busy / (busy + available) < 0.9, team
        assert 0.8 < kept / scheduled < 0.97, team
        assert 0.6 < (busy + available) / scheduled < 1.1, team
    needed = handling / _TARGET_OCCUPANCY
    assert 1 - abs(planned - needed) / needed > 0.8
