"""The command `simulate`, as users type it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta

import orjson
import pytest
import typer
from aiokafka.admin import NewTopic
from typer.testing import CliRunner, Result

from service.cli.simulate import simulate
from service.definitions import Definitions
from service.events.decoding import Decoder
from service.replay import Replay
from service.settings import Settings
from tests.brokers.topics import create_topics
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.simulate.observed import MONDAY

START = "2026-03-02T08:00:00Z"
PROGRAM = "import typer; from service.cli.simulate import simulate; typer.run(simulate)"


def run(*arguments: str) -> Result:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(simulate)
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def written(*arguments: str) -> list[bytes]:
    result = run("--stdout", "--start", START, *arguments)
    assert result.exit_code == 0
    return result.stdout_bytes.splitlines()


def times(lines: list[bytes]) -> list[datetime]:
    values = [orjson.loads(line)["value"] for line in lines]
    names = ("started_at", "resolved_at", "answered_at")
    return [
        datetime.fromisoformat(value[name]) for value in values for name in names if name in value
    ]


def test_equal_arguments_write_equal_lines() -> None:
    assert written("--duration", "2h") == written("--duration", "2h") != []
    assert written("--duration", "2h", "--seed", "2") != written("--duration", "2h")


def test_the_lines_lie_between_the_start_and_the_end_of_the_run() -> None:
    moments = times(written("--duration", "90m"))
    begin = datetime.fromisoformat(START)
    assert begin <= min(moments)
    assert begin + timedelta(minutes=80) < max(moments) < begin + timedelta(minutes=90)


def test_history_comes_before_the_start() -> None:
    moments = times(written("--duration", "1h", "--history", "1d"))
    begin = datetime.fromisoformat(START)
    assert min(moments) < begin - timedelta(hours=23)
    assert begin + timedelta(minutes=50) < max(moments) < begin + timedelta(hours=1)


def test_without_a_start_the_lines_end_now() -> None:
    result = run("--stdout", "--duration", "3h")
    newest = max(times(result.stdout_bytes.splitlines()))
    age = datetime.now(newest.tzinfo) - newest
    assert timedelta() <= age < timedelta(minutes=10)


def test_the_outage_begins_so_long_after_the_start_not_after_the_history() -> None:
    usual = written("--duration", "3h", "--history", "2h")
    outage = written(
        "--duration", "3h", "--history", "2h", "--scenario", "outage", "--outage-after", "1h"
    )
    same = 0
    while usual[same] == outage[same]:
        same += 1
    first = times([outage[same]])[0] - datetime.fromisoformat(START)
    assert timedelta(hours=1) <= first < timedelta(hours=1, minutes=5)


def test_replay_accepts_every_line_and_refuses_every_bad_one() -> None:
    refused: list[Exception] = []
    replay = Replay(
        Definitions(),
        Decoder(65_536, 0),
        {name: type_ for type_, name in Settings().event_topics().items()},
        MONDAY * 2,
        lambda _number, why: refused.append(why),
    )
    sound = written("--duration", "4h")
    assert set(replay.run(sound, None).events) == {
        (topic, "accepted") for topic in Settings().event_topics().values()
    }
    assert not refused
    replay.run(written("--duration", "4h", "--bad", "0.05"), None)
    # A line has no key, so of the ten kinds the one with a wrong key is no mistake there.
    assert len(refused) == pytest.approx(0.05 * 0.9 * len(sound), rel=0.25)


def test_a_reader_that_has_enough_is_no_error() -> None:
    arguments = [sys.executable, "-c", PROGRAM, "--stdout", "--duration", "7d"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(PATIENCE_S) == 0
        assert process.stderr.read() == b""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--start", "2999-01-01T00:00:00Z"], "in the future"),
        (["--start", "2026-03-02T08:00:00"], "with an offset"),
        (["--start", "tomorrow"], "with an offset"),
        (["--speed-up", "60"], "--start 2h"),
        (["--history", "much"], "a duration is"),
        (["--bad", "2"], "--bad"),
        (["--rate", "0"], "--rate"),
        (["--scenario", "strike"], "outage"),
        (["--stdout", "--duration", "0"], "--duration"),
        (["--scenario", "outage", "--duration", "10m"], "--outage-after"),
    ],
)
def test_wrong_usage_says_what_is_wrong_and_ends_with_2(arguments: list[str], says: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert says in " ".join(result.stderr.replace("│", " ").split())


def test_an_unreachable_broker_is_one_clear_line_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("CONTACT_METRICS_KAFKA__BOOTSTRAP_SERVERS", nowhere)
    result = run()
    assert result.exit_code == 1
    assert f"no Kafka broker answers at {nowhere}" in result.stderr
    assert "nothing listens there" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.broker
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops_cleanly_on_a_signal(
    number: signal.Signals,
    bootstrap: str,
    unique: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CONTACT_METRICS_KAFKA__BOOTSTRAP_SERVERS", bootstrap)
    topics = {name: unique(name) for name in ("STARTED", "RESOLVED", "ANSWERED")}
    monkeypatch.setenv("CONTACT_METRICS_TOPICS__CONTACT_STARTED", topics["STARTED"])
    monkeypatch.setenv("CONTACT_METRICS_TOPICS__CONTACT_RESOLVED", topics["RESOLVED"])
    monkeypatch.setenv("CONTACT_METRICS_TOPICS__SURVEY_ANSWERED", topics["ANSWERED"])
    await create_topics(bootstrap, *(NewTopic(topic, 2, 1) for topic in topics.values()))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, "--history", "1h", stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE_S):
        while b"live" not in await process.stderr.readline():
            pass
        process.send_signal(number)
        rest = (await process.stderr.read()).decode().splitlines()
        assert await process.wait() == 0
    # It may have told how far it is once more before it heard the signal.
    assert [line for line in rest if "events published" not in line] == ["stopped"]
    assert rest[-1] != "stopped"
