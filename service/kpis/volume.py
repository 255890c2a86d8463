"""Volume: contacts started, and contacts closed by outcome."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from service.kpis.facts import ALWAYS, Contacts, Fact
from service.kpis.layout import Layout


class Started:
    """Contacts by the start, inbound and outbound. Of outbound contacts nothing else is counted."""

    def __init__(self, layout: Layout) -> None:
        self._run = layout.add(
            "started",
            "queue",
            [("inbound",), ("outbound",)],
            gauge="cx_window_contacts_started",
            counter="cx_contacts_started_total",
        )

    def facts(self, contacts: Contacts) -> Iterator[Fact]:
        yield Fact(
            slot="started",
            name="contacts_started",
            when=contacts.started,
            cell=contacts.start_cells + self._run.offset + contacts.outbound,
            at=contacts.started_at,
            final=contacts.started_at,
        )


class Closed:
    """Contacts by the end. One that is still open at the open horizon has expired there."""

    def __init__(self, layout: Layout) -> None:
        self._run = layout.add(
            "closed",
            "queue",
            [("resolved",), ("unresolved",), ("abandoned",), ("expired",)],
            gauge="cx_window_contacts_closed",
            counter="cx_contacts_closed_total",
        )

    def facts(self, contacts: Contacts) -> Iterator[Fact]:
        yield Fact(
            slot="closed",
            name="contacts_closed",
            when=contacts.inbound,
            cell=contacts.end_cells + self._run.offset + contacts.outcome,
            at=contacts.closed_at,
            since=np.where(contacts.open, contacts.closed_at, ALWAYS),
            final=contacts.closed_at,
        )
