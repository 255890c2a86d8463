"""What every worker's page shows of the whole group, about twice a second, all along.

It is whole, or says what is missing, at any moment; and its totals are the reference's where the
field is still.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from tests.chaos.configuration import PARTITIONS
from tests.chaos.truth import merged
from tests.reference.page import page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.chaos.truth import Lines
    from tests.chaos.worker import Worker
    from tests.reference.page import Page
    from tests.reference.settings import ReferenceSettings

_INTERVAL: Final = 0.5
#: More than a worker waits for those that hang.
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10.0)

Totals = Counter[tuple[str, ...]]


async def look(http: aiohttp.ClientSession, worker: Worker) -> Any:
    """The summary of the group; None: the worker did not answer."""
    try:
        async with http.get(f"{worker.url}/api/summary", timeout=_TIMEOUT) as response:
            response.raise_for_status()
            return await response.json()
    except aiohttp.ClientResponseError:
        raise
    except (OSError, TimeoutError, aiohttp.ClientError):
        return None


async def look_at_all(http: aiohttp.ClientSession, workers: Sequence[Worker]) -> list[Any]:
    """Of those that answer; a process that stands still is not asked."""
    asked = [worker for worker in workers if worker.alive and not worker.paused]
    return [it for it in await asyncio.gather(*(look(http, each) for each in asked)) if it]


def clocks(told: Any) -> dict[int, int]:
    """Of the partitions that a page is made of, in microseconds."""
    return {int(number): round(at * 1e6) for number, at in told["group"]["clocks"].items()}


def is_whole(told: Any) -> bool:
    """Whether it claims to be of every partition."""
    return told["group"]["partitions"] == PARTITIONS and not told["group"]["missing"]


def untold(told: Any) -> list[str]:
    """What a page leaves out, or has twice, and does not say."""
    group, shown = told["group"], clocks(told)
    wrong = []
    # A worker that has just begun does not know yet how many there are; it is not ready.
    if group["partitions"] != PARTITIONS and told["stream"]["ready"]:
        wrong.append(f"{group['partitions']} partitions in all")
    if sorted([*shown, *group["missing"]]) != list(range(group["partitions"])):
        wrong.append(f"shows {sorted(shown)}, says that {group['missing']} are missing")
    if told["stream"]["partitions"] != len(shown):
        wrong.append(f"{told['stream']['partitions']} partitions added up, {len(shown)} told")
    if not all(silent["why"] for silent in group["silent"]):
        wrong.append("a silent worker without a reason")
    return wrong


def wrong_totals(lines: Lines, pages: Sequence[Any], settings: ReferenceSettings) -> list[str]:
    """How the totals of whole pages differ from the reference's at each partition's clock."""
    wrong = []

    @cache
    def of_partition(number: int, at: int) -> Page:
        return page(lines.get(number, []), at, settings)

    for told in pages:
        reference = merged(of_partition(*of) for of in clocks(told).items())
        expected, actual = totals_of(reference), totals_shown(told)
        wrong += [
            f"{' '.join(of)}: expected {expected[of]}, the page shows {actual[of]}"
            for of in sorted(expected.keys() | actual.keys())
            if expected[of] != actual[of]
        ]
    return wrong


def totals_of(reference: Page) -> Totals:
    """Open contacts, and those that began and closed within each window."""
    totals: Totals = Counter()
    for (name, labelled), value in reference.items():
        labels = dict(labelled)
        if name == "cx_backlog_contacts":
            totals["open",] += int(value)
        elif name == "cx_window_contacts_started":
            totals["started", labels["window"], labels["direction"]] += int(value)
        elif name == "cx_window_contacts_closed":
            totals["closed", labels["window"], labels["outcome"]] += int(value)
    return totals


def totals_shown(told: Any) -> Totals:
    """The same, as a page has them."""
    totals: Totals = Counter({("open",): told["total"]["backlog"]["contacts"]})
    for window, kpis in told["total"]["windows"].items():
        for what in ("started", "closed"):
            for label, count in kpis[what].items():
                totals[what, window, label] += count
    return totals


class Onlooker:
    """Looks until stopped; keeps what is wrong."""

    def __init__(self, http: aiohttp.ClientSession, workers: Sequence[Worker]) -> None:
        self.whole = self.incomplete = 0
        self.wrong: list[str] = []
        self._http = http
        self._workers = workers
        self._task = asyncio.create_task(self._run(), name="onlooker")

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    def check(self) -> None:
        """Fails where a page did not say what it lacked, or none was ever seen."""
        if self._task.done():
            self._task.result()
        assert self.whole, "no page of the whole group was ever seen"
        assert not self.wrong, "\n".join(self.wrong[:15])

    async def _run(self) -> None:
        while True:
            began = time.monotonic()
            for told in await look_at_all(self._http, self._workers):
                self.whole += is_whole(told)
                self.incomplete += not is_whole(told)
                self.wrong += untold(told)
            await asyncio.sleep(max(0.05, _INTERVAL - (time.monotonic() - began)))
