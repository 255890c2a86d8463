"""Who runs on which core."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from bench.machine import MEASURED, OURS, keep_to
from bench.processes import FailedError, alone, output_of


@pytest.fixture(autouse=True)
def _kept() -> Iterator[None]:
    usable = os.sched_getaffinity(0)
    keep_to(OURS)
    yield
    os.sched_setaffinity(0, usable)


def test_the_bench_keeps_to_its_own_core() -> None:
    assert os.sched_getaffinity(0) == {OURS}


def test_a_measured_program_runs_on_the_other_core_than_the_bench() -> None:
    assert f"Cpus_allowed_list:\t{MEASURED}\n" in output_of(["cat", "/proc/self/status"], 10)


def test_a_measured_function_runs_there_too_in_a_process_of_its_own() -> None:
    assert alone(os.sched_getaffinity, 0) == {MEASURED}
    assert alone(os.getpid) != os.getpid()


@pytest.mark.parametrize(("program", "told"), [("false", "false failed"), ("sleep 9", "sleep 9")])
def test_a_program_that_fails_or_does_not_end_is_named(program: str, told: str) -> None:
    with pytest.raises(FailedError, match=told):
        output_of(program.split(), 0.2)
