"""CONTRACT 3: what was promised: SLA results, the backlog, and open contacts at risk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.reference.business_time import Span, counted_time, due
from tests.reference.life import FOREVER
from tests.reference.partition import Fact, Labels, Partition
from tests.reference.settings import ReferenceSettings, Targets, micro

if TYPE_CHECKING:
    from tests.reference.contacts import Contact

#: The result, and the time that it belongs by; None: not judged, or not yet.
Judged = tuple[str, int] | None


def targets(partition: Partition, contact: Contact) -> Targets:
    """Those of its channel and of the priority that stands last."""
    return partition.settings.targets(contact.begin["channel"], contact.known_now("priority"))


def response_stretches(contact: Contact) -> list[Span]:
    """For the first response counts whatever time the office is open."""
    return [(contact.started_at, FOREVER)]


def sla(partition: Partition, contact: Contact) -> Iterator[Fact]:
    first_response, resolution = targets(partition, contact)
    judged: dict[str, Judged] = {}
    if resolution is not None:
        judged["resolution"] = resolution_result(partition, contact, micro(resolution))
    if first_response is not None:
        judged["first_response"] = first_response_result(partition, contact, micro(first_response))
    for target, told in judged.items():
        if told is not None:
            result, at = told
            labels = partition.labels_at(contact, at) | {"target": target, "result": result}
            yield Fact("sla_contacts", labels, at, at + partition.lateness)


def resolution_result(partition: Partition, contact: Contact, target: int) -> Judged:
    life, begin = contact.life(partition.clock), contact.started_at
    passes = due(partition.calendar(contact), life.worked(), begin, target)
    if passes is not None:
        # whatever happens later: from the moment it passes
        return ("breached", passes) if partition.clock > passes else None
    at = life.closed_at
    if life.outcome in ("resolved", "unresolved") and at is not None and at >= begin:
        return "met", at
    return None


def first_response_result(partition: Partition, contact: Contact, target: int) -> Judged:
    life, begin = contact.life(partition.clock), contact.started_at
    calendar, stretches = partition.calendar(contact), response_stretches(contact)
    passes = due(calendar, stretches, begin, target)
    response = contact.first_response_at(partition.clock)
    if response is not None and response < begin:
        return None
    if response is not None and counted_time(calendar, stretches, begin, response) <= target:
        return "met", response
    was_open = passes is not None and life.state_at(passes) != "closed"
    if partition.settings.contact_responded and passes is not None and was_open:
        # the moment passed without a response: what is counted then does not change later
        return ("breached", passes) if partition.clock > passes else None
    if response is not None:
        return "breached", response
    if life.outcome == "abandoned" and life.closed_at is not None and life.closed_at >= begin:
        short = life.closed_at - begin < micro(partition.settings.short_abandon)
        return ("short_abandoned" if short else "abandoned"), life.closed_at
    return None


# Backlog, and open contacts at risk: of the clock, not of a window


@dataclass(frozen=True)
class OpenContact:
    labels: Labels
    age: int
    is_waiting: bool
    #: Target to state, for each target that can be judged while the contact is open.
    states: Labels


def backlog(partition: Partition) -> Iterator[OpenContact]:
    for contact in partition.contacts:
        if not contact.is_contact(partition.clock) or contact.life(partition.clock).is_closed:
            continue
        yield OpenContact(
            partition.labels_now(contact),
            max(0, partition.clock - contact.started_at),
            contact.life(partition.clock).is_waiting,
            {
                target: state(elapsed, micro(seconds), partition.settings)
                for target, seconds, elapsed in open_targets(partition, contact)
            },
        )


def open_targets(partition: Partition, contact: Contact) -> Iterator[tuple[str, float, int]]:
    """Each with the target, and the time counted until now."""
    clock, begin, calendar = partition.clock, contact.started_at, partition.calendar(contact)
    life, stretches = contact.life(clock), response_stretches(contact)
    first_response, resolution = targets(partition, contact)
    if resolution is not None:
        yield "resolution", resolution, counted_time(calendar, life.worked(), begin, clock)
    awaited = partition.settings.contact_responded and contact.first_response_at(clock) is None
    if first_response is not None and awaited:
        passes = due(calendar, stretches, begin, micro(first_response))
        if passes is None or life.state_at(passes) != "closed":
            elapsed = counted_time(calendar, stretches, begin, clock)
            yield "first_response", first_response, elapsed


def state(elapsed: int, target: int, settings: ReferenceSettings) -> str:
    if elapsed > target:
        return "breached"
    at_risk = elapsed >= Fraction(str(settings.at_risk_fraction)) * target
    return "at_risk" if at_risk else "on_track"
