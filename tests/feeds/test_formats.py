"""Every format gives the same tree for the same record, and what is not read is told by name."""

from __future__ import annotations

import base64
import io
import json
from typing import Any, Final

import fastavro
import pytest

from service.feeds.schemas import SchemaRef, parse_schema
from tests.feeds.feeding import NOON, STARTED, TICKET, events, failure, mapped, mapper, record

JSON: Final = json.dumps(dict(TICKET)).encode()
EVENT: Final = {
    "contact_id": "t-1",
    "customer_id": "k-1",
    "started_at": "2026-03-02T09:00:00Z",
    "channel": "email",
}
SCHEMA: Final = {
    "type": "record",
    "name": "Ticket",
    "namespace": "com.example",
    "fields": [{"name": name, "type": "string"} for name in TICKET],
}


def in_format(name: str, prefix: str = "") -> str:
    feed = STARTED.replace("emit", f'format = "{name}"\nemit')
    for field in ("id", "customer", "at", "channel"):
        feed = feed.replace(f'= "{field}"', f'= "{prefix}{field}"')
    return feed


def avro(value: Any, schema: Any = SCHEMA) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(schema), value)
    return stream.getvalue()


def prefixed(body: bytes, number: int = 7) -> bytes:
    return b"\x00" + number.to_bytes(4, "big") + body


@pytest.mark.parametrize("name", ["json", "connect", "debezium"])
def test_a_registrys_prefix_before_json_needs_no_registry(name: str) -> None:
    feed = in_format(name, "after." if name == "debezium" else "")
    assert events(feed, prefixed(JSON)) == [EVENT]
    assert mapper(feed).schemas_needed(record(prefixed(JSON))) == ()


@pytest.mark.parametrize("broken", [b"", b"{", b'{"id": 1} x', b"\xff\xfe", b"NaN", b"{'id': 1}"])
def test_what_is_not_json_is_told_and_not_quoted(broken: bytes) -> None:
    assert failure(STARTED, broken) == "not_json: the text is not JSON"


def test_json_that_is_nested_too_deeply_is_refused() -> None:
    assert failure(STARTED, b"[" * 5000 + b"]" * 5000).startswith("too_deep")


def test_a_record_beyond_all_measure_is_refused_unread() -> None:
    assert failure(STARTED, b" " * (4 << 20) + JSON).startswith("too_large")


def test_a_tombstone_is_skipped_in_every_format() -> None:
    for name in ("json", "cloudevents", "connect", "debezium", "avro"):
        made = mapped(in_format(name), None)
        assert (made.emitted, made.failed, made.results) == ((), (), (("crm", "skipped"),))


@pytest.mark.parametrize("name", ["connect", "debezium"])
def test_a_tombstone_within_its_envelope_is_skipped(name: str) -> None:
    made = mapped(in_format(name), {"schema": {"type": "struct"}, "payload": None})
    assert (made.emitted, made.failed, made.results) == ((), (), (("crm", "skipped"),))


def test_connect_json_is_read_with_its_schema_and_without() -> None:
    whole = {"schema": {"type": "struct"}, "payload": dict(TICKET)}
    assert events(in_format("connect"), whole) == [EVENT]
    assert events(in_format("connect"), TICKET) == [EVENT]


def cloudevent(**more: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": "e-1", "type": "ticket.created", "source": "/x", **more}


CLOUD: Final = in_format("cloudevents", "data.") + "event_id = 'id'\n"
_EVENT_1: Final = {**EVENT, "event_id": "e-1"}


@pytest.mark.parametrize(
    "headers", [{}, {"content-type": b"application/cloudevents+json; charset=UTF-8"}]
)
def test_a_structured_cloudevent_is_read_with_its_header_and_without(
    headers: dict[str, bytes],
) -> None:
    assert events(CLOUD, cloudevent(data=dict(TICKET)), headers=headers) == [_EVENT_1]
    coded = cloudevent(data_base64=base64.b64encode(JSON).decode())
    assert events(CLOUD, coded, headers=headers) == [_EVENT_1]


BINARY: Final = {"ce_specversion": b"1.0", "ce_id": b"e-1", "CE_Type": b"ticket.created"}


def test_a_binary_cloudevent_has_its_attributes_in_the_headers() -> None:
    feed = CLOUD.replace("emit", 'match = { type = "ticket.created" }\nemit', 1)
    headers = {**BINARY, "content-type": b"application/json"}
    assert events(feed, TICKET, headers=headers) == [_EVENT_1]
    assert events(feed, prefixed(JSON), headers=headers) == [_EVENT_1]
    assert events(CLOUD, TICKET, headers=BINARY) == [_EVENT_1]


def test_an_array_of_cloudevents_is_taken_one_by_one() -> None:
    feed = CLOUD.replace("emit", 'for_each = "@"\nemit', 1)
    batch = [cloudevent(data=dict(TICKET)), cloudevent(data={**TICKET, "id": "t-2"})]
    assert [event["contact_id"] for event in events(feed, batch)] == ["t-1", "t-2"]
    assert events(feed, batch[0]) == [_EVENT_1]


@pytest.mark.parametrize(
    ("value", "headers"),
    [
        (TICKET, {}),
        ([1], {"content-type": b"application/cloudevents-batch+json"}),
        (TICKET, {"content-type": b"application/cloudevents+avro"}),
        (cloudevent(data_base64="***"), {}),
        (cloudevent(data_base64="//8="), {}),
    ],
)
def test_what_is_no_cloudevent_is_told(value: Any, headers: dict[str, bytes]) -> None:
    assert failure(CLOUD, value, headers=headers).startswith("wrong_format")


ROW: Final = in_format("debezium", "after.")


def change(op: str, **more: Any) -> dict[str, Any]:
    return {"op": op, "before": None, "after": dict(TICKET), "source": {"table": "t"}, **more}


@pytest.mark.parametrize("op", ["c", "r", "u"])
def test_rows_written_changed_and_read_in_a_snapshot_are_events(op: str) -> None:
    assert events(ROW, change(op)) == [EVENT]
    assert events(ROW, {"schema": {}, "payload": change(op)}) == [EVENT]


@pytest.mark.parametrize(
    "gone",
    [
        change("d", before=dict(TICKET), after=None),
        {"op": "t", "source": {}, "ts_ms": 1},
        {"op": "m", "source": {}, "message": {"prefix": "x"}},
        {**TICKET, "__deleted": "true"},
        {**TICKET, "__deleted": True},
    ],
)
def test_what_has_no_row_is_skipped_and_never_fails(gone: dict[str, Any]) -> None:
    assert mapped(ROW, gone).results == (("crm", "skipped"),)


@pytest.mark.parametrize("op", [[], ["d"], {}, None, 5, "x"])
def test_what_says_nothing_of_its_kind_is_a_row(op: Any) -> None:
    assert events(ROW, {**change("u"), "op": op}) == [EVENT]


def test_a_feed_that_asks_for_deletions_by_name_gets_them() -> None:
    feed = in_format("debezium", "before.").replace("emit", 'match = { op = "d" }\nemit', 1)
    assert events(feed, change("d", before=dict(TICKET), after=None)) == [EVENT]
    assert events(feed, {**TICKET, "__deleted": "true"}) == [EVENT]


@pytest.mark.parametrize("deleted", [{}, {"__deleted": "false"}, {"__op": "r", "__table": "t"}])
def test_a_row_taken_out_of_its_envelope_is_read_by_the_same_feed(deleted: dict[str, Any]) -> None:
    assert events(ROW, {**TICKET, **deleted}) == [EVENT]


def test_a_large_column_that_did_not_change_is_absent() -> None:
    feed = f"{ROW}reason = 'after.note'\n"
    row = {**TICKET, "note": "__debezium_unavailable_value"}
    assert events(feed, change("u", after=row)) == [EVENT]
    assert events(feed, row) == [EVENT]


def test_a_value_that_is_no_row_is_told() -> None:
    assert failure(ROW, [1]).startswith("wrong_format")


ID: Final = SchemaRef("id", "7")
GUID: Final = SchemaRef("guid", "89791762-2336-4186-8674-299b90a802e2")


@pytest.mark.parametrize("name", ["avro", "json", "connect", "debezium"])
def test_avro_is_read_by_the_schema_that_its_prefix_names(name: str) -> None:
    feed = in_format(name, "after." if name == "debezium" else "")
    value = record(prefixed(avro(dict(TICKET))))
    compiled = mapper(feed)
    assert compiled.schemas_needed(value) == (ID,)
    made = compiled.map(value, NOON, {ID: parse_schema("AVRO", json.dumps(SCHEMA))})
    assert [json.loads(event.value) for event in made.emitted] == [EVENT]


@pytest.mark.parametrize(
    ("headers", "ref"),
    [
        ({"__value_schema_id": b"\x01" + bytes.fromhex(GUID.value.replace("-", ""))}, GUID),
        ({"apicurio.value.globalId": (9).to_bytes(8, "big")}, SchemaRef("global_id", "9")),
        ({"apicurio.value.contentId": (9).to_bytes(8, "big")}, SchemaRef("content_id", "9")),
    ],
)
def test_avro_is_read_by_the_schema_that_a_header_names(
    headers: dict[str, bytes], ref: SchemaRef
) -> None:
    value = record(avro(dict(TICKET)), headers=headers)
    compiled = mapper(in_format("avro"))
    assert compiled.schemas_needed(value) == (ref,)
    made = compiled.map(value, NOON, {ref: parse_schema("", json.dumps(SCHEMA))})
    assert [json.loads(event.value) for event in made.emitted] == [EVENT]


def test_a_key_of_avro_needs_its_schema_only_where_a_feed_asks_for_the_key() -> None:
    key_schema = {"type": "record", "name": "Key", "fields": [{"name": "id", "type": "long"}]}
    key = prefixed(avro({"id": 77}, key_schema), 8)
    assert mapper(STARTED).schemas_needed(record(TICKET, key=key)) == ()
    asking = mapper(f"{STARTED}event_id = 'record_key().id'")
    (ref,) = asking.schemas_needed(record(TICKET, key=key))
    assert ref == SchemaRef("id", "8")
    made = asking.map(
        record(TICKET, key=key), NOON, {ref: parse_schema("AVRO", json.dumps(key_schema))}
    )
    assert json.loads(made.emitted[0].value)["event_id"] == "77"


LOGICAL: Final[list[tuple[Any, Any, Any]]] = [
    ({"type": "long", "logicalType": "timestamp-millis"}, 1772456400250,
     "2026-03-02T13:00:00.250000Z"),
    ({"type": "long", "logicalType": "timestamp-micros"}, 1772456400250001,
     "2026-03-02T13:00:00.250001Z"),
    ({"type": "long", "logicalType": "local-timestamp-millis"}, 1772456400000,
     "2026-03-02T13:00:00"),
    ({"type": "long", "logicalType": "timestamp-millis"}, 2**62, str(2**62)),
    ({"type": "long", "connect.name": "io.debezium.time.MicroTimestamp"}, 5, "5"),
    ({"type": "int", "logicalType": "date"}, 20514, "2026-03-02"),
    ({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}, b"\x04\xd2",
     "12.34"),
    ({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 0}, b"\xff", "-1"),
    ({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}, b"\x01" * 90, None),
    ("bytes", b"\x00\xff", "AP8="),
    ({"type": "fixed", "name": "F", "size": 2}, b"\x00\xff", "AP8="),
    ({"type": "enum", "name": "E", "symbols": ["EMAIL", "VOICE"]}, "VOICE", "VOICE"),
    (["null", "string"], None, None),
    (["null", {"type": "long", "logicalType": "timestamp-millis"}], 1772456400000,
     "2026-03-02T13:00:00Z"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value", "gives"), LOGICAL)
def test_avros_types_become_what_json_would_have(type_: Any, value: Any, gives: Any) -> None:
    schema = {**SCHEMA, "fields": [*SCHEMA["fields"], {"name": "x", "type": type_}]}
    plain = json.loads(json.dumps(schema).replace("logicalType", "was"))
    feed = mapper(in_format("avro") + "event_id = 'x'\n")
    body = prefixed(avro({**TICKET, "x": value}, plain))
    made = feed.map(record(body), NOON, {ID: parse_schema("AVRO", json.dumps(schema))})
    assert made.failed == ()
    assert json.loads(made.emitted[0].value).get("event_id") == gives


def test_a_schema_that_refers_to_others_is_read_with_them() -> None:
    address = {"type": "record", "name": "Who", "namespace": "n", "fields": SCHEMA["fields"]}
    schema = {"type": "record", "name": "T", "fields": [{"name": "who", "type": "n.Who"}]}
    parsed = parse_schema("AVRO", json.dumps(schema), {"n.Who": json.dumps(address)})
    assert parsed.problem is None
    body = prefixed(avro(dict(TICKET)))
    made = mapper(in_format("avro", "who.")).map(record(body), NOON, {ID: parsed})
    assert [json.loads(event.value) for event in made.emitted] == [EVENT]


def _nested(levels: int) -> Any:
    type_: Any = "string"
    for level in range(levels):
        type_ = {
            "type": "record",
            "name": f"R{level}",
            "fields": [{"name": "a", "type": type_}, {"name": "b", "type": f"R{level - 1}"}]
            if level
            else [{"name": "a", "type": type_}],
        }
    return type_


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "array", "items": "null"}, "no bytes"),
        ({"type": "array", "items": {"type": "record", "name": "E", "fields": []}}, "no bytes"),
        ({"type": "array", "items": {"type": "fixed", "name": "F", "size": 0}}, "no bytes"),
        (
            {
                "type": "record",
                "name": "L",
                "fields": [{"name": "next", "type": ["null", "L"]}],
            },
            "refers to itself",
        ),
        (_nested(20), "parts"),
        ("nothing", "no Avro schema"),
        ({"type": "record"}, "no Avro schema"),
        (5, "no Avro schema"),
    ],
)
def test_a_schema_by_which_a_few_bytes_could_cost_much_is_refused(schema: Any, why: str) -> None:
    parsed = parse_schema("AVRO", json.dumps(schema))
    assert parsed.problem is not None
    assert why in parsed.problem
    made = mapper(in_format("avro")).map(record(prefixed(b"ab")), NOON, {ID: parsed})
    assert made.failed[0].reason == "wrong_schema"


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '"string'])
def test_a_schema_that_is_no_json_is_refused(text: str) -> None:
    assert parse_schema("AVRO", text).problem is not None


def test_protobuf_glue_and_files_of_avro_are_refused_by_name() -> None:
    feed = in_format("avro")
    protobuf = parse_schema("PROTOBUF", 'syntax = "proto3";')
    made = mapper(feed).map(record(prefixed(b"\x00\x0a")), NOON, {ID: protobuf})
    assert "Protobuf" in made.failed[0].detail
    assert "AWS Glue" in failure(feed, b"\x03\x00" + bytes(16) + b"rest")
    assert "AWS Glue" in failure(STARTED, b"\x03\x05" + bytes(16) + b"rest")
    assert "Avro file" in failure(feed, b"Obj\x01rest")
    assert "names no schema" in failure(feed, JSON)


@pytest.mark.parametrize("body", [b"\x80", b"\x06ab", avro(dict(TICKET)) + b"x", b"\xff" * 500])
def test_bytes_that_are_not_of_their_schema_are_told(body: bytes) -> None:
    schemas = {ID: parse_schema("AVRO", json.dumps(SCHEMA))}
    made = mapper(in_format("avro")).map(record(prefixed(body)), NOON, schemas)
    assert made.failed[0].reason == "wrong_format"


def test_a_schema_that_nobody_handed_in_is_told_to_be_missing() -> None:
    assert failure(in_format("avro"), prefixed(b"ab")).startswith("wrong_schema")


def test_base64_in_json_is_read_by_for_each() -> None:
    feed = STARTED.replace(
        "emit", 'for_each = "map(&parse_json(from_base64(kinesis.data)), Records)"\nemit', 1
    )
    coded = base64.b64encode(JSON).decode()
    assert events(feed, {"Records": [{"kinesis": {"data": coded}}]}) == [EVENT]
