"""Three workers as processes: whichever is asked, its page has the totals or says what it lacks."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.cli.program import Program, installation, running
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.streaming.harness import publish

pytestmark = pytest.mark.broker

PARTITIONS = 6
CONTACTS = 60


class Pages:
    """Looks at the page of each worker about twice a second, once the totals are known."""

    def __init__(self, http: aiohttp.ClientSession, ports: list[int]) -> None:
        self.http, self.ports = http, ports
        self.wrong: list[Any] = []
        self.counts: Counter[str] = Counter()

    async def look(self, port: int) -> dict[str, Any] | None:
        """The page's data; None where nobody answers."""
        url = f"http://127.0.0.1:{port}/api/summary"
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self.http.get(url, timeout=aiohttp.ClientTimeout(60)) as response:
                answer: dict[str, Any] = await response.json()
                return answer
        return None

    async def watch(self, port: int) -> None:
        while True:
            if (told := await self.look(port)) is not None:
                missing = told["group"]["missing"]
                self.counts["incomplete" if missing else "complete"] += 1
                right = told["total"]["backlog"]["contacts"] == CONTACTS
                if not right and not missing:
                    self.wrong.append((port, told["total"]["backlog"], told["group"]))
            await asyncio.sleep(0.5)

    async def until(
        self, holds: Callable[[dict[str, Any]], bool], ports: list[int], what: str
    ) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            told = await asyncio.gather(*(self.look(port) for port in ports))
            if all(answer is not None and holds(answer) for answer in told):
                return
            groups = [answer and (answer["group"], answer["stream"]) for answer in told]
            assert time.monotonic() < deadline, f"not in time: {what}: {groups}"
            await asyncio.sleep(0.2)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        watching = [asyncio.create_task(self.watch(port)) for port in self.ports]
        try:
            yield
        finally:
            for task in watching:
                task.cancel()
            await asyncio.wait(watching)
        for task in watching:
            assert task.cancelled()


def whole(told: dict[str, Any]) -> bool:
    return not told["group"]["missing"] and told["total"]["backlog"]["contacts"] == CONTACTS


def some_missing(told: dict[str, Any]) -> bool:
    return bool(told["group"]["missing"] and told["group"]["silent"])


def started(number: int) -> tuple[bytes, bytes]:
    customer = f"customer-{number}"
    event = {
        "contact_id": f"c{number}",
        "customer_id": customer,
        "started_at": datetime.now(UTC).isoformat(),
        "channel": "chat",
    }
    return customer.encode(), json.dumps(event).encode()


async def test_every_page_is_whole_or_says_what_is_missing_while_workers_hang_and_die(
    tmp_path: Path, bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = {
        **installation(bootstrap, unique),
        "KAFKA__PARTITIONS": str(PARTITIONS),
        # For so long a worker that hangs or died is named.
        "KAFKA__SESSION_TIMEOUT": "8s",
        "HTTP__USERNAME": "wall",
        "HTTP__PASSWORD": "a password",
    }
    ports = [free_port() for _ in range(3)]
    login = {"Authorization": aiohttp.encode_basic_auth("wall", "a password", "utf-8")}
    async with AsyncExitStack() as open_:
        http = await open_.enter_async_context(aiohttp.ClientSession(headers=login))
        programs: list[Program] = []
        for port in ports:
            own = tmp_path / str(port)
            own.mkdir()
            worker = running("run", cwd=own, settings={**settings, "HTTP__PORT": str(port)})
            programs.append(open_.enter_context(worker))
            # One after the other: each start is a rebalance of those that are there.
            await asyncio.to_thread(programs[-1].wait_for, '"serving"')
        await publish(
            bootstrap,
            settings["TOPICS__CONTACT_STARTED"],
            [started(number) for number in range(CONTACTS)],
        )
        pages = Pages(http, ports)
        await pages.until(whole, ports, "all three pages whole")
        first, *others = ports
        async with pages.watched():
            programs[0].process.send_signal(signal.SIGSTOP)
            await pages.until(some_missing, others, "the worker that hangs is named")
            await pages.until(whole, others, "its partitions at the others")
            programs[0].process.send_signal(signal.SIGCONT)
            await pages.until(whole, ports, "all three pages whole again")
            programs[1].process.kill()
            left = [first, ports[2]]
            await pages.until(some_missing, left, "the worker that died is named")
            await pages.until(whole, left, "its partitions at those that are left")
        assert not pages.wrong
        assert pages.counts["complete"]
        assert pages.counts["incomplete"]
        for program in programs:
            assert "Traceback" not in program.said()
            assert "a password" not in program.said()
