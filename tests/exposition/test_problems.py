"""What the page says is wrong: most important first, and nothing that chance explains."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from service.exposition.agents import AgentGroup
from service.exposition.backlog import Standing
from service.exposition.indexes import Fcr
from service.exposition.problems import Problem, problems
from service.exposition.report.page import texts
from service.exposition.summary import Group
from service.settings.alerts import Alerts
from tests.exposition.sentences import assert_can_be_told

ALERTS = Alerts()
DAY = 86_400.0


def fcr(first: int, repeated: int, pending: int = 0) -> Fcr:
    whole, known = first + repeated, first + repeated + pending
    return Fcr(
        resolved_first_time=first,
        repeated=repeated,
        unresolved=0,
        pending=pending,
        settled=first / whole if whole else None,
        settled_interval=None,
        provisional=(first + pending) / known if known else None,
    )


def group(
    name: str, *, oldest: float = 0.0, standing: dict[str, Standing] | None = None, **windows: Any
) -> Group:
    backlog = SimpleNamespace(standing=standing or {}, oldest_age_seconds=oldest)
    told = {window.removeprefix("of_"): kpis for window, kpis in windows.items()}
    return cast("Group", SimpleNamespace(name=name, backlog=backlog, windows=told))


def kpis(abandoned: int = 0, closed: int = 0, csat: Any = None, **repeats: Fcr) -> Any:
    return SimpleNamespace(
        abandonment=abandoned / closed if closed else None,
        closed={"abandoned": abandoned, "resolved": closed - abandoned, "expired": 1_000},
        csat=csat or SimpleNamespace(top_2=None, top_2_interval=None, answers=0),
        fcr={name.removeprefix("in_"): value for name, value in repeats.items()},
    )


def csat(answers: int, low: float) -> Any:
    return SimpleNamespace(top_2=low + 0.02, top_2_interval=(low, low + 0.04), answers=answers)


def late(on_track: int, at_risk: int, breached: int, target: str = "resolution") -> Group:
    return group("q", standing={target: Standing(on_track, at_risk, breached)})


def team(occupancy: float, adherence: float, hours: float) -> AgentGroup:
    time = {"ready_seconds": hours * 3600, "scheduled_seconds": hours * 3600}
    day = SimpleNamespace(occupancy=occupancy, adherence=adherence, **time)
    return cast("AgentGroup", SimpleNamespace(name="t", windows={"24h": day}))


def found(
    channels: tuple[Group, ...] = (),
    queues: tuple[Group, ...] = (),
    reasons: dict[str, Fcr] | None = None,
    teams: tuple[AgentGroup, ...] = (),
) -> list[Problem]:
    return problems(channels, queues, reasons or {}, ALERTS, teams)


#: A name, what is wrong, and the same just within its limits or of too few contacts.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "breached_first_response": (
        {"queues": (late(17, 0, 3, "first_response"),)},
        {"queues": (late(18, 0, 2, "first_response"),)},
    ),
    "at_risk_first_response": (
        {"queues": (late(14, 6, 0, "first_response"),)},
        {"queues": (late(15, 5, 0, "first_response"),)},
    ),
    "breached_resolution": (
        {"queues": (late(17, 0, 3),)},
        {"queues": (late(0, 0, 19),)},
    ),
    "at_risk_resolution": ({"queues": (late(14, 6, 0),)}, {"queues": (late(0, 19, 0),)}),
    "old": (
        {"queues": (group("q", oldest=15 * DAY),)},
        {"queues": (group("q", oldest=14 * DAY),)},
    ),
    "abandoned": (
        {"channels": (group("c", of_1h=kpis(30, 100)),)},
        {"channels": (group("c", of_1h=kpis(3, 10)),)},
    ),
    "fcr": (
        {
            "channels": (
                group(
                    "c",
                    of_24h=kpis(in_2h=fcr(50, 50, pending=5)),
                    of_7d=kpis(in_2h=fcr(800, 200)),
                ),
            )
        },
        # All that is pending may yet be resolved.
        {
            "channels": (
                group(
                    "c",
                    of_24h=kpis(in_2h=fcr(0, 50, pending=300)),
                    of_7d=kpis(in_2h=fcr(800, 200)),
                ),
            )
        },
    ),
    "repeats": (
        {"reasons": {"bill": fcr(50, 50), "else": fcr(900, 100)}},
        {"reasons": {"bill": fcr(5, 14), "else": fcr(900, 100)}},
    ),
    "occupancy": (
        {"teams": (team(0.86, 0.9, 48),)},
        {"teams": (team(0.85, 0.9, 48), team(0.99, 0.9, 39))},
    ),
    "adherence": (
        {"teams": (team(0.7, 0.84, 48),)},
        {"teams": (team(0.7, 0.85, 48), team(0.7, 0.1, 39))},
    ),
    "csat": (
        {"channels": (group("c", of_7d=kpis(csat=csat(200, 0.5))),)},
        {"channels": (group("c", of_7d=kpis(csat=csat(199, 0.5))),)},
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_a_problem_is_found_beyond_its_limit_and_not_within(kind: str) -> None:
    wrong, well = CASES[kind]
    assert [problem.kind for problem in found(**wrong)] == [kind]
    assert found(**well) == []


def test_nothing_at_all_is_no_problem() -> None:
    assert found() == []
    assert found((group("c", of_1h=kpis(), of_7d=kpis(), of_24h=kpis()),), (group("q"),)) == []


def test_one_sentence_a_kind_of_the_queue_that_has_most() -> None:
    queues = tuple(
        group(name, standing={"resolution": Standing(10, 0, breached)}, oldest=7.0)
        for name, breached in (("a", 11), ("b", 40), ("c", 12))
    )
    (problem,) = found(queues=queues)
    assert problem.group == "b"
    assert problem.numbers == {"open": 50, "at_risk": 0, "breached": 40, "oldest": 7.0}


def test_the_most_important_comes_first() -> None:
    queues = CASES["breached_resolution"][0]["queues"]
    told = found(queues=queues, reasons=CASES["repeats"][0]["reasons"])
    assert [problem.kind for problem in told] == ["breached_resolution", "repeats"]


@pytest.mark.parametrize("language", sorted(texts()))
@pytest.mark.parametrize("kind", CASES)
def test_every_problem_has_its_sentence_and_a_section(kind: str, language: str) -> None:
    (problem,) = found(**CASES[kind][0])
    assert_can_be_told(problem, language)
