"""What is wrong in the centre now, most important first, as data: the page puts it into words.

The thresholds are those of the alerts, and a share of few contacts is no problem here either.
Alerts that need a past have none here: the page has no more than the numbers of now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from service.exposition.agents import AgentGroup
from service.exposition.backlog import Standing
from service.exposition.indexes import Fcr
from service.exposition.intervals import of_share
from service.exposition.summary import Group
from service.settings.alerts import Alerts

DAY, WEEK, HOUR = "24h", "7d", "1h"

#: In this order a team lead goes about them.
_TARGETS: Final = ("first_response", "resolution")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where; `group` "" is everywhere.

    `group`: a queue, channel, reason, team or topic.

    `numbers` are contacts, seconds, or shares of 0 to 1, by the names that its sentence uses.
    """

    kind: str
    group: str
    numbers: Mapping[str, float]


def problems(
    channels: Sequence[Group],
    queues: Sequence[Group],
    reasons: Mapping[str, Fcr],
    alerts: Alerts,
    teams: Sequence[AgentGroup] = (),
) -> list[Problem]:
    """Those of now.

    `reasons`: FCR of a week by reason, under one repeat window; `teams`: those of agents.
    """
    found: list[Problem] = []
    found += _late(queues, alerts)
    found += worst(_abandoned(channels, alerts), "share")
    found += worst(_burn_out(teams, alerts), "occupancy")
    found += worst(_out_of_schedule(teams, alerts), "missed")
    found += worst(_fell(channels, alerts), "fell")
    found += worst(_come_back(reasons, alerts), "repeated")
    found += worst(_unhappy(channels, alerts), "answers")
    return found


def worst(found: Iterable[Problem], number: str) -> list[Problem]:
    """A sentence a kind: of the group that has most of it."""
    return sorted(found, key=lambda problem: -problem.numbers[number])[:1]


def _late(queues: Sequence[Group], alerts: Alerts) -> Iterator[Problem]:
    for target in _TARGETS:
        judged = [
            (queue, standing)
            for queue in queues
            if (standing := queue.backlog.standing.get(target)) is not None
            and _open(standing) >= alerts.minimum_contacts
        ]
        breached = [
            _standing(f"breached_{target}", queue, standing)
            for queue, standing in judged
            if standing.breached > alerts.breached_share * _open(standing)
        ]
        at_risk = [
            _standing(f"at_risk_{target}", queue, standing)
            for queue, standing in judged
            if standing.at_risk > alerts.at_risk_share * _open(standing)
        ]
        yield from worst(breached, "breached") or worst(at_risk, "at_risk")
    old = [
        Problem("old", queue.name, {"oldest": queue.backlog.oldest_age_seconds})
        for queue in queues
        if queue.backlog.oldest_age_seconds > alerts.oldest_contact / 1e6
    ]
    yield from worst(old, "oldest")


def _open(standing: Standing) -> int:
    return standing.on_track + standing.at_risk + standing.breached


def _standing(kind: str, queue: Group, standing: Standing) -> Problem:
    numbers = {
        "open": _open(standing),
        "at_risk": standing.at_risk,
        "breached": standing.breached,
        "oldest": queue.backlog.oldest_age_seconds,
    }
    return Problem(kind, queue.name, numbers)


def _abandoned(channels: Sequence[Group], alerts: Alerts) -> Iterator[Problem]:
    limit = alerts.abandonment
    for channel in channels:
        kpis = channel.windows.get(HOUR)
        if kpis is None or kpis.abandonment is None:
            continue
        outcomes = ("resolved", "unresolved", "abandoned")
        closed = sum(kpis.closed.get(outcome, 0) for outcome in outcomes)
        # 3 standard errors, as in the alert: with few contacts more is likely chance.
        if kpis.abandonment > limit + 3 * sqrt(limit * (1 - limit) / closed):
            yield Problem("abandoned", channel.name, {"share": kpis.abandonment, "closed": closed})


def _burn_out(teams: Sequence[AgentGroup], alerts: Alerts) -> Iterator[Problem]:
    for team in teams:
        day = team.windows.get(DAY)
        if day is None or day.occupancy is None:
            continue
        enough = day.ready_seconds >= alerts.minimum_agent_time / 1e6
        if enough and day.occupancy > alerts.highest_occupancy:
            yield Problem("occupancy", team.name, {"occupancy": day.occupancy})


def _out_of_schedule(teams: Sequence[AgentGroup], alerts: Alerts) -> Iterator[Problem]:
    for team in teams:
        day = team.windows.get(DAY)
        if day is None or day.adherence is None:
            continue
        enough = day.scheduled_seconds >= alerts.minimum_agent_time / 1e6
        if enough and day.adherence < alerts.lowest_adherence:
            numbers = {"adherence": day.adherence, "missed": 1 - day.adherence}
            yield Problem("adherence", team.name, numbers)


def _fell(channels: Sequence[Group], alerts: Alerts) -> Iterator[Problem]:
    """FCR of a day below its own week's.

    Of the day those count whose repeat window still runs as resolved: settled, a day that is no
    longer than its repeat window would know failures alone. So what fell here fell for certain.
    """
    for channel in channels:
        day, week = channel.windows.get(DAY), channel.windows.get(WEEK)
        if day is None or week is None:
            continue
        for repeat, of_day in day.fcr.items():
            settled, now = week.fcr[repeat].settled, of_day.provisional
            known = _decided(of_day) + of_day.pending
            if settled is None or now is None or known < alerts.minimum_contacts:
                continue
            chance = 3 * sqrt(settled * (1 - settled) / known)
            if settled - now > max(chance, alerts.fcr_fall):
                numbers = {"day": now, "week": settled, "fell": settled - now}
                yield Problem("fcr", channel.name, numbers)


def _come_back(reasons: Mapping[str, Fcr], alerts: Alerts) -> Iterator[Problem]:
    """Reasons whose customers come back more often than those of all, beyond chance."""
    repeated = sum(fcr.repeated for fcr in reasons.values())
    decided = sum(map(_decided, reasons.values()))
    for reason, fcr in reasons.items():
        if _decided(fcr) < alerts.minimum_contacts:
            continue
        low = (of_share(fcr.repeated, _decided(fcr)) or (0.0, 1.0))[0]
        if low > repeated / decided + alerts.fcr_fall:
            yield Problem("repeats", reason, {"repeated": fcr.repeated, "decided": _decided(fcr)})


def _decided(fcr: Fcr) -> int:
    return fcr.resolved_first_time + fcr.repeated + fcr.unresolved


def _unhappy(channels: Sequence[Group], alerts: Alerts) -> Iterator[Problem]:
    for channel in channels:
        kpis = channel.windows.get(WEEK)
        if kpis is None or kpis.csat.top_2 is None or kpis.csat.top_2_interval is None:
            continue
        enough = kpis.csat.answers >= alerts.minimum_answers
        if enough and kpis.csat.top_2_interval[0] < alerts.csat_target:
            numbers = {"share": kpis.csat.top_2, "answers": kpis.csat.answers}
            yield Problem("csat", channel.name, numbers)
