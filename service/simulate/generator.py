"""From a plan to the records to publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.simulate.centre import Centre
from service.simulate.faults import disturbed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.simulate.plan import Plan
    from service.simulate.publication import Publication


def simulate(plan: Plan) -> Iterator[Publication]:
    """The records of the plan's contact centre, in the order in which they are to be published.

    Equal plans give equal records, and a longer run begins with the shorter one's. Contacts still
    open at the end stay open. Memory is bounded, however long the run.
    """
    return disturbed(Centre(plan).publications(), plan)
