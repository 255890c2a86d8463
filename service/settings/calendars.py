"""Office hours as the configuration gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_settings import NoDecode

from service.calendars.opening import country
from service.calendars.zones import zone
from service.definitions import DAY, HOUR, MINUTE, Calendar
from service.settings.lists import decoded
from service.settings.section import Section

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(24:00|([01]\d|2[0-3]):([0-5]\d))")


def parse_hours(text: str) -> tuple[int, int]:
    """When `09:00-17:30` opens and closes, in µs since midnight; an end before the start is on the
    next day. Raises ValueError."""
    match = _HOURS.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'"{text}" are no hours: write them such as "09:00-17:30"')
    opens = int(match[1]) * HOUR + int(match[2]) * MINUTE
    closes = DAY if match[4] is None else int(match[4]) * HOUR + int(match[5]) * MINUTE
    if opens == closes:
        raise ValueError(f'"{text}" are no hours: the whole day is "00:00-24:00"')
    return opens, closes if closes > opens else closes + DAY


def _hours(texts: list[str]) -> list[str]:
    spans = sorted((*parse_hours(text), text) for text in texts)
    for (_, closes, former), (opens, _, latter) in pairwise(spans):
        if opens < closes:
            raise ValueError(f'"{former}" and "{latter}" overlap: make one of them')
    return texts


def _zone(name: str) -> str:
    zone(name)
    return name


def _country(code: str) -> str:
    country(code)
    return code


def _dates(value: Any) -> Any:
    """TOML's own dates, and texts."""
    value = decoded(value)
    if isinstance(value, list):
        return [_date(it) for it in value]
    if isinstance(value, dict):
        return {_date(it): hours for it, hours in value.items()}
    return value


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f'"{value}" is no date: write it such as "2026-12-24"') from None


Hours = Annotated[list[str], NoDecode, BeforeValidator(decoded), AfterValidator(_hours)]
TimeZone = Annotated[str, AfterValidator(_zone)]


class CalendarTable(Section):
    """When an office is open. Only that time counts for the targets of its contacts."""

    timezone: TimeZone = Field(
        default="UTC", description='Time zone of the hours, an IANA name such as "Europe/Berlin".'
    )
    hours: Annotated[dict[Weekday, Hours], NoDecode, BeforeValidator(decoded)] = Field(
        description='Hours by weekday, each a list such as ["09:00-12:00", "13:00-17:30"].'
        " An end before the start is on the next day; `24:00` is midnight at the end of the day.",
    )
    holidays: Annotated[str, AfterValidator(_country)] | None = Field(
        default=None,
        description='Country, or its subdivision, whose holidays are closed: "DE", "DE-BY".',
    )
    closed: Annotated[list[date], NoDecode, BeforeValidator(_dates)] = Field(
        default=[], description='Further dates that are closed, such as ["2026-12-24"].'
    )
    open: Annotated[dict[date, Hours], NoDecode, BeforeValidator(_dates)] = Field(
        default={}, description="Dates with hours of their own, also on a holiday."
    )

    @model_validator(mode="after")
    def _is_open_at_all(self) -> Self:
        if not any(self.hours.values()):
            raise ValueError("the office never opens: give hours to one weekday at least")
        both = sorted({*self.closed} & {*self.open})
        if both:
            raise ValueError(f"{both[0]} is both closed and open: leave it in one of them")
        return self

    def calendar(self) -> Calendar:
        """The same as the domain has it."""
        return Calendar(
            timezone=self.timezone,
            hours=tuple(_spans(self.hours.get(day, ())) for day in WEEKDAYS),
            holidays=self.holidays,
            closed=frozenset(self.closed),
            open=MappingProxyType({day: _spans(hours) for day, hours in self.open.items()}),
        )


def _spans(texts: Iterable[str]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(map(parse_hours, texts)))


CalendarTables = Annotated[dict[str, CalendarTable], NoDecode, BeforeValidator(decoded)]
