"""`contact-metrics run`, as it is, told to report how far it has come: a program of the bench.

The one thing that differs from the command is the stream's class: it counts as before, and looks
at its own counters every ten milliseconds. Prints JSON lines: from the first event on, ten times
a second, how many are applied `at` which moment, and by how much the event loop was late at worst
since the line before; and `done` once EVENTS are applied and durable.

It asks for nothing else of the bench: the service can be that of another checkout.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from service.cli import serving
from service.cli.run import run
from service.streaming.service import StreamService

_LOOK_SECONDS = 0.01
_TELL_SECONDS = 0.1
_DURABLE_SECONDS = 30.0


class _WatchedStream(StreamService):
    async def start(self, *arguments: Any) -> None:
        await super().start(*arguments)
        self._watching = asyncio.create_task(_watch(self, int(sys.argv[1])))


async def _watch(stream: StreamService, goal: int) -> None:
    told = late = 0.0
    seen = 0
    while seen < goal:
        asleep = time.monotonic()
        await asyncio.sleep(_LOOK_SECONDS)
        now = time.monotonic()
        late = max(late, now - asleep - _LOOK_SECONDS)
        seen = sum(stream.pipeline().events.values())
        if seen and now - told >= _TELL_SECONDS:
            _say(at=now, events=seen, late=late, cpu_seconds=time.process_time())
            told, late = now, 0.0
    await stream.snapshots(_DURABLE_SECONDS)
    _say(done=time.monotonic(), cpu_seconds=time.process_time())


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    serving.StreamService = _WatchedStream  # type: ignore[attr-defined]
    run()
