"""The page's indexes are those that Prometheus records: both are held to the same arithmetic."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from service.definitions import Definitions
from service.exposition.customers import Churn
from service.exposition.series import Merged, Merger
from service.exposition.summary import Group, Kpis, Summarist, TeamKpis
from service.settings.alerts import Alerts
from service.view.catalogue import METRICS
from tests.deploy import parts as plain
from tests.deploy.plain_indexes import INDEXES as PLAIN
from tests.exposition.fakes import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from service.exposition.agents import AgentTime
    from service.exposition.customers import Turnover
    from service.exposition.indexes import Durations, Evaluations
    from service.exposition.intervals import Interval


_LABELS = {sample: labels for metric in METRICS for sample, labels in metric.samples.items()}


def _end(interval: Interval | None, which: int) -> float | None:
    return None if interval is None else interval[which]


def _counted(kpis: Kpis, what: str) -> Durations:
    durations = kpis.first_response_counted if what == "first_response" else kpis.resolution_counted
    assert durations is not None
    return durations


SHOWN: Mapping[str, Callable[[Kpis], float | None]] = {
    "cx_service_level:ratio_without_short_abandons": lambda kpis: kpis.sla["first_response"].share,
    "cx_abandonment:ratio": lambda kpis: kpis.abandonment,
    "cx_first_response_seconds:mean": lambda kpis: kpis.first_response.mean,
    "cx_first_response_seconds:p50": lambda kpis: kpis.first_response.p50,
    "cx_first_response_seconds:p90": lambda kpis: kpis.first_response.p90,
    "cx_resolution_seconds:mean": lambda kpis: kpis.resolution.mean,
    "cx_resolution_seconds:p50": lambda kpis: kpis.resolution.p50,
    "cx_resolution_seconds:p90": lambda kpis: kpis.resolution.p90,
    "cx_reopened:ratio": lambda kpis: kpis.reopen_rate,
    "cx_containment:ratio": lambda kpis: kpis.containment,
    "cx_first_response_counted_seconds:mean": lambda kpis: _counted(kpis, "first_response").mean,
    "cx_first_response_counted_seconds:p90": lambda kpis: _counted(kpis, "first_response").p90,
    "cx_resolution_counted_seconds:mean": lambda kpis: _counted(kpis, "resolution").mean,
    "cx_resolution_counted_seconds:p50": lambda kpis: _counted(kpis, "resolution").p50,
    "cx_handle_seconds:mean": lambda kpis: kpis.handle_mean_seconds,
    "cx_agent_replies:mean": lambda kpis: kpis.replies_mean,
    "cx_one_touch:ratio": lambda kpis: kpis.one_touch,
    "cx_transferred:ratio": lambda kpis: kpis.transferred,
    "cx_csat:ratio_top1": lambda kpis: kpis.csat.top_1,
    "cx_csat:ratio_top2": lambda kpis: kpis.csat.top_2,
    "cx_csat:ratio_top2_lower95": lambda kpis: _end(kpis.csat.top_2_interval, 0),
    "cx_csat:ratio_top2_upper95": lambda kpis: _end(kpis.csat.top_2_interval, 1),
    "cx_csat:mean": lambda kpis: kpis.csat.mean,
    "cx_csat:index": lambda kpis: kpis.csat.index,
    "cx_nps:score": lambda kpis: kpis.nps.score,
    "cx_nps:lower95": lambda kpis: _end(kpis.nps.interval, 0),
    "cx_nps:upper95": lambda kpis: _end(kpis.nps.interval, 1),
    "cx_ces:ratio_high": lambda kpis: kpis.ces.easy,
    "cx_ces:mean": lambda kpis: kpis.ces.mean,
    "cx_art:index": lambda kpis: kpis.art.index,
    "cx_art:lower95": lambda kpis: _end(kpis.art.interval, 0),
    "cx_art:upper95": lambda kpis: _end(kpis.art.interval, 1),
    "cx_issue_resolved:ratio": lambda kpis: kpis.issue_resolved,
}
SHOWN_BY_REPEAT_WINDOW: Mapping[str, Callable[[Kpis, str], float | None]] = {
    "cx_fcr:ratio_settled": lambda kpis, repeat: kpis.fcr[repeat].settled,
    "cx_fcr:ratio_settled_lower95": lambda kpis, repeat: _end(kpis.fcr[repeat].settled_interval, 0),
    "cx_fcr:ratio_settled_upper95": lambda kpis, repeat: _end(kpis.fcr[repeat].settled_interval, 1),
    "cx_fcr:ratio_provisional": lambda kpis, repeat: kpis.fcr[repeat].provisional,
}


OF_TEAMS: Mapping[str, Callable[[TeamKpis, str], float | None]] = {
    "cx_team_fcr:ratio_settled": lambda kpis, repeat: kpis.fcr[repeat].settled,
    "cx_team_fcr:ratio_settled_lower95": lambda kpis, repeat: _end(
        kpis.fcr[repeat].settled_interval, 0
    ),
    "cx_team_fcr:ratio_provisional": lambda kpis, repeat: kpis.fcr[repeat].provisional,
    "cx_team_handle_seconds:mean": lambda kpis, _: kpis.handle_mean_seconds,
    "cx_team_csat:ratio_top2": lambda kpis, _: kpis.csat.top_2,
    "cx_team_csat:ratio_top2_upper95": lambda kpis, _: _end(kpis.csat.top_2_interval, 1),
}
OF_EVALUATIONS: Mapping[str, Callable[[Evaluations], float | None]] = {
    "cx_evaluations:ratio_fatal": lambda told: told.fatal,
    "cx_evaluations:ratio_fatal_lower95": lambda told: _end(told.fatal_interval, 0),
    "cx_evaluations:ratio_fatal_upper95": lambda told: _end(told.fatal_interval, 1),
    "cx_evaluation_score:mean": lambda told: told.score,
    "cx_emotion:nev": lambda told: told.nev,
}
OF_CUSTOMERS: Mapping[str, Callable[[Turnover], Churn]] = {
    "cx_churn": lambda told: told.churn,
    "cx_churn_after_repeated": lambda told: told.after_repeated,
    "cx_churn_after_first_time": lambda told: told.after_first_time,
}
OF_AGENTS: Mapping[str, Callable[[AgentTime], float | None]] = {
    "cx_occupancy:ratio": lambda told: told.occupancy,
    "cx_utilisation:ratio": lambda told: told.utilisation,
    "cx_adherence:ratio": lambda told: told.adherence,
    "cx_schedule_fit:ratio": lambda told: told.schedule_fit,
    "cx_attrition:ratio": lambda told: told.attrition,
    "cx_attrition:ratio_lower95": lambda told: _end(told.attrition_interval, 0),
    "cx_attrition:ratio_upper95": lambda told: _end(told.attrition_interval, 1),
}
SUMMARIST = Summarist(
    Definitions(
        contact_updated=True,
        teams=True,
        contact_evaluated=True,
        customer_changed=True,
        agents=True,
    ),
    ces_high_is_easy=True,
)


@pytest.mark.parametrize("seed", range(12))
def test_the_page_shows_of_agents_what_the_rules_record(seed: int) -> None:
    now: dict[plain.Labels, int] = {(("state", "busy"), ("team", team)): 1 for team in plain.TEAMS}
    parts: plain.Parts = {**plain.with_gaps(plain.random_parts(seed), seed), "cx_agents": now}
    told = SUMMARIST.agents(_merged(parts), Alerts().target_occupancy)
    assert told is not None
    assert [group.name for group in told.teams] == list(plain.TEAMS)
    groups = [({}, told.total), *(({"team": group.name}, group) for group in told.teams)]
    for (labels, group), window in product(groups, plain.WINDOWS):
        place = {**labels, "window": window}
        for name, shown in OF_AGENTS.items():
            assert shown(group.windows[window]) == _about(name, parts, place), (name, place)


@pytest.mark.parametrize("seed", range(12))
def test_the_page_shows_of_customers_what_the_rules_record(seed: int) -> None:
    parts = plain.with_gaps(plain.random_parts(seed), seed)
    told = SUMMARIST.customers(_merged(parts))
    assert told is not None
    for window, (name, shown) in product(plain.WINDOWS, OF_CUSTOMERS.items()):
        churn, place = shown(told.windows[window]), {"window": window}
        assert churn.share == _about(f"{name}:ratio", parts, place), (name, place)
        for end, which in enumerate(("lower95", "upper95")):
            wanted = _about(f"{name}:ratio_{which}", parts, place)
            assert _end(churn.interval, end) == wanted, (name, which, place)


@pytest.mark.parametrize("seed", range(12))
def test_the_page_shows_of_teams_what_the_rules_record(seed: int) -> None:
    parts = plain.with_gaps(plain.random_parts(seed), seed)
    for team, window in product(SUMMARIST.teams(_merged(parts)) or (), plain.WINDOWS):
        for (name, shown), repeat in product(OF_TEAMS.items(), plain.REPEAT_WINDOWS):
            place = {"team": team.name, "window": window, "repeat_window": repeat}
            assert shown(team.windows[window], repeat) == _about(name, parts, place), (name, place)


@pytest.mark.parametrize("seed", range(12))
def test_the_page_shows_what_the_rules_record(seed: int) -> None:
    parts = plain.with_gaps(plain.random_parts(seed), seed)
    for labels, window, kpis in _shown(parts):
        place = {**labels, "window": window}
        for name, shown in SHOWN.items():
            assert shown(kpis) == _about(name, parts, place), (name, place)
        assert kpis.evaluations is not None
        for name, of_evaluations in OF_EVALUATIONS.items():
            assert of_evaluations(kpis.evaluations) == _about(name, parts, place), (name, place)
        for (name, of_repeat), repeat in product(
            SHOWN_BY_REPEAT_WINDOW.items(), plain.REPEAT_WINDOWS
        ):
            wanted = _about(name, parts, {**place, "repeat_window": repeat})
            assert of_repeat(kpis, repeat) == wanted, (name, place, repeat)


def _about(name: str, parts: plain.Parts, place: Mapping[str, str]) -> object:
    value = PLAIN[name](plain.At(parts, place))
    return None if value is None else pytest.approx(value)


def _shown(parts: plain.Parts) -> Iterator[tuple[dict[str, str], str, Kpis]]:
    """(labels, window, indexes) of the total, each channel and each queue."""
    merged = _merged(parts)
    groups: list[tuple[dict[str, str], Group]] = [({}, SUMMARIST.total(merged))]
    groups += [({"channel": of.name}, of) for of in SUMMARIST.groups(merged, "channel")]
    groups += [({"queue": of.name}, of) for of in SUMMARIST.groups(merged, "queue")]
    for labels, group in groups:
        for window in plain.WINDOWS:
            yield labels, window, group.windows[window]


def _merged(parts: plain.Parts) -> Merged:
    families = {
        sample: {
            tuple(dict(labels)[name] for name in _LABELS[sample]): float(value)
            for labels, value in rows.items()
        }
        for sample, rows in parts.items()
    }
    return Merger().merge([(0, snapshot(0, 0, **families))])


def test_more_who_left_than_were_there_as_the_window_began_are_told_without_an_interval() -> None:
    came, went = (("segment", "none"), ("window", "24h")), ("after", "none")
    parts: plain.Parts = {
        "cx_customers": {(("segment", "none"),): 1},
        "cx_window_customers_joined": {came: 3},
        "cx_window_customers_left": {(went, *came): 3},
    }
    told = SUMMARIST.customers(_merged(parts))
    assert told is not None
    assert told.windows["24h"].churn == Churn(3, 1, 3.0, None)
