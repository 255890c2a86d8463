"""The measure itself: it finds what is wrong, and nothing where nothing is."""

from __future__ import annotations

import dataclasses
import json
import random
from functools import cache

import pytest

from tests.agents.running import Run, events_of
from tests.chaos.centre import Centre, Told
from tests.chaos.configuration import reference
from tests.chaos.log import Log, rest
from tests.chaos.scraping import Scrape
from tests.chaos.staff import Staff
from tests.chaos.truth import Findings, Reckoned, examine
from tests.partition.product import definitions, replayed
from tests.partition.running import cut
from tests.reference.events import AGENTS
from tests.reference.page import Page
from tests.reference.writing import START, plain_line

_SECOND = 1_000_000
_SETTINGS = reference()
_DEFINITIONS = definitions(_SETTINGS)


_CONTACTS, _AGENTS = ("contacts", 0), ("agents", 0)


def _log(told: list[Told]) -> list[tuple[int, bytes]]:
    told.sort(key=lambda event: event[0])
    return [(at, plain_line(type_, value)) for at, type_, value in told]


def _of_contacts() -> list[tuple[int, bytes]]:
    centre = Centre(1, _SETTINGS)
    begins = (START + number * _SECOND // 4 for number in range(400))
    return _log([event for begin in begins for event in centre.contact(begin)])


def _of_agents() -> list[tuple[int, bytes]]:
    staff = Staff(1)
    begins = (START + number * 2 * _SECOND for number in range(40))
    return _log([event for begin in begins for event in staff.agent(begin)])


_LOG, _AGENTS_LOG = _of_contacts(), _of_agents()
_LINES, _AGENTS_LINES = ([line for _, line in log] for log in (_LOG, _AGENTS_LOG))
_END = max(_LOG[-1][0], _AGENTS_LOG[-1][0])


@cache
def scrape(clock: int, worker: str = "a") -> Scrape:
    """What a worker tells that has consumed as far as its clock."""
    known, of_agents = ([line for at, line in log if at <= clock] for log in (_LOG, _AGENTS_LOG))
    page = replayed(known, clock, _SETTINGS, clock)
    agents = Run(_DEFINITIONS)
    for batch in cut(of_agents, random.Random(clock), (20, 200)):
        agents.feed(events_of(batch), agents.engine.latest)
        agents = agents.successor()
    agents.feed([], clock)
    page |= agents.page()
    return Scrape(worker, worker, 0.0, page, {_CONTACTS: clock, _AGENTS: clock})


def found(
    lines: list[bytes], *rounds: list[Scrape], of_agents: list[bytes] = _AGENTS_LINES
) -> Findings:
    clocks = rounds[-1][0].clocks
    every = {_CONTACTS: lines, _AGENTS: of_agents}
    reckoned = [(of, Reckoned(told, clocks[of], _SETTINGS)) for of, told in every.items()]
    return examine(reckoned, rounds[:-1], rounds[-1])


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
    assert found(known, [scrape(_END)]).wrong_now


@pytest.mark.parametrize("type_", ["contact-updated", "customer-changed", *AGENTS])
def test_events_of_which_not_every_one_says_something_new_are_missed_as_well(type_: str) -> None:
    told = [line for line in (*_LINES, *_AGENTS_LINES) if f'"topic": "{type_}"'.encode() in line]
    lost = {*told[-20:]}
    known, of_agents = ([it for it in of if it not in lost] for of in (_LINES, _AGENTS_LINES))
    assert found(known, [scrape(_END)], of_agents=of_agents).wrong_now


@pytest.mark.parametrize("name", ["cx_contacts_started_total", "cx_agent_seconds_total"])
def test_a_counter_that_is_wrong_for_a_moment_is_found(name: str) -> None:
    before = scrape(START + 60 * _SECOND)
    counter = next(key for key in before.page if key[0] == name)
    page: Page = {**before.page, counter: before.page[counter] + 1}
    told = found(_LINES, [dataclasses.replace(before, page=page)], [scrape(_END)])
    assert len(told.wrong_before) == 1
    assert not told.wrong_now


@pytest.mark.parametrize(("scrapes", "allowed"), [(1, True), (2, False)])
def test_a_partition_may_be_told_twice_in_one_scrape_only(scrapes: int, allowed: bool) -> None:
    twice = [[scrape(START + 60 * _SECOND), scrape(START + 60 * _SECOND, "b")]] * scrapes
    told = found(_LINES, *twice, [scrape(_END)])
    assert bool(told.counted_twice) is not allowed
    assert told.twice_in_one_scrape == scrapes * len((_CONTACTS, _AGENTS))


def test_a_clock_that_goes_back_is_found() -> None:
    later, earlier = scrape(START + 60 * _SECOND), scrape(START + 50 * _SECOND)
    assert found(_LINES, [later], [earlier], [scrape(_END)]).fell


def test_who_is_settled_is_reckoned_for_the_last_time() -> None:
    log, parts, settled = Log(_SETTINGS), [], 0
    clock = START + rest(_SETTINGS) // 2
    for at, line in [*_LOG, (_END + rest(_SETTINGS), b"")]:
        while at > clock:
            of_settled = [*log.settle({_CONTACTS: clock})]
            settled += len(of_settled)
            parts += [(of, Reckoned(lines, clock, _SETTINGS)) for of, lines in of_settled]
            clock += 10 * _SECOND
        if line:
            log.note(_CONTACTS, json.loads(line)["value"]["customer_id"], line, at)
    parts.append((_CONTACTS, Reckoned(log.lively(_CONTACTS), clock, _SETTINGS)))
    assert settled > 2
    page = replayed(_LINES, clock, _SETTINGS, clock)
    told = examine(parts, [], [Scrape("a", "a", 0.0, page, {_CONTACTS: clock})])
    assert not told.differences, str(told)
