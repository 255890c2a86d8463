"""One list of label values for several partitions, over restarts with other limits and lists."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import pytest

from service.aggregates.labels import Label
from service.partition.engine import Engine
from service.state.customers import Customers
from tests.partition.product import definitions, series
from tests.partition.running import GAUGES, Record, Run, compacted, cut, events_of, fallen
from tests.reference import logs
from tests.reference.compare import differences
from tests.reference.contacts import assemble
from tests.reference.page import OWN, readable_events, tell
from tests.reference.partition import Partition
from tests.reference.settings import DAY, ReferenceSettings, micro
from tests.rules.notation import resolved, started

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.partition.running import Batch
    from tests.reference.page import Page, Totals

PARTITIONS: Final = 3
#: Nothing leaves, and nothing is final: gauges are functions of the records.
SETTINGS: Final = ReferenceSettings(contact_responded=True, allowed_lateness=60 * DAY)
#: What the times in the logs crowd at the boundaries of.
TOLD_OF: Final = ReferenceSettings(contact_responded=True)


@dataclass
class Listed:
    """The list that all partitions agree on, and what it means under the settings of today."""

    settings: ReferenceSettings
    values: list[tuple[str, str]] = field(default_factory=list)

    def propose(self, labels: Iterable[tuple[str, str]]) -> None:
        self.values += [label for label in labels if label not in self.values]

    def label(self, dimension: str, value: str | None) -> str:
        if value is None:
            return "none"
        shown = self.settings.allowed_labels.get(dimension)
        if shown is None:
            of_dimension = [it for name, it in self.values if name == dimension]
            shown = frozenset(of_dimension[: self.settings.max_label_values])
        return value if value in shown or value in OWN else "other"


class Held:
    """A partition as one worker after the other holds it."""

    def __init__(self, listed: Listed) -> None:
        self.listed = listed
        self.lines: list[bytes] = []
        self.changelog: list[Record] = []
        self.take_over()

    def take_over(self) -> None:
        self.engine = Engine(definitions(self.listed.settings), agreed_labels=True)
        self.engine.restore(self.changelog)
        self._agree()
        self.engine.restored()

    def feed(self, lines: list[bytes], clock: int) -> None:
        self.lines += lines
        batch: Batch = events_of(lines, self.listed.settings)
        while batch:
            batch = batch[len(self.engine.apply(batch)) :]
            if batch:
                self._agree()
        self.engine.advance(max(clock, self.engine.latest))
        self.changelog += self.engine.changes()

    def _agree(self) -> None:
        self.engine.admit(self.listed.values)
        undecided = self.engine.undecided()
        self.listed.propose(undecided)
        self.engine.admit(self.listed.values)

    def page(self) -> Page:
        return series(self.engine.snapshot())

    def expected(self) -> Page:
        """What the reference says of this partition's lines, with the labels of the list."""
        totals: Totals = defaultdict(int)
        events = readable_events(self.lines, self.listed.settings, totals)
        contacts, _ = assemble(events, self.listed.settings)
        clock = self.engine.clock
        tell(Partition(contacts, clock, self.listed.settings, self.listed.label), totals)
        return {key: float(value) for key, value in totals.items()}


def negative(page: Page) -> list[str]:
    return [f"{name} {sorted(labels)}" for (name, labels), value in page.items() if value < 0]


def by_partition(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines of each customer are of one partition."""
    for line in lines:
        customer = json.loads(line)["value"]["customer_id"]
        yield sum(customer.encode()) % PARTITIONS, line


def other_settings(rng: random.Random, settings: ReferenceSettings = SETTINGS) -> ReferenceSettings:
    """Other limits, or lists of what is allowed."""
    return replace(
        settings,
        max_label_values=rng.choice((1, 2, 5, 20)),
        allowed_labels=rng.choice(
            ({}, {}, {"queue": frozenset({"q1", "q2"})}, {"reason": frozenset({"none", "r1"})})
        ),
    )


@pytest.fixture
def _many_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "QUEUES", (None, "none", "other", *(f"q{n}" for n in range(12))))
    monkeypatch.setattr(logs, "REASONS", (None, "none", "unknown", *(f"r{n}" for n in range(7))))


@pytest.mark.usefixtures("_many_labels")
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_partitions_agree_on_labels_after_every_batch_and_every_restart(
    seed: int, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gauges are those of the reference with one list for all; no series is ever negative."""
    if packed:
        monkeypatch.setattr(Customers.rest, "__defaults__", (0,))
    rng = random.Random(seed)
    log = logs.random_log(seed, 200, responded=True, settings=TOLD_OF, amendments=0.2, bad=0)
    listed = Listed(other_settings(rng))
    held = [Held(listed) for _ in range(PARTITIONS)]
    clock = log.as_of - micro(25 * DAY)
    for batch in cut(list(log.lines), rng, (1, 3, 10, 40)):
        clock = min(clock + rng.randrange(micro(2 * DAY)), log.as_of)
        for number, partition in enumerate(held):
            mine = [line for at, line in by_partition(batch) if at == number]
            partition.feed(mine, clock)
        if rng.random() < 0.3:
            listed.settings = other_settings(rng)
            for partition in rng.sample(held, len(held)):
                # Compacted as brokers do it, or not yet.
                if rng.random() < 0.5:
                    partition.changelog = compacted(partition.changelog, tombstones=False)
                partition.take_over()
        for partition in held:
            page = partition.page()
            assert negative(page) == []
            assert differences(partition.expected(), page, GAUGES) == []


@pytest.mark.usefixtures("_many_labels")
@pytest.mark.parametrize("seed", range(12))
def test_counters_keep_what_they_counted_under_the_former_label(seed: int) -> None:
    """Also where contacts have left by then, and where a take-over is broken off and done again."""
    rng = random.Random(seed)
    log = logs.random_log(seed, 150, responded=True, settings=TOLD_OF, amendments=0.2, bad=0)
    listed = Listed(other_settings(rng, TOLD_OF))
    held = Held(listed)
    told: Page = {}
    for batch in cut(list(log.lines), rng, (1, 3, 10, 40)):
        held.feed(batch, held.engine.clock + rng.randrange(micro(DAY)))
        if rng.random() < 0.3:
            told = held.page()
            listed.settings = other_settings(rng, TOLD_OF)
            written = len(held.changelog)
            held.take_over()
            held.feed([], held.engine.clock)
            if rng.random() < 0.5:
                del held.changelog[rng.randrange(written, len(held.changelog) + 1) :]
                held.take_over()
        page = held.page()
        assert negative(page) == []
        assert fallen(told, page) == []
        told = page


def test_values_that_have_lost_their_place_are_told_where_the_list_has_lost_its_head() -> None:
    """By a retention of the register, say; but not where settings took it from them."""
    settings = replace(SETTINGS, max_label_values=2)
    run = Run(settings)
    lines = [started(queue, "10:00", queue=queue) for queue in ("a", "b", "c")]
    run.feed(events_of(lines, settings))
    whole = [Label("queue", queue) for queue in ("a", "b", "c")]
    assert Run(settings, run.changelog, agreed=whole).engine.displaced_labels == []
    beheaded = Run(settings, run.changelog, agreed=whole[2:])
    assert beheaded.engine.displaced_labels == [Label("queue", "b")]
    fewer = replace(settings, max_label_values=1)
    allowing = replace(settings, allowed_labels={"queue": frozenset(("c",))})
    for others in (fewer, allowing):
        assert Run(others, run.changelog, agreed=whole).engine.displaced_labels == []


def test_teams_of_contacts_read_back_are_asked_for_once_teams_are_told() -> None:
    """Where teams are not told, no record is looked through for them."""
    without, told = SETTINGS, replace(SETTINGS, teams=True)
    run = Run(without)
    lines = [started("c", "10:00", queue="q"), resolved("c", "10:05", outcome="resolved", team="t")]
    run.feed(events_of(lines, without))

    def undecided(settings: ReferenceSettings) -> list[Label]:
        engine = Engine(definitions(settings), agreed_labels=True)
        engine.restore(run.changelog)
        return engine.undecided()

    shown = [Label("channel", "voice"), Label("queue", "q")]
    assert undecided(without) == shown
    assert undecided(told) == [*shown, Label("team", "t")]
