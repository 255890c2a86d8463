"""Sums outgrow 64 bits, where contacts are long or publishers' clocks were never set."""

from __future__ import annotations

from typing import Final

from tests.partition.running import COUNTERS, DURABLE, Run, events_of, expected_at
from tests.reference.compare import differences
from tests.reference.events import time
from tests.reference.settings import HOUR, MINUTE, ReferenceSettings
from tests.rules.notation import moment, resolved, started

SETTINGS: Final = ReferenceSettings(
    windows={"1h": (HOUR, MINUTE)}, repeat_windows={"30m": HOUR // 2}
)
#: At 54 years each, these come to more than 2 ** 63 microseconds.
CONTACTS: Final = 6_000


def test_counters_stay_exact_beyond_64_bits_and_over_restarts() -> None:
    ends = [resolved(f"c{n}", "10:00", customer=f"x{n}") for n in range(CONTACTS)]
    # A start of so long ago would be too late, were the contact not known by its end.
    starts = [
        started(f"c{n}", "1970-01-01T00:00:00.25Z", customer=f"x{n}") for n in range(CONTACTS)
    ]
    run = Run(SETTINGS)
    run.feed(events_of(ends, SETTINGS))
    run.feed(events_of(starts, SETTINGS))
    for clock in ("10:05", "12:00"):
        run.feed([], time(moment(clock)))
        expected = expected_at(ends + starts, run.engine.clock, SETTINGS)
        for worker in (run, run.successor()):
            assert differences(expected, worker.page(), COUNTERS) == []
            assert differences(run.page(), worker.page(), DURABLE) == []
    assert run.engine.live_contacts == 0
