"""The same simulated centre gives the same numbers by events and by records of other systems."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from functools import cache
from random import Random
from typing import cast

import msgspec
import pytest

from service.definitions import DAY, HOUR
from service.events.decoding import Decoder
from service.events.model import EVENT_CLASSES, CustomerChanged, EventType
from service.exposition.pipeline import Pipeline
from service.exposition.reports import MetricsPage
from service.feeds.mapper import Mapper
from service.feeds.record import ForeignRecord
from service.replay import Replay
from service.settings import Settings
from service.settings.feed_groups import feed_definitions
from service.settings.feeds import Feeds
from service.simulate.generator import simulate
from service.simulate.plan import Plan
from service.simulate.publication import Publication
from service.simulate.vendors.choice import VENDORS
from service.simulate.vendors.foreign import translated
from tests.feeds.as_told import AS_TOLD

_WALL_US = time.time_ns() // 1000
_SETTINGS = Settings(
    windows=["1h", "7d"], repeat_windows=["24h"], contact_responded=True, contact_updated=True
)
_TYPES = {of: type_ for type_, of in EVENT_CLASSES.items()}

#: Numbers that a system cannot have, beside those whose events as_told leaves out.
_OF_NO_USE = {
    # A record of a leg has one answer, however many there were.
    "amazon-connect": ("cx_window_agent_replies", "cx_window_one_touch"),
    "twilio": (),
    "zendesk": (),
}


@cache
def _published() -> tuple[Publication, ...]:
    start = _WALL_US // DAY * DAY - 3 * DAY + 8 * HOUR
    plan = Plan(
        seed=7,
        start=start,
        rate=60,
        duration=2 * DAY,
        contact_responded=True,
        contact_updated=True,
    )
    return tuple(simulate(plan))


def _directly(vendor: str) -> list[tuple[str, bytes]]:
    decoded = (
        msgspec.json.decode(item.value, type=EVENT_CLASSES[cast("EventType", item.type)])
        for item in _published()
    )
    events = [event for event in decoded if not isinstance(event, CustomerChanged)]
    return [(_TYPES[type(event)], msgspec.json.encode(event)) for event in AS_TOLD[vendor](events)]


def _through_feeds(vendor: str) -> list[tuple[str, bytes]]:
    system = VENDORS[vendor]()
    mapper = Mapper(feed_definitions(Feeds.model_validate(system.feeds)), Decoder(65_536, 0))
    records = list(translated(_published(), system))
    Random(vendor).shuffle(records)
    made: list[tuple[str, bytes]] = []
    for topic, key, value, at in records:
        mapped = mapper.map(ForeignRecord(topic, at // 1000, key, (), value), _WALL_US)
        assert mapped.failed == ()
        made += [(event.type, event.value) for event in mapped.emitted]
    return made


def _numbers(events: Iterable[tuple[str, bytes]], without: tuple[str, ...]) -> Counter[str]:
    replay = Replay(
        _SETTINGS.definitions(),
        Decoder(65_536, 0),
        {name: type_ for type_, name in _SETTINGS.event_topics().items()},
        wall_us=_WALL_US,
        on_bad_line=lambda number, why: pytest.fail(f"line {number}: {why}"),
    )
    lines = [b'{"topic":"%b","value":%b}' % (type_.encode(), value) for type_, value in events]
    replayed = replay.run(lines, _WALL_US // DAY * DAY)
    page = MetricsPage("test")
    text = page.text(page.merge([(0, replayed.snapshot)]), Pipeline(definitions="test"))
    return Counter(
        line
        for line in text.splitlines()
        if not line.startswith(("#", "cx_pipeline", "cx_revised", *without))
        # A series that has been seen stays, and what was seen on the way depends on the order.
        and not line.endswith(" 0.0")
    )


@pytest.mark.parametrize("vendor", sorted(VENDORS))
def test_a_system_of_another_kind_gives_the_numbers_of_the_direct_way(vendor: str) -> None:
    without = _OF_NO_USE[vendor]
    directly = _numbers(_directly(vendor), without)
    through = _numbers(_through_feeds(vendor), without)
    assert {"more": through - directly, "less": directly - through} == {"more": {}, "less": {}}
    assert through
