"""The backlog at a clock: how many contacts are open, how old, and how they stand to targets."""

from __future__ import annotations

import numpy as np

from service.aggregates.calendars import Calendars
from service.aggregates.cells import Cells
from service.aggregates.due import Risk
from service.aggregates.open_contacts import OpenClass, OpenContacts
from service.calendars.line import Line
from service.definitions import SECOND, Definitions
from service.kpis.durations import bucket_labels
from service.kpis.rows import NEVER, NOT_JUDGED, Ints
from service.view.snapshot import Family

LabelValues = tuple[str, ...]

TARGETS = ("first_response", "resolution")
STATES = ("on_track", "at_risk", "breached")


class Backlog:
    """Draws up the families of the backlog; a block that has been seen stays and reads 0."""

    def __init__(
        self,
        definitions: Definitions,
        cells: Cells,
        open_contacts: OpenContacts,
        calendars: Calendars,
    ) -> None:
        self._cells = cells
        self._open = open_contacts
        self._calendars = calendars
        self._horizon = definitions.open_horizon
        self._risk = Risk(definitions)
        self._tells_waiting = definitions.contact_updated
        self._bounds = definitions.backlog_age_buckets
        self._bound_labels = bucket_labels(self._bounds)
        self._blocks: dict[int, int] = {}
        self._labels: list[LabelValues] = []
        self._age_labels: list[LabelValues] = []
        #: By (block, target): the index of its first state.
        self._states: dict[tuple[int, str], int] = {}
        self._state_labels: list[LabelValues] = []

    def register(self, block: int, labels: LabelValues) -> int:
        """The index of a block (its first cell), which gets one if it had none."""
        number = self._blocks.get(block)
        if number is None:
            number = self._blocks[block] = len(self._labels)
            self._labels.append(labels)
            self._age_labels.extend((*labels, *bound) for bound in self._bound_labels)
        return number

    def families(self, clock: int) -> dict[str, Family]:
        """Everything there is to say of open contacts at a clock, by sample name."""
        starts, singles = self._open.starts(), _Singles(*self._open.single())
        for known in self._open.classes:
            self._register(known.cells, TARGETS[0], is_judged=known.response_target != NEVER)
            self._register(known.cells, TARGETS[1], is_judged=known.resolution_target != NEVER)
        for cells, *judged in singles.blocks():
            for target, is_judged in zip(TARGETS, judged, strict=True):
                self._register(cells, target, is_judged=is_judged)
        sums = _Sums(len(self._labels), len(self._bounds) + 1, len(self._state_labels))
        for open_class, known_starts in zip(self._open.classes, starts, strict=True):
            # One whose horizon has passed is expired, no longer open.
            still = known_starts[np.searchsorted(known_starts, clock - self._horizon, "right") :]
            if len(still):
                self._add_class(sums, open_class, still, clock)
        self._add_singles(sums, singles, clock)
        families = {
            "cx_backlog_contacts": Family(self._labels, sums.contacts),
            "cx_backlog_oldest_age_seconds": Family(self._labels, sums.oldest, SECOND),
            "cx_backlog_age_seconds_bucket": Family(self._age_labels, sums.ages.ravel()),
            "cx_sla_open_contacts": Family(self._state_labels, sums.states),
        }
        if self._tells_waiting:
            families["cx_backlog_waiting_contacts"] = Family(self._labels, sums.waiting)
        return families

    def _register(self, block: int, target: str, *, is_judged: bool) -> None:
        number = self.register(block, self._cells.place(block).block_labels)
        if is_judged and (block, target) not in self._states:
            self._states[block, target] = len(self._state_labels)
            self._state_labels.extend((*self._labels[number], target, state) for state in STATES)

    def _add_class(self, sums: _Sums, open_class: OpenClass, starts: Ints, clock: int) -> None:
        block = self._blocks[open_class.cells]
        limits = np.array([clock - bound for bound in self._bounds], dtype=np.int64)
        sums.contacts[block] += len(starts)
        sums.oldest[block] = max(sums.oldest[block], clock - int(starts[0]))
        sums.ages[block, :-1] += len(starts) - np.searchsorted(starts, limits, "left")
        sums.ages[block, -1] += len(starts)
        line = self._calendars.line(open_class.calendar)
        lengths = (open_class.response_target, open_class.resolution_target)
        for target, length in zip(TARGETS, lengths, strict=True):
            if length != NEVER:
                first = self._states[open_class.cells, target]
                sums.states[first : first + 3] += self._stand(starts, clock, length, line)

    def _stand(self, starts: Ints, clock: int, target: int, line: Line) -> tuple[int, int, int]:
        """How many are on track, at risk and breached: counted time above the target is breached.

        The later a contact started the less of its time has counted: moments divide them.
        """
        # A clock that has not begun stands before any date; nothing of these has counted by then.
        passed, risk = line.by(max(clock, int(starts[0]))), self._risk.after(target)
        breached = int(np.searchsorted(starts, line.first(passed - target), "left"))
        latest = line.last(passed - risk)
        for_long = len(starts) if risk <= 0 else int(np.searchsorted(starts, latest, "right"))
        at_risk = max(0, for_long - breached)
        return len(starts) - breached - at_risk, at_risk, breached

    def _add_singles(self, sums: _Sums, singles: _Singles, clock: int) -> None:
        open_now = singles.weights * (singles.expires_at > clock)
        blocks = np.array([self._blocks[cells] for cells in singles.cells.tolist()], np.int64)
        np.add.at(sums.contacts, blocks, open_now)
        np.add.at(sums.waiting, blocks, open_now * singles.waits)
        ages = (clock - singles.started_at) * (open_now > 0)
        np.maximum.at(sums.oldest, blocks, ages)
        for number, bound in enumerate(self._bounds):
            np.add.at(sums.ages[:, number], blocks, open_now * (ages <= bound))
        np.add.at(sums.ages[:, -1], blocks, open_now)
        for target, (at_risk, due) in zip(TARGETS, singles.moments, strict=True):
            judged = np.flatnonzero(due != NOT_JUDGED)
            state = np.where(clock > due, 2, (clock >= at_risk).astype(np.int64))[judged]
            firsts = [self._states[cells, target] for cells in singles.cells[judged].tolist()]
            places = np.array(firsts, dtype=np.int64) + state
            np.add.at(sums.states, places, open_now[judged])


class _Singles:
    """The open contacts that stand one by one: see :class:`service.kpis.rows.OpenRow`."""

    def __init__(self, table: Ints, weights: Ints) -> None:
        self.cells, self.started_at, self.expires_at, self.waits, *moments = table
        #: By target: from when on they are at risk, and breached.
        self.moments: tuple[tuple[Ints, Ints], ...] = (
            (moments[0], moments[1]),
            (moments[2], moments[3]),
        )
        self.weights = weights

    def blocks(self) -> set[tuple[int, bool, bool]]:
        """The blocks, and by which targets contacts of them are judged."""
        judged = ((due != NOT_JUDGED).tolist() for _, due in self.moments)
        return set(zip(self.cells.tolist(), *judged, strict=True))


class _Sums:
    """What is added up, by block or by state."""

    def __init__(self, blocks: int, bounds: int, states: int) -> None:
        self.contacts: Ints = np.zeros(blocks, dtype=np.int64)
        self.waiting: Ints = np.zeros(blocks, dtype=np.int64)
        self.oldest: Ints = np.zeros(blocks, dtype=np.int64)
        self.ages: Ints = np.zeros((blocks, bounds), dtype=np.int64)
        self.states: Ints = np.zeros(states, dtype=np.int64)
