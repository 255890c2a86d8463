"""What comes again, or anew, about contacts that have just left, after a crash in a flush."""

from __future__ import annotations

from typing import Any, Final

import pytest

from service.partition import departures
from service.state import neighbours
from tests.partition.running import DURABLE, Run, events_of
from tests.reference.compare import differences
from tests.reference.events import time
from tests.reference.settings import HOUR, MINUTE, ReferenceSettings
from tests.rules.notation import answered, moment, reopened, resolved, started, waiting

#: A retention of an hour and a half, and half a minute.
SHORT: Final[dict[str, Any]] = {
    "windows": {"1h": (HOUR, MINUTE)},
    "repeat_windows": {"30m": HOUR // 2},
}


def at(short: str) -> int:
    return time(moment(short))


@pytest.mark.parametrize("late", [answered("a", "12:01", "csat", 5), resolved("a", "12:01")])
def test_one_that_comes_anew_before_its_tombstone_was_written_stays(late: bytes) -> None:
    """Else the tombstone of what had left takes it away, and the state is no longer whole."""
    run = Run(ReferenceSettings(**SHORT))
    run.feed(events_of([started("a", "10:00"), resolved("a", "10:05")], run.settings))
    before = list(run.changelog)
    written = run.feed([], at("12:00"))
    assert written[-1][1] is None
    run.feed(events_of([late], run.settings), at("12:02"))
    for length in range(len(written) + 1):
        successor = run.successor(changelog=before + written[:length])
        successor.feed([], at("12:00"))
        assert successor.successor().engine.live_contacts == 0
        # Once more, with what comes before it has flushed anything.
        successor = run.successor(changelog=before + written[:length])
        successor.feed(events_of([late], run.settings), at("12:02"))
        for worker in (successor, successor.successor()):
            assert worker.engine.live_contacts == 1
            worker.feed([], at("07 12:00"))
            assert worker.successor().engine.live_contacts == 0


def test_a_resolution_that_stands_behind_one_that_has_left_counts_once() -> None:
    """It is later than what stands, and not too late by itself when it comes again."""
    run = Run(ReferenceSettings(**SHORT, contact_updated=True))
    early = [resolved("c", "10:00", version=2), reopened("d", "10:00")]
    run.feed(events_of([*early, resolved("d", "10:05", version=2)], run.settings), at("11:00"))
    before = list(run.changelog)
    batch = events_of([resolved("c", "11:30"), resolved("d", "11:30")], run.settings)
    written = run.feed(batch, at("12:00"))
    run.feed(batch, at("12:00"))
    run.feed([], at("15:00"))
    assert run.engine.live_contacts == 0
    for length in range(len(written) + 1):
        successor = run.successor(changelog=before + written[:length])
        successor.feed(batch, at("12:00"))
        successor.feed([], at("15:00"))
        assert successor.engine.live_contacts == 0
        assert differences(run.page(), successor.page(), DURABLE) == [], length
        assert successor.successor().engine.live_contacts == 0


def test_what_a_contact_was_to_others_stays_when_its_id_is_used_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its former place decides still whom those between repeat, for its successor too."""
    monkeypatch.setattr(departures, "DEPARTURE_INTERVAL", 1)
    monkeypatch.setattr(neighbours, "FEW", 1)
    windows, repeats = {"30m": (HOUR // 2, 5 * MINUTE)}, {"20m": 20 * MINUTE}
    settings = ReferenceSettings(
        windows=windows, repeat_windows=repeats, open_horizon=HOUR, contact_updated=True
    )
    run = Run(settings)
    c = [started("c", "09:19", reason="x", version=1), resolved("c", "09:43")]
    told: list[tuple[str, list[bytes]]] = [
        ("10:51", [started("b", "09:10"), *c]),
        ("11:02", [started("c", "10:59", version=2)]),
        ("12:30", [resolved("b", "12:29", outcome="abandoned"), started("b", "09:50", reason="x")]),
        ("13:05", [waiting("b", "12:53")]),
        ("14:00", []),
    ]
    for clock, lines in told:
        run.feed(events_of(lines, settings), at(clock))
        assert differences(run.page(), run.successor().page(), DURABLE) == [], clock
    repeated = [
        value for (name, _), value in run.page().items() if name == "cx_repeat_contacts_total"
    ]
    assert sum(repeated) == 1
