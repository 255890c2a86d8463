"""CONTRACT 1 and 2: durations that cannot be, and parts whose contact has not been seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.reference.life import live
from tests.reference.partition import Partition
from tests.reference.settings import micro
from tests.reference.windows import greatest_length

if TYPE_CHECKING:
    from tests.reference.contacts import Contact


def negative_durations(partition: Partition) -> Iterator[str]:
    """What cannot be true is left out of the facts, and counted."""
    for contact in partition.contacts:
        if contact.is_contact(partition.clock):
            closed_at = contact.life(partition.clock).closed_at
            for end in (contact.first_response_at(partition.clock), closed_at):
                if end is not None and end < contact.started_at:
                    yield "negative_duration"


def retention(partition: Partition) -> int:
    longest_repeat = max(micro(it) for it in partition.settings.repeat_windows.values())
    return greatest_length(partition.settings) + longest_repeat + partition.lateness


def orphans(partition: Partition) -> Iterator[str]:
    """Types of the parts that left the state, each at its own time, before their contact came."""
    for topic, at in parts_without_start(partition):
        if partition.clock >= at + retention(partition):
            yield topic


def waiting_parts(partition: Partition) -> Iterator[str]:
    """Types of those that are still there."""
    for topic, at in parts_without_start(partition):
        if partition.clock < at + retention(partition):
            yield topic


def parts_without_start(partition: Partition) -> Iterator[tuple[str, int]]:
    for contact in partition.contacts:
        if contact.started is None:
            yield from parts_of(contact)


def parts_of(contact: Contact) -> Iterator[tuple[str, int]]:
    yield from (("survey-answered", it["answered_at"]) for it in contact.surveys.values())
    yield from (("contact-responded", at) for at, _ in contact.responses)
    yield from (("contact-evaluated", it["evaluated_at"]) for it in contact.evaluations.values())
    yield from (("contact-updated", it["updated_at"]) for it in contact.updates)
    # of resolutions without a status update between, one stands
    before_all, never = -(1 << 62), 1 << 62
    life = live(before_all, contact.updates, contact.resolutions, 2 * never, before_all)
    yield from (("contact-resolved", closing.at) for closing in life.closings)
