"""Several bootstrap servers of which not all answer: one is enough, for `run` and for `check`."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from service.embedded_broker import LOOPBACK
from tests.cli.program import installation, run, running, wait_until_ready
from tests.ports import free_port

pytestmark = pytest.mark.broker


@pytest.fixture
def settings(bootstrap: str, unique: Callable[[str], str]) -> dict[str, str]:
    return {**installation(bootstrap, unique), "HTTP__PORT": str(free_port())}


@pytest.fixture(params=["nothing listens", "silent", "unknown"])
def dead(request: pytest.FixtureRequest) -> Iterator[str]:
    """`host:port` where no broker answers."""
    with ExitStack() as stack:
        if request.param == "silent":
            listening = stack.enter_context(socket.create_server((LOOPBACK, 0)))
            yield f"{LOOPBACK}:{listening.getsockname()[1]}"
        elif request.param == "unknown":
            yield "kafka.invalid:9092"
        else:
            yield f"{LOOPBACK}:{free_port()}"


def told_of(address: str, output: str) -> list[str]:
    """The verdicts on an address."""
    lines = [line.split(maxsplit=3) for line in output.splitlines()]
    return [
        line[0] for line in lines if line[1:3] in (["broker", f"{address}:"], ["broker", address])
    ]


@pytest.mark.parametrize("first", ["dead", "alive"])
def test_check_warns_of_one_that_does_not_answer_and_goes_on_with_the_others(
    tmp_path: Path, settings: dict[str, str], dead: str, first: str
) -> None:
    alive = settings["KAFKA__BOOTSTRAP_SERVERS"]
    servers = ",".join((dead, alive) if first == "dead" else (alive, dead))
    given = {**settings, "KAFKA__BOOTSTRAP_SERVERS": servers}
    code, output, errors = run("check", cwd=tmp_path, settings=given)
    assert (code, errors) == (0, "")
    assert told_of(dead, output) == ["WARNING"]
    assert told_of(alive, output) == ["ok"]
    assert output.endswith("Not all is well, see above, but contact-metrics run can start.\n")
    assert f"topic {settings['TOPICS__CHANGELOG']}" in output or "will create" in output


def test_check_finds_it_wrong_that_none_answers(
    tmp_path: Path, settings: dict[str, str], dead: str
) -> None:
    other = f"{LOOPBACK}:{free_port()}"
    given = {**settings, "KAFKA__BOOTSTRAP_SERVERS": f"{dead},{other}"}
    code, output, _ = run("check", cwd=tmp_path, settings=given)
    assert code == 1
    assert (told_of(dead, output), told_of(other, output)) == (["WRONG"], ["WRONG"])


def test_run_starts_and_stops_at_once_though_most_are_silent(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    """aiokafka would wait half a minute for each, in each of its clients: 90 seconds."""
    with ExitStack() as stack:
        silent = [stack.enter_context(socket.create_server((LOOPBACK, 0))) for _ in range(3)]
        named = [f"{LOOPBACK}:{it.getsockname()[1]}" for it in silent]
        alive = settings["KAFKA__BOOTSTRAP_SERVERS"]
        given = {**settings, "KAFKA__BOOTSTRAP_SERVERS": ",".join([*named, alive])}
        with running("run", cwd=tmp_path, settings=given) as program:
            program.wait_for('"serving"', seconds=85)
            wait_until_ready(f"http://{LOOPBACK}:{settings['HTTP__PORT']}", seconds=85)
            # Another code would tell that it had to be ended when its time of grace was over.
            assert program.stop(signal.SIGTERM) == 0
            said = program.said()
    assert "do not answer: going on with the others" in said
    assert all(it in said for it in named)
