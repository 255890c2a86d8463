"""Time zones, by the rules of the `tzdata` package: the same in every image and on every host."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from service.definitions import HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: How far apart an offset is looked up. No zone has ever gone to another one and back within.
_STEP = 3 * HOUR


@cache
def zone_names() -> frozenset[str]:
    """The names that IANA knows."""
    return frozenset((files("tzdata") / "zones").read_text("utf-8").split())


@cache
def zone(name: str) -> ZoneInfo:
    """The rules of a zone. Raises ValueError for a name that IANA does not know."""
    if name not in zone_names():
        raise ValueError(f'"{name}" is no time zone: give an IANA name, such as "Europe/Berlin"')
    with (files("tzdata") / "zoneinfo" / name).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


def offset_at(zone: ZoneInfo, moment: int) -> int:
    """How far local time is ahead of UTC at a moment; both in microseconds."""
    offset = (_EPOCH + timedelta(microseconds=moment)).astimezone(zone).utcoffset()
    assert offset is not None  # noqa: S101 - an aware time has one
    return offset // _MICROSECOND


@lru_cache(maxsize=1_000)
def offsets(zone: ZoneInfo, begin: int, end: int) -> tuple[tuple[int, int, int], ...]:
    """The spans (begin, end, offset) of equal offset between two moments, in order.

    Remembered, as all windows and calendars of a zone ask for the same years.
    """
    return tuple(_offsets(zone, begin, end))


def _offsets(zone: ZoneInfo, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    since, offset = begin, offset_at(zone, begin)
    before = begin
    while before < end:
        after = min(before + _STEP, end)
        there = offset_at(zone, after)
        if there != offset:
            change = _first_with(zone, there, before, after)
            yield since, change, offset
            since, offset = change, there
        before = after
    if since < end:
        yield since, end, offset


def _first_with(zone: ZoneInfo, offset: int, before: int, after: int) -> int:
    """The first moment of an offset that holds at `after`, and not yet at `before`."""
    while after - before > 1:
        middle = (before + after) // 2
        if offset_at(zone, middle) == offset:
            after = middle
        else:
            before = middle
    return after
