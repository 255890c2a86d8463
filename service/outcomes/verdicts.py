"""The verdicts of contacts at a clock, and when they next change by themselves.

They are the facts that KPIs state for gauges and counters: nothing is defined here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from service.aggregates.cells import Cells
from service.aggregates.entries import Entries
from service.aggregates.tables import Owner
from service.kpis.rows import Ints
from service.outcomes.record import Duration, Fcr, Record, Repeat, Sla, moment
from service.state.record import Remembers

#: The kinds of facts that records tell one by one.
_TOLD = frozenset({"fcr", "fcr_pending", "repeat", "sla", "first_response", "resolution"})


def next_changes(
    entries: Entries,
    owners: Sequence[Owner],
    rows: Mapping[Remembers, int],
    clock: int,
    lateness: int,
    changes: Ints,
) -> None:
    """Lowers `changes[rows[contact]]` to when an entry of the contact comes, ends or is final."""
    if not len(entries.row):
        return
    row = np.array([rows[contact] for contact, _ in owners])[entries.row]
    final = entries.counts_from(lateness)
    for moments, matter in (
        (entries.since, entries.since > clock),
        (entries.at, entries.at > clock),
        (entries.until, entries.until > clock),
        (final, final > clock),
    ):
        np.minimum.at(changes, row[matter], moments[matter])


class Verdicts:
    """Puts verdicts into the records of their contacts."""

    def __init__(self, cells: Cells, slots: Sequence[str], lateness: int) -> None:
        self._cells = cells
        self._kinds = [slot.partition(":")[0] for slot in slots]
        self._lateness = lateness

    def tell(self, entries: Entries, records: Sequence[Record | None], clock: int) -> None:
        """Puts what holds at the clock into the records of the rows that state it: as in windows,
        nothing whose time lies ahead."""
        holds = (entries.since <= clock) & (clock < entries.until) & (entries.at <= clock)
        final = entries.counts_from(self._lateness) <= clock
        counted: list[tuple[int, str, int]] = []
        for entry in np.flatnonzero(holds).tolist():
            record = records[entries.row[entry]]
            if record is None:
                continue
            kind = self._kinds[entries.slot[entry]]
            cell, at, total = entries.said[:3, entry].tolist()
            if kind in {"first_response_counted", "resolution_counted"}:
                counted.append((int(entries.row[entry]), kind, total))
            else:
                self._put(record, kind, cell, at, total, is_final=bool(final[entry]))
        for row, kind, total in counted:
            record = records[row]
            name = kind.removesuffix("_counted")
            duration: Duration | None = getattr(record, name)
            if duration is not None:
                duration.counted_seconds = total / 1_000_000

    def _put(
        self, record: Record, kind: str, cell: int, at: int, total: int, *, is_final: bool
    ) -> None:
        if kind not in _TOLD:
            return
        place, when = self._cells.place(cell), moment(at)
        channel, queue, *reason = place.block_labels
        own = place.run.labels[place.nth]
        if kind in {"fcr", "fcr_pending"}:
            window, result = own
            final = is_final and kind == "fcr"
            record.fcr.append(Fcr(window, result, when, channel, queue, reason[0], final))
        elif kind == "repeat":
            record.repeats.append(Repeat(own[0], when, channel, queue, reason[0], is_final))
        elif kind == "sla":
            target, result = own
            record.sla.append(Sla(target, result, when, channel, queue, is_final))
        else:
            setattr(record, kind, Duration(when, total / 1_000_000, channel, queue, is_final))
