"""Telling a process that was stopped from one that is busy."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.streaming.pulse import Pulse
from tests.patience import PATIENCE_S

LIMIT = 0.8


@pytest.fixture
def pulse() -> Iterator[Pulse]:
    pulse = Pulse(LIMIT)
    pulse.start()
    yield pulse
    pulse.stop()


def test_a_long_computation_is_no_standing_still(pulse: Pulse) -> None:
    # Where the machine itself stands still meanwhile, the next one tells.
    for _ in range(10):
        pulse.clear()
        end = time.monotonic() + 1.5 * LIMIT
        while time.monotonic() < end:
            sum(range(1000))
        if not pulse.stood_still():
            return
    pytest.fail("each of them was taken for standing still")


def test_a_process_that_was_stopped_knows_at_its_first_step() -> None:
    program = (
        "import sys, time\n"
        "from service.streaming.pulse import Pulse\n"
        f"pulse = Pulse({LIMIT}); pulse.start()\n"
        "print('beating', flush=True)\n"
        "sys.stdin.readline()\n"
        "print(pulse.stood_still()); pulse.clear(); print(pulse.stood_still())\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "beating\n"
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(1.5 * LIMIT)
    os.kill(process.pid, signal.SIGCONT)
    output, _ = process.communicate("go on\n", timeout=PATIENCE_S)
    assert output.split() == ["True", "False"]
