"""Records as rows of the tables that KPIs read."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from service.aggregates.calendars import Calendars
from service.aggregates.cells import Cells
from service.aggregates.counted_in import EvaluationCells, SurveyCells
from service.aggregates.lives import Lives
from service.aggregates.open_contacts import OpenContacts
from service.aggregates.tables import Drawn, Tables
from service.definitions import Definitions
from service.events.model import SCORES
from service.kpis.rows import (
    ALWAYS,
    ANONYMOUS,
    BY_BOT,
    NEVER,
    OUTBOUND,
    UNKNOWN,
    ContactRow,
    EvaluationRow,
    SurveyRow,
)
from service.kpis.surveys import ASPECTS, KINDS, points
from service.state.customers import Customer
from service.state.evaluation import Evaluation, evaluations
from service.state.neighbours import Neighbours
from service.state.record import Contact, Outcome, Survey
from service.state.standing import KnownLabels, Standings, start_labels

#: Profiles that are remembered: those of a flood of labels are drawn up anew each time.
PROFILES = 20_000

#: A row without its names: drawn up twice for every event, and a plain tuple takes half the time.
Row = tuple[int, ...]

ABSENT: Row = tuple(ContactRow())
NOT_DRAWN = Drawn(ABSENT)
SURVEY_ABSENT: Row = tuple(SurveyRow())
EVALUATION_ABSENT: Row = tuple(EvaluationRow())


class Profile(msgspec.Struct, frozen=True, gc=False):
    """What follows from a contact's labels and priority, which many contacts share."""

    cells: int
    reason_cells: int
    response_target: int
    resolution_target: int
    calendar: int
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
        calendars: Calendars,
    ) -> None:
        self._sla = definitions.sla
        self._horizon = definitions.open_horizon
        self._tells_teams = definitions.teams
        self._responses_are_published = definitions.contact_responded
        self._cells = cells
        self._neighbours = neighbours
        self._open = open_contacts
        #: The blocks of which contacts are known to have started, those too of which nobody has
        #: taken note yet: their first cells.
        self._begun: set[int] = set()
        self.begun_lately: list[int] = []
        self._calendars = calendars
        self.lines = calendars.lines
        self.standings: Standings = neighbours.standings
        self._lives = Lives(definitions, cells, self.standings, calendars, self.profile)
        self._profiles: dict[tuple[str, str | None, str | None, str | None], Profile] = {}

    def contact(self, customer: Customer, contact: Contact) -> Drawn:
        """The row of a contact as things stand, and what else its life has to tell."""
        started_at = contact.started_at
        if started_at is None:
            return NOT_DRAWN
        is_plain = contact.extras is None or self.standings.is_plain(contact)
        if contact.outbound:
            labels = start_labels(contact)
            if not is_plain:
                labels = self.standings.labels(contact).at(started_at)
            cells = self.profile(contact.channel, labels).cells
            row = ContactRow(started_at, OUTBOUND, start_cells=cells, end_cells=cells)
            return Drawn(tuple(row))
        if is_plain:
            return Drawn(self._plain(customer, contact, started_at))
        self._begin(self.profile(contact.channel, start_labels(contact)).cells)
        flags = ANONYMOUS if customer.anonymous else 0
        distances = self._neighbours.distances(customer, contact)
        return Drawn(*self._lives.contact(contact, flags, distances))

    def _begin(self, cells: int) -> None:
        """Contacts of these labels are known to have started."""
        if cells not in self._begun:
            self._begun.add(cells)
            self.begun_lately.append(cells)

    def _plain(self, customer: Customer, contact: Contact, started_at: int) -> Row:
        """The row of a contact that was never updated."""
        labels = (contact.channel, contact.queue, contact.reason, contact.priority)
        profile = self._profiles.get(labels)
        if profile is None:
            profile = self.profile(contact.channel, start_labels(contact))
        if profile.cells not in self._begun:
            self._begin(profile.cells)
        response, replies = contact.responded_at, contact.replies
        extras = contact.extras
        if extras is not None and extras.responses is not None:
            response, replies = contact.first_response_at(), contact.agent_replies()
        flags = ANONYMOUS if customer.anonymous else 0
        cells, reason_cells = profile.cells, profile.reason_cells
        end_cells, end_reason_cells = cells, reason_cells
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
                reason_cells = self._cells.of_reason(channel, contact.queue, reason)
        if flags or (extras is None and customer.alone):
            covered_until, followed_at = ALWAYS, NEVER
        else:
            covered_until, followed_at = self._neighbours.distances(customer, contact)
        # In the order of ContactRow.
        return (
            started_at,
            flags | BY_BOT if contact.by_bot else flags,
            closed_at,
            contact.outcome,
            NEVER if response is None else response,
            UNKNOWN if contact.handle is None else contact.handle,
            UNKNOWN if replies is None else replies,
            UNKNOWN if contact.transfers is None else contact.transfers,
            profile.response_target,
            profile.resolution_target,
            profile.calendar,
            cells,
            end_cells,
            reason_cells,
            end_reason_cells,
            self._cells.of_team(contact.team) if self._tells_teams else 0,
            covered_until,
            followed_at,
            open_class,
        )

    def reopened_at(self, contact: Contact) -> Sequence[int]:
        """When it was opened again, as things stand."""
        if contact.started_at is None or self.standings.is_plain(contact):
            return ()
        return [reopening.at for reopening in self.standings.life(contact).reopenings]

    def survey_cells(self, contact: Contact) -> SurveyCells | None:
        """Where a contact's survey answers count; None: nowhere."""
        if contact.started_at is None:
            return SurveyCells(self._cells.unknown, self._cells.unknown_team)
        if contact.outbound:
            return None
        if not self.standings.is_plain(contact):
            return self._lives.survey_cells(contact)
        if contact.outcome == Outcome.VOID:
            return None
        team_cells = self._cells.of_team(contact.team)
        if contact.resolved_at is None or (
            contact.end_queue is None and contact.end_reason is None
        ):
            cells = self.profile(contact.channel, start_labels(contact)).cells
            return SurveyCells(cells, team_cells)
        channel, queue, _ = _end_labels(contact)
        return SurveyCells(self._cells.of_queue(channel, queue), team_cells)

    def survey(self, key: str, answer: Survey, cells: SurveyCells | None) -> Row:
        """The row of an answer to one survey, its contact being of these cells."""
        if cells is None:
            return SURVEY_ABSENT
        kind, _, rest = key.partition("/")
        aspect = rest.partition("/")[0] or "overall"
        usual = SCORES[kind][1]  # type: ignore[index]
        scale = usual if answer.scale is None else answer.scale
        is_usual = aspect == "overall" and scale == usual
        # In the order of SurveyRow.
        return (
            answer.answered_at,
            KINDS[kind],
            ASPECTS[aspect],
            answer.score if is_usual else UNKNOWN,
            points(kind, answer.score, scale),
            UNKNOWN if answer.issue_resolved is None else answer.issue_resolved,
            *cells,
        )

    def evaluation_cells(self, contact: Contact) -> EvaluationCells | None:
        """Where a contact's evaluations count; None: nowhere."""
        if contact.started_at is not None and not (
            contact.outbound or self.standings.is_plain(contact)
        ):
            return self._lives.evaluation_cells(contact)
        cells = self.survey_cells(contact)
        return None if cells is None else EvaluationCells(cells.cells)

    def evaluation(self, evaluation: Evaluation, cells: EvaluationCells | None) -> Row:
        """The row of an evaluation, its contact being of these cells."""
        if cells is None:
            return EVALUATION_ABSENT
        # In the order of EvaluationRow.
        return (
            evaluation.at,
            evaluation.result,
            evaluation.fatal,
            evaluation.nonfatal,
            UNKNOWN if evaluation.score is None else evaluation.score,
            UNKNOWN if evaluation.positive is None else evaluation.positive,
            UNKNOWN if evaluation.negative is None else evaluation.negative,
            *cells,
        )

    def tables(self, contacts: Sequence[tuple[Customer, Contact]]) -> Tables:
        """These contacts, their turns, survey answers and evaluations as they stand."""
        drawn = [self.contact(customer, contact) for customer, contact in contacts]
        tables = Tables([contact for _, contact in contacts], drawn, self.lines)
        for _, contact in contacts:
            if contact.surveys:
                cells = self.survey_cells(contact)
                for key, answer in contact.surveys.items():
                    tables.add_answer(contact, key, self.survey(key, answer, cells))
            if contact.extras is not None and contact.extras.evaluations:
                where = self.evaluation_cells(contact)
                for it in evaluations(contact):
                    tables.add_evaluation(contact, it.key, self.evaluation(it, where))
        return tables

    def profile(self, channel: str, labels: KnownLabels) -> Profile:
        """What follows from a contact's labels."""
        queue, reason, priority = labels
        key = (channel, queue, reason, priority)
        known = self._profiles.get(key)
        if known is not None:
            return known
        cells = self._cells.of_queue(channel, queue)
        targets = self._sla.targets(channel, priority)
        response_target = NEVER if targets.first_response is None else targets.first_response
        resolution_target = NEVER if targets.resolution is None else targets.resolution
        calendar = self._calendars.number(channel, queue)
        profile = Profile(
            cells,
            self._cells.of_reason(channel, queue, reason),
            response_target,
            resolution_target,
            calendar,
            self._open.number(cells, response_target, resolution_target, calendar),
            self._open.number(cells, NEVER, resolution_target, calendar),
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
