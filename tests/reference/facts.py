"""CONTRACT 3, the KPI definitions: what a set of contacts says at a clock, fact by fact.

To be read beside the contract; each function is one of its paragraphs, in its order. FCR and
repeats are in `repeats.py`, the SLA and open contacts in `sla.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Final

from tests.reference.business_time import counted_time
from tests.reference.customers import turnover
from tests.reference.events import SURVEYS
from tests.reference.life import FOREVER
from tests.reference.partition import Fact, Labels, Partition
from tests.reference.repeats import fcr, repeat
from tests.reference.sla import sla

if TYPE_CHECKING:
    from tests.reference.contacts import Contact

# Started, closed and reopened


def started(partition: Partition, contact: Contact) -> Iterator[Fact]:
    """Outbound contacts count here and nowhere else."""
    if contact.started is None:
        return
    if contact.is_inbound and contact.is_void(partition.clock):
        return
    direction = {"direction": str(contact.started["direction"])}
    at = contact.started_at
    labels = partition.labels_at(contact, at) | direction
    yield Fact("contacts_started", labels, at, at + partition.lateness)


def void(partition: Partition, contact: Contact) -> Iterator[Fact]:
    """The one fact that a void contact states: its last closing."""
    closing = contact.life(partition.clock).closings[-1]
    labels = partition.closing_labels(contact, closing) | {"outcome": "void"}
    number = len(contact.life(partition.clock).closings) - 1
    final = closing.at + partition.lateness
    yield Fact("contacts_closed", labels, closing.at, final, which=(number,))


def closed(partition: Partition, contact: Contact) -> Iterator[Fact]:
    """Every closing, by its time."""
    for number, closing in enumerate(contact.life(partition.clock).closings):
        outcome = {"outcome": closing.outcome}
        labels = partition.closing_labels(contact, closing) | outcome
        final = closing.at + partition.lateness
        yield Fact("contacts_closed", labels, closing.at, final, which=(number,))
        team = partition.team(closing) | outcome
        yield Fact("team_contacts_closed", team, closing.at, None, which=(number,))


def reopened(partition: Partition, contact: Contact) -> Iterator[Fact]:
    """Every reopening, by its time."""
    for number, reopening in enumerate(contact.life(partition.clock).reopenings):
        labels = partition.labels_at(contact, reopening.at) | {"by": reopening.by}
        final = reopening.at + partition.lateness
        yield Fact("contacts_reopened", labels, reopening.at, final, which=(number,))


# First response time, resolution time: one that would be negative is not counted


def first_response_time(partition: Partition, contact: Contact) -> Iterator[Fact]:
    at, begin = contact.first_response_at(partition.clock), contact.started_at
    if at is None or at < begin:
        return
    labels = partition.labels_at(contact, at)
    yield Fact("first_response_seconds", labels, at, at + partition.lateness, at - begin)
    counted = counted_time(partition.calendar(contact), [(begin, FOREVER)], begin, at)
    yield Fact("first_response_counted_seconds", labels, at, None, counted)


def resolution_time(partition: Partition, contact: Contact) -> Iterator[Fact]:
    life, begin = contact.life(partition.clock), contact.started_at
    if life.outcome != "resolved" or life.closings[-1].at < begin:
        return
    closing = life.closings[-1]
    at, labels = closing.at, partition.closing_labels(contact, closing)
    yield Fact("resolution_seconds", labels, at, at + partition.lateness, at - begin)
    counted = counted_time(partition.calendar(contact), life.worked(), begin, at)
    yield Fact("resolution_counted_seconds", labels, at, None, counted)


# Handle time of every closing; replies, one-touch, transfers, bot-resolved of the last one


def handle_time(partition: Partition, contact: Contact) -> Iterator[Fact]:
    for number, closing in enumerate(contact.life(partition.clock).closings):
        if closing.given("handle_seconds") is not None:
            handled = round(closing.given("handle_seconds") * 1_000_000)
            labels = partition.closing_labels(contact, closing)
            yield Fact("handle_seconds", labels, closing.at, None, handled, (number,))
            team = partition.team(closing)
            yield Fact("team_handle_seconds", team, closing.at, None, handled, (number,))


def effort(partition: Partition, contact: Contact) -> Iterator[Fact]:
    life = contact.life(partition.clock)
    if not life.is_closed:
        return
    closing = life.closings[-1]
    at, labels = closing.at, partition.closing_labels(contact, closing)
    replies = contact.agent_replies(partition.clock)
    if closing.outcome == "resolved" and replies is not None:
        yield Fact("agent_replies", labels, at, None, replies)
        if replies <= 1:
            yield Fact("one_touch_contacts", labels, at, None)
    if (closing.given("transfers") or 0) > 0:
        yield Fact("transferred_contacts", labels, at, None)
    if closing.outcome == "resolved" and closing.given("resolved_by") == "bot":
        yield Fact("bot_resolved_contacts", labels, at, None)


# Survey answers


def surveys(partition: Partition, contact: Contact) -> Iterator[Fact]:
    """A survey answer needs only itself: `unknown` as long as its contact has not been seen."""
    if contact.started is not None and not contact.is_contact(partition.clock):
        return
    labels, team = survey_labels(partition, contact)
    for (survey, survey_id, aspect), answer in contact.surveys.items():
        at, which = answer["answered_at"], (survey, survey_id, aspect)
        if aspect == "overall" and is_usual_scale(survey, answer["scale"]):
            score = {"survey": survey, "score": str(answer["score"])}
            final = at + partition.lateness
            yield Fact("survey_answers", labels | score, at, final, which=which)
            yield Fact("team_survey_answers", team | score, at, None, which=which)
        index = labels | {"survey": survey, "aspect": aspect}
        yield Fact("survey_index", index, at, None, thousandths(survey, answer), which)
        if answer["issue_resolved"] is not None:
            said = {"answer": "yes" if answer["issue_resolved"] else "no"}
            yield Fact("issue_resolved_answers", labels | said, at, None, which=which)


def survey_labels(partition: Partition, contact: Contact) -> tuple[Labels, Labels]:
    """Those of the last closing if it is closed, else now; the team is of the last closing."""
    if contact.started is None:
        return {"channel": "unknown", "queue": "unknown"}, {"team": "unknown"}
    life = contact.life(partition.clock)
    team = partition.team(life.closings[-1] if life.closings else None)
    if life.is_closed:
        return partition.closing_labels(contact, life.closings[-1]), team
    return partition.labels_now(contact), team


def is_usual_scale(survey: str, scale: int | None) -> bool:
    return survey == "nps" or scale == SURVEYS[survey][1]


def thousandths(survey: str, answer: dict[str, int]) -> int:
    """The satisfaction index of an answer, 0 to 100, rounded half up to a thousandth."""
    if survey == "nps":
        return 10 * answer["score"] * 1000
    index = Fraction(100 * (answer["score"] - 1), answer["scale"] - 1)
    return floor(index * 1000 + Fraction(1, 2))


# Evaluations


def evaluations(partition: Partition, contact: Contact) -> Iterator[Fact]:
    """An evaluation needs only itself, as an answer does."""
    if contact.started is not None and not contact.is_contact(partition.clock):
        return
    labels = evaluation_labels(partition, contact)
    for evaluation_id, it in contact.evaluations.items():
        at, which = it["evaluated_at"], (evaluation_id,)
        result = "fatal" if it["fatal_errors"] else "nonfatal" if it["nonfatal_errors"] else "clean"
        final = at + partition.lateness
        yield Fact("evaluations", labels | {"result": result}, at, final, which=which)
        for severity in ("fatal", "nonfatal"):
            of_severity = labels | {"severity": severity}
            errors = it[f"{severity}_errors"]
            yield Fact("evaluation_errors", of_severity, at, None, errors, which)
        if it["score"] is not None:
            yield Fact("evaluation_score", labels, at, None, millionths(it["score"]), which)
        if it["positive"] is not None and it["negative"] is not None:
            for emotion in ("positive", "negative"):
                felt = millionths(it[emotion])
                yield Fact(f"emotion_{emotion}", labels, at, None, felt, which)


def evaluation_labels(partition: Partition, contact: Contact) -> Labels:
    """Those of the last closing, also while it is open again; before one, the labels now."""
    if contact.started is None:
        return {"channel": "unknown", "queue": "unknown"}
    life = contact.life(partition.clock)
    if life.closings:
        return partition.closing_labels(contact, life.closings[-1])
    return partition.labels_now(contact)


def millionths(value: float) -> int:
    return round(value * 1_000_000)


#: Each of these needs a *contact*: inbound, not void, `contact-started` known.
OF_CONTACTS: Final = (
    *(closed, reopened, first_response_time, resolution_time, repeat, fcr, sla),
    *(handle_time, effort),
)


def all_facts(partition: Partition) -> Iterator[Fact]:
    for contact in partition.contacts:
        yield from facts_of(partition, contact)
    for customer in partition.customers:
        yield from turnover(partition, customer)


def facts_of(partition: Partition, contact: Contact) -> Iterator[Fact]:
    yield from started(partition, contact)
    yield from surveys(partition, contact)
    yield from evaluations(partition, contact)
    if contact.is_contact(partition.clock):
        for family in OF_CONTACTS:
            yield from family(partition, contact)
    elif contact.is_inbound:
        yield from void(partition, contact)
