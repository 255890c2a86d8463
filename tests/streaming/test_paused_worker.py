"""A worker stopped beyond the session time-out wakes up among new owners."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from service.streaming.config import KafkaConfig
from service.streaming.epochs import Fence
from tests.streaming.harness import config, eventually, publish, read_all, running, started


class OtherProcess:
    """What the worker in the other process said last."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.held: dict[str, int] = {}


@asynccontextmanager
async def other_process(settings: KafkaConfig) -> AsyncIterator[OtherProcess]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.streaming.worker_process",
        pickle.dumps(settings).hex(),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    other = OtherProcess(process.pid)

    async def listen() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            with suppress(json.JSONDecodeError):
                other.held = json.loads(line)

    listening = asyncio.create_task(listen())
    try:
        yield other
    finally:
        process.kill()
        await process.wait()
        listening.cancel()


@pytest.mark.broker
@pytest.mark.slow
async def test_a_paused_worker_does_not_overwrite_its_successors_state(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    topic = settings.topics["contact-started"]
    async with other_process(settings) as paused:
        await eventually(lambda: len(paused.held) == 4, "the first worker holds all")
        # It is stopped in the middle of its work, with writes under way.
        await publish(bootstrap, topic, (started(f"c{i}", f"k{i}") for i in range(30_000)))
        await eventually(lambda: sum(paused.held.values()) > 0, "the first worker is at work")
        os.kill(paused.pid, signal.SIGSTOP)
        async with running(settings) as successor:
            await successor.until_contacts(30_000)
            assert await successor.partitions() == {0, 1, 2, 3}
            await publish(bootstrap, topic, (started(f"d{i}", f"k{i}") for i in range(1_000)))
            await successor.until_contacts(31_000)

            os.kill(paused.pid, signal.SIGCONT)

            async def shared() -> bool:
                both = len(await successor.partitions()), len(paused.held)
                return both == (2, 2)

            await eventually(shared, "the woken worker is back in the group")
            await publish(bootstrap, topic, (started(f"e{i}", f"k{i}") for i in range(1_000)))

            async def complete() -> bool:
                return await successor.live_contacts() + sum(paused.held.values()) == 32_000

            await eventually(complete, "every contact is held once")
    fences = [Fence() for _ in range(4)]
    state: dict[bytes, bytes | None] = {}
    for record in await read_all(bootstrap, settings.changelog_topic, 4):
        state.update(fences[record.partition].admit([record]))
    assert len(state) == 32_000
