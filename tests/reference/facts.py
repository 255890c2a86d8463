"""CONTRACT 3, the KPI definitions: what a set of contacts says at a clock, fact by fact.

To be read beside the contract; each function is one of its paragraphs, in its order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Final

from tests.reference.settings import ReferenceSettings, micro

if TYPE_CHECKING:
    from tests.reference.contacts import Contact

Labels = dict[str, str]
#: (dimension, value or None) to the label value that is shown.
LabelOf = Callable[[str, str | None], str]


@dataclass(frozen=True)
class Fact:
    """`value` is a number or microseconds; `final` None: no counter tells it (yet)."""

    name: str
    labels: Labels
    at: int
    final: int | None
    value: int = 1


@dataclass(frozen=True)
class Partition:
    """The contacts of one partition and the moment at which they are looked at."""

    contacts: Sequence[Contact]
    clock: int
    settings: ReferenceSettings
    label: LabelOf

    @cached_property
    def by_customer(self) -> dict[str, list[Contact]]:
        customers: dict[str, list[Contact]] = {}
        for contact in self.contacts:
            customers.setdefault(contact.key[0], []).append(contact)
        return customers

    @property
    def lateness(self) -> int:
        return micro(self.settings.allowed_lateness)

    def start_labels(self, contact: Contact) -> Labels:
        start = contact.begin
        return {
            "channel": self.label("channel", start["channel"]),
            "queue": self.label("queue", start["queue"]),
        }

    def start_reason(self, contact: Contact) -> Labels:
        return {"reason": self.label("reason", contact.begin["reason"])}

    def end_labels(self, contact: Contact) -> Labels:
        """Those of `contact-resolved`, and where it gives none, the start labels."""
        queue = (contact.resolved or {}).get("queue")
        labels = self.start_labels(contact)
        return labels if queue is None else {**labels, "queue": self.label("queue", queue)}

    def end_reason(self, contact: Contact) -> Labels:
        reason = (contact.resolved or {}).get("reason")
        if reason is None:
            return self.start_reason(contact)
        return {"reason": self.label("reason", reason)}


# Started and closed


def started(partition: Partition, contact: Contact) -> Iterator[Fact]:
    """Outbound contacts count here and nowhere else."""
    if contact.started is None:
        return
    direction = {"direction": str(contact.started["direction"])}
    labels = partition.start_labels(contact) | direction
    at = contact.started_at
    yield Fact("contacts_started", labels, at, at + partition.lateness)


def closed(partition: Partition, contact: Contact) -> Iterator[Fact]:
    outcome, at = contact.outcome(partition.clock), contact.closed_at(partition.clock)
    if outcome is not None and at is not None:
        labels = partition.end_labels(contact) | {"outcome": outcome}
        yield Fact("contacts_closed", labels, at, at + partition.lateness)


# First response time, resolution time: one that would be negative is not counted


def first_response_time(partition: Partition, contact: Contact) -> Iterator[Fact]:
    at = contact.first_response_at
    if at is not None and at >= contact.started_at:
        labels = partition.start_labels(contact)
        duration = at - contact.started_at
        yield Fact("first_response_seconds", labels, at, at + partition.lateness, duration)


def resolution_time(partition: Partition, contact: Contact) -> Iterator[Fact]:
    at = contact.closed_at(partition.clock)
    if contact.outcome(partition.clock) == "resolved" and at is not None:
        duration = at - contact.started_at
        if duration >= 0:
            labels = partition.end_labels(contact)
            yield Fact("resolution_seconds", labels, at, at + partition.lateness, duration)


# Repeat contacts and first contact resolution


def is_repeat_of(r: Contact, c: Contact, window: int, partition: Partition) -> bool:
    """Whether contact r is a repeat of contact c, of the same customer, under a repeat window."""
    if r is c or not r.is_contact or not c.is_contact:
        return False
    clock = partition.clock
    if r.outcome(clock) == "abandoned" or c.outcome(clock) == "abandoned":
        return False
    same = partition.settings.repeat_match == "customer" or (r.begin["reason"] == c.begin["reason"])
    linked = r.begin["previous_contact_id"] == c.key[1]
    if not same and not linked:
        return False
    e = c.closed_at(clock)  # None, while c is open: plus infinity
    return c.started_at < r.started_at and (e is None or r.started_at <= e + window)


def is_repeat(partition: Partition, r: Contact, window: int) -> bool:
    return any(is_repeat_of(r, c, window, partition) for c in partition.by_customer[r.key[0]])


def has_repeat(partition: Partition, c: Contact, window: int) -> bool:
    return any(is_repeat_of(r, c, window, partition) for r in partition.by_customer[c.key[0]])


def repeat(partition: Partition, r: Contact) -> Iterator[Fact]:
    """By the repeat's started_at, with start labels; final by its own closing."""
    closed_at = r.closed_at(partition.clock)
    final = None if closed_at is None else closed_at + partition.lateness
    for name, seconds in partition.settings.repeat_windows.items():
        if is_repeat(partition, r, micro(seconds)):
            labels = partition.start_labels(r) | partition.start_reason(r)
            yield Fact("repeat_contacts", labels | {"repeat_window": name}, r.started_at, final)


def fcr(partition: Partition, c: Contact) -> Iterator[Fact]:
    """Decided for contacts closed `resolved` or `unresolved` that are not themselves repeats."""
    outcome, at = c.outcome(partition.clock), c.closed_at(partition.clock)
    if outcome not in ("resolved", "unresolved") or at is None:
        return
    for name, seconds in partition.settings.repeat_windows.items():
        window = micro(seconds)
        if is_repeat(partition, c, window):
            continue
        if outcome == "unresolved":
            result = "unresolved"
        elif has_repeat(partition, c, window):
            result = "repeated"
        elif partition.clock < at + window:
            result = "pending"
        else:
            result = "resolved_first_time"
        labels = partition.end_labels(c) | partition.end_reason(c)
        labels |= {"repeat_window": name, "result": result}
        yield Fact("fcr_contacts", labels, at, at + window + partition.lateness)


# SLA


def sla(partition: Partition, contact: Contact) -> Iterator[Fact]:
    priority = contact.begin["priority"]
    channel = contact.begin["channel"]
    first_response, resolution = partition.settings.targets(channel, priority)
    labels = partition.start_labels(contact)
    if resolution is not None:
        judged = resolution_result(partition, contact, micro(resolution))
        if judged is not None:
            result, at = judged
            labels_of = labels | {"target": "resolution", "result": result}
            yield Fact("sla_contacts", labels_of, at, at + partition.lateness)
    if first_response is not None:
        judged = first_response_result(partition, contact, micro(first_response))
        if judged is not None:
            result, at = judged
            labels_of = labels | {"target": "first_response", "result": result}
            yield Fact("sla_contacts", labels_of, at, at + partition.lateness)


def resolution_result(
    partition: Partition, contact: Contact, target: int
) -> tuple[str, int] | None:
    """The result and the time that it belongs by; None: not judged, or not yet."""
    due = contact.started_at + target
    outcome, at = contact.outcome(partition.clock), contact.closed_at(partition.clock)
    if at is not None and at <= due:
        if outcome in ("resolved", "unresolved") and at >= contact.started_at:
            return "met", at
        return None
    # not closed by then, whatever happens later: from the moment it passes
    return ("breached", due) if partition.clock > due else None


def first_response_result(
    partition: Partition, contact: Contact, target: int
) -> tuple[str, int] | None:
    due = contact.started_at + target
    response = contact.first_response_at
    outcome, closed_at = contact.outcome(partition.clock), contact.closed_at(partition.clock)
    if response is not None:
        if response < contact.started_at:
            return None
        if response <= due:
            return "met", response
        if partition.settings.contact_responded:
            # by started_at + target, the moment it passes without a response
            return ("breached", due) if partition.clock > due else None
        return "breached", response
    if outcome == "abandoned" and closed_at is not None:
        if partition.settings.contact_responded and closed_at > due:
            # the moment passed without a response: what is counted then does not change later
            return ("breached", due) if partition.clock > due else None
        lasted = closed_at - contact.started_at
        if lasted < 0:
            return None
        short = lasted < micro(partition.settings.short_abandon)
        return ("short_abandoned" if short else "abandoned"), closed_at
    if outcome == "expired" and closed_at is not None and closed_at <= due:
        return None
    if partition.settings.contact_responded and partition.clock > due:
        return "breached", due
    return None


# Handle time, replies, one-touch, transfers


def effort(partition: Partition, contact: Contact) -> Iterator[Fact]:
    resolved = contact.resolved
    if resolved is None:
        return
    at = resolved["resolved_at"]
    labels = partition.end_labels(contact)
    if resolved["handle_seconds"] is not None:
        handled = round(resolved["handle_seconds"] * 1_000_000)
        yield Fact("handle_seconds", labels, at, None, handled)
    replies = contact.agent_replies
    if resolved["outcome"] == "resolved" and replies is not None:
        yield Fact("agent_replies", labels, at, None, replies)
        if replies <= 1:
            yield Fact("one_touch_contacts", labels, at, None)
    if (resolved["transfers"] or 0) > 0:
        yield Fact("transferred_contacts", labels, at, None)


def negative_durations(partition: Partition) -> Iterator[str]:
    """What cannot be true is left out above, and counted."""
    for contact in partition.contacts:
        if contact.is_contact:
            for end in (contact.first_response_at, contact.closed_at(partition.clock)):
                if end is not None and end < contact.started_at:
                    yield "negative_duration"


# Survey answers


def surveys(partition: Partition, contact: Contact) -> Iterator[Fact]:
    """A survey answer needs only itself: `unknown` as long as its contact has not been seen."""
    if contact.started is None:
        labels = {"channel": "unknown", "queue": "unknown"}
    elif not contact.is_contact:
        return
    elif contact.outcome(partition.clock) is not None:
        labels = partition.end_labels(contact)
    else:
        labels = partition.start_labels(contact)
    for survey, answer in contact.surveys.items():
        at = answer["answered_at"]
        of_score = labels | {"survey": survey, "score": str(answer["score"])}
        yield Fact("survey_answers", of_score, at, at + partition.lateness)
        if answer["issue_resolved"] is not None:
            said = {"answer": "yes" if answer["issue_resolved"] else "no"}
            yield Fact("issue_resolved_answers", labels | said, at, None)


#: Each of these needs a *contact*: inbound, `contact-started` known.
OF_CONTACTS: Final = (closed, first_response_time, resolution_time, repeat, fcr, sla, effort)


def all_facts(partition: Partition) -> Iterator[Fact]:
    for contact in partition.contacts:
        yield from facts_of(partition, contact)


def facts_of(partition: Partition, contact: Contact) -> Iterator[Fact]:
    yield from started(partition, contact)
    yield from surveys(partition, contact)
    if contact.is_contact:
        for family in OF_CONTACTS:
            yield from family(partition, contact)


def orphans(partition: Partition) -> Iterator[str]:
    """Types of the parts that left the state, each at its own time, before their contact came."""
    yield from (topic for topic, leaves_at in unseen(partition) if partition.clock >= leaves_at)


def waiting_parts(partition: Partition) -> Iterator[str]:
    """Types of the parts in the state whose contact has not come yet."""
    yield from (topic for topic, leaves_at in unseen(partition) if partition.clock < leaves_at)


def unseen(partition: Partition) -> Iterator[tuple[str, int]]:
    """The parts of contacts that have not been seen, and when each leaves the state."""
    settings = partition.settings
    longest_window = max(micro(length) for length, _ in settings.windows.values())
    longest_repeat = max(micro(length) for length in settings.repeat_windows.values())
    retention = longest_window + longest_repeat + partition.lateness
    for contact in partition.contacts:
        if contact.started is None:
            parts = [("survey-answered", it["answered_at"]) for it in contact.surveys.values()]
            parts += [("contact-responded", at) for at, _ in contact.responses]
            if contact.resolved is not None:
                parts.append(("contact-resolved", contact.resolved["resolved_at"]))
            yield from ((topic, at + retention) for topic, at in parts)


# Backlog, and open contacts at risk: of the clock, not of a window


@dataclass(frozen=True)
class OpenContact:
    labels: Labels
    age: int
    #: Target to state, for each target that can be judged while the contact is open.
    states: Labels


def backlog(partition: Partition) -> Iterator[OpenContact]:
    for contact in partition.contacts:
        if contact.is_contact and contact.closed_at(partition.clock) is None:
            elapsed = partition.clock - contact.started_at
            yield OpenContact(
                partition.start_labels(contact),
                max(0, elapsed),
                {
                    target: state(elapsed, micro(seconds), partition.settings)
                    for target, seconds in open_targets(partition, contact)
                },
            )


def open_targets(partition: Partition, contact: Contact) -> Iterator[tuple[str, float]]:
    settings = partition.settings
    first_response, resolution = settings.targets(
        contact.begin["channel"], contact.begin["priority"]
    )
    if resolution is not None:
        yield "resolution", resolution
    awaited = settings.contact_responded and contact.first_response_at is None
    if first_response is not None and awaited:
        yield "first_response", first_response


def state(elapsed: int, target: int, settings: ReferenceSettings) -> str:
    if elapsed > target:
        return "breached"
    at_risk = elapsed >= Fraction(str(settings.at_risk_fraction)) * target
    return "at_risk" if at_risk else "on_track"
