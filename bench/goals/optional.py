"""What an event costs with everything optional on, and one about an agent.

Of engines alone, each in a process of its own, on the decoded events of a simulated contact centre;
beside one as shipped, on what the same centre publishes of contacts and surveys alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.engines import BACKLOG, LIVE, cost, feed
from bench.measures import Measure, Plan, say
from bench.processes import alone
from bench.workload import Record
from service.agents.engine import AgentsEngine
from service.definitions import DAY, HOUR, Calendar, CalendarWindow, Definitions
from service.events.agents import AGENT_EVENT_CLASSES
from service.partition.engine import Engine
from service.simulate import generator
from service.simulate import plan as simulated

_TOPICS: dict[str, Any] = dict.fromkeys(
    ("contact_responded", "contact_updated", "contact_evaluated", "customer_changed", "agents"),
    True,
)
_SHIPPED = simulated.Plan(seed=1, start=1_700_000_000_000_000, rate=400, duration=2 * DAY)
_ALL = replace(_SHIPPED, **_TOPICS)
_OFFICE = Calendar("Europe/Berlin", (((9 * HOUR, 17 * HOUR),),) * 5 + ((),) * 2, "DE-BY")
_EVERYTHING = Definitions(
    calendar_windows=(CalendarWindow("today"), CalendarWindow("this_month")),
    teams=True,
    calendars={"office": _OFFICE},
    queue_calendars={"billing": "office", "support": "office"},
    **_TOPICS,
)
#: By what is measured: the settings, and what is published.
_KINDS = {
    "shipped": (Definitions(), _SHIPPED),
    "everything": (_EVERYTHING, _ALL),
    "told": (replace(_EVERYTHING, outcomes=True), _ALL),
    "agents": (Definitions(agents=True), _ALL),
}
_SAMPLES, _SAMPLE = 7, 2_000


def optional(_: Plan) -> list[Measure]:
    """As it comes, in small batches; and of a backlog."""
    found: list[Measure] = []
    # Events about agents come one by one: there is no goal for a backlog of them.
    for when, batch, most in (("live", LIVE, 1.0), ("backlog", BACKLOG, None)):
        say(f"engines in batches of {batch:,}")
        shipped, everything, told, agents = (alone(_cost, kind, batch) for kind in _KINDS)
        found += [
            Measure(f"cost of an event, {when}", shipped, " us"),
            Measure(f"with everything optional on, {when}", everything / shipped, " x", most=1.25),
            Measure(f"and with outcomes told, {when}", told / shipped, " x"),
            Measure(f"an agent's event, {when}", agents / shipped, " x", most=most),
        ]
    return found


def _cost(kind: str, batch: int) -> float:
    """Of the last events, once the others are in the state."""
    definitions, plan = _KINDS[kind]
    about_agents = kind == "agents"
    records = [
        Record(told.at, told.type, told.key, told.value)
        for told in generator.simulate(plan)
        if (told.type in AGENT_EVENT_CLASSES) == about_agents
    ]
    engine = AgentsEngine(definitions) if about_agents else Engine(definitions)
    sampled = _SAMPLES * _SAMPLE
    feed(engine, records[:-sampled], live=True)
    samples = (records[at : at + _SAMPLE or None] for at in range(-sampled, 0, _SAMPLE))
    return cost(engine, samples, batch, live=True)
