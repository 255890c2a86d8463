"""Evaluations of contacts that are opened again elsewhere, as it comes in, over restarts."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.partition.running import DURABLE, GAUGES, Run, events_of, expected_at, fallen
from tests.reference.compare import differences
from tests.reference.contacts import assemble
from tests.reference.counters import Counters
from tests.reference.events import time
from tests.reference.page import Dimensions, readable_events
from tests.reference.partition import Partition
from tests.reference.seeds import seeds
from tests.reference.settings import HOUR, MINUTE, ReferenceSettings, micro
from tests.rules.notation import evaluated, resolved, started, updated

if TYPE_CHECKING:
    from tests.reference.page import Page

#: Half an hour: all that happens does on its beat, and the clock is read at each.
BEAT: Final = 30 * MINUTE
BEGIN: Final = "2024-03-05T00:00:00Z"
SETTINGS: Final = ReferenceSettings(
    windows={"30d": (30 * 24 * HOUR, HOUR)},
    repeat_windows={"2h": 2 * HOUR},
    open_horizon=4 * HOUR,
    contact_updated=True,
    contact_evaluated=True,
)
QUEUES: Final = (None, "a", "b", "c")

#: The beat on which it arrives, and the line.
Told = tuple[int, bytes]


def life(rng: random.Random, contact: str) -> list[Told]:
    """A contact that is closed and opened again, as often as not elsewhere, until it expires."""
    told: list[Told] = []
    delays = rng.choice(((0,), (0, 0, 0, 6), (0, 3, 12, 20)))

    def tell(beat: int, line: Any, **fields: Any) -> None:
        given = {name: it for name, it in fields.items() if it is not None}
        told.append((beat + rng.choice(delays), line(contact, at(beat), **given)))

    begin = beat = rng.randrange(6)
    tell(beat, started, queue=rng.choice(QUEUES))
    for _ in range(rng.choice((1, 2, 3))):
        beat += rng.choice((1, 2, 8, 9))
        if rng.random() < 0.8:
            outcome = rng.choice(("resolved", "resolved", "abandoned", "void"))
            tell(beat, resolved, queue=rng.choice(QUEUES), outcome=outcome)
        beat += rng.choice((0, 1, 3, 9))
        status = rng.choice(("open", "waiting", None))
        queue = rng.choice(QUEUES[1:]) if status is None else rng.choice(QUEUES)
        tell(beat, updated, status=status, queue=queue)
    for name in range(rng.choice((1, 2))):
        for _ in range(rng.choice((1, 1, 2))):
            on = rng.randrange(begin, beat + 10)
            fatal = rng.choice((None, 1))
            tell(on, evaluated, evaluation_id=rng.choice((None, f"e{name}")), fatal_errors=fatal)
    return told


def at(beat: int) -> str:
    hours, minutes = divmod(beat * BEAT // MINUTE, 60)
    return f"2024-03-{5 + hours // 24:02}T{hours % 24:02}:{minutes:02}:00Z"


def partition_of(lines: list[bytes], clock: int) -> Partition:
    events = readable_events(lines, SETTINGS, {})
    contacts, _ = assemble(events, SETTINGS)
    return Partition(contacts, clock, SETTINGS, Dimensions(events, SETTINGS).label)


def judged(page: Page) -> Page:
    return {key: it for key, it in page.items() if key[0] == "cx_evaluations_total" and it}


def revised(page: Page) -> float:
    return sum(
        it
        for (name, labels), it in page.items()
        if name == "cx_revised_total" and ("fact", "evaluation") in labels
    )


@pytest.mark.parametrize("seed", seeds(8))
def test_each_is_counted_where_it_was_when_first_final_and_every_move_is_a_revision(
    seed: int,
) -> None:
    rng = random.Random(seed)
    told = sorted((it for name in "cd" for it in life(rng, name)), key=lambda it: it[0])
    run, counters, lines = Run(SETTINGS), Counters(), list[bytes]()
    for beat in range(told[0][0], told[-1][0] + 12):
        come = [line for on, line in told if on == beat]
        lines += come
        # Just after the beat what happened on it is known, and final.
        for clock in (micro(BEAT) * beat, micro(BEAT) * beat + micro(SETTINGS.allowed_lateness)):
            run.feed(events_of(come, SETTINGS), time(BEGIN) + clock)
            come = []
            counters.tell(partition_of(lines, run.engine.clock))
            page = run.page()
            assert (
                differences(
                    judged(counters.page(SETTINGS)), judged(page), ("cx_evaluations_total",)
                )
                == []
            )
            assert counters.revised["evaluation"] == revised(page)
        if rng.random() < 0.2:
            expected = expected_at(lines, run.engine.clock, SETTINGS)
            assert differences(expected, run.page(), GAUGES) == []
            run = run.successor()


def test_what_moved_before_it_was_known_is_no_revision_at_any_point_of_its_flush() -> None:
    """A worker may die before it has written the clock by which it moved."""
    run = Run(SETTINGS)
    run.feed(events_of([started("c", at(0), queue="a")], SETTINGS), time(at(1)))
    before, told, clock = list(run.changelog), run.page(), time(at(24))
    batch = [resolved("c", at(1), queue="b"), updated("c", at(2), status="open", queue="c")]
    written = run.feed(events_of([*batch, evaluated("c", at(3))], SETTINGS), clock)
    assert revised(run.page()) == 0
    assert sum(judged(run.page()).values()) == 1
    for length in range(len(written) + 1):
        successor = Run(SETTINGS, before + written[:length])
        assert fallen(told, successor.page()) == [], length
        successor.feed(events_of([*batch, evaluated("c", at(3))], SETTINGS), clock)
        assert differences(run.page(), successor.page(), DURABLE) == [], length
