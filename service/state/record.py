"""A contact is a record: all that its events have said of it, whatever their order.

How events become parts of it, and which of two stands, is in :mod:`service.state.parts`.

All times are microseconds of event time since the epoch, all durations microseconds.
"""

from __future__ import annotations

from sys import intern
from typing import Final, Protocol

import msgspec
from msgspec.structs import replace

from service.state.evaluation import Evaluation
from service.state.resolution import Resolution
from service.state.update import Update


class Outcome:
    """How a contact ended. The order of the first three decides between amendments.

    Plain numbers: with a member of an enumeration, each comparison takes several times as long, of
    whole columns too.
    """

    RESOLVED: Final = 0
    UNRESOLVED: Final = 1
    ABANDONED: Final = 2
    #: Nothing is known of its end: open, and from the open horizon on expired.
    OPEN: Final = 3
    #: It was no contact: merged into another, spam, deleted, a test.
    VOID: Final = 4
    #: It has left the state: see :mod:`service.state.departed`.
    LEFT: Final = 5


#: The aspect of surveys about a contact as a whole.
OVERALL = "overall"

#: So many lost events are remembered of one contact; beyond, one that comes again counts anew.
LOST = 64

#: Whoever ended so neither repeats another contact nor is repeated by one.
NO_PART = (Outcome.ABANDONED, Outcome.VOID)


class Survey(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The standing answer to one type of survey."""

    answered_at: int
    score: int
    issue_resolved: bool | None = None
    #: How many grades it could be of; None: as many as its type has.
    scale: int | None = None
    version: int = 0


class Counted(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What the counters hold of a fact that has changed since they counted it."""

    cell: tuple[str, ...]
    weight: int
    total: int
    #: How many reopenings the contact had then.
    reopenings: int = 0


#: In place of what was counted of a fact: nothing, and no counter will ever have it from there (of
#: a revision that a row states: as long as the row stays as it is).
NOTHING = Counted(("nothing",), 0, 0)


class Extras(msgspec.Struct, array_like=True, gc=False, omit_defaults=True):
    """What only few contacts have, kept apart so that the others do not pay for it."""

    previous: str | None = None
    #: Distinct (responded_at, by an agent).
    responses: list[tuple[int, bool]] | None = None
    #: As release 1 noted contacts that had left: the earliest start of one that followed this one,
    #: the latest end of one that it repeats.
    followed_at: int | None = None
    covered_until: int | None = None
    #: The partition's clock at a change so late that the record should have been gone.
    touched: int | None = None
    #: By slot, what the counters keep of facts that have changed since.
    counted: dict[str, Counted] | None = None
    #: How often each fact has: by its name where it was late, else `name:cause`.
    revised: dict[str, int] | None = None
    #: Digests of events that lost against another one for their part: they may come again.
    lost: list[int] | None = None
    #: Further resolutions than the one that the record has, in the order of time.
    resolutions: list[Resolution] | None = None
    updates: list[Update] | None = None
    evaluations: list[Evaluation] | None = None
    #: Who closed it, by the resolution that the record itself has.
    agent: str | None = None
    #: The latest event time of those that were lost: they may come again, and find the record.
    lost_until: int | None = None


class Remembers(Protocol):
    """A record that remembers in its extras what was counted of it, and what was lost."""

    extras: Extras | None

    def need_extras(self) -> Extras:
        """The extras, which it has from now on."""
        ...


def has_lost(record: Remembers, digest: int) -> bool:
    """Whether an event was noted as lost."""
    return record.extras is not None and digest in (record.extras.lost or ())


def note_lost(record: Remembers, digest: int, at: int) -> None:
    """Remembers an event, of that time, that another one for the same part stands against."""
    extras = record.need_extras()
    extras.lost = [*(extras.lost or ()), digest][-LOST:]
    keep_until(extras, at)


def keep_until(extras: Extras, at: int) -> None:
    """Has a record stay as long as an event of this time would, of which it shows nothing."""
    if extras.lost_until is None or at > extras.lost_until:
        extras.lost_until = at


class Contact(msgspec.Struct, array_like=True, gc=False, eq=False):
    """All that is known of one contact; also the form in which the changelog keeps it."""

    contact_id: str
    started_at: int | None = None
    channel: str = ""
    queue: str | None = None
    reason: str | None = None
    priority: str | None = None
    outbound: bool = False
    resolved_at: int | None = None
    outcome: int = Outcome.OPEN
    responded_at: int | None = None
    end_queue: str | None = None
    end_reason: str | None = None
    replies: int | None = None
    handle: int | None = None
    transfers: int | None = None
    surveys: dict[str, Survey] | None = None
    extras: Extras | None = None
    start_version: int = 0
    version: int = 0
    team: str | None = None
    by_bot: bool = False

    @property
    def previous(self) -> str | None:
        """The contact that this one says it continues."""
        return None if self.extras is None else self.extras.previous

    def first_response_at(self) -> int | None:
        """The earliest response by an agent that is known."""
        known = self.agent_responses()
        if self.responded_at is not None:
            known.append(self.responded_at)
        return min(known, default=None)

    def agent_responses(self) -> list[int]:
        """When agents responded, by `contact-responded`."""
        if self.extras is None or self.extras.responses is None:
            return []
        return [at for at, by_agent in self.extras.responses if by_agent]

    def responses_by_agents(self) -> int | None:
        """How many distinct ones there are; None: none is known."""
        return len(self.agent_responses()) or None

    def agent_replies(self) -> int | None:
        """The number given with the resolution, else that of distinct responses by agents."""
        return self.responses_by_agents() if self.replies is None else self.replies

    def share_labels(self) -> None:
        """The same few labels come with every contact: all records share one object of each."""
        self.channel = intern(self.channel)
        self.queue = self.queue and intern(self.queue)
        self.reason = self.reason and intern(self.reason)
        self.priority = self.priority and intern(self.priority)
        self.end_queue = self.end_queue and intern(self.end_queue)
        self.end_reason = self.end_reason and intern(self.end_reason)
        self.team = self.team and intern(self.team)

    def need_extras(self) -> Extras:
        if self.extras is None:
            self.extras = Extras()
        return self.extras


def copy_of(contact: Contact) -> Contact:
    """A contact as it is: whatever events and departures make of either, the other stays so.

    They put new values in place of all but the extras, which they change.
    """
    extras = None if contact.extras is None else replace(contact.extras)
    return replace(contact, extras=extras)
