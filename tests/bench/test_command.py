"""`contact-metrics bench` where it cannot measure, or not what is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.patience import PATIENCE_S

_WITHOUT = "import sys; sys.modules[{!r}] = None; from service.cli import main; main()"


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, "bench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)


@pytest.mark.parametrize("missing", ["bench", "confluent_kafka"])
def test_without_the_repository_or_its_tools_it_says_where_they_are(missing: str) -> None:
    ended = _run(_WITHOUT.format(missing))
    assert ended.returncode == 2
    assert "make bench" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_goal_that_is_none_is_refused_with_those_there_are() -> None:
    ended = _run("from service.cli import main; main()", "--only", "speed")
    assert ended.returncode == 2
    assert "throughput" in ended.stderr
