"""What is to be simulated. Equal plans give equal publications, byte for byte."""

from __future__ import annotations

from dataclasses import dataclass

from service.definitions import MINUTE


@dataclass(frozen=True, slots=True)
class Outage:
    """For a while no agent answers anybody; what they had begun they bring to its end."""

    start: int
    length: int = 20 * MINUTE

    def covers(self, at: int) -> bool:
        """Whether nobody answers at this moment (µs since the epoch)."""
        return self.start <= at < self.start + self.length


@dataclass(frozen=True, slots=True)
class Faults:
    """What a careless publisher and a busy network do to the events on their way."""

    #: The longest delay of an event, in µs; each is delayed by a random part of it.
    disorder: int = 0
    #: Share of events that are published twice.
    duplicates: float = 0.0
    #: Bad events for each good one; they come in addition, the good ones stay whole.
    bad: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """A contact centre and the time to simulate. Times are µs since the epoch, durations µs."""

    seed: int
    start: int
    #: Contacts an hour, averaged over a week; nights have fewer, Monday mornings more.
    rate: float
    #: None: without end.
    duration: int | None = None
    outage: Outage | None = None
    #: Publish `contact-responded` too.
    contact_responded: bool = False
    #: Publish `contact-updated` too, and with it what could not be told otherwise: that contacts
    #: are opened again, and what was told wrongly at first.
    contact_updated: bool = False
    #: Publish `contact-evaluated` too.
    contact_evaluated: bool = False
    #: Publish `customer-changed` too.
    customer_changed: bool = False
    #: Publish what agents do, are scheduled and employed for too; they are those of the contacts.
    agents: bool = False
    faults: Faults = Faults()
