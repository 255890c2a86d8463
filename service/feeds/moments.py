"""Times in all the forms in which other systems write them, as RFC 3339 texts.

A text of which no time can be made is given back as it is: the event is then refused for it, and
the reason says so. Counts of 0 and below stand for "never" and give null.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from service.calendars.zones import zone
from service.feeds.refusal import WRONG_VALUE, Unmappable

#: How many microseconds a unit has, as a fraction.
UNITS: Final = {"s": (1_000_000, 1), "ms": (1_000, 1), "us": (1, 1), "ns": (1, 1_000)}

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER: Final = re.compile(r"-?\d{1,25}(\.\d{1,25})?(e\+?\d{1,2})?", re.ASCII | re.IGNORECASE)
_HOUR_24: Final = re.compile("[Tt ]24")
#: Longer texts are no times.
_LONGEST: Final = 64
_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def rfc_3339(text: str) -> str:
    """The time of a text that has an offset, in whatever ISO 8601 form: `+0200`, `+02`, a comma."""
    text = text.strip()
    if len(text) > _LONGEST or _RFC_3339.fullmatch(text):
        return text
    moment = _iso(text)
    return text if moment is None or moment.tzinfo is None else _text(moment)


def since_1970(count: Any, unit: str) -> str | None:
    """The time of a count of seconds, ms, us or ns, as a number or a text of one."""
    moment = _micros(count, unit)
    if moment is None:
        return rfc_3339(str(count))
    if moment <= 0:
        return None
    try:
        return _text(_EPOCH + timedelta(microseconds=moment))
    except OverflowError:
        return str(count)


def local_since_1970(count: Any, unit: str, zone_name: str) -> str | None:
    """The time of a wall clock in a zone, written as the count that it would be in UTC."""
    moment = _micros(count, unit)
    if moment is None:
        return local(str(count), zone_name)
    if moment <= 0:
        return None
    try:
        wall = (_EPOCH + timedelta(microseconds=moment)).replace(tzinfo=None)
    except OverflowError:
        return str(count)
    return _at(wall, _zone(zone_name))


def local(text: str, zone_name: str) -> str:
    """The time of a wall clock in a zone, in ISO 8601; one with an offset keeps its own.

    Of the hour that the change to winter time repeats it is the first pass.
    """
    text = text.strip()
    rules = _zone(zone_name)
    moment = _iso(text)
    if moment is None:
        return text
    return _text(moment) if moment.tzinfo else _at(moment, rules)


def parse_time(text: str, form: str, zone_name: str | None) -> str:
    """The time of a text in a form of `strptime`; without %z it is a wall clock in the zone."""
    text = text.strip()
    try:
        moment = datetime.strptime(text, form) if len(text) <= _LONGEST else None  # noqa: DTZ007
    except (ValueError, re.error):
        moment = None
    if moment is None:
        return text
    if moment.tzinfo is not None:
        return _text(moment)
    if zone_name is None:
        raise Unmappable(WRONG_VALUE, "parse_time: the time has no offset, and no zone is given")
    return _at(moment, _zone(zone_name))


def form_is_known(form: str) -> bool:
    """Whether `strptime` knows every directive of a form."""
    try:
        datetime.strptime("", form)  # noqa: DTZ007
    except (ValueError, re.error) as error:
        return "does not match format" in str(error)
    return form == ""


def _micros(count: Any, unit: str) -> int | None:
    times, by = UNITS[unit]
    if type(count) is int:
        return count * times // by
    if isinstance(count, float):
        # Its shortest digits, not its binary value: they are what was written.
        count = repr(count)
    if not isinstance(count, str):
        raise Unmappable(WRONG_VALUE, "a time needs a number or a text")
    if not _NUMBER.fullmatch(count.strip()):
        return None
    return int(Decimal(count.strip()) * times / by)


def _iso(text: str) -> datetime | None:
    """ISO 8601 in all its forms, and that of Ruby and of logs: `2026-03-02 09:15:00 UTC`."""
    # The hour 24 is an error of older Pythons, and the next midnight to newer ones.
    if len(text) > _LONGEST or _HOUR_24.search(text):
        return None
    start, _, offset = text.rpartition(" ")
    if start and (offset == "UTC" or offset[:1] in {"+", "-"}):
        text = start + ("Z" if offset == "UTC" else offset)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _zone(name: str) -> ZoneInfo:
    try:
        return zone(name)
    except ValueError:
        raise Unmappable(WRONG_VALUE, "a time zone is no IANA name") from None


def _at(wall: datetime, rules: ZoneInfo) -> str:
    try:
        return _text(wall.replace(tzinfo=rules))
    except OverflowError:
        return wall.isoformat()


def _text(moment: datetime) -> str:
    offset = moment.utcoffset()
    if offset is not None and offset.seconds % 60:
        # Local mean times of long ago: RFC 3339 has no seconds in an offset.
        moment = moment.astimezone(UTC)
    return moment.isoformat().replace("+00:00", "Z")
