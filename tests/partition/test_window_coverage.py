"""A window that was lengthened says from when on it is complete, and from then on it is."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from service.aggregates.clock import BEFORE_ALL
from service.partition import departures
from tests.partition.running import Run, cut, events_of, expected_at
from tests.reference.compare import differences
from tests.reference.long_logs import LATENESS, long_log, short_settings
from tests.reference.seeds import seeds
from tests.reference.settings import HOUR, ReferenceSettings, micro
from tests.rules.notation import resolved, started

if TYPE_CHECKING:
    from tests.reference.page import Page

LONGER: Final = {"90m": (90 * 60, 300), "3h": (3 * HOUR, 900)}


def of_window(page: Page, window: str) -> Page:
    return {it: value for it, value in page.items() if dict(it[1]).get("window") == window}


@pytest.mark.parametrize("seed", seeds(8))
def test_from_when_it_says_a_lengthened_window_is_what_it_had_been_with_all_contacts(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where repeat windows are longer, too, or others match."""
    rng = random.Random(seed)
    monkeypatch.setattr(departures, "DEPARTURE_INTERVAL", micro(rng.choice((1, 300))))
    first = short_settings(rng)
    longer = replace(first, windows={**first.windows, **LONGER})
    if seed % 2:
        longer = replace(longer, repeat_windows={"25m": 1500}, repeat_match="customer")
    batches = list(cut(long_log(rng, first, 100), rng, (5, 20)))
    run, lines = Run(first), []
    lacked: set[str] = set()
    checked: set[str] = set()
    for number, batch in enumerate(batches):
        lines += [arrival.line for arrival in batch]
        clock = max(run.engine.clock, batch[-1].at - LATENESS)
        run.feed(events_of([arrival.line for arrival in batch], run.settings), clock)
        if number == len(batches) // 3:
            run = run.successor(longer)
        elif rng.random() < 0.1:
            run = run.successor()
        snapshot, page = run.engine.snapshot(), run.page()
        expected = expected_at(lines, snapshot.clock, run.settings)
        for window, since in snapshot.complete_from.items():
            if since > snapshot.clock:
                lacked.add(window)
                continue
            checked.add(window)
            told = of_window(expected, window)
            assert differences(told, of_window(page, window), ("cx_window_",)) == []
    assert lacked >= LONGER.keys()
    assert checked == longer.windows.keys()


def test_a_window_within_the_former_retention_is_complete_at_once() -> None:
    former = ReferenceSettings(windows={"7d": (7 * 24 * HOUR, HOUR)})
    run = Run(former)
    lines = [started("a", "01 10:00"), resolved("a", "01 10:05"), started("b", "20 10:00")]
    run.feed(events_of(lines, former))
    assert run.engine.live_contacts == 1
    windows = {
        "7d": (7 * 24 * HOUR, HOUR),
        "13d": (13 * 24 * HOUR, HOUR),
        "20d": (20 * 24 * HOUR, HOUR),
    }
    snapshot = run.successor(replace(former, windows=windows)).engine.snapshot()
    assert snapshot.complete_from["13d"] <= snapshot.clock < snapshot.complete_from["20d"]


def test_as_long_as_nothing_has_left_every_window_is_complete() -> None:
    run = Run(ReferenceSettings())
    run.feed(events_of([started("a", "01 10:00")], run.settings))
    assert set(run.engine.snapshot().complete_from.values()) == {BEFORE_ALL}
