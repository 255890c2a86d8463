"""What the page is made of: the numbers of one worker, or of the whole group."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from service.exposition.coverage import Coverage, Silent
from service.exposition.peers import Peers, Told
from service.exposition.pipeline import Pipeline
from service.exposition.reports import Snapshots
from service.exposition.sharing import Shared
from service.exposition.source import SnapshotSource
from service.view.snapshot import Snapshot

#: Open pages may show numbers this old, so that many of them cost little more than one.
MAY_BE_OLD = 1.0


@dataclass(frozen=True, slots=True)
class Seen:
    """The partitions that are looked at, and what their stream says of itself."""

    snapshots: Snapshots
    pipeline: Pipeline
    readiness: tuple[bool, Mapping[str, object]]
    coverage: Coverage | None = None
    """None: those of this worker alone."""


async def of_worker(source: SnapshotSource, own: Shared[Snapshots]) -> Seen:
    """What this worker holds."""
    snapshots = await own.take(at_most_old=MAY_BE_OLD)
    return Seen(snapshots, source.pipeline(), source.ready())


async def of_group(source: SnapshotSource, own: Shared[Snapshots], peers: Peers) -> Seen:
    """What all workers hold that answer in time."""
    group = source.membership()
    asking = peers.ask(group.peers, source.pipeline().definitions)
    ours, answers = await asyncio.gather(of_worker(source, own), asking)
    told = [answer for answer in answers if isinstance(answer, Told)]
    held = newest([ours.snapshots, *(answer.snapshots for answer in told)], group.partitions)
    return Seen(
        # Alone in its group, a worker adds up nothing anew.
        ours.snapshots if not told else held,
        _added(ours.pipeline, told, dict(held)),
        _readiness(ours.readiness, told),
        Coverage(
            partitions=group.partitions,
            clocks={number: snapshot.clock / 1e6 for number, snapshot in held},
            missing=sorted(set(range(group.partitions)) - dict(held).keys()),
            workers=1 + len(answers),
            silent=[answer for answer in answers if isinstance(answer, Silent)],
        ),
    )


def newest(answers: Iterable[Snapshots], partitions: int) -> list[tuple[int, Snapshot]]:
    """Each partition once, by number.

    While one changes hands two workers may tell it: the later claim counts, then the later clock.
    """
    held: dict[int, Snapshot] = {}
    for snapshots in answers:
        for number, snapshot in snapshots:
            known = held.get(number)
            if number in range(partitions) and (known is None or _age(known) < _age(snapshot)):
                held[number] = snapshot
    return sorted(held.items())


def _age(snapshot: Snapshot) -> tuple[int, int]:
    return snapshot.epoch, snapshot.clock


def _added(ours: Pipeline, told: Sequence[Told], held: Mapping[int, Snapshot]) -> Pipeline:
    """What a summary needs of it."""
    events, dead_letters = Counter(ours.events), Counter(ours.dead_letters)
    lag = {of: behind for of, behind in ours.lag.items() if of[1] in held}
    for answer in told:
        events.update(answer.parts.events)
        dead_letters.update(answer.parts.dead_letters)
        # Of those that it holds itself: what others have is theirs to tell.
        holds = {number for number, it in answer.snapshots if held.get(number) is it}
        lag |= {of: behind for of, behind in answer.parts.lag.items() if of[1] in holds}
    return Pipeline(events=events, dead_letters=dead_letters, lag=lag)


def _readiness(
    ours: tuple[bool, Mapping[str, object]], told: Sequence[Told]
) -> tuple[bool, Mapping[str, object]]:
    others = [answer.worker for answer in told if not answer.parts.ready]
    if not ours[0] or not others:
        return ours
    return False, {"workers_not_ready": others}
