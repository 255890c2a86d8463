"""SLA compliance: was a contact answered, and resolved, by its target?

Targets are of counted time: the business time in which the contact was neither closed nor waiting;
for the first response, the business time alone. A target is *due* at the last moment at which the
counted time is not above it, as things are known now.

The parts are published, not a percentage: service level has many variants (with and without
abandons, without short ones), and each is a recording rule over these parts.
Exactly on target is met.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from service.definitions import Definitions
from service.kpis.facts import Fact
from service.kpis.layout import Layout
from service.kpis.rows import ALWAYS, NEVER, Ints
from service.kpis.tables import Contacts, either
from service.state.record import Outcome

GAUGE, COUNTER = "cx_window_sla_contacts", "cx_sla_contacts_total"
MET, BREACHED, ABANDONED, SHORT_ABANDONED = range(4)


class ResolutionSla:
    """Target `resolution`.

    `met`: closed as resolved or unresolved when it was not yet due, by the last closing.
    `breached`: due before its end, whatever happens later, by the due moment and as soon as the
    clock is past it. A contact abandoned, or expired, before that is not judged, nor is one opened
    again in time until it is closed or due.
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
        due = contacts.resolution_due
        judged = contacts.inbound & (contacts.resolution_target != NEVER) & (contacts.duration >= 0)
        late = contacts.closed_at > due
        in_time = ~late & contacts.closed & (contacts.outcome != Outcome.ABANDONED)
        cells = either(late, contacts.resolution_due_cells, contacts.closing_cells)
        at = np.where(late, due, contacts.closed_at)
        yield Fact(
            slot="sla:resolution",
            name="sla",
            when=judged & (late | in_time),
            cell=cells + self._run.offset + np.where(late, BREACHED, MET),
            at=at,
            since=np.where(late, due + 1, ALWAYS),
            final=at,
        )


class FirstResponseSla:
    """Target `first_response`.

    A known response is `met` or `breached`, by the response. Without one, an abandoned contact is
    `abandoned`, or `short_abandoned` when it lasted less than `short_abandon`, by its end. Where
    responses are published as they happen, silence at the due moment is a breach, by that moment
    and whatever happens later, of a contact that was open then; of one that was closed it says
    nothing. Where they are not, nothing is known of a contact without a response.
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
        due = contacts.response_due
        answered = contacts.responded & (contacts.response_time >= 0)
        late = answered & (contacts.first_response_at > due)
        abandoned = contacts.abandoned & ~contacts.responded & (contacts.duration >= 0)
        passed = np.zeros(contacts.rows, dtype=np.bool_)
        if self._responses_are_published:
            unanswered = late | (contacts.inbound & ~contacts.responded)
            passed = unanswered & ~contacts.closed_at_response_due.astype(np.bool_)
            abandoned &= ~passed
        result = np.where(
            abandoned,
            np.where(contacts.duration < self._short, SHORT_ABANDONED, ABANDONED),
            np.where(late | passed, BREACHED, MET),
        )

        def by(at_due: Ints, at_end: Ints, at_response: Ints) -> Ints:
            return either(passed, at_due, either(abandoned, at_end, at_response))

        at = by(due, contacts.closed_at, contacts.first_response_at)
        cells = by(contacts.response_due_cells, contacts.closing_cells, contacts.response_cells)
        yield Fact(
            slot="sla:first_response",
            name="sla",
            when=(contacts.response_target != NEVER) & (answered | abandoned | passed),
            cell=cells + self._run.offset + result,
            at=at,
            since=np.where(passed, due + 1, ALWAYS),
            final=at,
        )
