"""Records as rows of the tables that KPIs read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from service.contacts.book import Customer
from service.contacts.neighbours import Neighbours
from service.contacts.record import Contact, Survey
from service.definitions import Definitions
from service.engine.backlog import OpenContacts
from service.engine.cells import Cells
from service.kpis.facts import ALWAYS, NEVER, UNKNOWN, ContactRow, SurveyRow
from service.kpis.surveys import KINDS

#: Profiles that are remembered: those of a flood of labels are drawn up anew each time.
PROFILES = 20_000

ABSENT = ContactRow()
SURVEY_ABSENT = SurveyRow()


class _Profile(NamedTuple):
    """What follows from the start labels and the priority, which many contacts share."""

    start_cells: int
    start_reason_cells: int
    response_target: int
    resolution_target: int
    #: The classes of open contacts that still await a response, and that have one.
    awaiting_class: int
    responded_class: int


class Rows:
    """Draws up rows: resolves labels to cells, targets, and what neighbours say."""

    def __init__(
        self,
        definitions: Definitions,
        cells: Cells,
        neighbours: Neighbours,
        open_contacts: OpenContacts,
    ) -> None:
        self._sla = definitions.sla
        self._horizon = definitions.open_horizon
        self._responses_are_published = definitions.contact_responded
        self._cells = cells
        self._neighbours = neighbours
        self._open = open_contacts
        self._profiles: dict[tuple[str, str | None, str | None, str | None], _Profile] = {}

    def contact(self, customer: Customer, contact: Contact) -> ContactRow:
        """The row of a contact as things stand."""
        started_at = contact.started_at
        if started_at is None:
            return ABSENT
        profile = self._profile(contact)
        if contact.outbound:
            return ContactRow(
                started_at, 1, start_cells=profile.start_cells, end_cells=profile.start_cells
            )
        response, replies = contact.responded_at, contact.replies
        extras = contact.extras
        if extras is not None and extras.responses is not None:
            response, replies = contact.first_response_at(), contact.agent_replies()
        end_cells, end_reason_cells = profile.start_cells, profile.start_reason_cells
        resolved_at = contact.resolved_at
        if resolved_at is None:
            closed_at = started_at + self._horizon
            awaiting = self._responses_are_published and response is None
            open_class = profile.awaiting_class if awaiting else profile.responded_class
        else:
            closed_at = resolved_at
            open_class = UNKNOWN
            if contact.end_queue is not None or contact.end_reason is not None:
                queue = contact.queue if contact.end_queue is None else contact.end_queue
                reason = contact.reason if contact.end_reason is None else contact.end_reason
                end_cells = self._cells.of_queue(contact.channel, queue)
                end_reason_cells = self._cells.of_reason(contact.channel, queue, reason)
        if customer.alone and extras is None:
            covered_until, followed_at = ALWAYS, NEVER
        else:
            covered_until, followed_at = self._neighbours.distances(customer, contact)
        # By position, and not through __new__: this is done twice for every event.
        return ContactRow._make(
            (
                started_at,
                0,
                closed_at,
                contact.outcome,
                NEVER if response is None else response,
                UNKNOWN if contact.handle is None else contact.handle,
                UNKNOWN if replies is None else replies,
                UNKNOWN if contact.transfers is None else contact.transfers,
                profile.response_target,
                profile.resolution_target,
                profile.start_cells,
                end_cells,
                profile.start_reason_cells,
                end_reason_cells,
                covered_until,
                followed_at,
                open_class,
            )
        )

    def survey(self, row: ContactRow, surveys: Mapping[str, Survey] | None, kind: str) -> SurveyRow:
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

    def _profile(self, contact: Contact) -> _Profile:
        key = (contact.channel, contact.queue, contact.reason, contact.priority)
        known = self._profiles.get(key)
        if known is not None:
            return known
        channel, queue, reason, priority = key
        start_cells = self._cells.of_queue(channel, queue)
        targets = self._sla.targets(channel, priority)
        response_target = NEVER if targets.first_response is None else targets.first_response
        resolution_target = NEVER if targets.resolution is None else targets.resolution
        profile = _Profile(
            start_cells,
            self._cells.of_reason(channel, queue, reason),
            response_target,
            resolution_target,
            self._open.number(start_cells, response_target, resolution_target),
            self._open.number(start_cells, NEVER, resolution_target),
        )
        # Publishers' values are not bounded; and a label that has no place today may get none.
        if len(self._profiles) < PROFILES and self._cells.are_settled(channel, queue, reason):
            self._profiles[key] = profile
        return profile
