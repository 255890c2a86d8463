"""CONTRACT 3: repeat contacts and first contact resolution."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.reference.partition import Fact, Partition
from tests.reference.settings import micro

if TYPE_CHECKING:
    from tests.reference.contacts import Contact
    from tests.reference.life import Life


def is_anonymous(partition: Partition, contact: Contact) -> bool:
    """Compared without case."""
    nobody = {customer.lower() for customer in partition.settings.anonymous_customers}
    return contact.key[0].lower() in nobody


def is_repeat_of(r: Contact, c: Contact, window: int, partition: Partition) -> bool:
    """Whether contact r is a repeat of contact c, of the same customer, under a repeat window."""
    clock = partition.clock
    if r.started is None or c.started is None or r.started_at <= c.started_at:
        return False
    e = c.life(clock).closed_at  # None, while c is open: plus infinity
    if e is not None and r.started_at > e + window:
        return False
    if not r.is_contact(clock) or not c.is_contact(clock) or is_anonymous(partition, r):
        return False
    if r.life(clock).outcome == "abandoned" or c.life(clock).outcome == "abandoned":
        return False
    same = r.last_known_reason(clock) == c.last_known_reason(clock)
    linked = r.begin["previous_contact_id"] == c.key[1]
    return same or linked or partition.settings.repeat_match == "customer"


def is_repeat(partition: Partition, r: Contact, window: int) -> bool:
    return any(is_repeat_of(r, c, window, partition) for c in partition.by_customer[r.key[0]])


def repeat(partition: Partition, r: Contact) -> Iterator[Fact]:
    """By the repeat's started_at; final by its last closing, while it is closed."""
    closed_at = r.life(partition.clock).closed_at
    final = None if closed_at is None else closed_at + partition.lateness
    reason = partition.label("reason", r.last_known_reason(partition.clock))
    for name, seconds in partition.settings.repeat_windows.items():
        if is_repeat(partition, r, micro(seconds)):
            labels = partition.labels_at(r, r.started_at)
            labels |= {"reason": reason, "repeat_window": name}
            yield Fact("repeat_contacts", labels, r.started_at, final)


def fcr(partition: Partition, c: Contact) -> Iterator[Fact]:
    """By the first closing, if `resolved` or `unresolved`; repeats themselves are not judged."""
    life = c.life(partition.clock)
    if not life.closings or life.closings[0].outcome not in ("resolved", "unresolved"):
        return
    if is_anonymous(partition, c):
        return
    first = life.closings[0]
    for name, seconds in partition.settings.repeat_windows.items():
        window = micro(seconds)
        if is_repeat(partition, c, window):
            continue
        if first.outcome == "unresolved":
            result = "unresolved"
        elif has_repeat(partition, c, window, first.at) or came_back(life, first.at + window):
            result = "repeated"
        elif partition.clock < first.at + window:
            result = "pending"
        else:
            result = "resolved_first_time"
        judged = {"repeat_window": name, "result": result}
        labels = partition.closing_labels(c, first) | partition.closing_reason(c, first) | judged
        final = first.at + window + partition.lateness
        yield Fact("fcr_contacts", labels, first.at, final)
        yield Fact("team_fcr_contacts", partition.team(first) | judged, first.at, None)


def has_repeat(partition: Partition, c: Contact, window: int, e1: int) -> bool:
    """Whether a repeat of c started in time after its first closing."""
    return any(
        is_repeat_of(r, c, window, partition) and r.started_at <= e1 + window
        for r in partition.by_customer[c.key[0]]
    )


def came_back(life: Life, until: int) -> bool:
    return any(it.by == "customer" and it.at <= until for it in life.reopenings)
