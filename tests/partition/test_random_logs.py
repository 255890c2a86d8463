"""Customers, evaluations and surveys beside the reference: any order, any clock, restarts.

What the contacts of a log are is in the settings and the log; here is how it comes in.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from tests.partition.running import GAUGES, Run, compacted, cut, events_of
from tests.reference.compare import differences
from tests.reference.contacts import assemble
from tests.reference.counters import Counters
from tests.reference.customer_logs import WITH_CUSTOMERS, customer_log
from tests.reference.customers import customers_of
from tests.reference.lively_logs import lively_log
from tests.reference.lively_settings import CONFIGURATIONS
from tests.reference.page import Dimensions, readable_events, tell
from tests.reference.partition import Partition
from tests.reference.seeds import seeds
from tests.reference.settings import DAY, HOUR, micro

if TYPE_CHECKING:
    from tests.reference.events import Fields
    from tests.reference.page import Page, Totals
    from tests.reference.settings import ReferenceSettings
    from tests.reference.writing import Log

#: What these logs are of, and the counter that tells it.
KINDS: Final = {
    "customers": ("cx_customers_left_total", "customers_left"),
    "evaluations": ("cx_evaluations_total", "evaluation"),
    "surveys": ("cx_survey_answers_total", "survey"),
}
Events = list[tuple[str, "Fields"]]
#: So long that nothing leaves the state while it goes on.
NEVER_TOO_LATE: Final = {"120d": (120 * DAY, DAY)}


def a_log(kind: str, seed: int) -> tuple[Log, ReferenceSettings]:
    rng = random.Random(seed)
    if kind == "customers":
        settings = rng.choice([*WITH_CUSTOMERS.values()])
        log = customer_log(seed, settings, 3)
    else:
        settings = replace(rng.choice([*CONFIGURATIONS.values()]), contact_evaluated=True)
        log = lively_log(seed, settings, 3)
    return log, replace(settings, windows={**settings.windows, **NEVER_TOO_LATE})


def partition_of(events: Events, clock: int, settings: ReferenceSettings) -> Partition:
    contacts, _ = assemble(events, settings)
    label = Dimensions(events, settings).label
    return Partition(contacts, clock, settings, label, customers_of(events))


def expiries(partition: Partition, since: int) -> list[int]:
    """When contacts have expired after that moment: labels change by the clock alone."""
    ends = {
        closing.at
        for contact in partition.contacts
        if contact.started is not None
        for closing in contact.life(partition.clock).closings
        if closing.outcome == "expired"
    }
    return sorted(at for at in ends if since < at <= partition.clock)


def page_of(partition: Partition) -> Page:
    totals: Totals = defaultdict(int)
    tell(partition, totals)
    return {key: float(value) for key, value in totals.items()}


def revised(page: Page, fact: str) -> float:
    return sum(
        it
        for (name, labels), it in page.items()
        if name == "cx_revised_total" and ("fact", fact) in labels
    )


@pytest.mark.parametrize("seed", seeds(8))
@pytest.mark.parametrize("kind", KINDS)
def test_gauges_and_counters_are_those_of_the_reference_in_any_order_and_over_restarts(
    kind: str, seed: int
) -> None:
    rng = random.Random(seed)
    log, settings = a_log(kind, seed)
    counter, fact = KINDS[kind]
    run, counters, told = Run(settings), Counters(), Events()
    clock = log.as_of - micro(rng.choice((0, HOUR, 2 * DAY, 45 * DAY)))

    def step(come: list[bytes]) -> None:
        nonlocal run
        told.extend(readable_events(come, settings, defaultdict()))
        before, batch = list(run.changelog), events_of(come, settings)
        since = run.engine.clock
        written = run.feed(batch, clock)
        expected = partition_of(told, run.engine.clock, settings)
        for at in expiries(expected, since):
            # What is final before it is counted as it was until then.
            counters.tell(partition_of(told, at - 1, settings))
            counters.tell(partition_of(told, at, settings))
        counters.tell(expected)
        if rng.random() < 0.3:
            # The worker ends with all that it wrote, or in the midst of it.
            kept = rng.choice((len(written), rng.randrange(len(written) + 1)))
            # Label values are agreed on before an event that brings them is applied.
            agreed = run.engine.labels.given
            run = Run(settings, [*before, *written[:kept]], agreed=agreed)
            if kept < len(written):
                run.feed(batch, clock)
            if rng.random() < 0.3:
                run = run.successor(changelog=compacted(run.changelog, tombstones=False))
        page = run.page()
        assert differences(counters.page(settings), page, (counter,)) == []
        assert counters.revised[fact] == revised(page, fact)
        if not come:
            assert differences(page_of(expected), page, GAUGES) == []

    for come in cut(log.lines, rng, (1, 5, 20)):
        # The clock moves, and then events come: which of both is first does matter.
        ahead = max((at for _, at in events_of(come, settings)), default=clock)
        clock = max(ahead, min(log.as_of, clock + micro(rng.choice((0, 1, HOUR, 2 * DAY)))))
        step([])
        step(come)
    for days in (0, 1, 40):
        clock = log.as_of + micro(days * DAY)
        step([])
