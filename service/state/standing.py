"""How a contact stands, as things are known: whether it is closed, since when, what it is about.

Of a contact that was never updated the record itself says so. Of the others it is what their life
and their labels have come to.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from service.state.life import Closing, Life, live
from service.state.record import Contact, Outcome
from service.state.resolution import resolutions
from service.state.update import overlaid, updates

#: Queue, reason and priority.
KnownLabels = tuple[str | None, str | None, str | None]


class Standing(NamedTuple):
    """The end is the last closing or, of an open contact, when it will have expired."""

    end: int
    outcome: int
    #: What it is about, as last known: of its last closing and what was said after it.
    reason: str | None


class Standings:
    """Tells how contacts stand. `horizon` is the open horizon, microseconds.

    Where updates are not read (any more), those that records have say nothing.
    """

    def __init__(self, horizon: int, *, updates_are_read: bool) -> None:
        self.horizon = horizon
        self._updates_are_read = updates_are_read
        #: What was told of updated contacts within a batch: of each it is asked several times an
        #: event, for itself and for its neighbours.
        self._remembers = False
        self._lives: dict[Contact, Life] = {}
        self._labels: dict[Contact, LabelsOverTime] = {}
        self._standings: dict[Contact, Standing] = {}

    def remember(self) -> None:
        """Until :meth:`forget_all`, whoever changes a contact says so by :meth:`forget`."""
        self._remembers = True

    def forget(self, contact: Contact) -> None:
        """A contact is about to change."""
        self._lives.pop(contact, None)
        self._labels.pop(contact, None)
        self._standings.pop(contact, None)

    def forget_all(self) -> None:
        """Contacts may change from now on, or be packed."""
        self._remembers = False
        self._lives.clear()
        self._labels.clear()
        self._standings.clear()

    def is_plain(self, contact: Contact) -> bool:
        """Whether the record itself says all: it was never updated."""
        extras = contact.extras
        return extras is None or extras.updates is None or not self._updates_are_read

    def of(self, contact: Contact) -> Standing:
        """How a contact of which the start is known stands."""
        if self.is_plain(contact):
            reason = contact.end_reason or contact.reason
            if contact.resolved_at is not None:
                return Standing(contact.resolved_at, contact.outcome, reason)
            return Standing((contact.started_at or 0) + self.horizon, Outcome.OPEN, reason)
        standing = self._standings.get(contact)
        if standing is None:
            life = self.life(contact)
            last = life.last(self.horizon)
            reason = self.labels(contact).reason_as_last_known(life)
            standing = Standing(last.at, last.outcome, reason)
            if self._remembers:
                self._standings[contact] = standing
        return standing

    def life(self, contact: Contact) -> Life:
        """The life of a contact of which the start is known."""
        life = self._lives.get(contact)
        if life is None:
            life = live(
                contact.started_at or 0,
                resolutions(contact),
                [] if self.is_plain(contact) else updates(contact),
                self.horizon,
            )
            if self._remembers:
                self._lives[contact] = life
        return life

    def labels(self, contact: Contact) -> LabelsOverTime:
        """The labels of a contact that was updated."""
        labels = self._labels.get(contact)
        if labels is None:
            labels = LabelsOverTime(contact)
            if self._remembers:
                self._labels[contact] = labels
        return labels


def start_labels(contact: Contact) -> KnownLabels:
    """The labels that a contact began with."""
    return contact.queue, contact.reason, contact.priority


class LabelsOverTime:
    """The labels of a contact at each moment, as things are known now."""

    __slots__ = ("_changes", "_known", "_since", "queue_changes")

    def __init__(self, contact: Contact) -> None:
        known = start_labels(contact)
        #: Most updates say nothing of labels.
        self._changes = [it for it in updates(contact) if it.queue or it.reason or it.priority]
        #: The labels it began with, and those after each change.
        self._known = [known]
        self._since = [it.at for it in self._changes]
        #: Whether the queue may be another one at some moments.
        self.queue_changes = False
        for change in self._changes:
            known = overlaid(known, (change,))
            self._known.append(known)
            if change.queue:
                self.queue_changes = True

    def at(self, moment: int) -> KnownLabels:
        """The labels at a moment."""
        return self._known[bisect_right(self._since, moment)]

    def now(self) -> KnownLabels:
        """The labels by all that is known."""
        return self._known[-1]

    def of_closing(self, closing: Closing) -> KnownLabels:
        """The labels at a closing, and what its resolution says of them."""
        queue, reason, priority = self.at(closing.at)
        resolution = closing.resolution
        if resolution is not None:
            queue, reason = resolution.queue or queue, resolution.reason or reason
        return queue, reason, priority

    def reason_as_last_known(self, life: Life) -> str | None:
        """Of the last closing, overlaid by what was said after it; of an open one, that now."""
        if life.is_open:
            return self.now()[1]
        last = life.closings[-1]
        if not self._since or self._since[-1] <= last.at:
            return self.of_closing(last)[1]
        later = [it for it in self._changes if it.at > last.at]
        return overlaid(self.of_closing(last), later)[1]
