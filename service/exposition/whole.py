"""What the page is made of: the numbers of one worker, or of the whole group."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from service.exposition.coverage import Coverage, Silent
from service.exposition.peers import Peers, Told
from service.exposition.pipeline import Pipeline
from service.exposition.reports import Snapshots
from service.exposition.sharing import Shared
from service.exposition.source import SnapshotSource
from service.view.snapshot import Group, Snapshot, place

#: Open pages may show numbers this old, so that many of them cost little more than one.
MAY_BE_OLD = 1.0

#: A partition, of all groups of topics.
Place = tuple[Group, int]


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
    every = {(name, number) for name, count in group.partitions.items() for number in range(count)}
    held = newest([ours.snapshots, *(answer.snapshots for answer in told)], every)
    return Seen(
        # Alone in its group, a worker adds up nothing anew.
        ours.snapshots if not told else [(number, it) for (_, number), it in held.items()],
        _added(ours.pipeline, told, held),
        _readiness(ours.readiness, told),
        Coverage(
            partitions=len(every),
            clocks={str(place(*of)): snapshot.seconds for of, snapshot in held.items()},
            missing=[place(*of) for of in sorted(every - held.keys(), key=_order)],
            workers=1 + len(answers),
            silent=[answer for answer in answers if isinstance(answer, Silent)],
        ),
    )


def newest(answers: Iterable[Snapshots], every: Collection[Place]) -> dict[Place, Snapshot]:
    """Each partition of `every` once, in order, those of contacts first.

    While one changes hands two workers may tell it: the later claim counts, then the later clock.
    """
    held: dict[Place, Snapshot] = {}
    for snapshots in answers:
        for number, snapshot in snapshots:
            of = snapshot.group, number
            known = held.get(of)
            if of in every and (known is None or _age(known) < _age(snapshot)):
                held[of] = snapshot
    return {of: held[of] for of in sorted(held, key=_order)}


def _order(of: Place) -> tuple[bool, int]:
    return of[0] != "contacts", of[1]


def _age(snapshot: Snapshot) -> tuple[int, int]:
    return snapshot.epoch, snapshot.clock


def _added(ours: Pipeline, told: Sequence[Told], held: Mapping[Place, Snapshot]) -> Pipeline:
    """What a summary needs of it."""
    events, dead_letters = Counter(ours.events), Counter(ours.dead_letters)

    def lies_in(topic: str, number: int) -> Place:
        return ours.group_of(topic), number

    lag = {of: behind for of, behind in ours.lag.items() if lies_in(*of) in held}
    arrivals = dict(ours.arrivals)
    for answer in told:
        events.update(answer.parts.events)
        dead_letters.update(answer.parts.dead_letters)
        for topic, came in answer.parts.arrivals.items():
            if topic in arrivals:
                arrivals[topic] += came
        # Of those that it holds itself: what others have is theirs to tell.
        holds = {of for n, it in answer.snapshots if held.get(of := (it.group, n)) is it}
        lag |= {of: behind for of, behind in answer.parts.lag.items() if lies_in(*of) in holds}
    return Pipeline(
        groups=ours.groups, events=events, dead_letters=dead_letters, lag=lag, arrivals=arrivals
    )


def _readiness(
    ours: tuple[bool, Mapping[str, object]], told: Sequence[Told]
) -> tuple[bool, Mapping[str, object]]:
    others = [answer.worker for answer in told if not answer.parts.ready]
    if not ours[0] or not others:
        return ours
    return False, {"workers_not_ready": others}
