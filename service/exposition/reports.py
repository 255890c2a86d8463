"""Snapshots in, finished bytes out: all the work of a request that is not waiting.

It runs in one thread of its own, beside the event loop that consumes. That thread takes the
interpreter for a few milliseconds at a time, and what it remembers needs no locks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from service.definitions import Definitions
from service.exposition.agents import Agents
from service.exposition.charts import charted
from service.exposition.coverage import Coverage
from service.exposition.customers import Customers
from service.exposition.history import Past
from service.exposition.pipeline import Pipeline, pipeline_families
from service.exposition.problems import WEEK, Problem, problems
from service.exposition.series import Merged, Merger
from service.exposition.stream import stream
from service.exposition.summary import Group, Summarist, Summary, Team
from service.exposition.text import TextWriter
from service.exposition.topic_problems import topic_problems
from service.settings.alerts import Alerts
from service.view.snapshot import Family, Snapshot

Snapshots = Sequence[tuple[int, Snapshot]]


class MetricsPage:
    """The Prometheus page of some partitions. Not thread-safe: it remembers rows and lines."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._merger = Merger()
        self._writer = TextWriter()

    def merge(self, snapshots: Snapshots) -> Merged:
        """All partitions as one."""
        return self._merger.merge(snapshots)

    def families(self, merged: Merged, pipeline: Pipeline) -> dict[str, Family]:
        """All that the page says, by sample name."""
        own = pipeline_families(pipeline, merged.snapshots, self._version)
        return {**merged.families, **own}

    def text(self, merged: Merged, pipeline: Pipeline, *, openmetrics: bool = False) -> str:
        """The page without what closes it in OpenMetrics (`# EOF`)."""
        return self._writer.write(self.families(merged, pipeline), openmetrics=openmetrics)


@dataclass(frozen=True, slots=True)
class _Glance:
    """The groups made of one set of snapshots, kept for the next page that asks within a second."""

    snapshots: Snapshots
    merged: Merged
    total: Group
    channels: Sequence[Group]
    queues: Sequence[Group]
    teams: Sequence[Team] | None
    customers: Customers | None
    agents: Agents | None
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Summary):
    """The summary, and what is wrong in it, most important first."""

    problems: Sequence[Problem]


class Reports:
    """All that is served of the numbers. One thread only."""

    def __init__(
        self, definitions: Definitions, version: str, *, ces_high_is_easy: bool, alerts: Alerts
    ) -> None:
        self._version = version
        self._alerts = alerts
        self._page = MetricsPage(version)
        self._shortest_window = min(definitions.windows, key=lambda window: window.length).name
        self._summarist = Summarist(definitions, ces_high_is_easy=ces_high_is_easy)
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)
        self._glance: _Glance | None = None

    def metrics(self, snapshots: Snapshots, pipeline: Pipeline, *, openmetrics: bool) -> bytes:
        """The page `/metrics`, with the process' own memory, processor time and files."""
        text = self._page.text(self._page.merge(snapshots), pipeline, openmetrics=openmetrics)
        # In OpenMetrics this also writes the closing `# EOF`.
        process = (generate_openmetrics if openmetrics else generate_latest)(self._process)
        return text.encode() + process

    def summary(
        self,
        snapshots: Snapshots,
        pipeline: Pipeline,
        readiness: tuple[bool, Mapping[str, object]],
        past: Past,
        now: float,
        coverage: Coverage | None = None,
    ) -> bytes:
        """The JSON of `/api/summary`; `coverage`: where it is of the whole group."""
        glance = self._look(snapshots)
        window, repeat = self._summarist.opening
        everybody = glance.agents.total if glance.agents else None
        looked_at = {snapshot.group for _, snapshot in snapshots}
        of_topics = topic_problems(
            pipeline, looked_at, self._alerts, now, everybody, self._shortest_window
        )
        return msgspec.json.encode(
            Told(
                version=self._version,
                now=now,
                windows=self._summarist.windows,
                repeat_windows=self._summarist.repeat_windows,
                window=window,
                repeat=repeat,
                total=glance.total,
                channels=glance.channels,
                queues=glance.queues,
                teams=glance.teams,
                customers=glance.customers,
                agents=glance.agents,
                stream=stream(glance.merged, pipeline, readiness, now),
                history=past,
                problems=[*of_topics, *glance.problems],
                group=coverage,
            )
        )

    def sample(self, snapshots: Snapshots) -> dict[str, float | None]:
        """What the history keeps of this moment."""
        return charted(self._summarist.total(self._page.merge(snapshots)))

    def _look(self, snapshots: Snapshots) -> _Glance:
        if self._glance is None or self._glance.snapshots is not snapshots:
            merged = self._page.merge(snapshots)
            channels, queues = (
                self._summarist.groups(merged, scope) for scope in ("channel", "queue")
            )
            reasons = self._summarist.fcr_of_reasons(merged, WEEK)
            agents = self._summarist.agents(merged, self._alerts.target_occupancy)
            teams = agents.teams if agents else ()
            self._glance = _Glance(
                snapshots,
                merged,
                self._summarist.total(merged),
                channels,
                queues,
                self._summarist.teams(merged),
                self._summarist.customers(merged),
                agents,
                problems(channels, queues, reasons, self._alerts, teams),
            )
        return self._glance
