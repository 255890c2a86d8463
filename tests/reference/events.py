"""CONTRACT 1, the input: lines of a replay to events, or None for what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from tests.reference.settings import ReferenceSettings, micro

#: The topic of a line that does not tell one that is read.
UNKNOWN_TOPIC: Final = "unknown"

#: A parsed event: each field of its type that carries meaning, None where it is absent.
Fields = dict[str, Any]
Check = Callable[[Any], Any]


class RefusedError(Exception):
    """The value is not what the contract allows."""


def refuse_unless(allowed: bool) -> None:
    if not allowed:
        raise RefusedError


def text(longest: int) -> Check:
    def check(value: Any) -> str:
        refuse_unless(isinstance(value, str) and 1 <= len(value) <= longest)
        return str(value)

    return check


def one_of(*names: str) -> Check:
    def check(value: Any) -> str:
        refuse_unless(isinstance(value, str) and value in names)
        return str(value)

    return check


def number(least: float, most: float) -> Check:
    def check(value: Any) -> float:
        refuse_unless(isinstance(value, int | float) and not isinstance(value, bool))
        refuse_unless(least <= value <= most)
        return float(value)

    return check


def integer(least: int, most: int) -> Check:
    """As in JSON Schema, 4.0 is an integer."""

    def check(value: Any) -> int:
        refuse_unless(number(least, most)(value).is_integer())
        return int(value)

    return check


def boolean(value: Any) -> bool:
    refuse_unless(isinstance(value, bool))
    return bool(value)


#: With what RFC 3339 merely tolerates: lower case, a space for the T, an offset without colon.
RFC_3339: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):?([0-5]\d))",
    re.ASCII,
)


def time(value: Any) -> int:
    """Microseconds since 1970 in UTC; half a microsecond and more is rounded up."""
    match = RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise RefusedError
    day, clock, fraction, sign, hours, minutes = match.groups()
    local = datetime.fromisoformat(f"{day}T{clock}")  # a ValueError where there is no such day
    digits = (fraction or "").ljust(7, "0")
    microseconds = int(digits[:6]) + (digits[6] >= "5")
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    refuse_unless((local + timedelta(microseconds=microseconds)).year >= 1900)
    since_1970 = local - datetime.fromisoformat("1970-01-01T00:00:00")
    since_1970 += offset if sign == "-" else -offset
    return since_1970 // timedelta(microseconds=1) + microseconds


identifier = text(256)
label = text(64)
count = integer(0, 1_000_000)
SURVEYS: Final = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7)}

REQUIRED: Final[dict[str, dict[str, Check]]] = {
    "contact-started": {
        "contact_id": identifier,
        "customer_id": identifier,
        "started_at": time,
        "channel": label,
    },
    "contact-resolved": {
        "contact_id": identifier,
        "customer_id": identifier,
        "resolved_at": time,
    },
    "survey-answered": {
        "contact_id": identifier,
        "customer_id": identifier,
        "answered_at": time,
        "survey": one_of(*SURVEYS),
        "score": integer(0, 10),
    },
    "contact-responded": {
        "contact_id": identifier,
        "customer_id": identifier,
        "responded_at": time,
    },
}
OPTIONAL: Final[dict[str, dict[str, Check]]] = {
    "contact-started": {
        "queue": label,
        "reason": label,
        "priority": label,
        "direction": one_of("inbound", "outbound"),
        "previous_contact_id": identifier,
        "event_id": identifier,
    },
    "contact-resolved": {
        "outcome": one_of("resolved", "unresolved", "abandoned"),
        "first_response_at": time,
        "agent_id": identifier,
        "queue": label,
        "reason": label,
        "agent_replies": count,
        "handle_seconds": number(0, 8_640_000),
        "transfers": count,
        "event_id": identifier,
    },
    "survey-answered": {"issue_resolved": boolean, "event_id": identifier},
    "contact-responded": {"responder": one_of("agent", "bot"), "event_id": identifier},
}
#: How deeply arrays and objects may be nested.
DEEPEST: Final = 500
DEFAULTS: Final = {"direction": "inbound", "outcome": "resolved", "responder": "agent"}
EVENT_TIME: Final = {
    "contact-started": "started_at",
    "contact-resolved": "resolved_at",
    "survey-answered": "answered_at",
    "contact-responded": "responded_at",
}


def parse_value(topic: str, value: Any, latest: int) -> Fields:
    """The event's fields; `latest` is the last moment that is not too far in the future."""
    refuse_unless(isinstance(value, dict) and depth(value) <= DEEPEST)
    fields: Fields = {}
    for name, check in REQUIRED[topic].items():
        refuse_unless(value.get(name) is not None)
        fields[name] = check(value[name])
    for name, check in OPTIONAL[topic].items():
        given = value.get(name)  # an optional field that is null is absent
        fields[name] = DEFAULTS.get(name) if given is None else check(given)
        if name in {"queue", "reason"} and given == "none":
            fields[name] = None  # how it is shown that there is none
    if topic == "survey-answered":
        least, most = SURVEYS[fields["survey"]]
        refuse_unless(least <= fields["score"] <= most)
    for name in (EVENT_TIME[topic], "first_response_at"):
        refuse_unless((fields.get(name) or 0) <= latest)
    return fields


def depth(value: Any) -> int:
    levels, level = 0, [value]
    while level := [it for it in level if isinstance(it, dict | list)]:
        levels += 1
        level = [inner for it in level for inner in (it.values() if isinstance(it, dict) else it)]
    return levels


def json_integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 20 else float(digits)


def not_json(name: str) -> None:
    raise RefusedError(name)


DECODER: Final = json.JSONDecoder(parse_constant=not_json, parse_int=json_integer)


def size_of_value(line: str) -> int:
    """Bytes of the line's `value` as it is written there; the line is known to be JSON."""
    blank = re.compile(r"[ \t\n\r]*")

    def skip(position: int) -> int:
        match = blank.match(line, position)
        return match.end() if match else position

    size, position = 0, skip(0) + 1  # past the {
    while line[position := skip(position)] != "}":
        name, position = DECODER.raw_decode(line, position)
        begin = skip(skip(position) + 1)  # past the :
        _, end = DECODER.raw_decode(line, begin)
        if name == "value":
            size = len(line[begin:end].encode())
        position = skip(end)
        position += line[position] == ","
    return size


def parse_line(
    line: str | bytes, settings: ReferenceSettings, wall: int
) -> tuple[str, Fields | None]:
    """The line's topic, and its event or None when it is refused."""
    topics = set(REQUIRED) - (set() if settings.contact_responded else {"contact-responded"})
    topic = UNKNOWN_TOPIC
    try:
        written = line.decode() if isinstance(line, bytes) else line
        content = DECODER.decode(written)
        json.dumps(content, ensure_ascii=False).encode()  # no unpaired surrogate anywhere
        refuse_unless(isinstance(content, dict) and "value" in content)
        refuse_unless(isinstance(content.get("topic"), str) and content["topic"] in topics)
        topic = content["topic"]
        refuse_unless(size_of_value(written) <= settings.max_event_bytes)
        latest = wall + micro(settings.max_future_skew)
        return topic, parse_value(topic, content["value"], latest)
    except (RefusedError, ValueError, OverflowError, RecursionError):
        return topic, None
