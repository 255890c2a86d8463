"""First-contact resolution (FCR): was the customer helped at the first contact?

Under a repeat window R, asked of every contact that was closed as resolved or unresolved and is
not itself a repeat under R:

* `unresolved`: it was closed as such;
* else `repeated`: the customer came back about the same within R of its end;
* else `pending`: R has not passed yet;
* else `resolved_first_time`.

Settled FCR = resolved_first_time / (resolved_first_time + repeated + unresolved); provisional FCR
counts the pending as resolved. There is no common method (ICMI), so each series carries its R.
Everything is by the contact's end, and final R after it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from service.contacts.record import Outcome
from service.definitions import Definitions
from service.kpis.facts import ALWAYS, Contacts, Fact
from service.kpis.layout import Layout
from service.kpis.repeats import is_repeat

RESULTS = ("unresolved", "repeated", "resolved_first_time")
UNRESOLVED, REPEATED, RESOLVED_FIRST_TIME = range(3)


class FirstContactResolution:
    """One result a repeat window; see the module."""

    def __init__(self, definitions: Definitions, layout: Layout) -> None:
        self._windows = definitions.repeat_windows
        self._settled = layout.add(
            "fcr",
            "reason",
            [(window.name, result) for window in self._windows for result in RESULTS],
            gauge="cx_window_fcr_contacts",
            counter="cx_fcr_contacts_total",
        )
        self._pending = layout.add(
            "fcr_pending",
            "reason",
            [(window.name, "pending") for window in self._windows],
            gauge="cx_window_fcr_contacts",
        )

    def facts(self, contacts: Contacts) -> Iterator[Fact]:
        for number, window in enumerate(self._windows):
            settles_at = contacts.closed_at + window.length
            asked = (
                contacts.closed
                & (contacts.outcome != Outcome.ABANDONED)
                & ~is_repeat(contacts, window)
            )
            unresolved = contacts.outcome == Outcome.UNRESOLVED
            repeated = contacts.followed_at <= settles_at
            waits = ~unresolved & ~repeated
            result = np.where(
                unresolved, UNRESOLVED, np.where(repeated, REPEATED, RESOLVED_FIRST_TIME)
            )
            yield Fact(
                slot=f"fcr:{window.name}",
                name="fcr",
                when=asked,
                cell=contacts.end_reason_cells
                + self._settled.offset
                + number * len(RESULTS)
                + result,
                at=contacts.closed_at,
                since=np.where(waits, settles_at, ALWAYS),
                final=settles_at,
            )
            yield Fact(
                slot=f"fcr_pending:{window.name}",
                name="fcr",
                when=asked & waits,
                cell=contacts.end_reason_cells + self._pending.offset + number,
                at=contacts.closed_at,
                until=settles_at,
            )
