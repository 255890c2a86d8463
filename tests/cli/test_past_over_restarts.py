"""The charts of the group are there on whichever worker is started anew, or takes over."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import Program, get, installation, running, wait_until_ready
from tests.cli.test_whole_group import started
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.streaming.harness import publish, read_all

pytestmark = pytest.mark.broker


def history(port: int, scope: str = "all") -> dict[str, Any]:
    _, told = get(f"http://127.0.0.1:{port}/api/summary?scope={scope}")
    past: dict[str, Any] = json.loads(told)["history"]
    return past


async def until_kept(bootstrap: str, register: str) -> None:
    """Until the broker has a sample."""
    deadline = time.monotonic() + PATIENCE_S
    while not any(b"past" in (it.key or b"") for it in await read_all(bootstrap, register, 1)):
        assert time.monotonic() < deadline, "no sample is kept"
        await asyncio.sleep(0.2)


async def test_the_charts_live_on_where_workers_are_killed_and_others_take_over(
    tmp_path: Path, bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = installation(bootstrap, unique)
    with ExitStack() as open_:

        def start(name: str) -> tuple[Program, int]:
            port, own = free_port(), tmp_path / name
            own.mkdir()
            worker = running("run", cwd=own, settings={**settings, "HTTP__PORT": str(port)})
            program = open_.enter_context(worker)
            program.wait_for('"serving"')
            wait_until_ready(f"http://127.0.0.1:{port}")
            return program, port

        first, at_first = await asyncio.to_thread(start, "first")
        topic = settings["TOPICS__CONTACT_STARTED"]
        await publish(bootstrap, topic, [started(number) for number in range(7)])
        await until_kept(bootstrap, settings["TOPICS__GROUP_REGISTER"])
        before = await asyncio.to_thread(history, at_first)
        second, at_second = await asyncio.to_thread(start, "second")
        joined = await asyncio.to_thread(history, at_second)
        first.process.kill()
        second.process.kill()
        _, at_third = await asyncio.to_thread(start, "third")
        alone = await asyncio.to_thread(history, at_third)
        own = await asyncio.to_thread(history, at_third, "worker")
    # The first of a worker is its first of a minute, and kept.
    for past in (joined, alone):
        assert past["at"][0] == before["at"][0]
        assert past["series"]["backlog"][0] == before["series"]["backlog"][0]
    assert before["at"][0] not in own["at"]
