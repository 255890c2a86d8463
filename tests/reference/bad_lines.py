"""Lines that the contract refuses, made from events that it would accept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tests.reference.writing import Value, utc

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

#: Field and value: each makes an otherwise good event of that type a bad one.
WRONG: Final[dict[str, tuple[tuple[str, Any], ...]]] = {
    "contact-started": (
        ("channel", None),
        ("channel", ""),
        ("channel", "c" * 65),
        ("queue", 7),
        ("reason", ["r"]),
        ("priority", ""),
        ("direction", "sideways"),
        ("direction", "Inbound"),
        ("previous_contact_id", ""),
        ("started_at", "2024-03-05T09:00:00"),
        ("started_at", 1_709_629_200),
        ("started_at", "2999-01-01T00:00:00Z"),
        ("event_id", "e" * 257),
    ),
    "contact-resolved": (
        ("resolved_at", "2024-02-30T00:00:00Z"),
        ("resolved_at", "yesterday"),
        ("outcome", "expired"),
        ("outcome", True),
        ("first_response_at", "2024-03-05 09:00"),
        ("first_response_at", "2999-01-01T00:00:00Z"),
        ("agent_replies", -1),
        ("agent_replies", 1.5),
        ("agent_replies", 1_000_001),
        ("agent_replies", True),
        ("handle_seconds", -0.5),
        ("handle_seconds", "12"),
        ("handle_seconds", 8_640_000.5),
        ("transfers", "one"),
        ("agent_id", 4),
    ),
    "survey-answered": (
        ("survey", "stars"),
        ("score", 11),
        ("score", -1),
        ("score", 4.5),
        ("score", "4"),
        ("score", True),
        ("issue_resolved", 1),
        ("answered_at", "2024-03-05T09:00:00+24:00"),
    ),
    "contact-responded": (
        ("responder", "robot"),
        ("responded_at", None),
        ("responded_at", "2024-03-05T09:00:00.Z"),
    ),
}
ALWAYS_WRONG: Final = (
    ("contact_id", None),
    ("contact_id", ""),
    ("contact_id", "i" * 257),
    ("customer_id", 12),
    ("customer_id", None),
)


def told(value: Value) -> Value:
    return {name: utc(it) if name.endswith("_at") else it for name, it in value.items()}


def wrong_field(topic: str, value: Value, rng: random.Random) -> bytes:
    name, wrong = rng.choice((*WRONG[topic], *ALWAYS_WRONG))
    return json.dumps({"topic": topic, "value": told(value) | {name: wrong}}).encode()


def missing_field(topic: str, value: Value, rng: random.Random) -> bytes:
    left_out = rng.choice(("contact_id", "customer_id"))
    left = {name: it for name, it in told(value).items() if name != left_out}
    return json.dumps({"topic": topic, "value": left}).encode()


def not_json(topic: str, value: Value, rng: random.Random) -> bytes:
    good = json.dumps({"topic": topic, "value": told(value)}).encode()
    return rng.choice((good[:-1], good[: len(good) // 2], b"{", b"\x00", good + b"}", b"NaN"))


def not_an_object(topic: str, value: Value, rng: random.Random) -> bytes:
    content = rng.choice((None, [told(value)], "contact", 1, json.dumps(told(value))))
    return json.dumps({"topic": topic, "value": content}).encode()


def too_large(topic: str, value: Value, rng: random.Random) -> bytes:
    return json.dumps({"topic": topic, "value": told(value) | {"note": "x" * 70_000}}).encode()


def of_no_topic(topic: str, value: Value, rng: random.Random) -> bytes:
    line: Value = {"topic": rng.choice(("contacts", "", 5, None)), "value": told(value)}
    return json.dumps(line).encode()


KINDS: Final[tuple[Callable[[str, Value, random.Random], bytes], ...]] = (
    wrong_field,
    wrong_field,
    wrong_field,
    missing_field,
    not_json,
    not_an_object,
    too_large,
    of_no_topic,
)


def bad_line(topic: str, value: Value, rng: random.Random) -> bytes:
    return rng.choice(KINDS)(topic, value, rng)
