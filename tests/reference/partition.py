"""The contacts of a partition at a clock, and labels at a time (CONTRACT 1.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tests.reference.settings import ReferenceCalendar, ReferenceSettings, micro

if TYPE_CHECKING:
    from tests.reference.contacts import Contact
    from tests.reference.customers import Customer
    from tests.reference.life import Closing

Labels = dict[str, str]
#: (dimension, value or None) to the label value that is shown.
LabelOf = Callable[[str, str | None], str]


@dataclass(frozen=True)
class Fact:
    """`value` is a number, microseconds or thousandths; `final` None: no counter tells it (yet).

    `which` tells apart the facts of one name that a contact has.
    """

    name: str
    labels: Labels
    at: int
    final: int | None
    value: int = 1
    which: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Partition:
    """The contacts of one partition and the moment at which they are looked at."""

    contacts: Sequence[Contact]
    clock: int
    settings: ReferenceSettings
    label: LabelOf
    customers: Sequence[Customer] = ()

    @cached_property
    def by_customer(self) -> dict[str, list[Contact]]:
        customers: dict[str, list[Contact]] = {}
        for contact in self.contacts:
            customers.setdefault(contact.key[0], []).append(contact)
        return customers

    @property
    def lateness(self) -> int:
        return micro(self.settings.allowed_lateness)

    def labels_at(self, contact: Contact, moment: int) -> Labels:
        return self._labels(contact, contact.known_at("queue", moment))

    def labels_now(self, contact: Contact) -> Labels:
        return self._labels(contact, contact.known_now("queue"))

    def closing_labels(self, contact: Contact, closing: Closing) -> Labels:
        """Those at its time, overlaid by what the resolution gives."""
        return self._labels(
            contact, closing.given("queue") or contact.known_at("queue", closing.at)
        )

    def closing_reason(self, contact: Contact, closing: Closing) -> Labels:
        reason = closing.given("reason") or contact.known_at("reason", closing.at)
        return {"reason": self.label("reason", reason)}

    def team(self, closing: Closing | None) -> Labels:
        return {"team": self.label("team", closing.given("team") if closing else None)}

    def _labels(self, contact: Contact, queue: str | None) -> Labels:
        return {
            "channel": self.label("channel", contact.begin["channel"]),
            "queue": self.label("queue", queue),
        }

    def calendar(self, contact: Contact) -> ReferenceCalendar | None:
        """One for the whole life of a contact: by its queue as it stands last."""
        return self.settings.calendar(contact.begin["channel"], contact.known_now("queue"))
