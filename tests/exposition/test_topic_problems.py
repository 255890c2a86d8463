"""What the page says is wrong with the topics: of contacts and of agents each on their own."""

from __future__ import annotations

import json
from dataclasses import replace
from time import time
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest

from service.exposition.agents import AgentGroup
from service.exposition.pipeline import Arrivals, Pipeline
from service.exposition.problems import Problem
from service.exposition.report.page import texts
from service.exposition.topic_problems import topic_problems
from service.settings.alerts import Alerts
from service.view.snapshot import Group
from tests.exposition.conftest import Serve
from tests.exposition.fakes import FakeSource, snapshot
from tests.exposition.sentences import assert_can_be_told

ALERTS = Alerts()
NOW = 1_700_000_000.0
QUIET = ALERTS.quiet / 1e6
GROUPS: dict[str, Group] = {
    "begun": "contacts",
    "ended": "contacts",
    "states": "agents",
    "shifts": "agents",
}


def agents(available: int = 0, scheduled: float = 0.0) -> AgentGroup:
    window = SimpleNamespace(scheduled_seconds=scheduled)
    states = {"available": available, "busy": 0, "wrap_up": 0, "paused": 0, "offline": 9}
    return cast("AgentGroup", SimpleNamespace(states=states, windows={"5m": window}))


def found(
    everybody: AgentGroup | None = None,
    looked_at: tuple[Group, ...] = ("contacts", "agents"),
    lag: int = 0,
    **topics: Arrivals,
) -> list[Problem]:
    arrivals = {topic: topics.get(topic, came()) for topic in GROUPS}
    pipeline = Pipeline(groups=GROUPS, lag={("begun", 0): lag}, arrivals=arrivals)
    return topic_problems(pipeline, looked_at, ALERTS, NOW, everybody, "5m")


def came(ago: float = 0.0, keys: int = 1_000, elsewhere: int = 0) -> Arrivals:
    return Arrivals(partitions=4, last=NOW - ago, keys=keys, elsewhere=elsewhere)


#: A name, what is wrong, and the same just within its limits.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "lag": ({"lag": 10_001}, {"lag": 10_000}),
    "silent": (
        {"begun": came(QUIET + 9), "ended": came(QUIET + 1)},
        {"begun": came(10 * QUIET), "ended": came(QUIET)},
    ),
    "agents_silent": (
        {"states": came(QUIET + 1), "shifts": came(QUIET + 9)},
        {"states": came(10 * QUIET), "shifts": came(QUIET)},
    ),
    "misplaced": (
        {"ended": came(elsewhere=750)},
        {"ended": came(elsewhere=20)},
    ),
    "agents_misplaced": (
        {"shifts": came(elsewhere=750)},
        # Too few to say anything of.
        {"shifts": came(keys=50, elsewhere=40)},
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_a_problem_is_found_beyond_its_limit_and_not_within(kind: str) -> None:
    wrong, well = CASES[kind]
    assert [problem.kind for problem in found(**wrong)] == [kind]
    assert found(**well) == []


@pytest.mark.parametrize("language", sorted(texts()))
@pytest.mark.parametrize("kind", CASES)
def test_every_problem_has_its_sentence_and_a_section(kind: str, language: str) -> None:
    (problem,) = found(**CASES[kind][0])
    assert_can_be_told(problem, language)


@pytest.mark.parametrize(
    ("everybody", "silent"),
    [
        (None, True),
        (agents(), False),
        (agents(available=1), True),
        (agents(scheduled=1.0), True),
    ],
    ids=["nobody known", "all off duty", "somebody at work", "somebody should be"],
)
def test_of_agents_who_are_off_duty_nothing_needs_to_be_told(
    everybody: AgentGroup | None, silent: bool
) -> None:
    told = found(everybody, **CASES["agents_silent"][0])
    assert [problem.kind for problem in told] == ["agents_silent"] * silent


def test_agents_whose_keys_another_partitioner_places_are_no_problem_if_it_places_all() -> None:
    others = came(elsewhere=750)
    assert found(states=others, shifts=others) == []


def test_two_publishers_of_one_topic_that_disagree_are_found() -> None:
    (problem,) = found(states=came(elsewhere=400), shifts=came(keys=9))
    assert problem == Problem("agents_misplaced", "states", {"share": 0.4})


def test_a_worker_says_nothing_of_a_group_whose_partitions_others_have() -> None:
    told = found(looked_at=("contacts",), **CASES["agents_silent"][0], lag=99_999)
    assert [problem.kind for problem in told] == ["lag"]


async def test_the_group_has_heard_of_agents_whichever_worker_did(serve: Serve) -> None:
    def worker(number: int, ago: float, **topics: Arrivals) -> FakeSource:
        arrivals = {"begun": replace(came(), last=time()), **topics}
        arrivals["states"] = replace(came(keys=60, elsewhere=30), last=time() - ago)
        source = FakeSource(pipeline=Pipeline(groups=GROUPS, arrivals=arrivals))
        held = snapshot(int(time() * 1e6), 1)
        source.held = [(number, held), (number, replace(held, group="agents"))]
        return source

    sources = worker(0, ago=2 * QUIET), worker(1, ago=QUIET / 2)
    other = await serve(sources[1])
    # Before it starts, which is when it first asks.
    sources[0].peers = [f"http://127.0.0.1:{other.port}"]
    sources[0].partitions = 2
    server = await serve(sources[0])
    kinds = {}
    async with aiohttp.ClientSession() as session:
        for scope in ("worker", "all"):
            asked = f"http://127.0.0.1:{server.port}/api/summary?scope={scope}"
            async with session.get(asked) as response:
                problems = json.loads(await response.text())["problems"]
            kinds[scope] = [problem["kind"] for problem in problems]
    assert kinds == {"worker": ["agents_silent", "agents_misplaced"], "all": ["agents_misplaced"]}
