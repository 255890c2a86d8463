"""When the targets of a contact are due, and from when on it is at risk."""

from __future__ import annotations

from fractions import Fraction

from service.calendars.line import Line
from service.definitions import Definitions
from service.kpis.rows import NOT_JUDGED
from service.state.counted_time import due, reached
from service.state.life import Life
from service.state.place import NEVER


class Risk:
    """From which share of a target on an open contact is at risk."""

    def __init__(self, definitions: Definitions) -> None:
        # The decimal as it is written.
        self._fraction = Fraction(str(definitions.at_risk_fraction))

    def after(self, target: int) -> int:
        """The least counted time, in microseconds, that is at least that share of the target."""
        return -(-self._fraction.numerator * target // self._fraction.denominator)


class DueMoments:
    """Of a contact that was updated; targets are NEVER where it is not judged by them.

    For the first response business time alone counts; for the resolution, that in which the
    contact was neither closed nor waiting.
    """

    def __init__(
        self, started_at: int, life: Life, expires_at: int, targets: tuple[int, int], line: Line
    ) -> None:
        self._targets = response, resolution = targets
        self._life = life
        self.line = line
        self.response = NEVER if response == NEVER else line.last(line.by(started_at) + response)
        self.resolution = NEVER if resolution == NEVER else due(life.active, line, resolution)
        #: Whether it was closed when its first response was due.
        self.was_closed = (life.is_open and self.response >= expires_at) or not life.was_open(
            self.response
        )

    def open_response(self, started_at: int, risk: Risk) -> tuple[int, int]:
        """From when on it is at risk and, after, breached, as long as there is no response."""
        target = self._targets[0]
        if target == NEVER:
            return NOT_JUDGED, NOT_JUDGED
        return self.line.first(self.line.by(started_at) + risk.after(target)), self.response

    def open_resolution(self, risk: Risk) -> tuple[int, int]:
        """From when on it is at risk and, after, breached, as long as it stays as it is."""
        target = self._targets[1]
        if target == NEVER:
            return NOT_JUDGED, NOT_JUDGED
        return reached(self._life.active, self.line, risk.after(target)), self.resolution
