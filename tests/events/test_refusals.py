"""What is refused, and for which reason. What a schema can say is in schemas/examples."""

from __future__ import annotations

import json
import traceback
from typing import Any

import pytest

from service.events.decoding import Decoder
from service.events.depth import MAX_DEPTH
from service.events.model import EventType
from service.events.refusal import Refused
from tests.events.samples import DECODER, EVENTS, MAX_BYTES, SKEW, WALL, refusal, text

STARTED: EventType = "contact-started"


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b" ",
        b"\x00",
        b"garbage",
        b"{",
        b"{}}",
        b"[1,",
        b"null null",
        b"{'contact_id': 1}",
        b'{"contact_id": }',
        b"\xef\xbb\xbf" + text(STARTED),
        text(STARTED) + b"\x00",
        text(STARTED) + b"{}",
        text(STARTED)[:-1] + b",}",
        text(STARTED)[:-1],
        text(STARTED).decode().encode("utf-16"),
    ],
)
def test_what_is_not_json_is_refused(value: bytes) -> None:
    assert refusal(STARTED, value) == "not_json"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "01", "1.", ".5", "+1", "0x10"])
def test_what_is_no_number_in_json_is_not_json(number: str) -> None:
    value = text("contact-resolved", handle_seconds=7).replace(b": 7", b": " + number.encode())
    assert refusal("contact-resolved", value) == "not_json"


@pytest.mark.parametrize("name", ["channel", "x"])
@pytest.mark.parametrize(
    "raw",
    [
        rb"\ud800",
        rb"\udc00",
        rb"\ud800 and more",
        rb"\ud800\ud800",
        b"\xff",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\x01",
        b"\n",
        rb"\q",
        rb"\u12",
    ],
)
def test_text_that_is_not_unicode_is_not_json_wherever_it_stands(raw: bytes, name: str) -> None:
    value = text(STARTED, **{name: "@"}).replace(b"@", raw)
    assert refusal(STARTED, value) == "not_json"


@pytest.mark.parametrize("value", [b"null", b"true", b"1", b'"{}"', b"[]", b"[{}]"])
def test_json_that_is_no_object_is_refused(value: bytes) -> None:
    assert refusal(STARTED, value) == "not_an_object"


def test_a_tombstone_is_refused() -> None:
    assert refusal(STARTED, None) == "no_value"


def test_a_value_one_byte_too_large_is_refused() -> None:
    value = text(STARTED)
    assert refusal(STARTED, value + b" " * (MAX_BYTES + 1 - len(value))) == "too_large"


def test_the_greatest_size_may_be_small() -> None:
    small = Decoder(len(text(STARTED)) - 1, SKEW)
    with pytest.raises(Refused, match="too_large"):
        small.decode_without_key(STARTED, text(STARTED), WALL)


def nested(levels: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    """An event with an unknown field, nested this many levels, the event itself included."""
    inner = opening * (levels - 1) + b"1" + closing * (levels - 1)
    return text(STARTED)[:-1] + b', "x": ' + inner + b"}"


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_the_greatest_depth_is_taken_and_one_level_more_is_refused(
    opening: bytes, closing: bytes
) -> None:
    assert refusal(STARTED, nested(MAX_DEPTH, opening, closing)) is None
    assert refusal(STARTED, nested(MAX_DEPTH + 1, opening, closing)) == "too_deep"


def test_many_brackets_that_are_not_deep_are_taken() -> None:
    assert refusal(STARTED, text(STARTED, x=[[{}]] * 1000)) is None


def test_brackets_in_text_are_not_deep() -> None:
    assert refusal(STARTED, text(STARTED, x='[{\\"' * 1000 + "\\")) is None


def test_the_depth_that_is_taken_does_not_depend_on_the_caller() -> None:
    def below(calls: int) -> Any:
        return refusal(STARTED, nested(MAX_DEPTH)) if calls == 0 else below(calls - 1)

    assert below(0) is None
    assert below(300) is None


def test_a_nearly_full_stack_gives_no_recursion_error() -> None:
    def below(calls: int) -> Any:
        return refusal(STARTED, nested(MAX_DEPTH)) if calls == 0 else below(calls - 1)

    # Python 3.11 counts msgspec's recursion with its own, later ones apart.
    assert below(700) in {None, "not_json"}


@pytest.mark.parametrize("key", [None, b"", b"customer-2", b"customer-1 ", b"Customer-1", b"\xff"])
def test_a_key_that_is_not_the_customer_id_is_refused(key: bytes | None) -> None:
    with pytest.raises(Refused) as refused:
        DECODER.decode(STARTED, key, text(STARTED), WALL)
    assert refused.value.reason == "wrong_key"


def test_a_key_equal_to_the_inner_mark_for_no_key_is_refused() -> None:
    key = bytes(bytearray(b"any key"))
    with pytest.raises(Refused, match="wrong_key"):
        DECODER.decode(STARTED, key, text(STARTED), WALL)


def test_a_key_in_another_encoding_is_refused() -> None:
    value = text(STARTED, customer_id="Zoë")
    with pytest.raises(Refused, match="wrong_key"):
        DECODER.decode(STARTED, "Zoë".encode("latin-1"), value, WALL)


def test_the_value_is_judged_before_the_key() -> None:
    with pytest.raises(Refused, match="not_json"):
        DECODER.decode(STARTED, None, b"garbage", WALL)


def test_of_several_broken_rules_the_first_field_decides() -> None:
    event = {**EVENTS[STARTED], "contact_id": "", "channel": 5}
    del event["customer_id"]
    assert refusal(STARTED, json.dumps(event).encode()) == "out_of_range"


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 400, "1" + "0" * 5000])
@pytest.mark.parametrize("name", ["agent_replies", "transfers", "handle_seconds"])
def test_a_number_beyond_all_floats_is_out_of_range(name: str, number: str) -> None:
    value = text("contact-resolved", **{name: 7}).replace(b": 7", b": " + number.encode())
    assert refusal("contact-resolved", value) == "out_of_range"


@pytest.mark.parametrize("number", ["1e400", "9" * 400, "1" + "0" * 5000, "1e-99999"])
def test_a_number_beyond_all_floats_in_an_unknown_field_is_ignored(number: str) -> None:
    value = text("contact-resolved", x=7, outcome=None).replace(b": 7", b": " + number.encode())
    assert refusal("contact-resolved", value) is None


@pytest.mark.parametrize(
    ("type_", "name"), [(type_, name) for type_, event in EVENTS.items() for name in event]
)
@pytest.mark.parametrize("shape", ["text", "long text", "list", "object"])
def test_a_refusal_names_the_field_and_tells_nothing_of_the_event(
    type_: EventType, name: str, shape: str
) -> None:
    secret = "Jane-Doe-4711"
    wrong = {
        "text": "" if name.endswith("id") or name == "channel" else secret,
        "long text": secret * 100,
        "list": [secret],
        "object": {secret: secret},
    }[shape]
    value = text(type_, **{name: wrong}, event_id=secret)
    with pytest.raises(Refused) as refused:
        DECODER.decode(type_, secret.encode(), value, WALL)
    assert refused.value.detail.startswith(name)
    assert secret not in "".join(traceback.format_exception(refused.value))


def test_a_refusal_tells_how_to_mend_a_local_time() -> None:
    with pytest.raises(Refused) as refused:
        DECODER.decode_without_key(STARTED, text(STARTED, started_at="2025-06-01T10:00:00"), WALL)
    assert str(refused.value) == ("no_offset: started_at needs an offset: Z, or one such as +02:00")
