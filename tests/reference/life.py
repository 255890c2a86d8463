"""CONTRACT 1.1, the life of a contact: opened, waiting, closed, expired, opened again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.reference.events import Fields
from tests.reference.rank import standing

#: Later than any time of an event.
FOREVER = 1 << 62


@dataclass(frozen=True)
class Closing:
    at: int
    outcome: str
    #: The resolution that stands; None: it expired.
    resolution: Fields | None

    def given(self, name: str) -> Any:
        return None if self.resolution is None else self.resolution[name]


@dataclass(frozen=True)
class Reopening:
    at: int
    by: str


@dataclass
class Life:
    closings: list[Closing] = field(default_factory=list)
    reopenings: list[Reopening] = field(default_factory=list)
    #: (from when on, `open`, `waiting` or `closed`), one after the other.
    states: list[tuple[int, str]] = field(default_factory=list)

    @property
    def is_closed(self) -> bool:
        return self.states[-1][1] == "closed"

    @property
    def is_waiting(self) -> bool:
        return self.states[-1][1] == "waiting"

    @property
    def outcome(self) -> str | None:
        """A contact that is open, for the first time or again, has none."""
        return self.closings[-1].outcome if self.is_closed else None

    @property
    def closed_at(self) -> int | None:
        """The last closing, while the contact is closed."""
        return self.closings[-1].at if self.is_closed else None

    def state_at(self, moment: int) -> str:
        return [state for at, state in self.states if at <= moment][-1]

    def worked(self) -> list[tuple[int, int]]:
        """The stretches in which it was neither closed nor waiting."""
        ends = [at for at, _ in self.states[1:]] + [FOREVER]
        return [
            (at, end)
            for (at, state), end in zip(self.states, ends, strict=True)
            if state == "open" and end > at
        ]


def live(
    started_at: int,
    updates: Sequence[Fields],
    resolutions: Sequence[Fields],
    open_horizon: int,
    clock: int,
) -> Life:
    """What became of a contact that started then, as far as it is known at the clock."""
    life = Life(states=[(started_at, "open")])
    opened_at = started_at
    #: Resolutions since the last status update.
    pending: list[Fields] = []

    def close(closing: Closing) -> None:
        life.closings.append(closing)
        life.states.append((closing.at, "closed"))

    def settle(until: int, last: bool) -> None:
        """Closes the contact if it was closed between the last status update and `until`."""
        expiry = opened_at + open_horizon
        if pending:
            stands = standing("contact-resolved", pending)
            close(Closing(stands["resolved_at"], stands["outcome"], stands))
        elif expiry <= until if last else expiry < until:
            close(Closing(expiry, "expired", None))

    for at, fields in in_order(started_at, updates, resolutions):
        if "resolved_at" in fields:
            pending.append(fields)
            continue
        settle(at, last=False)
        pending = []
        if life.is_closed:
            life.reopenings.append(Reopening(at, fields["by"]))
            opened_at = at
        life.states.append((at, fields["status"]))
    settle(clock, last=True)
    return life


def in_order(
    started_at: int, updates: Sequence[Fields], resolutions: Sequence[Fields]
) -> list[tuple[int, Fields]]:
    """Status updates go before resolutions of the same time; those before the start are at it."""
    told: list[tuple[int, int, int, Fields]] = []
    for update in updates:
        if update["status"] is not None:
            at = update["updated_at"]
            told.append((max(at, started_at), 0, at, update))
    told += [(it["resolved_at"], 1, it["resolved_at"], it) for it in resolutions]
    return [(at, fields) for at, _, _, fields in sorted(told, key=lambda it: it[:3])]
