"""Records as rows of the tables that KPIs read."""

from __future__ import annotations

from collections.abc import Mapping

from service.contacts.book import Customer
from service.contacts.neighbours import Neighbours
from service.contacts.record import Contact, Survey
from service.definitions import Definitions
from service.engine.backlog import OpenContacts
from service.engine.cells import Cells
from service.kpis.facts import ALWAYS, NEVER, UNKNOWN, ContactRow, SurveyRow
from service.kpis.surveys import KINDS

ABSENT = ContactRow()
SURVEY_ABSENT = SurveyRow()


class Rows:
    """Draws up rows: resolves labels to cells, targets, and what neighbours say."""

    def __init__(
        self,
        definitions: Definitions,
        cells: Cells,
        neighbours: Neighbours,
        open_contacts: OpenContacts,
    ) -> None:
        self._definitions = definitions
        self._cells = cells
        self._neighbours = neighbours
        self._open = open_contacts
        self._targets: dict[tuple[str, str | None], tuple[int, int]] = {}

    def contact(self, customer: Customer, contact: Contact) -> ContactRow:
        """The row of a contact as things stand."""
        started_at = contact.started_at
        if started_at is None:
            return ABSENT
        cells = self._cells
        start_cells = cells.of_queue(contact.channel, contact.queue)
        if contact.outbound:
            return ContactRow(
                started_at, 1, start_cells=start_cells, end_cells=start_cells
            )
        start_reason = cells.of_reason(contact.channel, contact.queue, contact.reason)
        response_target, resolution_target = self._targets_of(contact)
        response = contact.first_response_at()
        first_response_at = NEVER if response is None else response
        resolved_at = contact.resolved_at
        if resolved_at is None:
            awaited = self._definitions.contact_responded and response is None
            open_class = self._open.number(
                start_cells, response_target if awaited else NEVER, resolution_target
            )
            end_cells, end_reason = start_cells, start_reason
            closed_at = started_at + self._definitions.open_horizon
        else:
            open_class = UNKNOWN
            closed_at = resolved_at
            if contact.end_queue is None and contact.end_reason is None:
                end_cells, end_reason = start_cells, start_reason
            else:
                queue = contact.queue if contact.end_queue is None else contact.end_queue
                reason = contact.reason if contact.end_reason is None else contact.end_reason
                end_cells = cells.of_queue(contact.channel, queue)
                end_reason = cells.of_reason(contact.channel, queue, reason)
        covered_until, followed_at = ALWAYS, NEVER
        place = self._neighbours.place(contact)
        if place is not None:
            covered_until = self._neighbours.latest_end_before(customer, contact, place)
            followed_at = self._neighbours.next_start(customer, contact, place)
        replies = contact.agent_replies()
        return ContactRow(
            started_at,
            0,
            closed_at,
            contact.outcome,
            first_response_at,
            UNKNOWN if contact.handle is None else contact.handle,
            UNKNOWN if replies is None else replies,
            UNKNOWN if contact.transfers is None else contact.transfers,
            response_target,
            resolution_target,
            start_cells,
            end_cells,
            start_reason,
            end_reason,
            covered_until,
            followed_at,
            open_class,
        )

    def survey(
        self, row: ContactRow, surveys: Mapping[str, Survey] | None, kind: str
    ) -> SurveyRow:
        """The row of a contact's answer to one survey, the contact being as in `row`."""
        answer = None if surveys is None else surveys.get(kind)
        if answer is None or row.outbound:
            return SURVEY_ABSENT
        return SurveyRow(
            answer.answered_at,
            KINDS[kind],
            answer.score,
            UNKNOWN if answer.issue_resolved is None else answer.issue_resolved,
            # The end labels of a contact that is open are those of its start.
            self._cells.unknown if row.started_at == NEVER else row.end_cells,
        )

    def _targets_of(self, contact: Contact) -> tuple[int, int]:
        key = (contact.channel, contact.priority)
        known = self._targets.get(key)
        if known is None:
            targets = self._definitions.sla.targets(*key)
            known = (
                NEVER if targets.first_response is None else targets.first_response,
                NEVER if targets.resolution is None else targets.resolution,
            )
            # Publishers' values are not bounded; those with targets of their own are.
            if len(self._targets) < 1024:
                self._targets[key] = known
        return known


