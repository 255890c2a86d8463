"""The measure of pages itself: it finds what is wrong, and nothing where nothing is."""

from __future__ import annotations

import copy
import json
import pickle
import random
from collections import Counter
from functools import cache
from typing import Any

import msgspec
import pytest

from service.view.snapshot import place
from tests.chaos.centre import Centre
from tests.chaos.configuration import COPARTITIONS, reference
from tests.chaos.ledger import FETCH_MAY_TAKE, Ledger, Totals
from tests.chaos.pages import Look, Shown, judge, totals_scraped, untold
from tests.chaos.scraping import Scrape
from tests.reference.page import Page, page
from tests.reference.writing import START, plain_line, utc

_SECOND = 1_000_000
_SETTINGS = reference()
_LATER = FETCH_MAY_TAKE + 1
#: The partition that has all of them.
_OWN = ("contacts", 0)


def _log() -> list[tuple[int, str, bytes]]:
    """When the broker has it, some late, with type and line."""
    rng, centre = random.Random(7), Centre(1, _SETTINGS)
    told = [
        (at + rng.choice((0, 0, 0, rng.randrange(2 * _SECOND))), type_, plain_line(type_, value))
        for number in range(240)
        for at, type_, value in centre.contact(START + number * _SECOND // 4)
    ]
    return sorted(told, key=lambda it: it[0])


_LOG = _log()
_END = _LOG[-1][0]


def ledger() -> Ledger:
    it = Ledger(_SETTINGS)
    for at, type_, line in _LOG:
        it.note(_OWN, type_, json.loads(line)["value"], at, at)
    return it


# As it comes to the process that compares.
_LEDGER = pickle.loads(pickle.dumps(ledger()))  # noqa: S301 - our own


@cache
def paged(clock: int) -> Page:
    """By the reference, once everything is there that the broker had by then."""
    return page([line for at, _, line in _LOG if at < clock], clock, _SETTINGS)


def exactly(clock: int) -> Totals:
    return totals_scraped(paged(clock))


def frozen() -> Scrape:
    """After everything."""
    return Scrape("a", "a", 0.0, paged(_END + _LATER), {_OWN: _END + _LATER})


def shown(totals: Totals, clock: int, missing: int = 0) -> Shown:
    """A page on which all is in the first partition, without the last `missing` partitions."""
    places = [str(place(*of)) for of in sorted(COPARTITIONS)]
    told = len(places) - missing
    windows: dict[str, Any] = {name: {"started": {}, "closed": {}} for name in _SETTINGS.windows}
    for (what, *of), count in totals.items():
        if what != "open":
            windows[of[0]][what][of[1]] = count
    page_shown = {
        "total": {"backlog": {"contacts": totals["open",]}, "windows": windows},
        "stream": {"ready": True, "partitions": told},
        "group": {
            "partitions": len(places),
            "clocks": dict.fromkeys(places[:told], clock / 1000000.0),
            "missing": places[told:],
            "silent": [],
        },
    }
    return msgspec.convert(page_shown, Shown)


def judged(*looks: Shown, seen_at: int = _END + _LATER) -> list[str]:
    """What is wrong with these pages."""
    clock = _END + _LATER
    frozen = Scrape(
        "a", "a", 0.0, page([line for _, _, line in _LOG], clock, _SETTINGS), {_OWN: clock}
    )
    told = [Look(0, seen_at, 200, it) for it in looks]
    return judge(told, [frozen], ledger()).wrong


@pytest.mark.parametrize("after", range(2, 110, 12))
def test_totals_are_those_of_the_reference_but_for_what_is_under_way(after: int) -> None:
    clock = START + after * _SECOND
    surely, under_way = _LEDGER.partitions()[_OWN].at(clock, clock)
    right = exactly(clock)
    assert all(surely[of] <= right[of] <= surely[of] + under_way for of in surely | right)
    assert not judged(shown(right, clock), seen_at=clock)


def test_where_nothing_is_under_way_there_is_but_one_number() -> None:
    clock = _END + _LATER
    surely, under_way = _LEDGER.partitions()[_OWN].at(clock, clock)
    assert under_way == 0
    assert +surely == +exactly(clock)
    assert sum(surely.values()) > 50


def test_before_its_clock_begins_a_partition_may_tell_what_it_has_read_already() -> None:
    page_shown = shown(Counter({("open",): 5}), 0)
    page_shown.group.clocks = dict.fromkeys(page_shown.group.clocks)
    assert not judged(page_shown)
    page_shown.total.backlog.contacts = len(_LOG)
    assert judged(page_shown)


def test_what_follows_an_open_transaction_is_under_way_until_it_ends() -> None:
    it, begun, (had, ended) = Ledger(_SETTINGS), START, (START + _SECOND, START + 4 * _SECOND)
    start = {"contact_id": "c", "started_at": utc(begun)}
    it.note(_OWN, "contact-started", start, had, ended)
    end = {"contact_id": "c", "resolved_at": utc(begun + _SECOND)}
    it.note(_OWN, "contact-resolved", end, had + _SECOND, had + _SECOND)
    (partition,) = it.partitions().values()
    for clock in range(begun, ended + FETCH_MAY_TAKE, _SECOND // 4):
        surely, under_way = partition.at(clock, clock)
        assert (sum(surely.values()), under_way) == (0, int(clock >= had))
    surely, under_way = partition.at(ended + FETCH_MAY_TAKE, ended + FETCH_MAY_TAKE)
    assert (surely["closed", "1m", "resolved"], under_way) == (1, 0)


def test_each_wrong_total_is_found() -> None:
    clock = _END + _LATER
    right = exactly(clock)
    wrong = [right + Totals({of: 1}) for of in right] + [right - Totals({of: 1}) for of in right]
    assert len(judged(*(shown(it, clock) for it in (right, *wrong)))) == len(wrong) > 8


def test_totals_of_another_moment_are_found() -> None:
    then, now = START + 60 * _SECOND, START + 90 * _SECOND
    assert not judged(shown(exactly(then), then), seen_at=now + _SECOND)
    assert judged(shown(exactly(then), now), seen_at=now)


def test_a_page_that_says_what_is_missing_is_right_but_not_whole() -> None:
    told = shown(exactly(_END), _END, missing=2)
    assert not told.is_whole
    assert not untold(told)


def test_a_partition_that_is_silently_left_out_or_added_twice_is_found() -> None:
    right = shown(exactly(_END), _END)
    left_out, twice, both = (copy.deepcopy(right) for _ in range(3))
    assert not untold(right)
    del left_out.group.clocks["agents 3"]
    twice.stream.partitions += 1
    both.group.missing.append("0")
    for told in (left_out, twice, both):
        assert untold(told)


def test_a_page_that_knows_of_no_partition_is_right_only_where_it_is_not_ready() -> None:
    told = shown(Totals(), _END, missing=len(COPARTITIONS))
    told.group.partitions, told.group.missing = 0, []
    assert untold(told)
    told.stream.ready = False
    assert not untold(told)
    assert not told.is_whole


def test_an_answer_with_an_error_is_found() -> None:
    clock = _END + _LATER
    frozen = Scrape(
        "a", "a", 0.0, page([line for _, _, line in _LOG], clock, _SETTINGS), {_OWN: clock}
    )
    assert judge([Look(0, clock, 500, None)], [frozen], ledger()).wrong
