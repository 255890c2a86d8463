"""What matters at a glance: the data of the live page, served as JSON at `/api/summary`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from service.definitions import Definitions
from service.exposition import indexes
from service.exposition.history import Past
from service.exposition.pipeline import Pipeline
from service.exposition.rollup import Cells, Facts, Rollup, Scope
from service.exposition.series import Merged


@dataclass(frozen=True, slots=True)
class Standing:
    """Open contacts by how they stand to one of their targets."""

    on_track: int
    at_risk: int
    breached: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """Contacts open now; `ages` counts those at most so many seconds old, by upper bound."""

    contacts: int
    oldest_age_seconds: float
    ages: Sequence[tuple[float | None, int]]
    standing: Mapping[str, Standing]


@dataclass(frozen=True, slots=True)
class Kpis:
    """The indexes of one window, in total or of one channel or queue."""

    started: Mapping[str, int]
    closed: Mapping[str, int]
    abandonment: float | None
    first_response: indexes.Durations
    resolution: indexes.Durations
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
    issue_resolved: float | None


@dataclass(frozen=True, slots=True)
class Group:
    """A channel, a queue, a reason or the total: its backlog now, and its indexes by window."""

    name: str
    backlog: Backlog
    windows: Mapping[str, Kpis]


@dataclass(frozen=True, slots=True)
class Stream:
    """How the pipeline does. Times in seconds."""

    ready: bool
    reason: Mapping[str, object]
    partitions: int
    clock: float | None
    """Event time up to which all partitions' numbers tell, since 1970."""
    behind_seconds: float | None
    live_contacts: int
    lag_events: int
    events: Mapping[str, int]
    dead_letters: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything the page shows, at `now` (seconds since 1970)."""

    version: str
    now: float
    windows: Sequence[str]
    repeat_windows: Sequence[str]
    total: Group
    channels: Sequence[Group]
    queues: Sequence[Group]
    stream: Stream
    history: Past


class Summarist:
    """Makes groups and their indexes of the merged series. Not thread-safe."""

    def __init__(self, definitions: Definitions, *, ces_high_is_easy: bool) -> None:
        self.windows = tuple(window.name for window in definitions.all_windows)
        self.repeat_windows = tuple(window.name for window in definitions.repeat_windows)
        self._ces_high_is_easy = ces_high_is_easy
        self._rollup = Rollup()

    def total(self, merged: Merged) -> Group:
        """All channels and queues as one."""
        return self._group(self._rollup.facts(merged.families, "total"), "")

    def groups(self, merged: Merged, scope: Scope) -> list[Group]:
        """Each channel, queue or reason that has been seen."""
        facts = self._rollup.facts(merged.families, scope)
        return [self._group(facts, name) for name in facts.groups]

    def _group(self, facts: Facts, name: str) -> Group:
        return Group(
            name=name,
            backlog=_backlog(facts, name),
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

        closed = _counts(cells("contacts_closed"))
        served = sum(closed.get(outcome, 0) for outcome in ("resolved", "unresolved"))
        abandoned = closed.get("abandoned", 0)
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
            abandonment=indexes.ratio(abandoned, served + abandoned),
            first_response=durations("first_response_seconds"),
            resolution=durations("resolution_seconds"),
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
            issue_resolved=indexes.ratio(answers.get("yes", 0), sum(answers.values())),
        )


def _counts(cells: Cells) -> dict[str, int]:
    return {label: int(value) for (label,), value in sorted(cells.items())}


def _backlog(facts: Facts, name: str) -> Backlog:
    ages = sorted(
        (float(bound), int(count))
        for (bound,), count in facts.cells("cx_backlog_age_seconds_bucket", name).items()
    )
    states = sorted(facts.cells("cx_sla_open_contacts", name).items())
    standing: dict[str, Standing] = {}
    for target, of_target in groupby(states, key=lambda cell: cell[0][0]):
        by_state = {state: int(count) for (_, state), count in of_target}
        standing[target] = Standing(
            *(by_state.get(state, 0) for state in ("on_track", "at_risk", "breached"))
        )
    return Backlog(
        contacts=int(facts.cells("cx_backlog_contacts", name).get((), 0.0)),
        oldest_age_seconds=facts.cells("cx_backlog_oldest_age_seconds", name).get((), 0.0),
        # JSON knows no infinity: the last bound is null.
        ages=[(None if bound == float("inf") else bound, count) for bound, count in ages],
        standing=standing,
    )


def stream(
    merged: Merged, pipeline: Pipeline, readiness: tuple[bool, Mapping[str, object]], now: float
) -> Stream:
    """The pipeline's state at `now`, of all partitions of this worker."""
    clocks = [snapshot.clock / 1e6 for _, snapshot in merged.snapshots if snapshot.clock > 0]
    clock = min(clocks, default=None)
    events: dict[str, int] = {}
    for (_, result), count in pipeline.events.items():
        events[result] = events.get(result, 0) + count
    return Stream(
        ready=readiness[0],
        reason=readiness[1],
        partitions=len(merged.snapshots),
        clock=clock,
        behind_seconds=None if clock is None else max(0.0, now - clock),
        live_contacts=sum(snapshot.live_contacts for _, snapshot in merged.snapshots),
        lag_events=sum(pipeline.lag.values()),
        events=events,
        dead_letters=sum(pipeline.dead_letters.values()),
    )
