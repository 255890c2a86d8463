"""What a page's totals have to be at the partitions' clocks: from the topics, and cheaply.

Of a page that was seen at t, with a partition's clock at c: what consumers could have had a second
before c is in it, what the broker got after t is not. A contact of which something came in between
may be in a total or not, and is all that the total may be off by. While nothing is published there
is none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tests.reference.settings import micro
from tests.reference.writing import EPOCH, MICROSECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.chaos.configuration import Copartition
    from tests.reference.settings import ReferenceSettings

#: By what is counted, in which window, and the direction or outcome.
Totals = Counter[tuple[str, ...]]

#: Microseconds. A clock tells when an answer was received; what the broker got while that was on
#: its way is in the next one.
FETCH_MAY_TAKE: Final = 1_000_000
_NEVER: Final = 1 << 60
_DIRECTIONS: Final = ("inbound", "outbound")
_OUTCOMES: Final = ("resolved", "unresolved", "abandoned", "expired")


class _Event(NamedTuple):
    """When the broker had it, when consumers could, when it happened, and its direction or outcome
    by number."""

    appended_at: int
    handed_out_at: int
    is_end: bool
    at: int
    label: int


class Ledger:
    """The starts and the resolutions of all partitions."""

    def __init__(self, settings: ReferenceSettings) -> None:
        self._windows = {name: tuple(map(micro, it)) for name, it in settings.windows.items()}
        self._horizon = micro(settings.open_horizon)
        self._events: dict[Copartition, dict[str, list[_Event]]] = defaultdict(dict)

    def note(
        self,
        of: Copartition,
        type_: str,
        value: Mapping[str, Any],
        appended_at: int,
        handed_out_at: int,
    ) -> None:
        """An event of a partition; times in microseconds. Brokers hold back what follows an open
        transaction."""
        times = appended_at, handed_out_at
        if type_ == "contact-started":
            label = _DIRECTIONS.index(value.get("direction", "inbound"))
            event = _Event(*times, False, _moment(value["started_at"]), label)
        elif type_ == "contact-resolved":
            label = _OUTCOMES.index(value.get("outcome", "resolved"))
            event = _Event(*times, True, _moment(value["resolved_at"]), label)
        else:
            return
        self._events[of].setdefault(value["contact_id"], []).append(event)

    def partitions(self) -> dict[Copartition, OfPartition]:
        """To be asked; what is noted later is not known to them."""
        return {
            of: OfPartition(contacts.values(), self._windows, self._horizon)
            for of, contacts in self._events.items()
        }


class OfPartition:
    """The totals of one partition at any clock."""

    def __init__(
        self,
        contacts: Iterable[list[_Event]],
        windows: Mapping[str, tuple[int, ...]],
        horizon: int,
    ) -> None:
        self._windows = windows
        rows = np.array([row for of in contacts for row in _states(of)], np.int64).reshape(-1, 7)
        self._from, self._until, self._may_end, *states = rows.T
        self._start, self._direction, self._end, self._outcome = states
        # Closed by nobody, it expires.
        left = (self._end == _NEVER) & (self._start < _NEVER)
        self._end = np.where(left, self._start + horizon, self._end)
        self._outcome = np.where(left, _OUTCOMES.index("expired"), self._outcome)

    def at(self, clock: int, seen_at: int) -> tuple[Totals, int]:
        """The totals of what is surely told, and how many contacts may be told beside."""
        surely = clock - FETCH_MAY_TAKE
        known = (self._from <= surely) & (surely < self._until)
        certain = known & (seen_at < self._may_end)
        totals: Totals = Counter()
        begun = certain & (self._start < _NEVER)
        inbound = begun & (self._direction == _DIRECTIONS.index("inbound"))
        is_open = inbound & (self._start <= clock) & (clock < self._end)
        totals["open",] = int(np.count_nonzero(is_open))
        for name, (length, step) in self._windows.items():
            for what, of, at, labels, words in (
                ("started", begun, self._start, self._direction, _DIRECTIONS),
                ("closed", inbound, self._end, self._outcome, _OUTCOMES),
            ):
                bucket = at // step
                within = of & (at <= clock) & (bucket > clock // step - length // step)
                counts = np.bincount(labels[within], minlength=len(words))
                counted = zip(words, counts.tolist(), strict=True)
                totals.update({(what, name, word): count for word, count in counted})
        return totals, int(np.count_nonzero(known)) - int(np.count_nonzero(certain))


def _states(events: list[_Event]) -> Iterator[tuple[int, ...]]:
    """What is known of a contact: surely from when until when on, up to when at the most, start,
    direction, end and outcome."""
    since, start, direction, end, outcome = -_NEVER, _NEVER, 0, _NEVER, 0
    for event in sorted(events):
        before = start, direction, end, outcome
        if not event.is_end:
            start, direction = event.at, event.label
        elif end == _NEVER or event.at > end:
            end, outcome = event.at, event.label
        if (start, direction, end, outcome) != before:
            # Of another topic, what came later may be handed out before.
            until = max(since, event.handed_out_at)
            yield since, until, event.appended_at, *before
            since = until
    yield since, _NEVER, _NEVER, start, direction, end, outcome


def _moment(written: str) -> int:
    return (datetime.fromisoformat(written) - EPOCH) // MICROSECOND
