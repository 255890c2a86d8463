"""The watched service, which tells also when it did what: a program of the bench.

Only for the runs that show what stands in the way of a goal: telling costs a little. Each JSON line
names a `step`, when it had `begun` and `ended` (of the monotonic clock), and which `probes` an
applied batch held.
"""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from bench.live import PROBE
from bench.watched_service import WatchedStream, say
from service.cli import serving
from service.cli.run import run
from service.exposition.reports import Reports
from service.streaming.partition import Partition
from service.streaming.producer import ChangelogProducer
from service.streaming.worker import Worker

_PROBE_ID = re.compile(rb'"%b(\d+)"' % PROBE.encode())


def _traced(step: str, work: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(work)
    def tracing(*arguments: Any, **named: Any) -> Any:
        begun = time.monotonic()
        found = work(*arguments, **named)
        _say(step, begun)
        return found

    return tracing


def _traced_waiting(step: str, work: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    @functools.wraps(work)
    async def tracing(*arguments: Any, **named: Any) -> Any:
        begun = time.monotonic()
        found = await work(*arguments, **named)
        _say(step, begun)
        return found

    return tracing


def _tells_of_probes(consume: Callable[..., int]) -> Callable[..., int]:
    def tracing(self: Partition, type_: str, records: Sequence[Any], *others: Any) -> int:
        begun = time.monotonic()
        consumed = consume(self, type_, records, *others)
        found = (_PROBE_ID.search(record.value) for record in records)
        _say("consume", begun, probes=[int(probe[1]) for probe in found if probe])
        return consumed

    return tracing


def _say(step: str, begun: float, **more: object) -> None:
    say(step=step, begun=begun, ended=time.monotonic(), **more)


def _trace(owner: type, method: str, tracing: Callable[..., Any]) -> None:
    setattr(owner, method, tracing)


if __name__ == "__main__":
    _trace(Partition, "consume", _tells_of_probes(Partition.consume))
    _trace(Worker, "consume", _traced_waiting("turn", Worker.consume))
    _trace(Partition, "settle", _traced("settle", Partition.settle))
    _trace(Partition, "snapshot", _traced("snapshot", Partition.snapshot))
    _trace(Reports, "metrics", _traced("page", Reports.metrics))
    _trace(ChangelogProducer, "append", _traced_waiting("append", ChangelogProducer.append))
    _trace(WatchedStream, "snapshots", _traced_waiting("durable", WatchedStream.snapshots))
    serving.StreamService = WatchedStream  # type: ignore[attr-defined]
    run()
