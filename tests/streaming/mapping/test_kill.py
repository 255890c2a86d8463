"""Stages that are killed at random, with the map command as its users start it, lose nothing."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka import AIOKafkaProducer

from service.streaming.placement import java_partitions
from tests.brokers.fixtures import ON_APACHE_KAFKA
from tests.brokers.topics import create_topic
from tests.cli.program import environment
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.streaming.harness import eventually, read_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PARTITIONS = 4
CONFIG = """
contact_responded = true
[kafka]
bootstrap_servers = "{bootstrap}"
map_group = "{group}"
session_timeout = "{session}s"
rebalance_timeout = "{rebalance}s"
create_topics = true
partitions = {partitions}
[topics]
contact_started = "{started}"
contact_responded = "{responded}"
dead_letters = "{letters}"
[http]
host = "127.0.0.1"
port = {port}
[feeds.ticket]
topic = "{tickets}"
contact_id = "id"
customer_id = "who"
[feeds.ticket-opened]
emit = "contact-started"
match = {{ "event" = "opened" }}
started_at = "at"
channel = "'email'"
[feeds.ticket-answered]
emit = "contact-responded"
match = {{ "event" = "answered" }}
responded_at = "at"
"""


class Stages:
    """Processes of one group, each of which can be killed and started again."""

    def __init__(self, directory: Path, config: dict[str, Any], count: int) -> None:
        self._directory = directory
        self._config = config
        self._running: list[subprocess.Popen[bytes]] = []
        #: How much of its log a stage had written when it was started last.
        self._seen: dict[int, int] = {}
        for number in range(count):
            text = CONFIG.format(**config, port=free_port())
            (directory / f"{number}.toml").write_text(text)
            self._running.append(self._started(number))

    def kill(self, rng: random.Random) -> None:
        number = rng.randrange(len(self._running))
        victim = self._running[number]
        assert victim.poll() is None, self.said()
        victim.kill()
        victim.wait()
        self._running[number] = self._started(number)

    def stop(self) -> list[int]:
        """The exit codes."""
        for process in self._running:
            process.send_signal(signal.SIGTERM)
        return [process.wait(PATIENCE_S) for process in self._running]

    def said(self) -> str:
        """By all of them."""
        return "".join(self._log(number).read_text() for number in self._seen)

    def have_begun(self) -> bool:
        """Whether all have since they were started last: a signal itself would end others."""
        return all(
            '"mapping"' in self._log(number).read_text()[seen:]
            for number, seen in self._seen.items()
        )

    def _log(self, number: int) -> Path:
        return self._directory / f"{number}.log"

    def _started(self, number: int) -> subprocess.Popen[bytes]:
        with self._log(number).open("ab") as log:
            self._seen[number] = len(self._log(number).read_text())
            return subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "service",
                    "map",
                    "-c",
                    str(self._directory / f"{number}.toml"),
                ],
                env=environment({}),
                stdout=log,
                stderr=log,
            )


async def keep_publishing(bootstrap: str, topic: str, stop: asyncio.Event) -> int:
    """Tickets one after the other, each opened and answered, and now and then one of no use."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=5)
    await producer.start()
    number = 0
    try:
        while not stop.is_set():
            for _ in range(20):
                who, id_ = f"customer {number % 50}", f"t{number}"
                for event in ("opened", "answered"):
                    record = {"event": event, "id": id_, "who": who, "at": "2026-01-01T00:00:00Z"}
                    if number % 25 == 0:
                        record["at"] = "tomorrow"
                    value = json.dumps(record).encode()
                    await producer.send(topic, key=id_.encode(), value=value)
                number += 1
            await asyncio.sleep(0.05)
        await producer.flush()
    finally:
        await producer.stop()
    return number


async def nothing_is_lost(
    bootstrap: str, unique: Callable[[str], str], directory: Path, *, stages: int, kills: int
) -> None:
    config: dict[str, Any] = {
        name: unique(name) for name in ("group", "started", "responded", "letters", "tickets")
    }
    config |= {"bootstrap": bootstrap, "partitions": PARTITIONS}
    # A killed stage is waited for as long; and it takes the embedded broker twice as long again.
    config |= {"session": 6 if ON_APACHE_KAFKA else 2, "rebalance": 4 if ON_APACHE_KAFKA else 1}
    await create_topic(bootstrap, config["tickets"], 3)
    rng = random.Random(kills)
    stop = asyncio.Event()
    publishing = asyncio.create_task(keep_publishing(bootstrap, config["tickets"], stop))
    running = Stages(directory, config, stages)
    written: dict[str, list[Any]] = {}

    async def read(*names: str) -> None:
        for name in names:
            written[name] = await read_all(bootstrap, config[name], PARTITIONS)

    async def has_begun() -> bool:
        await read("started")
        return bool(written["started"])

    try:
        await eventually(lambda: "partitions assigned" in running.said(), "assigned")
        await eventually(has_begun, "events come")
        before = len(written["started"])
        for _ in range(kills):
            await asyncio.sleep(rng.uniform(0.2, 2.5))
            await asyncio.to_thread(running.kill, rng)
        await eventually(running.have_begun, "begun again")
        stop.set()
        tickets = await publishing
        assert tickets > before, "all was mapped before the first kill"
        good = {f"t{number}" for number in range(tickets) if number % 25}

        async def all_there() -> bool:
            await read("started", "responded", "letters")
            ids = {
                name: {json.loads(it.value)["contact_id"] for it in written[name]}
                for name in ("started", "responded")
            }
            letters = {json.loads(it.value)["id"] for it in written["letters"]}
            bad = {f"t{number}" for number in range(0, tickets, 25)}
            return ids["started"] == ids["responded"] == good and letters == bad

        await eventually(all_there, f"every event of {tickets} tickets")
    finally:
        stop.set()
        codes = await asyncio.to_thread(running.stop)
    assert codes == [0] * stages, running.said()
    for name in ("started", "responded"):
        keys = [it.key for it in written[name]]
        assert [it.partition for it in written[name]] == java_partitions(keys, PARTITIONS).tolist()
    feeds = {dict(it.headers)["error.feed"] for it in written["letters"]}
    assert feeds == {b"ticket-opened", b"ticket-answered"}


@pytest.mark.broker
@pytest.mark.slow
async def test_a_stage_that_is_killed_loses_nothing(
    bootstrap: str, unique: Callable[[str], str], tmp_path: Path
) -> None:
    await nothing_is_lost(bootstrap, unique, tmp_path, stages=1, kills=1)


@pytest.mark.kafka
@pytest.mark.slow
async def test_stages_that_share_the_partitions_and_are_killed_lose_nothing(
    bootstrap: str, unique: Callable[[str], str], tmp_path: Path
) -> None:
    await nothing_is_lost(bootstrap, unique, tmp_path, stages=2, kills=6)
