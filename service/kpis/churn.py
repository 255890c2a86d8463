"""Churn: customers who joined and left, and how their last contact had turned out (Bain).

Each leaving is told apart by the customer's last contact that started at or within `left_after`
before, under the longest repeat window:

* `repeated`: it was a repeat, or its FCR is `repeated`;
* else its FCR result, if it is judged: `unresolved`, `pending` or `resolved_first_time`;
* else `abandoned`, if it was;
* else, or where there is no such contact, `none`.

Churn of a window = left / (active now - joined + left). A leaving is final the longest repeat
window after the later of itself and that contact's first closing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from service.definitions import Definitions, RepeatWindow
from service.kpis.facts import Fact
from service.kpis.fcr import REPEATED, RESULTS, Verdict, is_asked
from service.kpis.layout import Layout
from service.kpis.repeats import is_repeat
from service.kpis.rows import ALWAYS, NEVER, UNKNOWN, Bools, Ints, columns
from service.kpis.tables import Contacts

#: How a customer's last contact turned out; the first ones are the results of FCR.
AFTER = (*RESULTS, "abandoned", "none")
ABANDONED, NONE = len(RESULTS), len(RESULTS) + 1


def longest(definitions: Definitions) -> RepeatWindow:
    """The repeat window by which contacts are asked how they turned out."""
    return max(definitions.repeat_windows, key=lambda window: window.length)


class Endings:
    """How contacts turned out under one repeat window, by row: see the module."""

    def __init__(self, contacts: Contacts, window: RepeatWindow) -> None:
        verdict = Verdict(contacts, is_asked(contacts), window.length)
        repeats = is_repeat(contacts, window.length)
        unjudged = np.where(contacts.abandoned, ABANDONED, NONE)
        judged = np.where(verdict.asked, verdict.result, unjudged)
        self.after: Ints = np.where(repeats, REPEATED, judged)
        #: Whether that is still open until `settles_at`.
        self.waits: Bools = verdict.asked & verdict.waits
        self.settles_at: Ints = verdict.settles_at
        self.first_closed_at: Ints = contacts.first_closed_at


class TurnoverRow(NamedTuple):
    """A customer joined or left. A turn that is not there is the default row."""

    at: int = NEVER
    leaves: int = 0
    #: First cell of the block of the segment.
    cells: int = 0
    #: How a contact that has left the state turned out, if that was the last one, and when it was
    #: first closed; UNKNOWN: the last contact, if there is one, is in the state.
    after: int = UNKNOWN
    first_closed_at: int = ALWAYS


class Turnover:
    """A table of turns: the columns of :class:`TurnoverRow`, and of each row the last contact.

    The row of a contact whose start is not known stands for none.
    """

    def __init__(self, rows: Sequence[tuple[int, ...]], contacts: Contacts) -> None:
        self.rows = len(rows)
        self.contacts = contacts
        column = columns(rows, len(TurnoverRow._fields))
        self.at: Ints = column[0]
        self.leaves: Bools = column[1].astype(np.bool_)
        self.cells: Ints = column[2]
        self.after: Ints = column[3]
        self.first_closed_at: Ints = column[4]


class Churn:
    """Customers who joined and left; see the module."""

    def __init__(self, definitions: Definitions, layout: Layout) -> None:
        self._window = longest(definitions)
        self._joined = layout.add(
            "customers_joined", "segment", [()], gauge="cx_window_customers_joined"
        )
        self._left = layout.add(
            "customers_left",
            "segment",
            [(after,) for after in AFTER],
            gauge="cx_window_customers_left",
            counter="cx_customers_left_total",
        )
        self._pending = layout.add(
            "customers_left_pending", "segment", [("pending",)], gauge="cx_window_customers_left"
        )

    def facts(self, turnover: Turnover) -> Iterator[Fact]:
        there = turnover.at != NEVER
        yield Fact(
            slot="customers_joined",
            name="",
            when=there & ~turnover.leaves,
            cell=turnover.cells + self._joined.offset,
            at=turnover.at,
        )
        endings = Endings(turnover.contacts, self._window)
        has_contact = (turnover.after == UNKNOWN) & (turnover.contacts.started_at != NEVER)
        after = np.where(
            has_contact, endings.after, np.where(turnover.after == UNKNOWN, NONE, turnover.after)
        )
        closed_at = np.where(has_contact, endings.first_closed_at, turnover.first_closed_at)
        waits = has_contact & endings.waits
        leaves = there & turnover.leaves
        yield Fact(
            slot="customers_left",
            name="customers_left",
            when=leaves,
            cell=turnover.cells + self._left.offset + after,
            at=turnover.at,
            since=np.where(waits, endings.settles_at, ALWAYS),
            final=np.maximum(turnover.at, closed_at) + self._window.length,
        )
        yield Fact(
            slot="customers_left_pending",
            name="customers_left",
            when=leaves & waits,
            cell=turnover.cells + self._pending.offset,
            at=turnover.at,
            until=endings.settles_at,
        )
