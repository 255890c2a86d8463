"""Volume: contacts started, closed by outcome, and opened again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from service.kpis.facts import Fact
from service.kpis.layout import Layout, Run
from service.kpis.rows import ALWAYS
from service.kpis.tables import Contacts, Turns
from service.state.update import BY

#: The outcomes as labels, by number.
OUTCOME_LABELS = [("resolved",), ("unresolved",), ("abandoned",), ("expired",), ("void",)]


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


def closed_run(layout: Layout) -> Run:
    """The cells of closings, by outcome."""
    return layout.add(
        "closed",
        "queue",
        OUTCOME_LABELS,
        gauge="cx_window_contacts_closed",
        counter="cx_contacts_closed_total",
    )


class Closed:
    """First closings. A contact that is still open at the open horizon has expired there.

    An expiry that lies ahead is one only when it has come.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def facts(self, contacts: Contacts) -> Iterator[Fact]:
        yield Fact(
            slot="closed",
            name="contacts_closed",
            when=contacts.ends,
            cell=contacts.first_cells + self._run.offset + contacts.first_outcome,
            at=contacts.first_closed_at,
            since=np.where(contacts.first_is_ahead, contacts.first_closed_at, ALWAYS),
            final=contacts.first_closed_at,
        )


class ClosedAgain:
    """Closings after the first."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def facts(self, turns: Turns) -> Iterator[Fact]:
        yield Fact(
            slot="closed",
            name="contacts_closed",
            when=turns.closed,
            cell=turns.cells + self._run.offset + turns.outcome,
            at=turns.at,
            since=np.where(turns.is_ahead, turns.at, ALWAYS),
            final=turns.at,
        )


class Reopened:
    """Closed contacts that were opened again, by who did: backlog = started + reopened - closed."""

    def __init__(self, layout: Layout) -> None:
        self._run = layout.add(
            "reopened",
            "queue",
            [(by,) for by in BY],
            gauge="cx_window_contacts_reopened",
            counter="cx_contacts_reopened_total",
        )

    def facts(self, turns: Turns) -> Iterator[Fact]:
        yield Fact(
            slot="reopened",
            name="contacts_reopened",
            when=turns.reopened,
            cell=turns.cells + self._run.offset + turns.by,
            at=turns.at,
            final=turns.at,
        )
