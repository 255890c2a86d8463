"""Several bootstrap servers of which not all answer: one is enough, for `run` and for `check`."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from service.embedded_broker import LOOPBACK
from tests.cli.program import installation, run, running, wait_until_ready
from tests.patience import PATIENCE_S
from tests.ports import free_port

pytestmark = pytest.mark.broker


@pytest.fixture
def settings(bootstrap: str, unique: Callable[[str], str]) -> dict[str, str]:
    return {**installation(bootstrap, unique), "HTTP__PORT": str(free_port())}


@pytest.fixture
def dead() -> Iterator[dict[str, str]]:
    """`host:port`s where no broker answers, by why."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        yield {
            "nothing listens": f"{LOOPBACK}:{free_port()}",
            "silent": f"{LOOPBACK}:{listening.getsockname()[1]}",
            "unknown": "kafka.invalid:9092",
        }


def told_of(address: str, output: str) -> list[str]:
    """The verdicts on an address."""
    lines = [line.split(maxsplit=3) for line in output.splitlines()]
    return [
        line[0] for line in lines if line[1:3] in (["broker", f"{address}:"], ["broker", address])
    ]


def checked(folder: Path, settings: dict[str, str], servers: list[list[str]]) -> list[Any]:
    """What `check` says of each list of servers: at the same time, as it waits for the silent."""

    def check(named: list[str]) -> tuple[int, str, str]:
        given = {**settings, "KAFKA__BOOTSTRAP_SERVERS": ",".join(named)}
        return run("check", cwd=folder, settings=given)

    with ThreadPoolExecutor(len(servers)) as pool:
        return list(pool.map(check, servers))


def test_check_warns_of_one_that_does_not_answer_and_goes_on_with_the_others(
    tmp_path: Path, settings: dict[str, str], dead: dict[str, str]
) -> None:
    alive = settings["KAFKA__BOOTSTRAP_SERVERS"]
    servers = [pair for it in dead.values() for pair in ([it, alive], [alive, it])]
    for named, (code, output, errors) in zip(
        servers, checked(tmp_path, settings, servers), strict=True
    ):
        assert (code, errors) == (0, ""), named
        assert [told_of(it, output) for it in named] == [
            ["ok"] if it == alive else ["WARNING"] for it in named
        ]
        assert output.endswith("Not all is well, see above, but contact-metrics run can start.\n")
        assert f"topic {settings['TOPICS__CHANGELOG']}" in output or "will create" in output


def test_check_finds_it_wrong_that_none_answers(
    tmp_path: Path, settings: dict[str, str], dead: dict[str, str]
) -> None:
    servers = [[it, f"{LOOPBACK}:{free_port()}"] for it in dead.values()]
    for named, (code, output, _) in zip(servers, checked(tmp_path, settings, servers), strict=True):
        assert code == 1, named
        assert [told_of(it, output) for it in named] == [["WRONG"], ["WRONG"]]


def test_run_starts_and_stops_at_once_though_most_are_silent(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    """aiokafka would wait half a minute for each, in each of its clients: longer than we do."""
    with ExitStack() as stack:
        count = int(PATIENCE_S / 30) + 1
        silent = [stack.enter_context(socket.create_server((LOOPBACK, 0))) for _ in range(count)]
        named = [f"{LOOPBACK}:{it.getsockname()[1]}" for it in silent]
        alive = settings["KAFKA__BOOTSTRAP_SERVERS"]
        given = {**settings, "KAFKA__BOOTSTRAP_SERVERS": ",".join([*named, alive])}
        with running("run", cwd=tmp_path, settings=given) as program:
            program.wait_for('"serving"')
            wait_until_ready(f"http://{LOOPBACK}:{settings['HTTP__PORT']}")
            # Another code would tell that it had to be ended when its time of grace was over.
            assert program.stop(signal.SIGTERM) == 0
            said = program.said()
    assert "do not answer: going on with the others" in said
    assert all(it in said for it in named)
