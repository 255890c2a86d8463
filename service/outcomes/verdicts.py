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
from service.outcomes.record import Duration, Fcr, Record, Repeat, Sla, Writing, moment, written
from service.state.record import Remembers

#: The kinds of facts that records tell one by one; the last ones belong to another's record.
_TOLD = (
    *("fcr", "fcr_pending", "repeat", "sla", "first_response", "resolution"),
    *("first_response_counted", "resolution_counted"),
)


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
        kinds = [slot.partition(":")[0] for slot in slots]
        #: By slot, which of those told it is; a negative number: it is not.
        self._kinds = np.array([_TOLD.index(it) if it in _TOLD else -1 for it in kinds])
        self._lateness = lateness
        #: Of most verdicts all but the moment is the same for many contacts: by cell, kind and
        #: whether it is final.
        self._writings: dict[tuple[int, int, bool], Writing] = {}

    def tell(self, entries: Entries, records: Sequence[Record | None], clock: int) -> None:
        """Puts what holds at the clock into the records of the rows that state it: as in windows,
        nothing whose time lies ahead."""
        kinds = self._kinds[entries.slot]
        holds = (kinds >= 0) & (entries.since <= clock) & (clock < entries.until)
        holds &= entries.at <= clock
        final = entries.counts_from(self._lateness) <= clock
        counted: list[tuple[Record, str, int]] = []
        columns = (entries.row, kinds, final, entries.cell, entries.at, entries.total)
        for row, number, is_final, cell, at, total in zip(
            *(column[holds].tolist() for column in columns), strict=True
        ):
            record = records[row]
            if record is None:
                continue
            kind = _TOLD[number]
            if kind.endswith("_counted"):
                counted.append((record, kind.removesuffix("_counted"), total))
            elif kind in {"first_response", "resolution"}:
                channel, queue = self._cells.place(cell).block_labels
                told = Duration(moment(at), total / 1_000_000, channel, queue, is_final)
                setattr(record, kind, told)
            else:
                writing = self._writings.get((cell, number, is_final))
                if writing is None:
                    writing = self._writing(kind, cell, is_final=is_final)
                    self._writings[cell, number, is_final] = writing
                verdict = writing.at(at)
                if kind == "sla":
                    record.sla.append(verdict)
                elif kind == "repeat":
                    record.repeats.append(verdict)
                else:
                    record.fcr.append(verdict)
        for record, name, total in counted:
            duration: Duration | None = getattr(record, name)
            if duration is not None:
                duration.counted_seconds = total / 1_000_000

    def _writing(self, kind: str, cell: int, *, is_final: bool) -> Writing:
        place, when = self._cells.place(cell), moment(0)
        channel, queue, *reason = place.block_labels
        own = place.run.labels[place.nth]
        if kind == "sla":
            return written(Sla(own[0], own[1], when, channel, queue, is_final))
        if kind == "repeat":
            return written(Repeat(own[0], when, channel, queue, reason[0], is_final))
        is_final = is_final and kind == "fcr"
        return written(Fcr(own[0], own[1], when, channel, queue, reason[0], is_final))
