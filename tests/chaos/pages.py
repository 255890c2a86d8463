"""What every worker's page shows of the whole group, twice a second, all along.

A process of its own asks, so that it and the field hold up nobody but the workers.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import aiohttp
import msgspec

from tests.chaos.configuration import COPARTITIONS, Copartition
from tests.chaos.ledger import FETCH_MAY_TAKE, Ledger, OfPartition, Totals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.chaos.scraping import Round
    from tests.chaos.worker import Worker

_INTERVAL: Final = 0.5
#: More than a worker waits for those that hang.
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10.0)


class _Backlog(msgspec.Struct):
    contacts: int


class _Kpis(msgspec.Struct):
    started: dict[str, int]
    closed: dict[str, int]


class _Total(msgspec.Struct):
    backlog: _Backlog
    windows: dict[str, _Kpis]


class _Silent(msgspec.Struct):
    worker: str
    why: str


class _Group(msgspec.Struct):
    partitions: int
    clocks: dict[str, float | None]
    missing: list[int | str]
    silent: list[_Silent]


class _Stream(msgspec.Struct):
    ready: bool
    partitions: int


class Shown(msgspec.Struct):
    """Of a page, what is looked at."""

    total: _Total
    group: _Group
    stream: _Stream

    @property
    def clocks(self) -> dict[Copartition, int]:
        """Of the partitions that the page is made of, in microseconds; 0 before there is one."""
        return {
            _copartition(told): round((at or 0.0) * 1e6) for told, at in self.group.clocks.items()
        }

    @property
    def missing(self) -> list[Copartition]:
        """Those of which it says that they are."""
        return [_copartition(str(told)) for told in self.group.missing]

    @property
    def is_whole(self) -> bool:
        """Whether it claims to be of every partition."""
        return self.group.partitions == len(COPARTITIONS) and not self.group.missing

    def totals(self) -> Totals:
        told: Totals = Counter({("open",): self.total.backlog.contacts})
        for window, kpis in self.total.windows.items():
            for what, counts in (("started", kpis.started), ("closed", kpis.closed)):
                told.update({(what, window, label): count for label, count in counts.items()})
        return told


class Look(msgspec.Struct):
    """One page, by the number of the worker; it had come by `at` (µs). None: an error, `status`."""

    worker: int
    at: int
    status: int
    shown: Shown | None


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Look).decode
_decode_shown: Final = msgspec.json.Decoder(Shown).decode


@dataclass
class Judged:
    """The figures of some pages, and what is wrong with them."""

    whole: int = 0
    incomplete: int = 0
    exact: int = 0
    """Of these, those with nothing under way: their totals could only be one number."""
    under_way: int = 0
    """Contacts, over all pages, that could be told or not."""
    wrong: list[str] = field(default_factory=list)

    def __iadd__(self, other: Judged) -> Judged:
        self.whole += other.whole
        self.incomplete += other.incomplete
        self.exact += other.exact
        self.under_way += other.under_way
        self.wrong += other.wrong
        return self

    def __str__(self) -> str:
        return (
            f"{self.whole + self.incomplete} pages of the group: {self.whole} whole,"
            f" {self.incomplete} that said what was missing, {len(self.wrong)} wrong"
            f" ({self.exact} exactly compared, {self.under_way} contacts under way in the others)"
        )


def judge(looks: Sequence[Look], frozen: Round, ledger: Ledger) -> Judged:
    """Holds each page to the ledger; and the ledger to a scrape that is compared elsewhere."""
    judged, partitions = Judged(), ledger.partitions()
    at = {of: clock for scrape in frozen for of, clock in scrape.clocks.items()}
    scraped: Totals = Counter()
    for scrape in frozen:
        scraped += totals_scraped(scrape.page)
    expected, under_way = _expected(partitions, at, max(at.values(), default=0))
    faults = wrong_totals(expected, under_way, scraped)
    assert not faults, f"the measure is wrong: {faults}"
    for look in looks:
        if look.shown is None:
            judged.wrong.append(f"worker {look.worker} answered with status {look.status}")
            continue
        shown = look.shown
        judged.whole += shown.is_whole
        judged.incomplete += not shown.is_whole
        expected, under_way = _expected(partitions, shown.clocks, look.at)
        judged.exact += under_way == 0
        judged.under_way += under_way
        faults = untold(shown) + wrong_totals(expected, under_way, shown.totals())
        if faults:
            what = "; ".join(faults[:4])
            judged.wrong.append(f"worker {look.worker} at {look.at / 1e6:.2f}: {what}")
    return judged


def _copartition(told: str) -> Copartition:
    """As the page names it: the number, after the group's name where it is not of contacts."""
    group, _, number = told.rpartition(" ")
    return group or "contacts", int(number)


def _expected(
    partitions: Mapping[Copartition, OfPartition], clocks: Mapping[Copartition, int], seen_at: int
) -> tuple[Totals, int]:
    totals: Totals = Counter()
    under_way = 0
    for of, clock in clocks.items():
        if of in partitions:
            surely, more = partitions[of].at(clock, seen_at)
            totals.update(surely)
            under_way += more
    return totals, under_way


def wrong_totals(expected: Totals, under_way: int, shown: Totals) -> list[str]:
    """Where the totals shown are none that could be."""
    return [
        f"{' '.join(of)}: expected {expected[of]} to {expected[of] + under_way}, shown {shown[of]}"
        for of in sorted(expected.keys() | shown.keys())
        if not expected[of] <= shown[of] <= expected[of] + under_way
    ]


def untold(shown: Shown) -> list[str]:
    """What a page leaves out, or has twice, and does not say."""
    group, told = shown.group, sorted(shown.clocks)
    wrong = []
    # A worker that has just begun does not know yet how many there are; it is not ready.
    if group.partitions != len(COPARTITIONS) and shown.stream.ready:
        wrong.append(f"{group.partitions} partitions in all")
    if sorted([*told, *shown.missing]) != (sorted(COPARTITIONS) if group.partitions else []):
        wrong.append(f"shows {told}, says that {group.missing} are missing")
    if shown.stream.partitions != len(told):
        wrong.append(f"{shown.stream.partitions} partitions added up, {len(told)} told")
    if not all(silent.why for silent in group.silent):
        wrong.append("a silent worker without a reason")
    return wrong


def totals_scraped(page: Mapping[tuple[str, frozenset[tuple[str, str]]], float]) -> Totals:
    """The same totals of what Prometheus is told."""
    totals: Totals = Counter()
    for (name, labelled), value in page.items():
        labels = dict(labelled)
        if name == "cx_backlog_contacts":
            totals["open",] += int(value)
        elif name == "cx_window_contacts_started":
            totals["started", labels["window"], labels["direction"]] += int(value)
        elif name == "cx_window_contacts_closed":
            totals["closed", labels["window"], labels["outcome"]] += int(value)
    return totals


class Onlooker:
    """Looks until stopped."""

    def __init__(self, workers: Sequence[Worker], directory: Path) -> None:
        self._file = directory / "pages.ndjson"
        self._file.touch()
        self._read = 0
        self._looks: list[Look] = []
        self._process = multiprocessing.get_context("spawn").Process(
            target=_look_on, args=([worker.url for worker in workers], self._file), daemon=True
        )
        self._process.start()
        self._workers = len(workers)

    def stop(self) -> None:
        self._process.terminate()
        self._process.join()

    def all_whole_since(self, moment: int) -> bool:
        """Whether each worker's page has been whole, and told of all that was before a moment."""
        self._read_on()
        return {
            look.worker
            for look in self._looks
            if look.shown is not None
            and look.shown.is_whole
            and min(look.shown.clocks.values()) > moment + FETCH_MAY_TAKE
        } == set(range(self._workers))

    def take(self) -> list[Look]:
        """What has come in since the last time."""
        self._read_on()
        looks, self._looks = self._looks, []
        return looks

    def _read_on(self) -> None:
        assert self._process.is_alive(), "nobody looks at the pages any more"
        with self._file.open("rb") as file:
            file.seek(self._read)
            told = file.read()
        whole = told.rpartition(b"\n")[0]
        self._read += len(whole) + bool(whole)
        self._looks += map(_decode, whole.splitlines())


def _look_on(urls: list[str], path: Path) -> None:
    asyncio.run(_look_at_all(urls, path))


async def _look_at_all(urls: list[str], path: Path) -> None:
    with path.open("ab", buffering=0) as file:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as http:

            async def keep_looking(number: int, url: str) -> None:
                while True:
                    began = time.monotonic()
                    look = await _look(http, number, url)
                    if look is not None:
                        file.write(_encode(look) + b"\n")
                    await asyncio.sleep(max(0.05, _INTERVAL - (time.monotonic() - began)))

            await asyncio.gather(*(keep_looking(*of) for of in enumerate(urls)))


async def _look(http: aiohttp.ClientSession, number: int, url: str) -> Look | None:
    """Without the past; None: the worker did not answer."""
    try:
        async with http.get(f"{url}/api/summary", params={"since": "1e12"}) as response:
            body = await response.read()
    except (OSError, TimeoutError, aiohttp.ClientError):
        return None
    shown = _decode_shown(body) if response.status == 200 else None
    return Look(number, time.time_ns() // 1000, response.status, shown)
