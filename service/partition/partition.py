"""What one partition consists of, each part given those that it works with."""

from __future__ import annotations

from service.aggregates.active_customers import ActiveCustomers
from service.aggregates.aggregator import Aggregator
from service.aggregates.calendars import Calendars
from service.aggregates.cells import Cells
from service.aggregates.clock import PartitionClock
from service.aggregates.labels import Labels
from service.aggregates.open_contacts import OpenContacts
from service.aggregates.rows import Rows
from service.aggregates.turnover import TurnoverRows
from service.definitions import Definitions
from service.events.model import EVENT_CLASSES, OPTIONAL
from service.kpis import all_kpis
from service.kpis.layout import Layout
from service.outcomes.outcomes import Outcomes
from service.partition.differences import Differences
from service.partition.turnovers import Turnovers
from service.state.accounts import Accounts
from service.state.customers import Customers
from service.state.neighbours import Neighbours
from service.state.orphans import ORPHANS
from service.state.standing import Standings
from service.state.waiting import WaitingParts
from service.store.coverage import Coverage
from service.store.retention import Departures, Terms
from service.store.retired import Retired
from service.store.unwritten import Unwritten
from service.view.backlog import Backlog
from service.view.families import Families


class Partition:
    """The contacts of one partition, and all that is kept of them and counted.

    Upserts, departures and restoring each change many of the parts, so the parts are put together
    here, and not by any one of them.
    """

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        #: Those of the predecessor, where they were other ones.
        self.former: Definitions | None = None
        self.terms = Terms.of(definitions)
        types = [
            type_
            for type_ in EVENT_CLASSES
            if type_ not in OPTIONAL or getattr(definitions, OPTIONAL[type_])
        ]
        self.clock = PartitionClock(types)
        self.standings = Standings(
            definitions.open_horizon, updates_are_read=definitions.contact_updated
        )
        self.customers = Customers(definitions.anonymous_customers)
        self.accounts = Accounts()
        self.neighbours = Neighbours(definitions, self.standings)
        self.departures = Departures(self.terms, self.customers)
        self.labels = Labels(definitions.max_label_values, definitions.allowed_labels)
        self.retired = Retired(self.terms)
        self.coverage = Coverage()
        self.unwritten = Unwritten(
            definitions,
            self.clock,
            self.labels,
            self.retired,
            self.coverage,
            self.customers,
            self.accounts,
        )
        # All runs of cells are laid out before the first cell gets its number.
        layout = Layout()
        tells_customers = definitions.customer_changed
        orphan = [(part,) for part in ORPHANS]
        layout.add("orphan", "partition", orphan, counter="cx_pipeline_orphans_total")
        kpis = all_kpis(definitions, layout)
        self.cells = Cells(layout, self.labels)
        self.aggregator = Aggregator(definitions)
        self.aggregator.grow(self.cells.count)
        self.open = OpenContacts()
        self.waiting = WaitingParts(types)
        calendars = Calendars(definitions)
        rows = Rows(definitions, self.cells, self.neighbours, self.open, calendars)
        self.active = ActiveCustomers(self.labels)
        turnovers = Turnovers(
            TurnoverRows(definitions, self.cells, rows),
            self.cells,
            self.aggregator,
            self.active,
            self.customers,
            self.unwritten,
        )
        self.differences = Differences(
            definitions,
            kpis,
            rows,
            self.cells,
            self.aggregator,
            self.open,
            self.unwritten,
            turnovers,
        )
        self.outcomes = (
            Outcomes(definitions, self.customers, rows, self.cells, self.differences.retractions)
            if definitions.outcomes
            else None
        )
        backlog = Backlog(definitions, self.cells, self.open, calendars)
        self.families = Families(
            definitions,
            layout,
            self.cells,
            self.aggregator,
            backlog,
            self.waiting,
            self.active if tells_customers else None,
        )
