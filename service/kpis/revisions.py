"""Revisions: which facts can change once they are counted, and why they do."""

from __future__ import annotations

from itertools import product

from service.definitions import Definitions
from service.kpis.layout import Layout, Run

#: The facts that counters have, as `cx_revised_total` names them.
REVISABLE = (
    "contacts_started",
    "contacts_closed",
    "contacts_reopened",
    "first_response",
    "resolution",
    "fcr",
    "repeat",
    "sla",
    "survey",
    "evaluation",
)
#: The one of customers, where they are told of.
REVISABLE_OF_CUSTOMERS = ("customers_left",)
#: Why a fact that was counted can change: an event that came late, the contact was opened again
#: since, or other settings.
CAUSES = ("late", "reopened", "settings")


def revised_run(definitions: Definitions, layout: Layout) -> Run:
    """The cells of `cx_revised_total`."""
    revisable = REVISABLE + (REVISABLE_OF_CUSTOMERS if definitions.customer_changed else ())
    labels = list(product(revisable, CAUSES))
    return layout.add("revised", "partition", labels, counter="cx_revised_total")
