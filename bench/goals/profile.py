"""Where the time of an event goes: the service under py-spy, which looks on from outside."""

from __future__ import annotations

import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterable

from bench.broker import running_broker
from bench.contenders import peers_program, run_of
from bench.measures import RESULTS, Measure, Plan, say
from bench.pages import scraped
from bench.processes import ROOT, FailedError, Service
from bench.workload import past

_RATE = 400
_END_SECONDS = 60.0
#: What is no part of starting and importing has one of these in its stack.
_MARKS = ("service/streaming", "service/exposition", "aiokafka")
#: py-spy takes these for work where a thread waits without a time-out.
_WAITING = ";Condition.wait ("
_ROOM = re.compile(r"(?:service|aiokafka)/\w+")


def profile(plan: Plan) -> list[Measure]:
    """Of one run over the events; the stacks are kept, for whoever draws a flame graph of them."""
    file = RESULTS / time.strftime("%Y%m%d-%H%M%S.stacks")
    records = past(plan.events, time.time_ns() // 1000)
    with (
        running_broker(records, kafka=plan.kafka) as broker,
        Service(broker, plan.events, group="bench-profile") as worker,
    ):
        # Stopped at each look, its threads would get the interpreter in other shares.
        spy_on = [peers_program("py-spy"), "record", f"--pid={worker.pid}", f"--output={file}"]
        spy_on += ["--nonblocking", f"--rate={_RATE}", "--format=raw", "--full-filenames"]
        spy = subprocess.Popen(spy_on, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with scraped(worker.port):
            cost = run_of(worker, plan.events).cpu
    if spy.wait(_END_SECONDS) or not file.exists():
        raise FailedError(
            "py-spy could not look into the process: run it as root, or with"
            " kernel.yama.ptrace_scope=0"
        )
    say(f"the stacks, as flame graphs and speedscope.app read them: {file}")
    rooms = by_room(file.read_text().splitlines())
    shares = {room: times / rooms.total() for room, times in rooms.most_common()}
    return [
        Measure("cost of an event, looked at", cost, " us"),
        *(Measure(f"{share:.0%} in {room}", cost * share, " us") for room, share in shares.items()),
    ]


def by_room(stacks: Iterable[str]) -> Counter[str]:
    """How often each room of the service, or of aiokafka, was seen at work.

    A stack is a line: its frames, `function (file:line)`, from the outermost to the innermost, with
    `;` between them, and how often it was seen. It belongs to the room of the innermost frame that
    is in one: what is called there, of numpy say, is called on its behalf.
    """
    rooms: Counter[str] = Counter()
    for line in stacks:
        stack, _, times = line.replace(f"{ROOT}/", "").rpartition(" ")
        if any(mark in stack for mark in _MARKS) and _WAITING not in stack:
            rooms[_ROOM.findall(stack)[-1]] += int(times)
    return rooms
