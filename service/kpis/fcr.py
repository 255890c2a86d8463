"""First-contact resolution (FCR): was the customer helped at the first contact?

Under a repeat window R, asked of every contact that was first closed as resolved or unresolved and
is not itself a repeat under R:

* `unresolved`: it was first closed as such;
* else `repeated`: within R of that the customer came back about the same, or opened it again;
* else `pending`: R has not passed yet;
* else `resolved_first_time`.

Settled FCR = resolved_first_time / (resolved_first_time + repeated + unresolved); provisional FCR
counts the pending as resolved. There is no common method (ICMI), so each series carries its R.
Everything is by the contact's first closing, and final R after it. Of a caller whose number is
withheld nobody knows whether he called before: he is not asked.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from service.definitions import Definitions
from service.kpis.facts import Fact
from service.kpis.layout import Layout
from service.kpis.repeats import is_repeat, lengths
from service.kpis.rows import ALWAYS, ANONYMOUS, Bools, Ints
from service.kpis.tables import Contacts
from service.state.record import Outcome

RESULTS = ("unresolved", "repeated", "resolved_first_time")
UNRESOLVED, REPEATED, RESOLVED_FIRST_TIME = range(3)


class FirstContactResolution:
    """One result a repeat window; see the module."""

    def __init__(self, definitions: Definitions, layout: Layout) -> None:
        self._windows = definitions.repeat_windows
        self._lengths = lengths(self._windows)
        names = [window.name for window in self._windows]
        self._settled = layout.add(
            "fcr",
            "reason",
            [(name, result) for name in names for result in RESULTS],
            gauge="cx_window_fcr_contacts",
            counter="cx_fcr_contacts_total",
        )
        self._pending = layout.add(
            "fcr_pending",
            "reason",
            [(name, "pending") for name in names],
            gauge="cx_window_fcr_contacts",
        )

    def facts(self, contacts: Contacts) -> Iterator[Fact]:
        verdict = Verdict(contacts, is_asked(contacts), self._lengths)
        pending = verdict.asked & verdict.waits
        settled_cells = contacts.first_reason_cells + self._settled.offset + verdict.result
        pending_cells = contacts.first_reason_cells + self._pending.offset
        for number, window in enumerate(self._windows):
            yield Fact(
                slot=f"fcr:{window.name}",
                name="fcr",
                when=verdict.asked[number],
                cell=settled_cells[number] + number * len(RESULTS),
                at=contacts.first_closed_at,
                since=verdict.since[number],
                final=verdict.settles_at[number],
            )
            yield Fact(
                slot=f"fcr_pending:{window.name}",
                name="fcr",
                when=pending[number],
                cell=pending_cells + number,
                at=contacts.first_closed_at,
                until=verdict.settles_at[number],
            )


def is_asked(contacts: Contacts) -> Bools:
    """Which contacts are asked, unless they are repeats themselves."""
    helped_or_not = (contacts.first_outcome == Outcome.RESOLVED) | (
        contacts.first_outcome == Outcome.UNRESOLVED
    )
    known = (contacts.flags & ANONYMOUS) == 0
    asked: Bools = contacts.inbound & contacts.ends & helped_or_not & known
    return asked


class Verdict:
    """The result under a repeat window of one length, or of each of several: see the module.

    By contact; of several, a row a length.
    """

    def __init__(self, contacts: Contacts, asked: Bools, within: int | Ints) -> None:
        self.settles_at: Ints = contacts.first_closed_at + within
        unresolved = contacts.first_outcome == Outcome.UNRESOLVED
        self.asked: Bools = asked & ~is_repeat(contacts, within)
        repeated = contacts.came_back_at <= self.settles_at
        #: Whether the result is still open until then.
        self.waits: Bools = ~(unresolved | repeated)
        self.result: Ints = np.where(
            unresolved, UNRESOLVED, np.where(repeated, REPEATED, RESOLVED_FIRST_TIME)
        )
        self.since: Ints = np.where(self.waits, self.settles_at, ALWAYS)
