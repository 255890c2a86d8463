"""What the page of a file tells: the numbers at its end, and how they came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.definitions import Definitions
from service.exposition.agents import Agents
from service.exposition.charts import charted_whole
from service.exposition.rollup import Scope
from service.exposition.series import Merged, Merger
from service.exposition.summary import Group, Summarist, Team
from service.view.snapshot import Family, Snapshot

#: Of so many channels, and so many queues, the past is told: the busiest.
MOST_CHARTED = 12

Columns = dict[str, list[float | None]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Lines that are no events, and the numbers (from 1) of the first of them."""

    topic: str
    why: str
    lines: int
    first: Sequence[int]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the lines: counts, of parts by event type, of labels by dimension."""

    accepted: int
    duplicates: int
    too_late: int
    invalid: int
    refusals: Sequence[Refusal]
    without_start: Mapping[str, int]
    anomalies: Mapping[str, int]
    overflows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Past:
    """Columns of equal length: the moments, and by group (`channel:chat`; all: "") the values."""

    step_seconds: float
    at: Sequence[float]
    groups: Mapping[str, Columns]


@dataclass(frozen=True, slots=True)
class Contents:
    """All of it. Moments are seconds since 1970, `first` and `last` those of the events."""

    version: str
    timezone: str
    first: float
    last: float
    now: float
    windows: Sequence[str]
    repeat_windows: Sequence[str]
    window: str
    repeat: str
    total: Group
    channels: Sequence[Group]
    queues: Sequence[Group]
    reasons: Sequence[Group]
    teams: Sequence[Team] | None
    """None: numbers are not told by team."""
    agents: Agents | None
    """None: the file tells of none."""
    past: Past
    taken: Taken


class Telling:
    """Reads a file's snapshots, one moment after the other."""

    def __init__(self, definitions: Definitions, *, ces_high_is_easy: bool) -> None:
        self._merger = Merger()
        self.summarist = Summarist(definitions, ces_high_is_easy=ces_high_is_easy)
        self._merged = Merged({}, [])
        self._at: list[float] = []
        self._columns: dict[str, Columns] = {}

    def add(self, snapshots: Sequence[Snapshot]) -> None:
        """A further moment: the contacts' partition, and the agents'."""
        merged = self._merged = self._merger.merge([(0, snapshot) for snapshot in snapshots])
        groups = {"": self.summarist.total(merged)}
        scopes: tuple[Scope, ...] = ("channel", "queue", "reason")
        for scope in scopes:
            groups |= {f"{scope}:{group.name}": group for group in self.groups(scope)}
        for name, group in groups.items():
            columns = self._columns.setdefault(name, {})
            for value_name, value in charted_whole(group).items():
                column = columns.setdefault(value_name, [])
                column += [None] * (len(self._at) - len(column))
                column.append(value)
        self._at.append(snapshots[0].clock / 1e6)

    def total(self) -> Group:
        """All of the last moment."""
        return self.summarist.total(self._merged)

    def groups(self, scope: Scope) -> list[Group]:
        """The channels, queues or reasons of the last moment."""
        return self.summarist.groups(self._merged, scope)

    def teams(self) -> list[Team] | None:
        """The teams of the last moment; None where numbers are not told by team."""
        return self.summarist.teams(self._merged)

    def agents(self, target_occupancy: float) -> Agents | None:
        """The agents of the last moment; None where the file tells of none."""
        return self.summarist.agents(self._merged, target_occupancy)

    def past(self, step_seconds: float, window: str) -> Past:
        """All moments: of everything, and of the groups busiest in `window` at the last one."""
        scopes: tuple[Scope, ...] = ("channel", "queue", "reason")
        kept = {""}
        for scope in scopes:
            busiest = sorted(self.groups(scope), key=lambda group: -_volume(group, window))
            kept |= {f"{scope}:{group.name}" for group in busiest[:MOST_CHARTED]}
        length = len(self._at)
        return Past(
            step_seconds,
            self._at,
            {
                name: {
                    value: column + [None] * (length - len(column))
                    for value, column in columns.items()
                    if any(known is not None for known in column)
                }
                for name, columns in self._columns.items()
                if name in kept
            },
        )

    def counted(self, sample: str) -> dict[str, int]:
        """What a counter or gauge of the partition as a whole says at last, by its one label."""
        family: Family = self._merged.families[sample]
        return {
            labels[0]: int(value)
            for labels, value in zip(family.labels, family.values.tolist(), strict=False)
            if value
        }


def _volume(group: Group, window: str) -> int:
    kpis = group.windows[window]
    judged = (
        of.resolved_first_time + of.repeated + of.unresolved + of.pending
        for of in kpis.fcr.values()
    )
    return sum(kpis.started.values()) or max(judged, default=0)
