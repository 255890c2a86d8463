"""Where the time of an event goes: the service under py-spy, which looks on from outside."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from bench.broker import Broker, broker_with
from bench.contenders import peers_program
from bench.measures import Plan, table
from bench.pages import Scraper
from bench.processes import ROOT, FailedError, service
from bench.steps import STEPS, step_of
from bench.workload import past

_RATE = 400
_END_SECONDS = 60.0
_FUNCTIONS = 12
#: What is no part of starting and importing has one of these in its stack.
_MARKS = ("service/streaming", "service/exposition", "aiokafka")
#: py-spy takes these for work where a thread waits without a time-out.
_WAITING = "Condition.wait ("
_LIBRARIES = re.compile(r".*/(site-packages|python3[.]\d+)/")


def profile_alone(plan: Plan) -> str:
    """`contact-metrics bench --profile`. Raises FailedError."""
    records = past(plan.events, time.time_ns() // 1000)
    with broker_with(records, kafka=plan.kafka) as broker:
        return profile_events(broker, plan.events)


def profile_events(broker: Broker, events: int) -> str:
    """Of one run over the published events; raises FailedError."""
    with tempfile.TemporaryDirectory(prefix="bench-profile-") as directory:
        file = Path(directory) / "stacks"
        with service(broker.bootstrap, events, group="bench-profile") as worker:
            worker.says("ready")
            spy = _spy(worker.pid, file)
            with Scraper(worker.port):
                done = worker.says("done")
        try:
            failed = spy.wait(_END_SECONDS) != 0
        except subprocess.TimeoutExpired:
            spy.kill()
            failed = True
        if failed or not file.exists():
            raise FailedError(
                "py-spy could not look into the process: run it as root, or with"
                " kernel.yama.ptrace_scope=0"
            )
        stacks = file.read_text().splitlines()
    return shares(stacks, 1e6 * done["cpu_seconds"] / (events - done["begun"][1]))


def shares(stacks: Iterable[str], cost: float) -> str:
    """Microseconds of an event by step and by function, of `cost` altogether.

    A stack is a line: its frames, `function (file:line)`, from the outermost to the innermost, with
    `;` between them, and how often it was seen.
    """
    steps: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for line in stacks:
        stack, _, samples = line.replace(f"{ROOT}/", "").rpartition(" ")
        frames = stack.split(";")
        if any(mark in stack for mark in _MARKS) and not frames[-1].startswith(_WAITING):
            steps[step_of(frames)] += int(samples)
            functions[_short(frames[-1])] += int(samples)
    each = cost / max(1, steps.total())
    rows = [
        [step, f"{each * steps[step]:.2f}", f"{100 * each * steps[step] / cost:.0f} %"]
        for step in STEPS
    ]
    most = [[name, f"{each * of:.2f}"] for name, of in functions.most_common(_FUNCTIONS)]
    return "\n\n".join(
        [
            table(["step", "us an event", "share"], [*rows, ["all", f"{cost:.2f}", "100 %"]]),
            table(["most of it is spent in", "us an event"], most),
        ]
    )


def _spy(pid: int, file: Path) -> subprocess.Popen[bytes]:
    # Stopped at each look, its threads would get the interpreter in other shares: --nonblocking.
    return subprocess.Popen(
        [
            peers_program("py-spy"), "record", "--format=raw", "--nonblocking", f"--rate={_RATE}",
            "--full-filenames", f"--pid={pid}", f"--output={file}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _short(frame: str) -> str:
    """The function and its file, without the line and the way to the library."""
    if not frame:
        return "(not in Python code)"
    function, _, place = frame.partition(" (")
    return f"{function} ({_LIBRARIES.sub('', place).rpartition(':')[0]})"
