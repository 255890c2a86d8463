"""SLA compliance: was a contact answered, and resolved, by its target?

The parts are published, not a percentage: service level has many variants (with and without
abandons, without short ones), and each is a recording rule over these parts.
Exactly on target is met.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from service.contacts.record import Outcome
from service.definitions import Definitions
from service.kpis.facts import ALWAYS, NEVER, Contacts, Fact
from service.kpis.layout import Layout

GAUGE, COUNTER = "cx_window_sla_contacts", "cx_sla_contacts_total"
MET, BREACHED, ABANDONED, SHORT_ABANDONED = range(4)


class ResolutionSla:
    """Target `resolution`.

    `met`: closed as resolved or unresolved at or before the target, by the end. `breached`: not
    closed by then, whatever happens later, by the moment of the target and as soon as the clock is
    past it. A contact abandoned, or expired, before the target is not judged.
    """

    def __init__(self, layout: Layout) -> None:
        self._run = layout.add(
            "sla_resolution",
            "queue",
            [("resolution", "met"), ("resolution", "breached")],
            gauge=GAUGE,
            counter=COUNTER,
        )

    def facts(self, contacts: Contacts) -> Iterator[Fact]:
        due = contacts.started_at + contacts.resolution_target
        judged = contacts.inbound & (contacts.resolution_target != NEVER) & (contacts.duration >= 0)
        late = contacts.closed_at > due
        in_time = ~late & contacts.closed & (contacts.outcome != Outcome.ABANDONED)
        yield Fact(
            slot="sla:resolution",
            name="sla",
            when=judged & (late | in_time),
            cell=contacts.start_cells + self._run.offset + np.where(late, BREACHED, MET),
            at=np.where(late, due, contacts.closed_at),
            since=np.where(late, due + 1, ALWAYS),
            final=np.where(late, due, contacts.closed_at),
        )


class FirstResponseSla:
    """Target `first_response`.

    A known response is `met` or `breached`, by the response. Without one, an abandoned contact is
    `abandoned`, or `short_abandoned` when it lasted less than `short_abandon`, by its end. Where
    responses are published as they happen, silence past the target is a breach, by the moment of
    the target and whatever happens later; where they are not, nothing is known of a contact
    without a response and nothing is said.
    """

    def __init__(self, definitions: Definitions, layout: Layout) -> None:
        self._short = definitions.short_abandon
        self._responses_are_published = definitions.contact_responded
        results = ("met", "breached", "abandoned", "short_abandoned")
        self._run = layout.add(
            "sla_first_response",
            "queue",
            [("first_response", result) for result in results],
            gauge=GAUGE,
            counter=COUNTER,
            # A response is told of with the resolution, unless each is published.
            awaited=True,
        )

    def facts(self, contacts: Contacts) -> Iterator[Fact]:
        due = contacts.started_at + contacts.response_target
        answered = contacts.responded & (contacts.response_time >= 0)
        late = answered & (contacts.response_time > contacts.response_target)
        abandoned = contacts.abandoned & ~contacts.responded & (contacts.duration >= 0)
        passed = np.zeros(contacts.rows, dtype=np.bool_)
        if self._responses_are_published:
            gone_by_then = (contacts.abandoned | contacts.open) & (contacts.closed_at <= due)
            silent = contacts.inbound & ~contacts.responded & ~gone_by_then
            passed = silent | late
            abandoned &= ~silent
        result = np.where(
            abandoned,
            np.where(contacts.duration < self._short, SHORT_ABANDONED, ABANDONED),
            np.where(late | passed, BREACHED, MET),
        )
        at = np.where(
            passed,
            due,
            np.where(abandoned, contacts.closed_at, contacts.first_response_at),
        )
        yield Fact(
            slot="sla:first_response",
            name="sla",
            when=(contacts.response_target != NEVER) & (answered | abandoned | passed),
            cell=contacts.start_cells + self._run.offset + result,
            at=at,
            since=np.where(passed, due + 1, ALWAYS),
            final=at,
        )
