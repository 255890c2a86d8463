"""The service with few file descriptors and thousands of clients that only begin a request."""

from __future__ import annotations

import math
import re
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.cli.descriptors import descriptors_for_http
from tests.cli.program import get, running, wait_until_ready
from tests.ports import free_port

_DESCRIPTORS = 256
_CLIENTS = 2_000


@pytest.fixture
def own_limit() -> Iterator[Callable[[int, int], None]]:
    """Sets the soft and hard limit of this process, which has them back after the test."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield lambda soft, hard: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_soft_limit_is_raised_to_the_hard_one(own_limit: Callable[[int, int], None]) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    own_limit(128, hard)
    assert descriptors_for_http() == 512
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft >= min(hard, 65_536)


_TELL = "from service.cli.descriptors import descriptors_for_http as f; print(f())"


@pytest.mark.parametrize("limit", [64, 256, 1000])
def test_http_never_gets_more_than_half_of_the_descriptors(limit: int) -> None:
    told = subprocess.run(
        ["sh", "-c", f'ulimit -n {limit}; exec "$0" -c "$1"', sys.executable, _TELL],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(told.stdout) == limit // 2


@pytest.mark.slow
def test_thousands_of_unfinished_requests_stop_neither_health_checks_nor_the_numbers(
    tmp_path: Path, own_limit: Callable[[int, int], None]
) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    own_limit(hard, hard)
    if hard < _CLIENTS + 500:
        pytest.fail(f"the hard limit of this shell is {hard} descriptors: raise it (ulimit -Hn)")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    clients: list[socket.socket] = []
    # Of few contacts: the history of more would keep it busy, and is not what is looked at.
    demo = ("demo", "--port", str(port), "--rate", "10")
    with running(*demo, cwd=tmp_path, descriptors=_DESCRIPTORS) as program:
        program.wait_for("Ctrl-C stops everything")
        wait_until_ready(url)
        while (before := _clock(url)) == -math.inf:
            time.sleep(0.1)
        try:
            for number in range(_CLIENTS):
                clients.append(socket.create_connection(("127.0.0.1", port)))
                clients[-1].send(b"GET /metrics HTTP/1.1\r\nX: ")
                if number % 100 == 99:
                    assert get(f"{url}/healthz") == (200, "alive\n")
                    # What it says depends on how much time the machine leaves to it.
                    assert get(f"{url}/readyz")[0] in {200, 503}
            while _clock(url) <= before + 3:
                assert get(f"{url}/healthz")[0] == 200
                time.sleep(0.1)
        except OSError as error:
            raise AssertionError(program.said()) from error
        wait_until_ready(url)
        assert "Traceback" not in program.said()
    for client in clients:
        client.close()


def _clock(url: str) -> float:
    """Of the partition furthest behind; minus infinity while there is none."""
    told = get(f"{url}/metrics")[1]
    clocks = re.findall(r"^cx_pipeline_clock_timestamp_seconds\S* (\S+)$", told, re.MULTILINE)
    return min(map(float, clocks), default=-math.inf)
