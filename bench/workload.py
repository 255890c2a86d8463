"""The events that everything here is measured with: a plain contact centre, the same every time.

Not the simulated one of `service.simulate`: that decides by its rate how many customers there
are, and staffs its queues; a benchmark wants so many events of so many customers, and quickly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain, count, islice, takewhile
from random import Random
from typing import NamedTuple
from uuid import UUID

import orjson

from service.definitions import DAY, HOUR, SECOND

STARTED = "contact-started"
RESOLVED = "contact-resolved"
ANSWERED = "survey-answered"
TOPICS = (STARTED, RESOLVED, ANSWERED)
PARTITIONS = 4

_CHANNELS = ("voice", "chat", "email", "social")
_CHANNEL_WEIGHTS = (45, 25, 20, 10)
_QUEUES = ("billing", "sales", "support", "technical", "retention")
_REASONS = (
    "invoice", "payment", "delivery", "return", "login", "outage", "contract", "complaint"
)  # fmt: skip
#: Mean seconds to the first response and, from there, to the end.
_RESPONSE = {"voice": 25, "chat": 40, "email": 7200, "social": 1800}
_HANDLING = {"voice": 300, "chat": 600, "email": 14400, "social": 3600}
#: Contacts, to have so many events after some surveys and some contacts that stay open.
_EVENTS_PER_CONTACT = 2.15
#: The same of a short while, in which not all of them end.
_STEADY_EVENTS_PER_CONTACT = 1.85
#: Not so quick that start and end come in one batch.
_PACE = 60.0
_ODD = 0x9E3779B97F4A7C15F39CC0605CEDC835


class Record(NamedTuple):
    """What is published, and the event's own time (microseconds since 1970)."""

    at: int
    topic: str
    key: bytes
    value: bytes


def past(events: int, now: int, *, customers: int = 20_000) -> list[Record]:
    """So many of seven days that ended a while before the wall clock `now`, in the order of event
    time; equal arguments give equal bytes."""
    number = round(events / _EVENTS_PER_CONTACT) + 100
    made = islice(contacts((now - 9 * DAY) // HOUR * HOUR, customers, 7 * DAY // number), number)
    return sorted(chain.from_iterable(made))[:events]


def steady(start: int, length: int, rate: float, *, customers: int) -> list[Record]:
    """About so many a second, once the first contacts end; most take less than half a minute."""
    end = start + length
    made = contacts(start, customers, round(SECOND * _STEADY_EVENTS_PER_CONTACT / rate), _PACE)
    begun = takewhile(lambda events: events[0].at < end, made)
    return sorted(record for record in chain.from_iterable(begun) if record.at < end)


def contacts(start: int, customers: int, spacing: int, pace: float = 1.0) -> Iterator[list[Record]]:
    """The events of each contact; from `start` on one begins every `spacing` microseconds.

    `pace`: how many times shorter waiting and handling times are than in a real centre.
    """
    rng = Random(1)
    latest: dict[str, str] = {}
    for at in count(start, spacing):
        customer = customer_id(rng.randrange(customers))
        ids = {"contact_id": _uuid(rng.getrandbits(128)), "customer_id": customer}
        yield list(_contact(rng, at, ids, latest, SECOND / pace))


def _contact(
    rng: Random, at: int, ids: dict[str, str], latest: dict[str, str], second: float
) -> Iterator[Record]:
    customer = ids["customer_id"]
    channel = rng.choices(_CHANNELS, _CHANNEL_WEIGHTS)[0]
    start = {"started_at": moment(at), "channel": channel, "queue": rng.choice(_QUEUES)}
    start["reason"] = rng.choice(_REASONS)
    start["direction"] = "outbound" if rng.random() < 0.05 else "inbound"
    if rng.random() < 0.1 and customer in latest:
        start["previous_contact_id"] = latest[customer]
    latest[customer] = ids["contact_id"]
    yield record(at, STARTED, ids | start)

    response = at + int(rng.expovariate(1 / _RESPONSE[channel]) * second)
    end = response + int((1 + rng.expovariate(1 / _HANDLING[channel])) * second)
    outcome = rng.choices(("resolved", "unresolved", "abandoned"), (85, 8, 7))[0]
    closing: dict[str, object] = {"resolved_at": moment(end), "outcome": outcome}
    if outcome != "abandoned":
        closing["first_response_at"] = moment(response)
        closing["agent_replies"] = rng.randint(1, 4)
        closing["handle_seconds"] = round((end - response) / SECOND, 1)
        closing["transfers"] = int(rng.random() < 0.1)
    yield record(end, RESOLVED, ids | closing)

    if outcome == "resolved" and rng.random() < 0.25:
        answered = end + int((10 + rng.expovariate(1 / 600)) * second)
        answer: dict[str, object] = {"answered_at": moment(answered), "survey": "csat"}
        answer["score"] = rng.choices((1, 2, 3, 4, 5), (1, 1, 2, 5, 6))[0]
        answer["issue_resolved"] = rng.random() < 0.8
        yield record(answered, ANSWERED, ids | answer)


def customer_id(number: int) -> str:
    """The customer with this number: a UUID that looks like any other."""
    return _uuid(number * _ODD % (1 << 128))


def moment(at: int) -> str:
    """A time as events carry it."""
    seconds, micros = divmod(at, SECOND)
    whole = datetime.fromtimestamp(seconds, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{micros // 1000:03d}Z"


def record(at: int, topic: str, event: Mapping[str, object]) -> Record:
    """The event as it is published."""
    return Record(at, topic, str(event["customer_id"]).encode(), orjson.dumps(event))


def _uuid(bits: int) -> str:
    return str(UUID(int=bits, version=4))
