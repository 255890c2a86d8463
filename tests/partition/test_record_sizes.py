"""No record outgrows what a batch to the changelog takes, whatever publishers send."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, get_args

from service.definitions import DAY, HOUR, MINUTE, SECOND, Definitions, RepeatWindow, Window
from service.events.model import (
    ContactResolved,
    ContactResponded,
    ContactStarted,
    Event,
    Responder,
    Survey,
    SurveyAnswered,
)
from service.events.times import microseconds
from service.partition.engine import Engine
from service.store import changelog as state
from service.streaming.producer import MAX_BATCH_BYTES
from tests.partition.product import series

if TYPE_CHECKING:
    from collections.abc import Sequence

SURVEYS: Final = get_args(Survey)
RESPONDERS: Final = get_args(Responder)
BEGIN: Final = datetime(2026, 3, 2, tzinfo=UTC)
#: Key, headers and frame of a record take less.
MOST_BYTES: Final = MAX_BATCH_BYTES - 4_096


def longest(rng: random.Random, length: int) -> str:
    """So many characters of four bytes each, which compression hardly shortens."""
    return "".join(chr(rng.randrange(0x10000, 0x1F000)) for _ in range(length))


def step(
    engine: Engine, events: Sequence[tuple[Event, datetime]], clock: datetime
) -> list[tuple[bytes, bytes | None]]:
    engine.apply([(event, microseconds(at)) for event, at in events])
    engine.advance(microseconds(clock))
    return engine.changes()


def largest(records: Sequence[tuple[bytes, bytes | None]]) -> int:
    return max(len(key) + len(value or b"") for key, value in records)


def test_thousands_of_the_longest_labels() -> None:
    """What is kept of them, and what has left under them, is written in parts."""
    rng = random.Random(1)
    definitions = Definitions(
        windows=(Window("1h", HOUR, MINUTE),),
        repeat_windows=(RepeatWindow("1h", HOUR),),
        max_label_values=10_000,
        first_response_buckets=(SECOND,),
        resolution_buckets=(SECOND,),
    )
    engine = Engine(definitions)
    started: list[tuple[Event, datetime]] = [
        (
            ContactStarted(
                contact_id="c",
                customer_id=f"k{number}",
                started_at=BEGIN,
                channel=longest(rng, 64),
                queue=longest(rng, 64),
                reason=longest(rng, 64),
            ),
            BEGIN,
        )
        for number in range(1_500)
    ]
    records = step(engine, started, BEGIN)
    assert sum(len(value or b"") for _, value in records) > MAX_BATCH_BYTES
    assert largest(records) < MOST_BYTES
    left = step(engine, [], BEGIN + timedelta(days=60))
    assert engine.live_contacts == 0
    assert sum(len(value or b"") for _, value in left) > MAX_BATCH_BYTES
    assert largest(left) < MOST_BYTES


def test_a_contact_of_which_everything_is_said_and_all_of_it_changes_late() -> None:
    rng = random.Random(2)
    definitions = Definitions(
        repeat_windows=tuple(RepeatWindow(f"{n}h", n * HOUR) for n in range(1, 31)),
        contact_responded=True,
        allowed_lateness=0,
    )
    engine = Engine(definitions)
    ids: dict[str, Any] = {"contact_id": longest(rng, 256), "customer_id": longest(rng, 256)}
    written: list[tuple[bytes, bytes | None]] = []
    clock = BEGIN + timedelta(microseconds=3 * DAY)
    for turn in range(100):
        at = BEGIN + timedelta(seconds=turn)
        labels: dict[str, Any] = {"queue": longest(rng, 64), "reason": longest(rng, 64)}
        events: list[tuple[Event, datetime]] = [
            (
                ContactStarted(
                    **ids,
                    started_at=at,
                    channel=longest(rng, 64),
                    previous_contact_id=longest(rng, 256),
                    **labels,
                ),
                at,
            ),
            (ContactResolved(**ids, resolved_at=at, first_response_at=at, **labels), at),
        ]
        events += [
            (SurveyAnswered(**ids, answered_at=at, survey=survey, score=turn % 5 + 1), at)
            for survey in SURVEYS
        ]
        responses = [at + timedelta(hours=1, microseconds=number) for number in range(30)]
        events += [
            (ContactResponded(**ids, responded_at=moment, responder=responder), moment)
            for moment in responses
            for responder in RESPONDERS
        ]
        # Another one of the customer, so that what is counted hangs together.
        other = ContactStarted(
            contact_id=f"c{turn}", customer_id=ids["customer_id"], started_at=at, channel="voice"
        )
        events.append((other, at))
        clock += timedelta(minutes=1)
        written += step(engine, events, clock)
    assert largest(written) < MOST_BYTES


def test_what_counts_all_at_once_counts_though_it_takes_several_records() -> None:
    """A successor that finds only some of the contacts' own records beside it has them all."""
    rng = random.Random(3)
    definitions = Definitions(
        windows=(Window("48h", 2 * DAY, HOUR),), repeat_windows=(RepeatWindow("1m", MINUTE),)
    )
    engine = Engine(definitions)
    early, at = list[tuple[Event, datetime]](), BEGIN
    for _ in range(800):
        at += timedelta(minutes=2)
        early += closed(longest(rng, 256), at, at + timedelta(seconds=1))
    clock = at + timedelta(minutes=10)
    log = step(engine, early, clock)
    told = revised(engine)
    # It turns out to have been there all the while: all others were its repeats.
    late = closed("a", BEGIN, at)
    written = step(engine, late, clock)
    halves = [key for key, _ in written if key.startswith(state.TOGETHER)]
    assert len(set(halves)) > 1
    half_way = len(set(halves)) + 100
    successor = Engine(definitions)
    successor.restore(log + written[:half_way])
    successor.restored()
    step(successor, late, clock)
    assert told < revised(engine) == revised(successor)


def closed(contact_id: str, at: datetime, until: datetime) -> list[tuple[Event, datetime]]:
    ids: dict[str, Any] = {"contact_id": contact_id, "customer_id": "k"}
    return [
        (ContactStarted(**ids, started_at=at, channel="voice"), at),
        (ContactResolved(**ids, resolved_at=until), until),
    ]


def revised(engine: Engine) -> float:
    """How often facts have changed that were counted."""
    page = series(engine.snapshot())
    return sum(value for (name, _), value in page.items() if name == "cx_revised_total")
