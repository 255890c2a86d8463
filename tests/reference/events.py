"""CONTRACT 1, the input: lines of a replay to events, or None for what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
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
    """Microseconds since 1970 in UTC; further digits are cut off."""
    match = RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise RefusedError
    day, clock, fraction, sign, hours, minutes = match.groups()
    refuse_unless(clock < "24")  # newer Pythons take it for the next midnight
    local = datetime.fromisoformat(f"{day}T{clock}")  # a ValueError where there is no such day
    microseconds = int((fraction or "").ljust(6, "0")[:6])
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    refuse_unless((local + timedelta(microseconds=microseconds)).year >= 1900)
    since_1970 = local - datetime.fromisoformat("1970-01-01T00:00:00")
    since_1970 += offset if sign == "-" else -offset
    return since_1970 // timedelta(microseconds=1) + microseconds


identifier = text(256)
label = text(64)
version = integer(0, (1 << 63) - 1)
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
    "contact-updated": {
        "contact_id": identifier,
        "customer_id": identifier,
        "updated_at": time,
    },
    "contact-responded": {
        "contact_id": identifier,
        "customer_id": identifier,
        "responded_at": time,
    },
    "contact-evaluated": {
        "contact_id": identifier,
        "customer_id": identifier,
        "evaluated_at": time,
    },
    "customer-changed": {"customer_id": identifier, "changed_at": time},
    "agent-state-changed": {
        "agent_id": identifier,
        "changed_at": time,
        "state": one_of("available", "busy", "wrap_up", "paused", "offline"),
    },
    "agent-scheduled": {
        "agent_id": identifier,
        "shift_id": identifier,
        "starts_at": time,
        "ends_at": time,
    },
    "agent-employed": {"agent_id": identifier, "employed_from": time},
}
EVERY: Final[dict[str, Check]] = {"version": version, "event_id": identifier}
OPTIONAL: Final[dict[str, dict[str, Check]]] = {
    "contact-started": {
        "queue": label,
        "reason": label,
        "priority": label,
        "direction": one_of("inbound", "outbound"),
        "previous_contact_id": identifier,
        **EVERY,
    },
    "contact-resolved": {
        "outcome": one_of("resolved", "unresolved", "abandoned", "void"),
        "first_response_at": time,
        "agent_id": identifier,
        "queue": label,
        "reason": label,
        "agent_replies": count,
        "handle_seconds": number(0, 8_640_000),
        "transfers": count,
        "team": label,
        "resolved_by": one_of("agent", "bot"),
        **EVERY,
    },
    "survey-answered": {
        "issue_resolved": boolean,
        "survey_id": identifier,
        "aspect": one_of("overall", "access", "resolution", "treatment"),
        "scale": integer(2, 10),
        **EVERY,
    },
    "contact-responded": {"responder": one_of("agent", "bot"), **EVERY},
    "contact-updated": {
        "status": one_of("open", "waiting"),
        "by": one_of("customer", "agent", "system"),
        "queue": label,
        "reason": label,
        "priority": label,
        **EVERY,
    },
    "contact-evaluated": {
        "evaluation_id": identifier,
        "score": number(0, 100),
        "fatal_errors": count,
        "nonfatal_errors": count,
        "positive": number(0, 10),
        "negative": number(0, 10),
        **EVERY,
    },
    "customer-changed": {
        "status": one_of("active", "left"),
        "segment": label,
        "monthly_revenue": number(0, 1_000_000_000),
        **EVERY,
    },
    "agent-state-changed": {"team": label, **EVERY},
    "agent-scheduled": {
        "activity": one_of("work", "pause"),
        "team": label,
        "cancelled": boolean,
        **EVERY,
    },
    "agent-employed": {"employed_until": time, "team": label, **EVERY},
}
LABELS: Final = ("channel", "queue", "reason", "priority", "team", "segment")
#: How deeply arrays and objects may be nested.
DEEPEST: Final = 500
DEFAULTS: Final[Fields] = {
    "direction": "inbound",
    "outcome": "resolved",
    "responder": "agent",
    "resolved_by": "agent",
    "aspect": "overall",
    "by": "agent",
    "fatal_errors": 0,
    "nonfatal_errors": 0,
    "activity": "work",
    "cancelled": False,
    "version": 0,
}
EVENT_TIME: Final = {
    "contact-started": "started_at",
    "contact-resolved": "resolved_at",
    "survey-answered": "answered_at",
    "contact-responded": "responded_at",
    "contact-updated": "updated_at",
    "contact-evaluated": "evaluated_at",
    "customer-changed": "changed_at",
    "agent-state-changed": "changed_at",
}
#: Begin and end of what is planned, which may lie ahead.
PLANS: Final = {
    "agent-scheduled": ("starts_at", "ends_at"),
    "agent-employed": ("employed_from", "employed_until"),
}
AGENTS: Final = ("agent-state-changed", *PLANS)


def parse_value(topic: str, value: Any, latest: int, lowercase: Sequence[str]) -> Fields:
    """The event's fields; `latest` is the last moment that is not too far in the future."""
    refuse_unless(isinstance(value, dict) and depth(value) <= DEEPEST)
    told = {name: label_as_counted(name, it, lowercase) for name, it in value.items()}
    fields: Fields = {}
    for name, check in REQUIRED[topic].items():
        refuse_unless(told.get(name) is not None)
        fields[name] = check(told[name])
    for name, check in OPTIONAL[topic].items():
        given = told.get(name)
        is_absent = given is None or given == ""
        fields[name] = DEFAULTS.get(name) if is_absent else check(given)
    if topic == "survey-answered":
        check_scale(fields)
    if topic == "contact-updated":
        refuse_unless(any(fields[name] for name in ("status", "queue", "reason", "priority")))
        fields["by"] = fields["by"] if fields["status"] else None
    for name in {"queue", "reason", "team"} & fields.keys():
        if fields[name] == "none":
            fields[name] = None  # how it is shown that there is none
    if topic in PLANS:
        check_plan(topic, *(fields[name] for name in PLANS[topic]))
        return fields
    for name in (EVENT_TIME[topic], "first_response_at"):
        refuse_unless((fields.get(name) or 0) <= latest)
    return fields


def check_plan(topic: str, begins: int, ends: int | None) -> None:
    """A shift takes time; an employment may end where it begins."""
    if topic == "agent-scheduled":
        refuse_unless(ends is not None and begins < ends)
    else:
        refuse_unless(ends is None or begins <= ends)


def label_as_counted(name: str, value: Any, lowercase: Sequence[str]) -> Any:
    """Without the blanks around it, perhaps in lower case."""
    if name not in LABELS or not isinstance(value, str):
        return value
    return value.strip().lower() if name in lowercase else value.strip()


def check_scale(fields: Fields) -> None:
    """Of csat and ces the scale may be told; without it, or for nps, it is the usual one."""
    least, most = SURVEYS[fields["survey"]]
    if fields["survey"] == "nps":
        refuse_unless(fields["scale"] is None)
    else:
        fields["scale"] = most = fields["scale"] or most
    refuse_unless(least <= fields["score"] <= most)


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
    topics = set(REQUIRED)
    topics -= set() if settings.contact_responded else {"contact-responded"}
    topics -= set() if settings.contact_updated else {"contact-updated"}
    topics -= set() if settings.contact_evaluated else {"contact-evaluated"}
    topics -= set() if settings.customer_changed else {"customer-changed"}
    topics -= set() if settings.agents else set(AGENTS)
    topic = UNKNOWN_TOPIC
    try:
        written = line.decode() if isinstance(line, bytes) else line
        content = DECODER.decode(written)
        json.dumps(content, ensure_ascii=False).encode()  # no unpaired surrogate anywhere
        refuse_unless(isinstance(content, dict) and "value" in content)
        refuse_unless(isinstance(content.get("topic"), str) and content["topic"] in topics)
        topic = content["topic"]
        # To look for the value is dear, and it is no larger than its line.
        size = len(written.encode())
        most = settings.max_event_bytes
        refuse_unless(size <= most or size_of_value(written) <= most)
        latest = wall + micro(settings.max_future_skew)
        return topic, parse_value(topic, content["value"], latest, settings.lowercase_labels)
    except (RefusedError, ValueError, OverflowError, RecursionError):
        return topic, None
