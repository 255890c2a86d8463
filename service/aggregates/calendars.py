"""The office calendars of the definitions, by number."""

from __future__ import annotations

from service.calendars.business_time import BusinessTime
from service.calendars.line import AllTime, Line
from service.definitions import Definitions
from service.kpis.rows import UNKNOWN


class Calendars:
    """The number line of each calendar, and whose contacts it is for."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self.lines = [BusinessTime(calendar) for calendar in definitions.calendars.values()]
        self._numbers = {name: number for number, name in enumerate(definitions.calendars)}
        self._all_time = AllTime()

    def number(self, channel: str, queue: str | None) -> int:
        """The calendar of contacts of these labels; UNKNOWN: all time is business time."""
        if not self.lines:
            return UNKNOWN
        name = self._definitions.calendar(channel, queue)
        return UNKNOWN if name is None else self._numbers[name]

    def line(self, number: int) -> Line:
        """The number line of a calendar, or of all time."""
        return self._all_time if number == UNKNOWN else self.lines[number]
