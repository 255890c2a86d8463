"""The moments at which a chart over a span of time has its points."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from service.calendars.zones import zone
from service.definitions import DAY, HOUR, MINUTE

#: Lengths of time that people divide days by, and then whole days.
_STEPS: Final = (
    *(MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 6 * HOUR, 12 * HOUR),
    *(DAY, 2 * DAY, 3 * DAY, 7 * DAY, 14 * DAY, 28 * DAY),
)
_MOST_POINTS: Final = 200
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def step_for(span: int, most: int = _MOST_POINTS) -> int:
    """The least of the usual steps by which `span` has at most `most` points; microseconds."""
    usual = next((step for step in _STEPS if span // step < most), None)
    return usual or -(-span // (most * DAY)) * DAY


def ends_of_steps(first: int, last: int, step: int, timezone: str) -> Iterator[int]:
    """The last microsecond of each step by local clocks from `first` on, and then `last` itself.

    The last microsecond, because a window that ends with it holds whole steps: a day's numbers are
    those of the day, not of none of the next one. All in microseconds since 1970.
    """
    local_zone = zone(timezone)
    local = (_EPOCH + first * _MICROSECOND).astimezone(local_zone).replace(tzinfo=None)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    length = step * _MICROSECOND
    end = midnight + ((local - midnight) // length + 1) * length
    latest = first
    while True:
        # Where clocks are turned back an hour comes twice, and where they are put on one never.
        moment = (end.replace(tzinfo=local_zone) - _EPOCH) // _MICROSECOND - 1
        if moment >= last:
            break
        if moment > latest:
            yield moment
            latest = moment
        end += length
    yield last
