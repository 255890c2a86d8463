"""Records as rows of the tables that KPIs read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from service.contacts.book import Customer
from service.contacts.neighbours import Neighbours
from service.contacts.record import Contact, Survey
from service.definitions import Definitions
from service.engine.backlog import OpenContacts
from service.engine.cells import Cells
from service.kpis.facts import (
    ALWAYS,
    NEVER,
    UNKNOWN,
    ContactRow,
    Contacts,
    SurveyAnswers,
    SurveyRow,
)
from service.kpis.surveys import KINDS

#: Profiles that are remembered: those of a flood of labels are drawn up anew each time.
PROFILES = 20_000

#: A :class:`ContactRow` or :class:`SurveyRow` without its names: drawn up twice for every event,
#: and a plain tuple takes half the time.
Row = tuple[int, ...]

ABSENT: Row = tuple(ContactRow())
SURVEY_ABSENT: Row = tuple(SurveyRow())


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
        #: The blocks of which contacts are known to have started, those too of which nobody has
        #: taken note yet: their first cells.
        self._begun: set[int] = set()
        self.begun_lately: list[int] = []
        self._profiles: dict[tuple[str, str | None, str | None, str | None], _Profile] = {}

    def contact(self, customer: Customer, contact: Contact) -> Row:
        """The row of a contact as things stand."""
        started_at = contact.started_at
        if started_at is None:
            return ABSENT
        profile = self._profile(contact)
        if contact.outbound:
            return tuple(
                ContactRow(
                    started_at, 1, start_cells=profile.start_cells, end_cells=profile.start_cells
                )
            )
        if profile.start_cells not in self._begun:
            self._begun.add(profile.start_cells)
            self.begun_lately.append(profile.start_cells)
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
                channel, queue, reason = _end_labels(contact)
                end_cells = self._cells.of_queue(channel, queue)
                end_reason_cells = self._cells.of_reason(channel, queue, reason)
        if customer.alone and extras is None:
            covered_until, followed_at = ALWAYS, NEVER
        else:
            covered_until, followed_at = self._neighbours.distances(customer, contact)
        # In the order of ContactRow.
        return (
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

    def survey_cells(self, contact: Contact) -> int | None:
        """The first cell of the block of a contact's survey answers; None: they do not count."""
        if contact.started_at is None:
            return self._cells.unknown
        if contact.outbound:
            return None
        if contact.resolved_at is None or (
            contact.end_queue is None and contact.end_reason is None
        ):
            return self._profile(contact).start_cells
        channel, queue, _ = _end_labels(contact)
        return self._cells.of_queue(channel, queue)

    def survey(self, kind: str, answer: Survey, cells: int | None) -> Row:
        """The row of an answer to one survey, its contact being of these cells."""
        if cells is None:
            return SURVEY_ABSENT
        # In the order of SurveyRow.
        return (
            answer.answered_at,
            KINDS[kind],
            answer.score,
            UNKNOWN if answer.issue_resolved is None else answer.issue_resolved,
            cells,
        )

    def table(self, contacts: Sequence[tuple[Customer, Contact]]) -> tuple[list[Contact], Contacts]:
        """These contacts as they stand, and their table."""
        rows = [self.contact(customer, contact) for customer, contact in contacts]
        return [contact for _, contact in contacts], Contacts(rows)

    def answers(self, owners: Sequence[Contact]) -> tuple[list[Contact], SurveyAnswers]:
        """The survey answers of these contacts as a table, and the contact that each is of."""
        survey_owners: list[Contact] = []
        rows: list[Row] = []
        for contact in owners:
            if contact.surveys:
                cells = self.survey_cells(contact)
                for kind, answer in contact.surveys.items():
                    survey_owners.append(contact)
                    rows.append(self.survey(kind, answer, cells))
        return survey_owners, SurveyAnswers(rows)

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


def _end_labels(contact: Contact) -> tuple[str, str | None, str | None]:
    return (
        contact.channel,
        contact.queue if contact.end_queue is None else contact.end_queue,
        contact.reason if contact.end_reason is None else contact.end_reason,
    )
