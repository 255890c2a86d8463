"""Who runs on which core."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from bench.machine import MEASURED, OURS
from bench.processes import FailedError, alone, answer_of


@pytest.fixture(autouse=True)
def _kept() -> Iterator[None]:
    usable = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {OURS})
    yield
    os.sched_setaffinity(0, usable)


def test_a_measured_program_runs_on_the_other_core_than_the_bench() -> None:
    program = (
        "import json, os; print('{}'); print(json.dumps({'cores': [*os.sched_getaffinity(0)]}))"
    )
    assert answer_of([sys.executable, "-c", program], 30) == {"cores": [MEASURED]}


def test_a_measured_function_runs_there_too_in_a_process_of_its_own() -> None:
    assert alone(os.sched_getaffinity, 0) == {MEASURED}
    assert alone(os.getpid) != os.getpid()


@pytest.mark.parametrize("program", ["false", "echo no figures"])
def test_a_program_without_a_result_is_named(program: str) -> None:
    with pytest.raises(FailedError, match=program):
        answer_of(program.split(), 30)
