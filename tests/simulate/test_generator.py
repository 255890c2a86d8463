"""The stream of events as such: reproducible, ordered, and acceptable to the service."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from dataclasses import replace
from itertools import islice

import orjson
import pytest

from service.definitions import DAY, HOUR
from service.events.agents import AGENT_EVENT_CLASSES, AGENT_STATE_CHANGED, AgentEvent
from service.events.decoding import Decoder
from service.events.model import (
    CONTACT_EVALUATED,
    CONTACT_RESOLVED,
    CONTACT_RESPONDED,
    CONTACT_STARTED,
    CONTACT_UPDATED,
    CUSTOMER_CHANGED,
    EVENT_CLASSES,
    CustomerChanged,
)
from service.simulate.generator import simulate
from service.simulate.plan import Outage
from service.simulate.publication import Publication
from tests.simulate.observed import MONDAY, plan

EVERYTHING = replace(
    plan(contact_responded=True, contact_updated=True, contact_evaluated=True),
    customer_changed=True,
    agents=True,
)


@pytest.fixture(scope="module")
def everything() -> list[Publication]:
    return list(simulate(EVERYTHING))


def test_equal_plans_give_equal_events() -> None:
    given = replace(EVERYTHING, duration=6 * HOUR)
    assert list(simulate(given)) == list(simulate(given))


def test_another_seed_gives_other_events() -> None:
    hour = HOUR
    assert list(simulate(plan(seed=1, duration=hour))) != list(
        simulate(plan(seed=2, duration=hour))
    )


def test_a_longer_run_begins_with_the_shorter_one() -> None:
    short = list(simulate(plan(duration=2 * HOUR)))
    assert list(islice(simulate(plan(duration=None)), len(short))) == short


def test_other_plans_have_other_contact_ids() -> None:
    def ids(seed: int, start: int) -> set[str]:
        events = simulate(plan(seed=seed, start=start, duration=HOUR))
        return {orjson.loads(item.value)["contact_id"] for item in events}

    assert ids(1, MONDAY).isdisjoint(ids(2, MONDAY))
    assert ids(1, MONDAY).isdisjoint(ids(1, MONDAY + DAY))


def test_events_come_in_the_order_of_their_times_within_the_duration(
    everything: list[Publication],
) -> None:
    times = [item.at for item in everything]
    assert times == sorted(times)
    assert times[0] >= MONDAY
    assert times[-1] < MONDAY + DAY


def test_every_event_is_accepted_and_published_at_its_own_time_but_corrections_after_it(
    everything: list[Publication],
) -> None:
    decoder = Decoder(max_event_bytes=65_536, max_future_skew_us=0)
    types = set()
    for item in everything:
        event, at = decoder.decode(item.type, item.key, item.value, wall_us=item.at)
        types.add(item.type)
        if item.type in AGENT_EVENT_CLASSES:
            # Plans lie ahead, and employments behind.
            assert at == item.at or item.type != AGENT_STATE_CHANGED
            continue
        was_one_before = item.type == CUSTOMER_CHANGED and at < EVERYTHING.start
        assert at < item.at if event.version or was_one_before else at == item.at
        if not isinstance(event, CustomerChanged | AgentEvent):
            assert event.event_id is None or event.event_id.startswith(event.contact_id)
    assert types == {*EVENT_CLASSES, *AGENT_EVENT_CLASSES}


def test_no_two_events_have_one_id() -> None:
    given = plan(rate=100, duration=7 * DAY, contact_updated=True)
    ids = [orjson.loads(item.value)["event_id"] for item in simulate(given)]
    assert len(set(ids)) == len(ids)


def test_an_event_about_a_contact_never_comes_before_its_start(
    everything: list[Publication],
) -> None:
    started = set()
    for item in everything:
        contact_id = orjson.loads(item.value).get("contact_id")
        if item.type == CONTACT_STARTED:
            started.add(contact_id)
        no_contact = item.type == CUSTOMER_CHANGED or item.type in AGENT_EVENT_CLASSES
        assert contact_id in started or no_contact


def test_with_evaluations_all_else_is_the_same() -> None:
    without = replace(EVERYTHING, contact_evaluated=False, duration=6 * HOUR)
    told = simulate(replace(EVERYTHING, duration=6 * HOUR))
    assert [item for item in told if item.type != CONTACT_EVALUATED] == list(simulate(without))


def test_without_contact_responded_there_is_none_and_all_else_is_the_same() -> None:
    with_responses = simulate(plan(duration=6 * HOUR, contact_responded=True))
    without = list(simulate(plan(duration=6 * HOUR)))
    assert [item for item in with_responses if item.type != CONTACT_RESPONDED] == without


def test_without_contact_updated_nothing_tells_of_the_time_between_start_and_end() -> None:
    items = list(simulate(plan(rate=100, duration=7 * DAY)))
    assert CONTACT_UPDATED not in {item.type for item in items}
    ends = Counter(orjson.loads(i.value)["contact_id"] for i in items if i.type == CONTACT_RESOLVED)
    assert set(ends.values()) == {1}
    assert not any("version" in orjson.loads(item.value) for item in items)


def test_the_agents_responses_agree_with_what_the_closing_event_says() -> None:
    responses: dict[str, list[str]] = {}
    closed = []
    for item in simulate(plan(contact_responded=True)):
        value = orjson.loads(item.value)
        if item.type == CONTACT_RESPONDED and value.get("responder") != "bot":
            responses.setdefault(value["contact_id"], []).append(value["responded_at"])
        elif item.type == CONTACT_RESOLVED and "agent_replies" in value:
            closed.append(value)
    inbound = [value for value in closed if value["contact_id"] in responses]
    assert len(inbound) > 0.9 * len(closed)  # the others are outbound
    for value in inbound:
        times = responses[value["contact_id"]]
        assert value["first_response_at"] == min(times)
        assert value["agent_replies"] == len(set(times))


def test_until_an_outage_all_is_as_without_it() -> None:
    start = MONDAY + 12 * HOUR
    with_outage = simulate(plan(outage=Outage(start)))
    usual = [item for item in simulate(plan()) if item.at < start]
    assert list(islice(with_outage, len(usual))) == usual


def test_memory_does_not_grow_with_the_length_of_the_run() -> None:
    events = simulate(plan(rate=30, duration=None, contact_updated=True))
    tracemalloc.start()
    try:
        grown: list[int] = []
        for _ in range(3):
            for item in events:  # two weeks: longer than anybody remembers
                if item.at > MONDAY + (len(grown) + 1) * 14 * DAY:
                    break
            grown.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert grown[2] < 1.3 * grown[0]
