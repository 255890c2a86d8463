"""Ready-made feeds: the records of each system become the events that they should."""

from __future__ import annotations

import re
import tomllib
from random import Random

import pytest

from service.events.decoding import Decoder
from service.feeds.mapper import Mapper
from service.feeds.ready_made import ready_names
from service.settings.feed_groups import feed_definitions
from service.settings.feeds import Feeds
from tests.docs.readme import ROOT
from tests.feeds.vendor_samples import (
    SYSTEMS,
    expected,
    mapped,
    mapper,
    numbers,
    plain,
    records,
    replayed,
)

#: Its later lines need those before them.
_STATEFUL = {"asterisk-queue-log"}
#: How many events nothing can be made of: the log begins in the middle of a call.
_FAILING = {"asterisk-queue-log": 1}


def test_every_ready_made_system_has_a_sample() -> None:
    assert ready_names() == SYSTEMS


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_sample_becomes_the_events_expected(system: str) -> None:
    emitted, failed = mapped(system, records(system))
    assert len(failed) == _FAILING.get(system, 0), failed
    made = [plain(event.type, event.value) for event in emitted]
    assert sorted(made) == sorted(expected(system))


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_rule_is_without_a_record_that_tries_it(system: str) -> None:
    emitted, _ = mapped(system, records(system))
    rules = {feed.name for feed in mapper(system).feeds}
    assert rules == {event.feed for event in emitted}


@pytest.mark.parametrize("system", SYSTEMS)
def test_replay_accepts_every_event(system: str) -> None:
    emitted, _ = mapped(system, records(system))
    outcome, _ = replayed(emitted)
    assert outcome.refused == 0
    assert {result for _, result in outcome.events} <= {"accepted", "duplicate"}


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_order_and_no_redelivery_changes_a_number(system: str) -> None:
    rng = Random(system)
    once = records(system)
    _, page = replayed(mapped(system, once)[0])
    for _ in range(3):
        again = once + rng.choices(once, k=len(once))
        if system not in _STATEFUL:
            rng.shuffle(again)
        emitted = mapped(system, again)[0]
        rng.shuffle(emitted)
        assert numbers(replayed(emitted)[1]) == numbers(page)


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_settings_of_its_page_are_valid(system: str) -> None:
    page = (ROOT / "docs" / "feeds" / f"{system}.md").read_text("utf-8")
    (block,) = re.findall(r"(?ms)^```toml\n(.*?)^```$", page)
    tables = tomllib.loads(block)["feeds"]
    assert tables["use"] == [system]
    Mapper(feed_definitions(Feeds.model_validate(tables)), Decoder(65_536, 0)).require_topics()


def test_every_system_is_in_the_index_of_the_pages() -> None:
    index = (ROOT / "docs" / "feeds" / "README.md").read_text("utf-8")
    assert tuple(sorted(re.findall(r"\]\(([\w-]+)\.md\) \| `\1`", index))) == SYSTEMS


def test_ready_made_systems_keep_their_tables_apart() -> None:
    tables = {
        "use": ["asterisk-ami", "genesys-cloud"],
        "asterisk-ami": {"lookups": {"queue": {"600": "support"}}},
    }
    feeds = {feed.name: feed for feed in feed_definitions(Feeds.model_validate(tables))}
    assert feeds["asterisk-ami-start"].lookups["queue"] == {"600": "support"}
    assert feeds["genesys-cloud-end"].lookups["queue"] == {}
