"""What a feed takes, what it makes of it, and how feeds and groups are put together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from service.events.model import EVENT_CLASSES, LABEL_LENGTH, EventType
from service.feeds.contract import coercions, required
from tests.feeds.feeding import NOON, STARTED, TICKET, events, failure, mapped, mapper, record


def with_lines(*lines: str) -> str:
    return STARTED.replace("emit", "\n".join([*lines, "emit"]), 1)


@pytest.mark.parametrize(
    ("match", "value", "takes"),
    [
        ('{ channel = "email" }', {}, True),
        ('{ channel = ["chat", "email"] }', {}, True),
        ('{ channel = "chat" }', {}, False),
        ('{ "a.b-c" = 1 }', {"a": {"b-c": 1}}, True),
        ('{ "a.b-c" = 1 }', {"a": {"b-c": 1.0}}, True),
        ('{ "a.b-c" = 1 }', {"a": {"b-c": True}}, False),
        ('{ "a.b-c" = true }', {"a": {"b-c": 1}}, False),
        ('{ "a.b-c" = true }', {"a": {"b-c": True}}, True),
        ('{ "a.b-c" = 1 }', {"a": {"b-c": "1"}}, False),
        ('{ "a.b-c" = 1 }', {"a": {"b-c": [1]}}, False),
        ('{ "a.b-c" = 1 }', {"a": 5}, False),
        ('{ channel = "email", a = 1 }', {"a": 1}, True),
        ('{ channel = "email", a = 1 }', {"a": 2}, False),
    ],
)
def test_a_feed_takes_what_matches(match: str, value: dict[str, Any], takes: bool) -> None:
    assert bool(events(with_lines(f"match = {match}"), {**TICKET, **value})) is takes


@pytest.mark.parametrize(("value", "takes"), [(1, True), (0, True), ("", False), ([], False)])
def test_a_feed_takes_what_its_when_is_true_for(value: Any, takes: bool) -> None:
    assert bool(events(with_lines('when = "x"'), {**TICKET, "x": value})) is takes


def test_every_feed_of_a_topic_is_offered_the_record() -> None:
    second = STARTED.replace("feeds.crm", "feeds.other").replace("emit", 'when = "no"\nemit')
    other_topic = STARTED.replace("feeds.crm", "feeds.third").replace('"crm"', '"else"')
    made = mapped(STARTED + second + other_topic, TICKET)
    assert made.results == (("crm", "emitted"), ("other", "skipped"))
    assert mapper(STARTED + other_topic).topics == {"crm", "else"}


def test_a_record_of_a_topic_without_feed_is_nothing() -> None:
    assert mapped(STARTED, TICKET, topic="unknown") == ((), (), ())


def test_one_feed_fails_and_another_does_not() -> None:
    second = STARTED.replace("feeds.crm", "feeds.other").replace('"at"', '"wrong"')
    made = mapped(STARTED + second, {**TICKET, "wrong": "soon"})
    assert made.results == (("crm", "emitted"), ("other", "failed"))
    assert [(it.feed, it.reason) for it in made.failed] == [("other", "not_a_time")]


def test_for_each_takes_the_elements_one_by_one() -> None:
    feed = with_lines('for_each = "@"')
    batch = [dict(TICKET), {**TICKET, "id": "t-2"}]
    assert [event["contact_id"] for event in events(feed, batch)] == ["t-1", "t-2"]
    assert len(events(feed, TICKET)) == 1
    assert events(with_lines('for_each = "none"'), TICKET) == []
    assert events(feed, []) == []


def test_within_for_each_the_whole_record_can_be_asked_and_matched() -> None:
    feed = """
[feeds.sf]
topic = "crm"
emit = "contact-started"
for_each = "header.recordIds"
match = { "header.changeType" = "CREATE" }
contact_id = "@"
customer_id = "record().customer"
started_at = "record().at"
channel = "record().channel"
"""
    case = {**TICKET, "header": {"recordIds": ["1", "2"], "changeType": "CREATE"}}
    assert [event["contact_id"] for event in events(feed, case)] == ["1", "2"]
    case["header"] = {"recordIds": ["1"], "changeType": "GAP_CREATE"}
    assert events(feed, case) == []


def test_of_many_elements_one_that_fails_does_not_hold_the_others_back() -> None:
    made = mapped(with_lines('for_each = "@"'), [dict(TICKET), {"id": 5}])
    assert len(made.emitted) == len(made.failed) == 1
    assert made.results == (("crm", "failed"),)


def test_an_array_without_for_each_is_told() -> None:
    assert 'for_each = "@"' in failure(STARTED, [dict(TICKET)])


def test_more_elements_than_there_can_be_events_are_refused() -> None:
    assert failure(with_lines('for_each = "@"'), [1] * 10_001).startswith("too_much")


@pytest.mark.parametrize(
    ("when", "count"), [("2026-03-02T09:00:00Z", 1), ("2026-03-02T09:00:01Z", 0), ("2026-03-02", 1)]
)
def test_events_before_not_before_are_skipped(when: str, count: int) -> None:
    made = mapped(with_lines(f"not_before = '{when}'"), TICKET)
    assert len(made.emitted) == count
    assert made.failed == ()


def test_the_key_is_the_customer_and_the_time_the_events_own() -> None:
    (event,) = mapped(STARTED, {**TICKET, "customer": "Müller"}).emitted
    assert event.key == "Müller".encode()
    assert event.time_us == NOON - 3 * 3_600_000_000
    assert (event.feed, event.type) == ("crm", "contact-started")


RESOLVED = """
[feeds.end]
topic = "crm"
emit = "contact-resolved"
contact_id = "id"
customer_id = "customer"
resolved_at = "at"
"""


@pytest.mark.parametrize(
    ("field", "value", "becomes"),
    [
        ("agent_id", 77, "77"),
        ("agent_id", 77.0, "77"),
        ("agent_id", " ann ", "ann"),
        ("agent_id", "", None),
        ("queue", " " * 5, None),
        ("queue", "q" * 100, "q" * LABEL_LENGTH),
        ("queue", "q" * 63 + " " + "r", "q" * 63),
        ("queue", True, "true"),
        ("agent_replies", "3", 3),
        ("agent_replies", "3.0", 3),
        ("agent_replies", "", None),
        ("agent_replies", -1, None),
        ("handle_seconds", "-1", None),
        ("handle_seconds", "12.5", 12.5),
        ("transfers", 1.0, 1),
        ("outcome", "ABANDONED", "abandoned"),
        ("outcome", "", None),
        ("first_response_at", "2026-03-02T10:00:00+0100", "2026-03-02T10:00:00+01:00"),
        ("first_response_at", "2026-03-02T09:00:00,5+01", "2026-03-02T09:00:00.500000+01:00"),
        ("first_response_at", "2026-03-02T09:00:00.123456789Z", "2026-03-02T09:00:00.123456789Z"),
        ("first_response_at", "", None),
        ("first_response_at", "2026-03-02 09:00:00 UTC", "2026-03-02T09:00:00Z"),
        ("first_response_at", "2026-03-02 09:00:00Z", "2026-03-02T09:00:00Z"),
        ("first_response_at", "20260302T090000Z", "2026-03-02T09:00:00Z"),
        ("first_response_at", "2026-03-02T09:00Z", "2026-03-02T09:00:00Z"),
    ],
)
def test_what_is_beyond_doubt_is_made_to_fit(field: str, value: Any, becomes: Any) -> None:
    (event,) = events(f"{RESOLVED}{field} = 'x'", {**TICKET, "x": value})
    assert event.get(field) == becomes
    assert type(event.get(field)) is type(becomes)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("agent_id", ["ann"], "wrong_type: agent_id must be a text or a number"),
        ("agent_id", "a" * 300, "out_of_range: agent_id"),
        ("agent_replies", "three", "wrong_type: agent_replies must be a number"),
        ("agent_replies", True, "wrong_type"),
        ("agent_replies", -2, "out_of_range"),
        ("agent_replies", 2.5, "wrong_type"),
        ("outcome", "lost", "out_of_range: outcome"),
        ("first_response_at", 1772445600, "not_a_time: first_response_at is a number: say which"),
        ("first_response_at", "02.03.2026", "not_a_time"),
        ("first_response_at", "2026-03-02T09:00:00", "no_offset"),
        ("first_response_at", "2026-03-03T09:00:00Z", "in_the_future"),
    ],
)
def test_what_is_in_doubt_fails_with_a_reason_and_without_the_value(
    field: str, value: Any, reason: str
) -> None:
    assert failure(f"{RESOLVED}{field} = 'x'", {**TICKET, "x": value}).startswith(reason)


@pytest.mark.parametrize(("value", "becomes"), [("Yes", True), ("0", False), (True, True)])
def test_truths_are_read_from_texts(value: Any, becomes: bool) -> None:
    feed = RESOLVED.replace("contact-resolved", "survey-answered").replace(
        "resolved_at", "answered_at"
    )
    feed += 'survey = "\'csat\'"\nscore = "`4`"\nissue_resolved = "x"\n'
    (event,) = events(feed, {**TICKET, "x": value})
    assert event["issue_resolved"] is becomes


def test_every_field_of_every_type_is_known_from_the_model() -> None:
    for type_ in get_args(EventType):
        fields = {field.name for field in msgspec.structs.fields(EVENT_CLASSES[type_])}
        assert set(coercions(type_)) == fields
        assert required(type_) <= fields


GROUP = """
[feeds.crm]
topic = "crm"
timezone = "Europe/Berlin"
match = { source = "web" }
when = "!test"
customer_id = "customer"
contact_id = "id"
reason = "kind"

[feeds.crm-start]
emit = "contact-started"
when = "event == 'new'"
started_at = "local(at)"
channel = "lookup('channels', channel)"

[feeds.crm-reply]
emit = "contact-responded"
responded_at = "local(at)"
match = { event = "reply" }

[feeds.crm.lookups.channels]
1 = "email"
"""
_LOCAL = {**TICKET, "at": "2026-03-02 10:00:00", "source": "web", "channel": 1, "kind": "bill"}


def test_what_a_group_says_holds_for_all_its_feeds() -> None:
    (start,) = events(GROUP, {**_LOCAL, "event": "new"})
    assert start == {
        "contact_id": "t-1",
        "customer_id": "k-1",
        "started_at": "2026-03-02T10:00:00+01:00",
        "channel": "email",
        "reason": "bill",
    }
    # A response has no reason: what a group says of fields is for the types that have them.
    (reply,) = events(GROUP, {**_LOCAL, "event": "reply"})
    assert set(reply) == {"contact_id", "customer_id", "responded_at"}


@pytest.mark.parametrize("other", [{"source": "api"}, {"test": True}, {"event": "closed"}])
def test_conditions_of_a_group_and_of_its_feeds_must_all_hold(other: dict[str, Any]) -> None:
    assert events(GROUP, {**_LOCAL, "event": "new", **other}) == []


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """One system that is ready-made: the one above."""
    import tomllib

    import service.settings.feed_groups as groups

    monkeypatch.setattr(groups, "ready_names", lambda: ("crm",))
    monkeypatch.setattr(groups, "ready_tables", lambda _name: tomllib.loads(GROUP)["feeds"])


@pytest.mark.usefixtures("ready")
def test_of_ready_made_feeds_a_user_copies_only_what_differs() -> None:
    used = '[feeds]\nuse = ["crm"]\n'
    assert events(used, {**_LOCAL, "event": "new"})[0]["channel"] == "email"
    changed = f"""{used}
[feeds.crm]
topic = "hooks"
timezone = "Asia/Tokyo"
[feeds.crm.lookups]
channels = {{ 2 = "chat" }}
[feeds.crm-start]
when = "event == 'opened'"
queue = "group"
"""
    opened = {**_LOCAL, "event": "opened", "group": "first line"}
    (first,) = events(changed, opened, topic="hooks")
    assert first["channel"] == "email"
    assert first["queue"] == "first line"
    assert first["started_at"] == "2026-03-02T10:00:00+09:00"
    (second,) = events(changed, {**opened, "channel": 2}, topic="hooks")
    assert second["channel"] == "chat"
    assert events(changed, {**opened, "event": "new"}, topic="hooks") == []
    assert mapper(changed).topics == {"hooks"}


def test_a_table_is_known_to_all_feeds_and_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "groups.csv").write_text('98738,"first line"\n5,b\n')
    (tmp_path / "groups.json").write_text('{"98738": "first line"}')
    (tmp_path / "groups.toml").write_text('98738 = "first line"')
    for file in ("groups.csv", "groups.json", "groups.toml"):
        feed = STARTED + "queue = \"lookup('g', group)\"\n" + RESOLVED
        feed += f'lookups.g = "{tmp_path / file}"\n'
        start, _ = events(feed, {**TICKET, "group": "98738"})
        assert start["queue"] == "first line"


def test_what_gave_a_value_is_told() -> None:
    seen = set()
    feed = mapper(with_lines('when = "id"', "queue = 'q'", "reason = 'channel'"))
    feed.map(record(TICKET), NOON, seen=lambda of, setting: seen.add(setting))
    assert set(feed.feeds[0].expressions) - seen == {"queue"}


def test_every_event_that_is_made_is_one_that_the_service_takes() -> None:
    (event,) = mapped(STARTED, TICKET).emitted
    msgspec.json.decode(event.value, type=EVENT_CLASSES["contact-started"])
    assert json.loads(event.value)["contact_id"] == "t-1"
