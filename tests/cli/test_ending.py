"""Whatever happens, the process ends: in time, by itself, and its exit code tells how."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from service.cli.deadline import GRACE_SECONDS
from tests.cli import sabotage
from tests.cli.program import environment, installation
from tests.ports import free_port

pytestmark = pytest.mark.broker

_ERRORS = ("RuntimeError", "AssertionError", "OSError", "MemoryError", "KafkaError", "hang")
#: A process that is to end and has not begun to, after this.
_PATIENCE = 15.0
#: What a busy machine may need beside the grace.
_MARGIN = 60.0
#: Of one that does not handle the signal yet, and just ends.
_HARDLY_BEGUN = (-signal.SIGTERM,)
#: How many starts fail, and how many are stopped.
_STARTS = int(os.environ.get("CONTACT_METRICS_TEST_STARTS", "4"))


def settings(bootstrap: str, unique: Callable[[str], str]) -> dict[str, str]:
    return {
        **installation(bootstrap, unique),
        "KAFKA__SESSION_TIMEOUT": "6s",
        "HTTP__PORT": str(free_port()),
    }


def started(given: dict[str, str], log: Path, *program: str) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *program, "run"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=log.parent,
            env=environment(given),
        )


def ended(process: subprocess.Popen[bytes], log: Path) -> int:
    """The exit code of a process that was told to end."""
    try:
        return process.wait(GRACE_SECONDS + _MARGIN)
    except subprocess.TimeoutExpired:
        raise AssertionError(f"it has not ended: {log.read_text()}") from None
    finally:
        process.kill()
        process.wait()


@pytest.mark.timeout(0)
@pytest.mark.parametrize("number", range(_STARTS))
def test_a_start_that_fails_in_whatever_way_ends(
    tmp_path: Path, bootstrap: str, unique: Callable[[str], str], number: int
) -> None:
    rng = random.Random(number)
    part, deed = rng.choice(sabotage.PARTS), rng.choice(_ERRORS)
    log = tmp_path / "log"
    process = started(settings(bootstrap, unique), log, "tests.cli.sabotage", part, deed)
    # What is never reached, tried again or hangs does not end by itself.
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.terminate()
    code = ended(process, log)
    assert code in (0, 1, *_HARDLY_BEGUN), f"{part}, {deed}: exit code {code}: {log.read_text()}"
    assert code != 1 or log.read_text(), f"{part}, {deed}: not a word of why it ended"


@pytest.mark.timeout(0)
@pytest.mark.parametrize("number", range(_STARTS))
def test_a_signal_at_any_moment_ends_it_well(
    tmp_path: Path, bootstrap: str, unique: Callable[[str], str], number: int
) -> None:
    rng = random.Random(number)
    log = tmp_path / "log"
    process = started(settings(bootstrap, unique), log, "service")
    time.sleep(rng.uniform(0, 8))
    process.terminate()
    told = ended(process, log), log.read_text()
    assert told[0] in (0, *_HARDLY_BEGUN), told
