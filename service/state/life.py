"""A contact's life: when it was opened, closed and opened again, and when it waited.

Sort what sets its status and what closes it by time; at equal times the status comes first, and a
status from before the start counts as at it. It is open from its start. A resolution closes it;
resolutions with no status between them are one closing, of which one stands. The first status
after a closing opens it again. Open for as long as the open horizon, it expires; a status after
that opens it again, a resolution takes the place of the expiry.

Nothing here depends on the clock, but that the last expiry may still lie ahead. All times are
microseconds of event time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from service.state.rank import rank
from service.state.resolution import Resolution
from service.state.update import WAITING, Update

if TYPE_CHECKING:
    from service.state.record import Contact

#: The outcome of an open contact, too: see :class:`service.state.record.Outcome`.
EXPIRED = 3


class Closing(NamedTuple):
    """An end: by a resolution or, without one, because it had been open for too long."""

    at: int
    resolution: Resolution | None

    @property
    def outcome(self) -> int:
        """One of :class:`service.state.record.Outcome`."""
        return EXPIRED if self.resolution is None else self.resolution.outcome


class Reopening(NamedTuple):
    """A closed contact was opened again; `by` is one of :data:`service.state.update.BY`."""

    at: int
    by: int


class Life(NamedTuple):
    """What became of a contact. `closings` and `reopenings` take turns, in the order of time."""

    closings: list[Closing]
    reopenings: list[Reopening]
    #: When it was last opened, and whether it is open since (up to its expiry, at the latest).
    opened_at: int
    is_open: bool
    #: Whether it waits for the customer, if it is open.
    waits: bool
    #: The spans in which it was open and did not wait; of an open one the last ends by its expiry.
    active: list[tuple[int, int]]

    def last(self, horizon: int) -> Closing:
        """The last closing or, of an open contact, the expiry ahead of it."""
        if self.is_open:
            return Closing(self.opened_at + horizon, None)
        return self.closings[-1]

    def was_open(self, moment: int) -> bool:
        """Whether it was open at a moment, after all that happened then."""
        if not self.reopenings:
            return not self.closings or self.closings[0].at > moment
        closed = sum(closing.at <= moment for closing in self.closings)
        return closed == sum(reopening.at <= moment for reopening in self.reopenings)


def first_response_at(contact: Contact, life: Life) -> int | None:
    """The earliest of the agents' responses and of what the standing resolutions say."""
    known = contact.agent_responses()
    for _, end in life.closings:
        if end is not None and end.responded_at is not None:
            known.append(end.responded_at)
    return min(known, default=None)


def live(
    started_at: int, resolutions: Iterable[Resolution], updates: Sequence[Update], horizon: int
) -> Life:
    """The life that a contact had, by what is known of it. `horizon` is the open horizon."""
    life = _Living(started_at, horizon)
    ends = list(resolutions)
    if len(ends) > 1:
        ends.sort(key=lambda resolution: resolution.at)
    closed = 0
    # Of one time the last stands: they come in the order of their rank.
    for update in {it.at: it for it in updates if it.status is not None}.values():
        at = max(update.at, started_at)
        run = closed
        while run < len(ends) and ends[run].at < at:
            run += 1
        life.close(ends[closed:run])
        closed = run
        life.set_status(at, waits=update.status == WAITING, by=update.by)
    life.close(ends[closed:])
    return life.so_far()


class _Living:
    def __init__(self, started_at: int, horizon: int) -> None:
        self._horizon = horizon
        self._closings: list[Closing] = []
        self._reopenings: list[Reopening] = []
        self._active: list[tuple[int, int]] = []
        self._is_open, self._opened_at = True, started_at
        self._waits, self._active_since = False, started_at

    def close(self, ends: Sequence[Resolution]) -> None:
        """Resolutions with no status between them."""
        if ends:
            standing = ends[0] if len(ends) == 1 else max(ends, key=rank)
            self._end(Closing(standing.at, standing))

    def set_status(self, at: int, *, waits: bool, by: int) -> None:
        if self._is_open and at > self._opened_at + self._horizon:
            self._end(Closing(self._opened_at + self._horizon, None))
        if not self._is_open:
            self._reopenings.append(Reopening(at, by))
            self._is_open, self._opened_at = True, at
            self._waits, self._active_since = waits, at
        elif waits != self._waits:
            self._pause(at)
            self._waits, self._active_since = waits, at

    def _end(self, closing: Closing) -> None:
        self._pause(closing.at)
        self._closings.append(closing)
        self._is_open = False

    def _pause(self, at: int) -> None:
        if not self._waits and at > self._active_since:
            self._active.append((self._active_since, at))

    def so_far(self) -> Life:
        if self._is_open:
            self._pause(self._opened_at + self._horizon)
        return Life(
            self._closings,
            self._reopenings,
            self._opened_at,
            self._is_open,
            self._is_open and self._waits,
            self._active,
        )
