"""Whatever a record or a feed says, nothing but a result or a refusal comes out, and soon."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import example, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from service.events.decoding import Decoder
from service.feeds.definition import FeedDefinition
from service.feeds.errors import FeedError
from service.feeds.functions import FUNCTIONS
from service.feeds.mapper import Mapper
from service.feeds.record import ForeignRecord
from service.feeds.schemas import SchemaRef, parse_schema
from tests.feeds.feeding import NOON, STARTED, TICKET, mapped, mapper, record

_EVERYTHING = mapper(
    "".join(
        STARTED.replace("feeds.crm", f"feeds.f{number}").replace("emit", f"{lines}\nemit", 1)
        + f"event_id = '''{expression}'''\n"
        for number, (lines, expression) in enumerate(
            [
                ('format = "json"', "parse_json(x) || from_base64(y) || to_string(@)"),
                ('format = "cloudevents"\nfor_each = "@"', "data.x || header('h')"),
                ('format = "connect"\nwhen = "x"', "epoch_s(x) || epoch_ns(y)"),
                ('format = "debezium"', "local_ms(after.x, 'Europe/Berlin')"),
                ('format = "avro"', "record_key()"),
                ('format = "json"\nfor_each = "x"', "total(@) || scale(@, `1e300`) || x"),
                ('format = "json"\nmatch = { x = 1 }', "minus(x, y) || sum(x) || avg(x)"),
                ('format = "json"', "join(x, y) || sort(y)[0] || max(x)"),
                ('format = "json"', "parse_time(x, '%d.%m.%Y', y) || local(x, y)"),
            ]
        )
    )
)
_SCHEMA = {
    "type": "record",
    "name": "R",
    "fields": [
        {"name": "id", "type": ["null", "string"]},
        {"name": "x", "type": {"type": "array", "items": ["long", "double", "bytes"]}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "m", "type": {"type": "map", "values": "float"}},
    ],
}
_SCHEMAS = {SchemaRef("id", "0"): parse_schema("AVRO", json.dumps(_SCHEMA))}

_KEYS = (
    "id customer at channel x y op after before source schema payload specversion data"
    " data_base64 __deleted"
)
_HEADERS = (
    "content-type ce_specversion ce_id h __value_schema_id __key_schema_id"
    " apicurio.value.globalId apicurio.value.contentId"
)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["", "-1", "1e999", "9" * 30, "2026-03-02T09:00:00+0200", "Europe/Berlin"])
)
_trees = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(_KEYS.split()),
            inner,
            max_size=8,
        )
    ),
    max_leaves=20,
)
_values = (
    st.none()
    | st.binary(max_size=200)
    | st.binary(max_size=60).map(lambda body: b"\x00\x00\x00\x00\x00" + body)
    | _trees.map(lambda tree: json.dumps(tree).encode("utf-8", "surrogatepass"))
    | _trees.map(lambda tree: json.dumps({**TICKET, "x": tree, "y": tree}).encode())
)
_names = st.sampled_from(_HEADERS.split())
_headers = st.lists(
    st.tuples(
        _names,
        st.none()
        | st.binary(max_size=20)
        | st.sampled_from([b"1.0", b"application/cloudevents+json", b"text/plain"]),
    ),
    max_size=4,
).map(tuple)


@settings(max_examples=120)
@for_all(_values, st.none() | st.binary(max_size=30), _headers)
@example(b'{"op":[],"after":[]}', None, ())
@example(b"\x00\x00\x00\x00\x00" + b"\xff" * 100, b"\x00\x00\x00\x00\x00\x02", ())
@example(b'{"op": [], "after": {}}', None, ())
@example(b'{"__op": {"a": 1}}', None, ())
def test_of_any_record_comes_a_result_for_every_feed(
    value: bytes | None, key: bytes | None, headers: tuple[tuple[str, bytes | None], ...]
) -> None:
    foreign = ForeignRecord("crm", NOON // 1000, key, headers, value)
    _EVERYTHING.schemas_needed(foreign)
    made = _EVERYTHING.map(foreign, NOON, _SCHEMAS)
    assert [feed for feed, _ in made.results] == [feed.name for feed in _EVERYTHING.feeds]
    for event in made.emitted:
        Decoder(65_536, 0).decode(event.type, event.key, event.value, NOON)


_SYNTAX = """( ) [ ] { } . , : ! & | || && == != < > @ * ? ` ' " a b $ 0 1 -1 [*] [?a] `1` 'x'"""
_CALLS = "lookup( lookup('t', record() record_key() header(' local( parse_time( hash("
_pieces = st.sampled_from([*_SYNTAX.split(), *_CALLS.split(), *(f"{name}(" for name in FUNCTIONS)])
_expressions = st.lists(_pieces, max_size=12).map("".join) | st.text(max_size=20)


@pytest.mark.filterwarnings("ignore:deprecated string literal")
@settings(max_examples=120)
@for_all(_expressions, _expressions, st.none() | _expressions, _trees)
def test_of_any_feed_comes_a_mistake_or_a_feed_that_works(
    field: str, when: str, for_each: str | None, tree: Any
) -> None:
    definition = FeedDefinition(
        name="f",
        topic="crm",
        emit="contact-started",
        when=(when,) if when else (),
        for_each=for_each,
        fields={
            "contact_id": "id",
            "customer_id": field,
            "started_at": "at",
            "channel": "channel",
        },
    )
    try:
        compiled = Mapper([definition], Decoder(65_536, 0), "secret")
    except FeedError:
        return
    compiled.map(record({**TICKET, "a": tree, "b": tree}), NOON)


BIG = 1_000_000


@pytest.mark.parametrize(
    ("expression", "x"),
    [
        ("join(x, y)", "x" * BIG),
        ("split(x, ',') | length(@)", "," * BIG),
        ("x[*][*][*] | length(@)", [[[1] * 10] * 10] * 1000),
        ("[x, x, x, x] | [@, @, @, @] | to_string(@)", "x" * BIG),
        ("x[?contains(@, 'y')] | length(@)", ["x" * 10] * (BIG // 20)),
        ("sort(x)[0]", ["x" * 50] * (BIG // 50)),
        ("parse_json(x)", "[" * BIG),
        ("from_base64(x)", "A" * BIG),
        ("parse_time(x, '%d.%m.%Y', 'UTC')", "1" * BIG),
        ("epoch_s(x)", "1" * BIG),
        ("to_number(x)", "9" * BIG),
        ("local(x, 'UTC')", "2" * BIG),
        ("x == y", "x" * BIG),
        ("lookup('t', x)", "x" * BIG),
        ("hash(x)", "x" * BIG),
        ("map(&join('', [@, @]), x) | length(@)", ["x" * 10] * (BIG // 20)),
    ],
)
def test_the_cost_of_a_record_is_in_proportion_to_its_size(expression: str, x: Any) -> None:
    feed = mapper(
        '[feeds]\nhash_secret = "s"\n'
        + STARTED
        + f"event_id = '''{expression}'''\n"
        + ("lookups.t = { a = 1 }\n" if "lookup" in expression else "")
    )
    foreign = record({**TICKET, "x": x, "y": ["y"] * 1000})
    began = time.process_time()
    made = feed.map(foreign, NOON)
    assert len(made.emitted) + len(made.failed) == 1
    # Generous: it is about seconds against hours.
    assert time.process_time() - began < 20


def test_many_elements_that_each_ask_for_a_large_record_are_refused() -> None:
    feed = STARTED.replace("emit", 'for_each = "x"\nemit', 1) + "event_id = 'to_string(record())'\n"
    few = {**TICKET, "x": [1] * 5, "y": ["y" * 100] * 500}
    assert {it.reason for it in mapped(feed, few).failed} != {"too_much"}
    (failed,) = mapped(feed, {**few, "x": [1] * 9_000}).failed
    assert "record()" in failed.detail
