"""Whatever the bytes are, nothing but Refused comes out, and soon."""

from __future__ import annotations

import json
import time
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.events.decoding import Decoder
from service.events.model import EventType
from service.events.refusal import Refused
from tests.events.samples import DECODER, EVENTS, SKEW, WALL, refusal, text

TYPES: tuple[EventType, ...] = get_args(EventType)
#: Takes values of 10 MB, so that they are not only weighed but read.
ROOMY = Decoder(20_000_000, SKEW)
TEN_MB = 10_000_000

_SYNTAX = rb"""{ } [ ] " : , \ \u \ud83d /* null true NaN 1e999 - . 0
"contact_id" "customer_id" "started_at" "score" "2025-06-01T10:00:00Z" """
_BYTES = (b" ", b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf")
JSON_PIECES = st.sampled_from([*_SYNTAX.split(), *_BYTES])
UNHURRIED = settings(deadline=None)


def survives(type_: EventType, key: bytes | None, value: bytes | None) -> None:
    for decoder in (DECODER, ROOMY):
        try:
            event, at = decoder.decode(type_, key, value, WALL)
        except Refused:
            continue
        assert event.customer_id.encode() == key
        assert at <= WALL + SKEW


@given(st.sampled_from(TYPES), st.none() | st.binary(), st.none() | st.binary(max_size=3000))
@UNHURRIED
def test_random_bytes(type_: EventType, key: bytes | None, value: bytes | None) -> None:
    survives(type_, key, value)


@given(st.sampled_from(TYPES), st.lists(JSON_PIECES, max_size=60).map(b"".join))
@settings(UNHURRIED, max_examples=500)
def test_random_pieces_of_json(type_: EventType, value: bytes) -> None:
    survives(type_, b"customer-1", value)


@given(st.sampled_from(TYPES), st.data())
@settings(UNHURRIED, max_examples=500)
def test_events_with_bytes_changed(type_: EventType, data: st.DataObject) -> None:
    value = bytearray(text(type_))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(value) - 1))
        value[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.binary(max_size=3) | JSON_PIECES
        )
        if not value:
            break
    survives(type_, b"customer-1", bytes(value))


@given(st.sampled_from(TYPES), st.integers(0, 100_000), st.sampled_from([b"[", b'{"a":', b'[{"":']))
@settings(UNHURRIED, max_examples=50)
def test_nesting_of_any_depth(type_: EventType, depth: int, opening: bytes) -> None:
    closing = opening[::-1].translate(bytes.maketrans(b"[{", b"]}"), b'":a')
    inner = opening * depth + b"1" + closing * depth
    survives(type_, b"customer-1", inner)
    survives(type_, b"customer-1", opening * depth)
    survives(type_, b"customer-1", text(type_)[:-1] + b', "x": ' + inner + b"}")
    survives(type_, b"customer-1", text(type_, contact_id="@").replace(b'"@"', inner))


@pytest.mark.parametrize("type_", TYPES)
def test_every_field_with_a_number_of_any_size(type_: EventType) -> None:
    numbers = [
        "9" * 5000,
        "-" + "9" * 400,
        "1e400",
        "-1e400",
        "1e-400",
        "0." + "1" * 5000,
        "1e" + "9" * 50,
    ]
    for name in [*EVENTS[type_], "agent_replies", "handle_seconds", "transfers", "x"]:
        for number in numbers:
            value = text(type_, **{name: "@"}).replace(b'"@"', number.encode())
            survives(type_, b"customer-1", value)


@pytest.mark.parametrize(
    "filling", [b"a", b"\\u0000", b"\\n", "é".encode(), b"[", b"\\ud83d\\ude00"]
)
@pytest.mark.parametrize("name", ["contact_id", "started_at", "x"])
def test_values_of_ten_megabytes(name: str, filling: bytes) -> None:
    value = text("contact-started", **{name: "@"}).replace(b"@", filling * (TEN_MB // len(filling)))
    assert refusal("contact-started", value) == "too_large"
    survives("contact-started", b"customer-1", value)


def test_ten_megabytes_of_brackets_numbers_or_fields() -> None:
    for inner in (b"[]," * 3_000_000, b"1," * 5_000_000, b'"a":1,' * 1_600_000):
        opening, closing = (b"{", b"}") if b":" in inner else (b"[", b"]")
        value = (
            text("contact-started")[:-1]
            + b', "x": '
            + opening
            + inner.rstrip(b",")
            + closing
            + b"}"
        )
        ROOMY.decode("contact-started", b"customer-1", value, WALL)


@pytest.mark.parametrize("type_", TYPES)
def test_cloudevents_in_structured_mode_are_refused_by_their_missing_fields(
    type_: EventType,
) -> None:
    envelope = {
        "specversion": "1.0",
        "type": type_,
        "source": "/crm",
        "id": "1",
        "datacontenttype": "application/json",
        "data": EVENTS[type_],
    }
    assert refusal(type_, json.dumps(envelope).encode()) == "missing_field"


def test_an_event_of_another_type_is_refused() -> None:
    for type_ in TYPES:
        for other in TYPES:
            if other != type_:
                assert refusal(type_, text(other)) == "missing_field"


@pytest.mark.parametrize(
    "poison",
    [
        None,
        b"",
        b"garbage",
        b"\xff\xfe" * 100,
        b"[1, 2, 3]",
        text("contact-started")[:-1],
        text("contact-started", channel=None),
        text("contact-started", channel=5),
        text("contact-started", started_at="yesterday"),
        text("contact-started", started_at="2035-01-01T00:00:00Z"),
        text("contact-started", customer_id="other"),
    ],
    ids=range(11),
)
def test_poison_is_refused_at_the_speed_of_events(poison: bytes | None) -> None:
    assert _is_refused(poison)
    good = text("contact-started")
    # The best of what a busy machine shows: with a traceback, or a look for what is near, it would
    # be hundreds of times.
    assert min(_cost(poison) for _ in range(5)) < 20 * min(_cost(good) for _ in range(5))


def _cost(value: bytes | None, count: int = 500) -> float:
    """Seconds of this process."""
    begin = time.process_time()
    for _ in range(count):
        _is_refused(value)
    return time.process_time() - begin


def _is_refused(value: bytes | None) -> bool:
    try:
        DECODER.decode("contact-started", b"customer-1", value, WALL)
    except Refused:
        return True
    return False
