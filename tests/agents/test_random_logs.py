"""The agents' engine against the reference: any order, late, amended and doubled, restarted."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.agents.engine import AgentsEngine
from service.definitions import DAY, HOUR, MINUTE, SECOND, CalendarWindow, Definitions, Window
from service.events.decoding import Decoder
from service.store import pieces
from tests.reference.agents import KINDS, Agents
from tests.reference.events import parse_value
from tests.reference.seeds import seeds

BEGIN = datetime(2026, 10, 22, 6, tzinfo=UTC)
ZONE = "Europe/Berlin"
DEFINITIONS = Definitions(
    windows=(Window("5m", 5 * MINUTE, 15 * SECOND), Window("6h", 6 * HOUR, 15 * MINUTE)),
    agents=True,
)
BY_DAYS = replace(
    DEFINITIONS,
    calendar_windows=tuple(
        CalendarWindow(name, ZONE) for name in ("today", "yesterday", "this_week", "this_month")
    ),
)
Log = list[tuple[str, dict[str, Any]]]
Record = tuple[bytes, bytes | None]


def an_event(rng: random.Random, hours: float) -> tuple[str, dict[str, Any]]:
    def time(earliest: float, latest: float) -> str:
        seconds = round(rng.uniform(earliest, latest) * 3600, rng.choice((0, 0, 3, 6)))
        return (BEGIN + timedelta(seconds=seconds)).isoformat()

    topic = rng.choices(KINDS, (6, 3, 1))[0]
    value: dict[str, Any] = {"agent_id": rng.choice("abcd"), "version": rng.choice((0, 0, 0, 1))}
    if rng.random() < 0.3:
        value["team"] = rng.choice(("red", "blue", "green"))
    match topic:
        case "agent-state-changed":
            at = time(max(0, hours - rng.choice((0.01, 0.1, 9))), hours)
            states = ("available", "busy", "wrap_up", "paused", "offline", "offline")
            value |= {"changed_at": at, "state": rng.choice(states)}
        case "agent-scheduled":
            starts = max(0, hours + rng.uniform(-5, 4))
            value |= {"shift_id": str(rng.randrange(6)), "cancelled": rng.random() < 0.2}
            value |= {"activity": rng.choice(("work", "work", "pause"))}
            value |= {"starts_at": time(starts, starts), "ends_at": time(starts + 0.1, starts + 5)}
        case _:
            since = rng.randrange(3) * 10
            value |= {"employed_from": time(since, since)}
            if rng.random() < 0.7:
                value["employed_until"] = time(since + 1, since + 20)
            elif rng.random() < 0.5:
                value["employed_until"] = value["employed_from"]
    return topic, value


def reference(definitions: Definitions) -> Agents:
    windows: dict[str, Any] = {it.name: (it.length, it.step) for it in definitions.windows}
    windows |= {it.name: it.name for it in definitions.calendar_windows}
    longest = max(it.length for it in definitions.all_windows)
    return Agents(windows, ZONE, longest, definitions.allowed_lateness)


def numbers(engine: AgentsEngine) -> dict[tuple[str, ...], int]:
    return {
        (sample, *labels): value
        for sample, family in engine.snapshot().families.items()
        for labels, value in zip(family.labels, family.values.tolist(), strict=True)
        if value
    }


def restarted(definitions: Definitions, written: list[Record], *, compacted: bool) -> AgentsEngine:
    engine = AgentsEngine(definitions)
    engine.restore(dict(written).items() if compacted else written)
    engine.restored()
    return engine


@pytest.mark.parametrize("definitions", [DEFINITIONS, BY_DAYS], ids=["sliding", "calendar"])
@pytest.mark.parametrize("seed", seeds(8))
def test_the_engine_says_what_the_reference_says(
    definitions: Definitions, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if seed % 2:
        monkeypatch.setattr(pieces, "PIECE_BYTES", 60)
    compare(definitions, seed)


def compare(definitions: Definitions, seed: int) -> None:
    rng = random.Random(seed)
    decoder = Decoder(65_536, 300 * SECOND)
    wall = int((BEGIN + timedelta(days=30)).timestamp()) * SECOND
    engine, plain = AgentsEngine(definitions), reference(definitions)
    written: list[Record] = []
    counters: dict[tuple[str, ...], int] = {}
    log: Log = []
    hours = 0.0
    for _ in range(rng.randrange(3, 14)):
        hours += rng.choice((0.001, 0.05, 1, 3, 12))
        batch = [an_event(rng, hours) for _ in range(rng.randrange(12))]
        batch += rng.sample(log, min(len(log), 2))
        log += batch
        decoded = []
        for topic, value in batch:
            text = json.dumps(value).encode()
            decoded.append(decoder.decode(topic, value["agent_id"].encode(), text, wall))  # type: ignore[call-overload]
        results = engine.apply(decoded)
        expected = [plain.apply(topic, parse_value(topic, it, wall, ())) for topic, it in batch]
        assert results == expected
        clock = int(BEGIN.timestamp()) * SECOND + round(hours * HOUR)
        engine.advance(clock)
        plain.advance(max(clock, engine.latest))
        flushed = engine.changes()
        assert numbers(engine) == plain.numbers()
        if rng.random() < 0.2:
            # The worker ended in the midst of the flush: the batch comes again.
            half = written + flushed[: rng.randrange(len(flushed) + 1)]
            engine = restarted(definitions, half, compacted=False)
            engine.apply(decoded)
            engine.advance(clock)
            written, flushed = half, engine.changes()
            assert numbers(engine) == plain.numbers()
        written += flushed
        if rng.random() < 0.3:
            engine = restarted(definitions, written, compacted=rng.random() < 0.5)
            assert numbers(engine) == plain.numbers()
        now = {key: it for key, it in numbers(engine).items() if key[0].endswith("_total")}
        assert all(now.get(key, 0) >= it for key, it in counters.items())
        counters = now


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_arrival_never_matters(seed: int) -> None:
    rng = random.Random(seed)
    decoder = Decoder(65_536, 300 * SECOND)
    events = [an_event(rng, rng.uniform(0, 40)) for _ in range(60)]
    decoded = [
        decoder.decode_without_key(topic, json.dumps(value).encode(), 30 * 365 * DAY * 3)  # type: ignore[call-overload]
        for topic, value in events
    ]
    found = []
    for _ in range(3):
        rng.shuffle(decoded)
        engine = AgentsEngine(BY_DAYS)
        engine.apply([*decoded, *decoded[:5]])
        engine.advance(int((BEGIN + timedelta(hours=41)).timestamp()) * SECOND)
        found.append(numbers(engine))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("seed", seeds(8))
def test_how_events_are_batched_never_matters(seed: int) -> None:
    """Plans of one agent that come together are drawn up once."""
    rng = random.Random(seed)
    hours = 0.0
    engines = [AgentsEngine(DEFINITIONS) for _ in range(3)]
    decoder = Decoder(65_536, 300 * SECOND)
    wall = int((BEGIN + timedelta(days=30)).timestamp()) * SECOND
    for _ in range(rng.randrange(3, 8)):
        hours += rng.choice((0.05, 1, 12))
        events = []
        for topic, value in [an_event(rng, hours) for _ in range(rng.randrange(40))]:
            text, key = json.dumps(value).encode(), value["agent_id"].encode()
            events.append(decoder.decode(topic, key, text, wall))  # type: ignore[call-overload]
        told = []
        for engine, size in zip(engines, (1, 7, len(events) + 1), strict=True):
            results: list[str] = []
            for first in range(0, len(events), size):
                results += engine.apply(events[first : first + size])
            engine.advance(int(BEGIN.timestamp()) * SECOND + round(hours * HOUR))
            told.append((results, numbers(engine)))
        assert told[0] == told[1] == told[2]
