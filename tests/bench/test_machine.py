"""Who runs on which core."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from bench.machine import cores, keep_to_our_core, on_all_cores
from bench.processes import start


@pytest.fixture(autouse=True)
def _kept() -> Iterator[None]:
    usable = os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, usable)


def test_who_is_measured_keeps_its_own_core_when_the_bench_keeps_to_one() -> None:
    of_the_bench, of_the_measured = cores()
    keep_to_our_core()
    assert os.sched_getaffinity(0) == of_the_bench
    assert cores() == (of_the_bench, of_the_measured)


def test_a_measured_process_runs_on_the_other_core_than_the_bench() -> None:
    keep_to_our_core()
    with start(["cat", "/proc/self/status"]) as process:
        assert process.stdout is not None
        said = process.stdout.read()
    assert f"Cpus_allowed_list:\t{min(cores()[1])}\n" in said


def test_for_a_while_it_can_run_anywhere() -> None:
    keep_to_our_core()
    with on_all_cores():
        assert os.sched_getaffinity(0) >= cores()[0] | cores()[1]
    assert os.sched_getaffinity(0) == cores()[0]
