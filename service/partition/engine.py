"""One partition: events in, true numbers out. Pure: no Kafka, no Prometheus, no wall clock.

A batch goes through three steps. `apply` upserts records and remembers how each touched contact,
and each whose neighbours changed, stood before. `advance` adds up the difference of their facts,
moves the clock, and lets go of what has been in the state for long enough. `changes` hands out
what has to be written for a successor to come to the same numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from service.aggregates.clock import BEFORE_ALL
from service.aggregates.labels import Label, Labels
from service.definitions import Definitions
from service.events.model import EVENT_CLASSES, Event
from service.outcomes.outcomes import Outcomes
from service.partition.departures import let_go
from service.partition.partition import Partition
from service.partition.restore import Restoring
from service.partition.upserts import Result, Upserts
from service.state.record import Contact
from service.store import changelog as state
from service.store import pieces
from service.store.settings_told import Difference, differences, told
from service.view.snapshot import Snapshot

_TOPIC_OF = {event_class: topic for topic, event_class in EVENT_CLASSES.items()}


class Engine:
    """The state and the numbers of one partition.

    Alone, it decides in the order of arrival which label values are kept. With `agreed_labels` all
    partitions agree on that: whoever drives the engine asks it what is :meth:`undecided`, before
    `restored` and where `apply` has not applied all, proposes that to the list of all partitions,
    and tells by :meth:`admit` what came to be on it.
    """

    def __init__(self, definitions: Definitions, *, agreed_labels: bool = False) -> None:
        self._partition = Partition(definitions)
        self._clock = self._partition.clock
        self._decides_alone = not agreed_labels
        self._upserts = Upserts(self._partition, decides_alone=self._decides_alone)
        self._pieces = pieces.Pieces()
        self._restoring = Restoring(self._partition, self._pieces.replaced)
        self._is_restored = False

    @property
    def clock(self) -> int:
        """The partition's clock, microseconds of event time."""
        return self._clock.now

    @property
    def latest(self) -> int:
        """The largest event time seen."""
        return self._clock.latest

    @property
    def live_contacts(self) -> int:
        return len(self._partition.customers)

    @property
    def labels(self) -> Labels:
        """The label values that have a place."""
        return self._partition.labels

    def restore(self, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Takes in records of the changelog, in the order in which they were written."""
        self._restoring.take_in(self._pieces.whole(records))

    def restored(self) -> None:
        """All of the changelog has been taken in: comes to the numbers that it stands for.

        Raises StateIncompleteError where records, or pieces of one, are missing.
        """
        self._restoring.take_in(self._pieces.joined())
        if self._decides_alone:
            self.admit(self.undecided())
        self._restoring.finish()
        self._is_restored = True

    @property
    def is_empty(self) -> bool:
        """Whether it has seen nothing so far, nor restored anything."""
        return max(self._clock.now, self._clock.latest) == BEFORE_ALL and not self.live_contacts

    def changed_settings(self) -> list[Difference]:
        """What differs from the definitions under which the state that was restored was kept."""
        former, now = self._partition.former, self._partition.definitions
        return [] if former is None else differences(told(former), told(now))

    @property
    def displaced_labels(self) -> list[Label]:
        """Label values of the state that was restored that have lost their place to others."""
        return self._restoring.displaced

    def undecided(self) -> list[Label]:
        """The label values of which it has to be agreed whether they have a place, to go on."""
        if self._is_restored:
            return self._upserts.undecided
        self._restoring.take_in(self._pieces.joined())
        return self._restoring.undecided()

    def admit(self, labels: Iterable[tuple[str, str]]) -> None:
        """Takes the next values of the list of all partitions, in its order: dimension and value.

        Values taken before change nothing.
        """
        self._partition.labels.admit(labels)

    @staticmethod
    def flaw(key: bytes, value: bytes | None) -> str | None:
        """Why a record of the changelog cannot be read by itself; None if it can."""
        return pieces.flaw(key, value, state.flaw)

    def apply(self, events: Sequence[tuple[Event, int]]) -> list[Result]:
        """Upserts decoded events, each with its event time; tells what became of each.

        Where labels are agreed on, it ends before the first event of which a label is `undecided`.
        """
        results = self._upserts.apply(events)
        if len(results) < len(events):
            events = events[: len(results)]
        latest: dict[type[Event], int] = {}
        for event, at in events:
            event_class = type(event)
            if at > latest.get(event_class, BEFORE_ALL):
                latest[event_class] = at
        for event_class, at in latest.items():
            self._clock.seen(_TOPIC_OF[event_class], at)
        return results

    def overflowed(self) -> Mapping[str, int]:
        """How many labels became `other` since this was last asked, by dimension."""
        overflows, self._upserts.overflows = self._upserts.overflows, Counter()
        return overflows

    def caught_up(self, event_type: str, wall_us: int) -> None:
        """That topic held nothing more when the wall clock read `wall_us` (microseconds)."""
        self._clock.seen(event_type, wall_us)

    def advance(self, at_least: int = BEFORE_ALL) -> None:
        """Adds up what was applied; moves the clock as far as the topics (or `at_least`) say."""
        partition, former = self._partition, self._clock.now
        clock = self._clock.advance(at_least)
        partition.differences.apply(former, clock)
        if clock != former:
            partition.aggregator.advance(clock)
        # Only now: most of a batch's facts hold at the new clock, and need not wait for it.
        partition.aggregator.settle()
        if partition.outcomes is not None:
            self._tell_outcomes(partition.outcomes, clock)
        if clock != former:
            let_go(partition, clock)

    def _tell_outcomes(self, outcomes: Outcomes, clock: int) -> None:
        partition = self._partition
        for record, customer_id in partition.unwritten.changed.items():
            if isinstance(record, Contact):
                outcomes.note(customer_id, record)
        # Neighbours too, whose records stay as they are.
        for customer_id, contact in partition.differences.touched():
            outcomes.note(customer_id, contact)
        outcomes.draw(clock)

    def outcomes(self) -> list[tuple[bytes, bytes]]:
        """Key and value of the outcomes since the last call, each to be told before the changes.

        None where they are off.
        """
        outcomes = self._partition.outcomes
        return [] if outcomes is None else outcomes.untold()

    def tell_again(self, outcomes: Sequence[bytes]) -> None:
        """Has the contacts of these outcomes told once more: others wrote them since."""
        if self._partition.outcomes is not None:
            self._partition.outcomes.note_told(outcomes)

    def changes(self) -> list[tuple[bytes, bytes | None]]:
        """The changelog records since the last call, in the order in which to write them.

        See :mod:`service.store.changelog` for why any prefix is consistent. None: a tombstone.
        No contact may be held across this: those of whom nothing is heard are packed here.
        """
        records = self._pieces.cut(self._partition.unwritten.records())
        # Only now: what was unwritten held the contacts that changed.
        self._partition.customers.rest()
        self._partition.accounts.rest()
        return records

    def snapshot(self) -> Snapshot:
        """All the numbers as of the last `advance`."""
        partition = self._partition
        complete_from = {
            window.name: partition.coverage.complete_from(window.length)
            for window in partition.definitions.all_windows
        }
        families = partition.families.at(self._clock.now)
        return Snapshot(self._clock.now, self.live_contacts, families, complete_from)
