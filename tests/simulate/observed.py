"""What an onlooker learns about the contacts from the published events alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from service.definitions import DAY, HOUR, SECOND
from service.events.model import CONTACT_RESOLVED, CONTACT_STARTED, CONTACT_UPDATED, SURVEY_ANSWERED
from service.simulate.generator import simulate
from service.simulate.plan import Faults, Outage, Plan
from service.simulate.profiles import ANONYMOUS
from service.simulate.publication import Publication

#: A Monday, midnight.
MONDAY = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp()) * SECOND
NO_FAULTS = Faults()


@dataclass
class Contact:
    """A contact's events, of closings the last; times in µs since the epoch."""

    started_at: int
    start: dict[str, Any]
    closed_at: int | None = None
    end: dict[str, Any] = field(default_factory=dict)
    answers: list[dict[str, Any]] = field(default_factory=list)
    #: Updates and closings in the order of their times.
    life: list[dict[str, Any]] = field(default_factory=list)

    @property
    def channel(self) -> str:
        return str(self.start["channel"])

    @property
    def outcome(self) -> str | None:
        return None if self.closed_at is None else str(self.end.get("outcome", "resolved"))

    @property
    def response_seconds(self) -> float | None:
        """From the start to the first response, where there was one."""
        response = self.end.get("first_response_at")
        if response is None:
            return None
        return datetime.fromisoformat(response).timestamp() - self.started_at / SECOND


def plan(
    *,
    seed: int = 1,
    start: int = MONDAY,
    rate: float = 600,
    duration: int | None = DAY,
    outage: Outage | None = None,
    contact_responded: bool = False,
    contact_updated: bool = False,
    contact_evaluated: bool = False,
    customer_changed: bool = False,
    agents: bool = False,
    faults: Faults = NO_FAULTS,
) -> Plan:
    """A plan with what a test is not about left as usual."""
    return Plan(
        seed,
        start,
        rate,
        duration,
        outage,
        contact_responded=contact_responded,
        contact_updated=contact_updated,
        contact_evaluated=contact_evaluated,
        customer_changed=customer_changed,
        agents=agents,
        faults=faults,
    )


def observe(publications: Iterable[Publication]) -> list[Contact]:
    """All contacts, inbound and outbound, in the order of their starts."""
    contacts: dict[str, Contact] = {}
    for item in publications:
        value = orjson.loads(item.value)
        if item.type == CONTACT_STARTED:
            contacts.setdefault(value["contact_id"], Contact(item.at, value))
            continue
        contact = contacts[value["contact_id"]]
        if item.type in (CONTACT_RESOLVED, CONTACT_UPDATED):
            contact.life.append(value)
        if item.type == CONTACT_RESOLVED:
            contact.closed_at, contact.end = item.at, value
        elif item.type == SURVEY_ANSWERED:
            contact.answers.append(value)
    return list(contacts.values())


def contacts_of(given: Plan) -> list[Contact]:
    """The inbound contacts of a plan without faults."""
    return [
        contact
        for contact in observe(simulate(given))
        if contact.start.get("direction") != "outbound"
    ]


def share(of: Sequence[Contact], outcome: str) -> float:
    """The share of the closed contacts that ended so."""
    closed = [contact for contact in of if contact.closed_at is not None]
    return sum(contact.outcome == outcome for contact in closed) / len(closed)


def came_back(contacts: Sequence[Contact], within: int = DAY) -> tuple[set[str], set[str]]:
    """Ids of the closed contacts whose customer made contact again in time, and of the others.

    Only contacts that closed early enough for the answer to be known; any reason counts. Nobody
    knows it of calls from withheld numbers.
    """
    starts: dict[str, list[int]] = defaultdict(list)
    for contact in contacts:
        starts[contact.start["customer_id"]].append(contact.started_at)
    end = max(contact.started_at for contact in contacts)
    yes: set[str] = set()
    no: set[str] = set()
    for contact in contacts:
        closed = contact.closed_at
        known = contact.start["customer_id"] != ANONYMOUS
        if known and closed is not None and closed + within <= end:
            again = any(
                closed < at <= closed + within for at in starts[contact.start["customer_id"]]
            )
            (yes if again else no).add(contact.start["contact_id"])
    return yes, no


def by_hour(contacts: Iterable[Contact], begin: int) -> dict[int, list[Contact]]:
    """The contacts by the hour after `begin` in which they started."""
    hours: dict[int, list[Contact]] = defaultdict(list)
    for contact in contacts:
        hours[(contact.started_at - begin) // HOUR].append(contact)
    return hours


def in_office_hours(at: int) -> bool:
    """Whether those who answer letters are there at this time (µs since the epoch)."""
    day, time = divmod((at - MONDAY) % (7 * DAY), DAY)
    return day < 5 and 8 * HOUR <= time < 18 * HOUR
