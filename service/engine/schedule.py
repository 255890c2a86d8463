"""When contacts leave the state."""

from __future__ import annotations

import msgspec

from service.contacts.record import Contact
from service.definitions import HOUR, Definitions
from service.engine import orphans


class Terms(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How long contacts stay in the state, by the settings. Microseconds."""

    retention: int
    open_horizon: int
    #: How long after its start a contact can still be found not to have been answered.
    silence: int

    @classmethod
    def of(cls, definitions: Definitions) -> Terms:
        targets = (targets.first_response or 0 for targets in definitions.sla.all_targets())
        silence = max(targets) if definitions.contact_responded else 0
        return cls(definitions.retention, definitions.open_horizon, silence)

    def leaves_at(self, contact: Contact) -> int:
        """The clock from which on nothing that is still counted depends on the contact.

        The latest of its parts and the retention; for an open contact its expiry and the retention.
        Without its start, the parts do not wait for each other: the first of them leaves then.
        """
        start = contact.started_at
        if start is None:
            first = min(orphans.times(contact)) + self.retention
            touched = None if contact.extras is None else contact.extras.touched
            return first if touched is None else max(first, touched + 1)
        last = contact.resolved_at
        if last is None:
            last = start + self.open_horizon
        else:
            last = max(last, start + self.silence)
            if contact.responded_at is not None and contact.responded_at > last:
                last = contact.responded_at
        if contact.surveys is not None:
            last = max(last, *(survey.answered_at for survey in contact.surveys.values()))
        extras = contact.extras
        if extras is None:
            return last + self.retention
        if extras.responses is not None:
            last = max(last, extras.responses[-1][0])
        if extras.touched is not None:
            return max(last + self.retention, extras.touched + 1)
        return last + self.retention


class Departures:
    """The contacts in the state by the hour in which each may leave it."""

    def __init__(self, terms: Terms) -> None:
        self._leaves_at = terms.leaves_at
        self._hours: dict[int, dict[Contact, str]] = {}

    def add(self, customer_id: str, contact: Contact) -> None:
        hour = self._leaves_at(contact) // HOUR
        contacts = self._hours.get(hour)
        if contacts is None:
            contacts = self._hours[hour] = {}
        contacts[contact] = customer_id

    def remove(self, contact: Contact) -> None:
        """To be called before the contact changes, since the hour follows from what it is."""
        hour = self._leaves_at(contact) // HOUR
        contacts = self._hours[hour]
        del contacts[contact]
        if not contacts:
            del self._hours[hour]

    def worth_while(self, clock: int, cost: int) -> bool:
        """Whether letting contacts go now is worth writing `cost` amounts of retired counters."""
        hours = [hour for hour in self._hours if hour < clock // HOUR]
        if not hours:
            # Those of the hour under way: at most once an interval, so never many writes.
            return clock // HOUR in self._hours
        overdue = sum(len(self._hours[hour]) for hour in hours)
        return overdue * 4 >= cost or min(hours) + 24 < clock // HOUR

    def due(self, clock: int) -> list[tuple[str, Contact]]:
        """Removes and returns (customer id, contact) of all that may leave, the earliest first."""
        leaving: list[tuple[int, str, Contact]] = []
        for hour in [hour for hour in self._hours if hour <= clock // HOUR]:
            contacts = self._hours[hour]
            for contact, customer_id in list(contacts.items()):
                leaves_at = self._leaves_at(contact)
                if leaves_at <= clock:
                    leaving.append((leaves_at, customer_id, contact))
                    del contacts[contact]
            if not contacts:
                del self._hours[hour]
        leaving.sort(key=lambda entry: (entry[0], entry[1], entry[2].contact_id))
        return [(customer_id, contact) for _, customer_id, contact in leaving]
