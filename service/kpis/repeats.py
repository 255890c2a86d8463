"""Repeat contacts: the customer came back about the same within the repeat window.

A contact is a repeat under R if another one of the same match started before it and either is
still open or was last closed at most R before. Which contacts match is
:mod:`service.state.neighbours`' to say; here only the distance in time is judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from service.definitions import Definitions, RepeatWindow
from service.kpis.facts import Fact
from service.kpis.layout import Layout
from service.kpis.rows import Bools, Ints
from service.kpis.tables import Contacts


def lengths(windows: Sequence[RepeatWindow]) -> Ints:
    """A column of their lengths: beside a table's columns it makes matrices, a row a window."""
    return np.array([[window.length] for window in windows], dtype=np.int64)


def is_repeat(contacts: Contacts, within: int | Ints) -> Bools:
    """Under a repeat window of this length, or of each of these; an abandoned contact never is."""
    repeat: Bools = contacts.inbound & ~contacts.abandoned
    return repeat & (contacts.started_at <= contacts.covered_until + within)


class Repeats:
    """Repeat contacts by their own start; final once the repeat itself is closed."""

    def __init__(self, definitions: Definitions, layout: Layout) -> None:
        self._windows = definitions.repeat_windows
        self._lengths = lengths(self._windows)
        self._run = layout.add(
            "repeat",
            "reason",
            [(window.name,) for window in self._windows],
            gauge="cx_window_repeat_contacts",
            counter="cx_repeat_contacts_total",
        )

    def facts(self, contacts: Contacts) -> Iterator[Fact]:
        repeats = is_repeat(contacts, self._lengths)
        first_cells = contacts.start_reason_cells + self._run.offset
        for number, window in enumerate(self._windows):
            yield Fact(
                slot=f"repeat:{window.name}",
                name="repeat",
                when=repeats[number],
                cell=first_cells + number,
                at=contacts.started_at,
                final=contacts.closed_at,
            )
