"""The measure itself: it finds what is wrong, and nothing where nothing is."""

from __future__ import annotations

import dataclasses

import pytest

from tests.chaos.centre import Centre
from tests.chaos.configuration import reference
from tests.chaos.scraping import Scrape
from tests.chaos.truth import Findings, examine
from tests.partition.product import replayed
from tests.reference.page import Page
from tests.reference.writing import START, plain_line

_SECOND = 1_000_000
_SETTINGS = reference()


def _log() -> list[tuple[int, bytes]]:
    centre = Centre(1, _SETTINGS)
    told = [
        event for number in range(400) for event in centre.contact(START + number * _SECOND // 4)
    ]
    return [
        (at, plain_line(type_, value)) for at, type_, value in sorted(told, key=lambda it: it[0])
    ]


_LOG = _log()
_LINES = [line for _, line in _LOG]
_END = _LOG[-1][0]


def scrape(clock: int, worker: str = "a") -> Scrape:
    """What a worker tells that has consumed as far as its clock."""
    known = [line for at, line in _LOG if at <= clock]
    page = replayed(known, clock, _SETTINGS, clock)
    return Scrape(worker, worker, 0.0, page, {0: clock})


def found(lines: list[bytes], *rounds: list[Scrape]) -> Findings:
    return examine({0: lines}, rounds[:-1], rounds[-1], _SETTINGS)


def test_scrapes_of_all_moments_agree_with_the_log() -> None:
    moments = [START + seconds * _SECOND for seconds in range(5, 140, 9)]
    told = found(_LINES, *([scrape(moment)] for moment in moments if moment < _END), [scrape(_END)])
    assert not told.differences, str(told)


@pytest.mark.parametrize(
    "type_", ["contact-started", "contact-resolved", "survey-answered", "contact-evaluated"]
)
def test_a_lost_event_is_found(type_: str) -> None:
    # The last one: nothing amends it.
    lost = [line for line in _LINES if f'"topic": "{type_}"'.encode() in line][-1]
    known = [line for line in _LINES if line is not lost]
    told = Scrape("a", "a", 0.0, replayed(known, _END, _SETTINGS, _END), {0: _END})
    assert found(_LINES, [told]).wrong_now


def test_a_counter_that_is_wrong_for_a_moment_is_found() -> None:
    before = scrape(START + 60 * _SECOND)
    counter = next(key for key in before.page if key[0] == "cx_contacts_started_total")
    page: Page = {**before.page, counter: before.page[counter] + 1}
    told = found(_LINES, [dataclasses.replace(before, page=page)], [scrape(_END)])
    assert len(told.wrong_before) == 1
    assert not told.wrong_now


@pytest.mark.parametrize(("scrapes", "allowed"), [(1, True), (2, False)])
def test_a_partition_may_be_told_twice_in_one_scrape_only(scrapes: int, allowed: bool) -> None:
    twice = [[scrape(START + 60 * _SECOND), scrape(START + 60 * _SECOND, "b")]] * scrapes
    told = found(_LINES, *twice, [scrape(_END)])
    assert bool(told.counted_twice) is not allowed
    assert told.twice_in_one_scrape == scrapes


def test_a_clock_that_goes_back_is_found() -> None:
    later, earlier = scrape(START + 60 * _SECOND), scrape(START + 50 * _SECOND)
    assert found(_LINES, [later], [earlier], [scrape(_END)]).fell
