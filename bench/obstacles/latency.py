"""Goal 3: what an append waits for until /metrics tells of it, and who uses the cores meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence

from bench.brokers import Broker
from bench.goals.latency import WARM_UP_SECONDS, part
from bench.live import LiveLoad, live_service, until
from bench.machine import cores
from bench.obstacles.obstacle import Obstacle, Table
from bench.polling import Poller, Scrape
from bench.processes import Service
from bench.watching import CpuMeter, Step, WatchedWorker

_NAME = "traced"
#: A core of which less is left gives nobody its turn at once.
_NO_ROOM = 0.8
_HOLDERS = {
    "consume": "decoding and upserting up to 250 events",
    "settle": "differences a batch, and its changelog records",
    "snapshot": "a snapshot of one partition",
}


def latency_obstacle(broker: Broker, seconds: float) -> Obstacle:
    """The load of the measurement once more, beside a service that tells when it did what."""
    with live_service(broker, _NAME, "bench.traced_service") as worker:
        return asyncio.run(_trace(broker, worker, seconds))


async def _trace(broker: Broker, worker: Service, seconds: float) -> Obstacle:
    watched = WatchedWorker(worker)
    load = LiveLoad(broker, _NAME, WARM_UP_SECONDS + seconds)
    begin = load.begins + WARM_UP_SECONDS
    with CpuMeter(broker.pid) as meter:
        publishing = asyncio.create_task(load.publish())
        await until(begin)
        own_before = time.process_time()
        poller = Poller(worker.port)
        poller.start()
        sent = await load.send_probes(begin + seconds)
        own, end = time.process_time() - own_before, time.monotonic()
        await publishing
        await asyncio.to_thread(poller.wait_for, len(sent))
    lasted = end - begin
    busy = {
        "service": watched.cpu.between(begin, end) / lasted,
        "broker": meter.cpu.between(begin, end) / lasted,
        "load and asking for the page": own / lasted,
    }
    steps = [step for step in watched.steps if begin < step.begun < end]
    return Obstacle(
        "latency",
        [
            (
                f"What {len(sent)} probes waited for, ms (the same load; the service tells when it"
                " did what):"
            ),
            _journey(sent, watched.steps, poller.told_of(sent)),
            "What holds the service's event loop, ms at a time:",
            _table(
                "step",
                {told: _lasting(steps, name) for name, told in _HOLDERS.items()},
            ),
            "Changelog writes until they are acknowledged, ms:",
            _table("", {"one batch of one partition": _lasting(steps, "append")}),
            "Cores used meanwhile:",
            Table(["", "cores"], [[who, f"{used:.2f}"] for who, used in busy.items()]),
            _room(busy, meter.machine.between(begin, end) / lasted),
        ],
    )


def _journey(sent: Sequence[float], steps: Sequence[Step], told: Sequence[Scrape]) -> Table:
    """The parts of each probe's way; the first three add up to all of it."""
    applied = {probe: step.ended for step in steps for probe in step.probes}
    ways: dict[str, list[float]] = {
        "append to applied: the fetch, its pace, the batches before it": [],
        "applied to asking for the page: the page before it, the poll": [],
        "the page, from asking to the last byte": [],
        "of which until the changelog holds what it shows": [],
        "of which writing it, in its thread": [],
        "of which HTTP, compression, waiting for loop and thread": [],
        "append to the page that tells of it": [],
    }
    for probe, (at, page) in enumerate(zip(sent, told, strict=True)):
        done = applied.get(probe)
        if done is None:
            continue  # applied again after a rebalance: not the usual way
        asked = max(done, page.begun)
        durable, writing = (_within(steps, name, page) for name in ("durable", "page"))
        whole = page.ended - asked
        rest = max(0.0, page.ended - page.begun - durable - writing)
        parts = (done - at, asked - done, whole, durable, writing, rest, page.ended - at)
        for seconds, way in zip(parts, ways.values(), strict=True):
            way.append(seconds)
    return _table("part", ways)


def _within(steps: Iterable[Step], name: str, page: Scrape) -> float:
    return sum(
        step.ended - step.begun
        for step in steps
        if step.name == name and step.begun >= page.begun and step.ended <= page.ended
    )


def _lasting(steps: Iterable[Step], name: str) -> list[float]:
    return [step.ended - step.begun for step in steps if step.name == name]


def _table(head: str, seconds: dict[str, list[float]]) -> Table:
    rows = [
        [what, *(f"{1e3 * part(sorted(of), share):.1f}" for share in (0.5, 0.99, 1.0))]
        for what, of in seconds.items()
        if of
    ]
    return Table([head, "p50", "p99", "worst"], rows)


def _room(busy: dict[str, float], machine: float) -> str:
    service, *others = busy.values()
    said = f"All that ran here used {machine:.2f} cores."
    if cores()[0] == cores()[1]:
        return f"{said} There is but one for service, broker and load."
    if sum(others) > _NO_ROOM:
        said += (
            f" Broker and load share a core and need {sum(others):.2f} of it: what waits there"
            " (an append, its acknowledgement, the asking) is in every figure above."
        )
    if service > _NO_ROOM:
        said += f" The service needs {service:.2f} of its own: what comes waits for its turn."
    return said
