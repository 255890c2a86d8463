"""Each function that is added to JMESPath: what it gives, and that null gives null."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from service.feeds.definition import FeedDefinition
from service.feeds.functions import FUNCTIONS
from service.feeds.specials import specials
from tests.feeds.feeding import STARTED, TICKET, events, failure, given, mapper, record

_BERLIN = 'timezone = "Europe/Berlin"'


@pytest.mark.parametrize(
    ("expression", "value", "gives"),
    [
        ("lower(x)", "ÄB", "äb"),
        ("upper(x)", "äb", "ÄB"),
        ("trim(x)", "  a b ", "a b"),
        ("split(x, ':')[-1]", "Channel::Email", "Email"),
        ("split(x, '@')[0]", "plain", "plain"),
        ("parse_json(x).a.b", '{"a": {"b": "c"}}', "c"),
        ("parse_json(x).a", {"a": "already read"}, "already read"),
        ("parse_json(x).a", "", None),
        ("from_base64(x)", base64.b64encode("grüß".encode()).decode(), "grüß"),
        ("from_base64(x)", "Z3LDvMOf", "grüß"),
        ("from_base64(x)", "Z3LDvMOfIQ", "grüß!"),
        ("decimal(x, `2`)", "AfQ=", "5"),
        ("decimal(x, `2`)", "AfU=", "5.01"),
        ("decimal(x)", "/w==", "-1"),
        ("decimal(x)", {"scale": 1, "value": "GQ=="}, "2.5"),
        ("decimal(x, `2`)", 7.5, "7.5"),
        ("decimal(x)", "", None),
        ("total(x)", [1, "2", None, "", 3.5], "6.5"),
        ("total(x)", [None, "none"], None),
        ("scale(x, `0.001`)", "2500", "2.5"),
        ("scale(x, `60`)", 2, "120"),
        ("minus(x, '10')", "15", "5"),
        ("minus(x, y)", "15", None),
        ("to_number(x)", " 12 ", "12"),
        ("to_number(x)", "1e400", None),
        ("to_number(x)", "nan", None),
        ("to_number(x)", "1_000", None),
    ],
)
def test_a_function_gives(expression: str, value: Any, gives: str | None) -> None:
    assert given(expression, value) == gives


def test_every_function_of_one_value_gives_null_for_null() -> None:
    about_null = {"not_null", "to_array", "type", "contains"}
    for name, function in FUNCTIONS.items():
        if function.least == 1 and name not in about_null:
            assert given(f"{name}(nothing)", 1) is None, name


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("split(x, '')", "a"),
        ("decimal(x)", "no base64"),
        ("decimal(x)", {"value": "AfQ="}),
        ("split(x, ',')", 5),
        ("from_base64(x)", "äöü"),
        ("from_base64(x)", "a"),
        ("parse_json(x)", "{"),
        ("parse_json(x)", "[" * 2000),
        ("lower(x)", 5),
        ("total(x)", 5),
        ("epoch_s(x)", [5]),
        ("local(x, 'Europe/Berlin')", {"a": 1}),
        ("local(x, y)", "2026-01-01T00:00:00"),
        ("parse_time(x, '%d', 'UTC')", 5),
    ],
)
def test_what_a_function_cannot_work_with_fails_the_record_and_not_the_program(
    expression: str, value: Any
) -> None:
    feed = f"{STARTED}event_id = '''{expression}'''"
    assert failure(feed, {**TICKET, "x": value, "y": "Nowhere/City"})


LOOKUPS = """
[feeds.crm.lookups.groups]
98738 = "first line"
true = "yes"
"a b" = 5
"""


@pytest.mark.parametrize(
    ("key", "gives"),
    [
        ("98738", "first line"),
        (98738, "first line"),
        (98738.0, "first line"),
        (True, "yes"),
        ("a b", "5"),
        ("unknown", None),
        (None, None),
        ([], None),
    ],
)
def test_a_lookup_finds_by_texts_numbers_and_truths(key: Any, gives: str | None) -> None:
    assert given("lookup('groups', x)", key, LOOKUPS) == gives


def test_a_lookup_can_say_false_where_or_could_not() -> None:
    feed = """
[feeds.csat]
topic = "crm"
emit = "survey-answered"
contact_id = "id"
customer_id = "customer"
answered_at = "at"
survey = "'csat'"
score = "score"
issue_resolved = "lookup('solved', solved)"
lookups.solved = { "1" = true, "2" = false }
"""
    (event,) = events(feed, {**TICKET, "score": "4", "solved": 2})
    assert event["issue_resolved"] is False
    assert event["score"] == 4


def test_functions_of_the_record_give_its_time_key_headers_and_whole() -> None:
    headers = {"X-Zammad-Delivery": b"d-1", "binary": b"\xff"}
    assert given("record_time()", 1) == "2026-03-02T12:00:00Z"
    assert given("record_key()", 1, key=b"5158") == "5158"
    assert given("record_key().id", 1, key=b'{"id": 7}') == "7"
    assert given("record_key().id", 1, key=b'{"schema": {}, "payload": {"id": 7}}') == "7"
    assert given("record_key()", 1) is None
    assert given("header('x-zammad-delivery')", 1, headers=headers) == "d-1"
    assert given("header('binary')", 1, headers=headers) is None
    assert given("header('none')", 1) is None
    assert given("record().x", 1) == "1"


def test_a_key_that_is_no_text_fails_only_who_asks_for_it() -> None:
    assert failure(f"{STARTED}event_id = 'record_key()'", TICKET, key=b"\xff\xfe")
    assert events(STARTED, TICKET, key=b"\xff\xfe")


SECRET = '[feeds]\nhash_secret = "s3cret"\n'


def test_hash_hides_an_id_and_is_the_same_for_the_same() -> None:
    feed = f"{SECRET}{STARTED}event_id = 'hash(x)'"
    first, again, other, number = (
        events(feed, {**TICKET, "x": x})[0]["event_id"]
        for x in ("+4930123", "+4930123", "+4930124", 4930123)
    )
    assert first == again
    assert len({first, other, number}) == 3
    assert len(first) == 32
    assert "4930123" not in first
    with_another = f"{SECRET.replace('s3', 's4')}{STARTED}event_id = 'hash(x)'"
    assert events(with_another, {**TICKET, "x": "+4930123"})[0]["event_id"] != first


def test_callers_whom_nobody_knows_stay_so_behind_hash() -> None:
    feed = f"{SECRET}{STARTED}event_id = 'hash(x)'"
    for anonymous in ("anonymous", "Unknown"):
        assert events(feed, {**TICKET, "x": anonymous})[0]["event_id"] == anonymous
    assert events(feed, {**TICKET, "x": ""})[0].get("event_id") is None


def test_every_function_that_asks_the_feed_is_known() -> None:
    feed = FeedDefinition(name="f", topic="t", emit="contact-started")
    assert set(specials(feed, set(), {})) == {
        *("lookup", "record", "record_time", "record_key", "header", "parse_time", "local"),
        "remember",
        *("local_s", "local_ms", "local_us", "local_ns"),
    }


def test_a_function_in_a_feed_says_which_feed_failed() -> None:
    made = mapper(f"{STARTED}event_id = 'lower(x)'").map(record({**TICKET, "x": 5}), 2**60)
    assert [failed.feed for failed in made.failed] == ["crm"]
    assert json.dumps(made.failed[0].detail) == '"lower() needs texts"'


@pytest.mark.parametrize(
    ("expression", "value", "gives"),
    [
        ("epoch_s(x)", 1772456400, "2026-03-02T13:00:00Z"),
        ("epoch_s(x)", "1772456400.250000", "2026-03-02T13:00:00.250000Z"),
        ("epoch_s(x)", 1772456400.1, "2026-03-02T13:00:00.100000Z"),
        ("epoch_ms(x)", 1772456400250, "2026-03-02T13:00:00.250000Z"),
        ("epoch_us(x)", "1772456400250001", "2026-03-02T13:00:00.250001Z"),
        ("epoch_ns(x)", 1772456400250001999, "2026-03-02T13:00:00.250001Z"),
        ("epoch_ms(x)", -1, None),
        ("epoch_s(x)", 0, None),
        ("epoch_s(x)", "-1", None),
        ("epoch_ms(x)", "2026-03-02T13:00:00+0200", "2026-03-02T13:00:00+02:00"),
        ("epoch_ms(x)", "", None),
        ("epoch_s(x)", "1.7724564e9", "2026-03-02T13:00:00Z"),
        ("epoch_s(x)", "2026-03-02 13:00:00 UTC", "2026-03-02T13:00:00Z"),
        ("epoch_s(x)", "2026-03-02 13:00:00 +0200", "2026-03-02T13:00:00+02:00"),
        ("local(x, 'Europe/Berlin')", "2026-03-02 13:00:00 UTC", "2026-03-02T13:00:00Z"),
        ("local(x, 'Europe/Berlin')", "2026-03-02 10:00:00", "2026-03-02T10:00:00+01:00"),
        ("local(x, 'Europe/Berlin')", "2026-07-02T10:00", "2026-07-02T10:00:00+02:00"),
        ("local(x, 'Europe/Berlin')", "2026-07-02T10:00:00Z", "2026-07-02T10:00:00Z"),
        ("local(x, 'Europe/Berlin')", 1772445600000, "2026-03-02T10:00:00+01:00"),
        ("local(x, 'UTC')", "2026-03-02 10:00:00", "2026-03-02T10:00:00Z"),
        ("local_s(x, 'Europe/Berlin')", 1772445600, "2026-03-02T10:00:00+01:00"),
        ("local_ms(x, 'Europe/Berlin')", 1772445600000, "2026-03-02T10:00:00+01:00"),
        ("local_us(x, 'Europe/Berlin')", 1772445600000000, "2026-03-02T10:00:00+01:00"),
        ("local_ms(x, 'Europe/Berlin')", None, None),
        # The hour that comes twice: the first pass. The one that does not come: as before it.
        ("local(x, 'Europe/Berlin')", "2026-10-25 02:30:00", "2026-10-25T02:30:00+02:00"),
        ("local(x, 'Europe/Berlin')", "2026-03-29 02:30:00", "2026-03-29T02:30:00+01:00"),
        # No hour: as it is, so that it is refused, whichever Python reads it.
        ("epoch_s(x)", "2026-03-02 24:00:00 +0100", "2026-03-02 24:00:00 +0100"),
        ("parse_time(x, '%d.%m.%Y %H:%M', 'Europe/Berlin')", "02.03.2026 10:00",
         "2026-03-02T10:00:00+01:00"),
        ("parse_time(x, '%Y-%m-%dT%H:%M:%S%z')", "2026-03-02T10:00:00+0200",
         "2026-03-02T10:00:00+02:00"),
        ("parse_time(x, '%m/%d/%Y %I:%M %p', 'America/New_York')", "3/2/2026 1:05 PM",
         "2026-03-02T13:05:00-05:00"),
        ("parse_time(x, '%H:%M', 'UTC')", "no time", "no time"),
        ("parse_time(x, '%H:%M', 'UTC')", "", None),
    ],
)  # fmt: skip
def test_a_time_becomes_rfc_3339(expression: str, value: Any, gives: str | None) -> None:
    assert given(expression, value) == gives


@pytest.mark.parametrize(
    "expression", ["local(x)", "local_ms(x)", "parse_time(x, '%Y-%m-%d %H:%M:%S')"]
)
def test_the_zone_of_the_feed_is_that_of_times_without_one(expression: str) -> None:
    value = 1772445600000 if "ms" in expression else "2026-03-02 10:00:00"
    feed = STARTED.replace("emit", f"{_BERLIN}\nemit") + f"event_id = '''{expression}'''"
    (event,) = events(feed, {**TICKET, "x": value})
    assert event["event_id"] == "2026-03-02T10:00:00+01:00"


@pytest.mark.parametrize("moment", [10**30, 1e300, "9" * 24, -(10**30), 1772456400000])
def test_a_time_beyond_all_years_is_no_time(moment: Any) -> None:
    feed = STARTED.replace('"at"', '"epoch_s(at)"')
    reason = failure(feed, {**TICKET, "at": moment})
    assert reason.startswith(("not_a_time", "missing_field"))
