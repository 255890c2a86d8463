"""How demand and shifts swing over day and week. Hours are UTC; the means over a week are 1."""

from __future__ import annotations

from typing import Final

from service.definitions import DAY, MINUTE

#: Demand and staffing change with the quarters of an hour, as in a centre's own plans.
QUARTER: Final = 15 * MINUTE
_QUARTERS_A_WEEK: Final = 7 * DAY // QUARTER
#: The epoch was a Thursday; the week here begins with Monday.
_EPOCH_WEEKDAY: Final = 3

_DEMAND_BY_HOUR: Final = (
    0.34, 0.28, 0.24, 0.22, 0.24, 0.30, 0.45, 0.80, 1.25, 1.65, 1.85, 1.80,
    1.55, 1.50, 1.60, 1.65, 1.60, 1.50, 1.35, 1.20, 1.00, 0.80, 0.60, 0.44,
)  # fmt: skip
_DEMAND_BY_DAY: Final = (1.15, 1.05, 1.0, 1.0, 0.95, 0.65, 0.55)
#: Letters are answered in office hours only: most hands are needed in the morning, for those of
#: the night, and on Monday, for those of the weekend.
OFFICE_OPENS, OFFICE_CLOSES, _NOT_MORNING = 8, 18, 11
_MORNING_SHIFT: Final = 1.8
_OFFICE_BY_DAY: Final = (1.4, 1.15, 0.9, 0.85, 0.8, 0.0, 0.0)


def _demand_at(quarter: int) -> float:
    day, quarter_of_day = divmod(quarter, 96)
    hour, part = divmod(quarter_of_day, 4)
    here, next_ = _DEMAND_BY_HOUR[hour], _DEMAND_BY_HOUR[(hour + 1) % 24]
    return (here + (next_ - here) * part / 4) * _DEMAND_BY_DAY[day]


def _shift_at(quarter: int) -> float:
    day, quarter_of_day = divmod(quarter, 96)
    hour = quarter_of_day // 4
    if not OFFICE_OPENS <= hour < OFFICE_CLOSES:
        return 0.0
    return _OFFICE_BY_DAY[day] * (_MORNING_SHIFT if hour < _NOT_MORNING else 1.0)


def _normalised(values: list[float]) -> tuple[float, ...]:
    mean = sum(values) / len(values)
    return tuple(value / mean for value in values)


_DEMAND: Final = _normalised([_demand_at(quarter) for quarter in range(_QUARTERS_A_WEEK)])
_SHIFTS: Final = _normalised([_shift_at(quarter) for quarter in range(_QUARTERS_A_WEEK)])


def _quarter_of_week(at: int) -> int:
    return (at + _EPOCH_WEEKDAY * DAY) // QUARTER % _QUARTERS_A_WEEK


def demand(at: int) -> float:
    """Contacts to expect at this time (µs since the epoch), relative to the week's mean."""
    return _DEMAND[_quarter_of_week(at)]


def back_office(at: int) -> float:
    """Agents who write answers at this time: in office hours, whatever the demand."""
    return _SHIFTS[_quarter_of_week(at)]


def next_quarter(at: int) -> int:
    """The first change of the plans after this time."""
    return (at // QUARTER + 1) * QUARTER
