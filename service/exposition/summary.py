"""What matters at a glance: the data of the live page, served as JSON at `/api/summary`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.definitions import Definitions
from service.exposition import indexes
from service.exposition.agents import Agents, AgentsView
from service.exposition.backlog import Backlog, backlog
from service.exposition.coverage import Coverage
from service.exposition.customers import Customers, customers
from service.exposition.history import Past
from service.exposition.opening import opening
from service.exposition.rollup import Cells, Facts, Rollup, Scope
from service.exposition.series import Merged
from service.exposition.stream import Stream


@dataclass(frozen=True, slots=True)
class Kpis:
    """The indexes of one window, in total or of one channel or queue.

    What is None as a whole, such as `reopened`, is off.
    """

    started: Mapping[str, int]
    closed: Mapping[str, int]
    reopened: Mapping[str, int] | None
    reopen_rate: float | None
    containment: float | None
    abandonment: float | None
    first_response: indexes.Durations
    resolution: indexes.Durations
    first_response_counted: indexes.Durations | None
    resolution_counted: indexes.Durations | None
    handle_mean_seconds: float | None
    replies_mean: float | None
    one_touch: float | None
    transferred: float | None
    sla: Mapping[str, indexes.Judged]
    fcr: Mapping[str, indexes.Fcr]
    repeats: Mapping[str, int]
    csat: indexes.Csat
    nps: indexes.Nps
    ces: indexes.Ces
    art: indexes.Art
    evaluations: indexes.Evaluations | None
    issue_resolved: float | None


@dataclass(frozen=True, slots=True)
class Group:
    """A channel, a queue, a reason or the total: its backlog now, and its indexes by window."""

    name: str
    backlog: Backlog
    windows: Mapping[str, Kpis]


@dataclass(frozen=True, slots=True)
class TeamKpis:
    """The indexes of one window of what a team closed; `closed` without void contacts."""

    closed: int
    handle_mean_seconds: float | None
    fcr: Mapping[str, indexes.Fcr]
    csat: indexes.Csat


@dataclass(frozen=True, slots=True)
class Team:
    """A team, and its indexes by window."""

    name: str
    windows: Mapping[str, TeamKpis]


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything the page shows, at `now` (seconds since 1970)."""

    version: str
    now: float
    windows: Sequence[str]
    repeat_windows: Sequence[str]
    window: str
    repeat: str
    """Those to begin with."""
    total: Group
    channels: Sequence[Group]
    queues: Sequence[Group]
    teams: Sequence[Team] | None
    """None: numbers are not told by team."""
    customers: Customers | None
    """None: nobody tells of them."""
    agents: Agents | None
    """None: nobody tells of any."""
    stream: Stream
    history: Past
    group: Coverage | None = None
    """None: the numbers are those of this worker alone."""


class Summarist:
    """Makes groups and their indexes of the merged series. Not thread-safe."""

    def __init__(self, definitions: Definitions, *, ces_high_is_easy: bool) -> None:
        self.windows = tuple(window.name for window in definitions.all_windows)
        self.repeat_windows = tuple(window.name for window in definitions.repeat_windows)
        self.opening = opening(definitions)
        self._definitions = definitions
        self._ces_high_is_easy = ces_high_is_easy
        self._rollup = Rollup()
        self._agents = AgentsView(definitions)

    def total(self, merged: Merged) -> Group:
        """All channels and queues as one."""
        return self._group(self._rollup.facts(merged.families, "total"), "")

    def groups(self, merged: Merged, scope: Scope) -> list[Group]:
        """Each channel, queue or reason that has been seen."""
        facts = self._rollup.facts(merged.families, scope)
        return [self._group(facts, name) for name in facts.groups]

    def teams(self, merged: Merged) -> list[Team] | None:
        """Each team that has been seen; None where numbers are not told by team."""
        if not self._definitions.teams:
            return None
        facts = self._rollup.facts(merged.families, "team")
        return [
            Team(name, {window: self._of_team(facts, name, window) for window in self.windows})
            for name in facts.groups
        ]

    def customers(self, merged: Merged) -> Customers | None:
        """All segments as one; None where nobody tells of customers."""
        if not self._definitions.customer_changed:
            return None
        longest = max(self._definitions.repeat_windows, key=lambda repeat: repeat.length)
        facts = self._rollup.facts(merged.families, "total")
        return customers(facts, self.windows, longest.name)

    def agents(self, merged: Merged, target_occupancy: float) -> Agents | None:
        """All agents, and by team; None where nobody tells of any."""
        if not self._definitions.agents:
            return None
        total = self._rollup.facts(merged.families, "total")
        teams = self._rollup.facts(merged.families, "team")
        return self._agents.of(total, teams, target_occupancy)

    def fcr_of_reasons(self, merged: Merged, window: str) -> dict[str, indexes.Fcr]:
        """FCR by reason, under the shortest repeat window: most of it has settled."""
        facts = self._rollup.facts(merged.families, "reason")
        repeat = self.repeat_windows[0]
        return {
            name: indexes.fcr(facts.cells("cx_window_fcr_contacts", name, window), repeat)
            for name in facts.groups
        }

    def _of_team(self, facts: Facts, name: str, window: str) -> TeamKpis:
        def cells(sample: str) -> Cells:
            return facts.cells(f"cx_window_team_{sample}", name, window)

        fcr = cells("fcr_contacts")
        return TeamKpis(
            closed=closings(_counts(cells("contacts_closed"))),
            handle_mean_seconds=indexes.ratio(
                cells("handle_seconds_sum").get((), 0.0), cells("handle_seconds_count").get((), 0.0)
            ),
            fcr={repeat: indexes.fcr(fcr, repeat) for repeat in self.repeat_windows},
            csat=indexes.csat(cells("survey_answers")),
        )

    def _group(self, facts: Facts, name: str) -> Group:
        return Group(
            name=name,
            backlog=backlog(facts, name, self._definitions),
            windows={window: self._kpis(facts, name, window) for window in self.windows},
        )

    def _kpis(self, facts: Facts, name: str, window: str) -> Kpis:
        def cells(sample: str) -> Cells:
            return facts.cells(f"cx_window_{sample}", name, window)

        def value(sample: str) -> float:
            return cells(sample).get((), 0.0)

        def durations(sample: str) -> indexes.Durations:
            return indexes.durations(
                cells(f"{sample}_bucket"), cells(f"{sample}_sum"), cells(f"{sample}_count")
            )

        def counted(sample: str) -> indexes.Durations | None:
            return durations(sample) if self._definitions.counts_time else None

        def evaluated() -> indexes.Evaluations:
            emotions = value("emotion_positive_sum") - value("emotion_negative_sum")
            return indexes.evaluations(
                cells("evaluations"),
                indexes.ratio(value("evaluation_score_sum"), value("evaluation_score_count")),
                indexes.ratio(emotions, value("emotion_count")),
            )

        closed = _counts(cells("contacts_closed"))
        served = sum(closed.get(outcome, 0) for outcome in ("resolved", "unresolved"))
        abandoned = closed.get("abandoned", 0)
        reopened = _counts(cells("contacts_reopened"))
        answers = _counts(cells("issue_resolved_answers"))
        surveys, sla, fcr = (
            cells("survey_answers"),
            cells("sla_contacts"),
            cells("fcr_contacts"),
        )
        repeats = _counts(cells("repeat_contacts"))
        return Kpis(
            started=_counts(cells("contacts_started")),
            closed=closed,
            reopened=reopened if self._definitions.contact_updated else None,
            reopen_rate=indexes.ratio(sum(reopened.values()), closings(closed)),
            containment=indexes.ratio(
                value("bot_resolved_contacts"), value("resolution_seconds_count")
            ),
            abandonment=indexes.ratio(abandoned, served + abandoned),
            first_response=durations("first_response_seconds"),
            resolution=durations("resolution_seconds"),
            first_response_counted=counted("first_response_counted_seconds"),
            resolution_counted=counted("resolution_counted_seconds"),
            handle_mean_seconds=indexes.ratio(
                value("handle_seconds_sum"), value("handle_seconds_count")
            ),
            replies_mean=indexes.ratio(value("agent_replies_sum"), value("agent_replies_count")),
            one_touch=indexes.ratio(value("one_touch_contacts"), value("agent_replies_count")),
            transferred=indexes.ratio(value("transferred_contacts"), served + abandoned),
            sla={
                target: indexes.judged(sla, target) for target in ("first_response", "resolution")
            },
            fcr={repeat: indexes.fcr(fcr, repeat) for repeat in self.repeat_windows},
            repeats={repeat: repeats.get(repeat, 0) for repeat in self.repeat_windows},
            csat=indexes.csat(surveys),
            nps=indexes.nps(surveys),
            ces=indexes.ces(surveys, high_is_easy=self._ces_high_is_easy),
            art=indexes.art(cells("survey_index_sum"), cells("survey_index_count")),
            evaluations=evaluated() if self._definitions.contact_evaluated else None,
            issue_resolved=indexes.ratio(answers.get("yes", 0), sum(answers.values())),
        )


def _counts(cells: Cells) -> dict[str, int]:
    return {label: int(value) for (label,), value in sorted(cells.items())}


def closings(closed: Mapping[str, int]) -> int:
    """Without those of contacts that never were any."""
    return sum(count for outcome, count in closed.items() if outcome != "void")
