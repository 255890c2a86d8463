"""CONTRACT 2, business time: hours, holidays, single dates, midnights, and changes of the clock."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tests.reference.settings import HOUR, Hours, ReferenceCalendar
from tests.rules.notation import Case, resolved, started


def daily(*hours: tuple[float, float], timezone: str = "UTC") -> ReferenceCalendar:
    """The same hours on all days."""
    of_day: Hours = tuple((round(opens * 60), round(closes * 60)) for opens, closes in hours)
    return ReferenceCalendar(timezone, (of_day,) * 7)


def counted(rule: str, calendar: ReferenceCalendar, begin: str, end: str, seconds: float) -> Case:
    """How much of a contact's time is business time."""
    told = "cx_window_resolution_counted_seconds"
    return Case(
        rule,
        [started("a", begin), resolved("a", end)],
        end,
        {f"{told}_sum": seconds, f"{told}_count": 1},
        {"calendars": {"office": calendar}, "sla_calendars": {"voice": "office"}},
    )


DAYS: Final = daily((9, 17))
NIGHTS: Final = daily((22, 30))
BERLIN: Final = daily((9, 17), timezone="Europe/Berlin")
UNITY: Final = ("2024-10-02T00:00:00Z", "2024-10-04T23:00:00Z")
SAINTS: Final = ("2024-10-31T00:00:00Z", "2024-11-01T23:00:00Z")
EARLY: Final = (0, 6)

HOURS: Final = (
    counted("business time is that within the hours", DAYS, "04 16:00", "05 10:00", 2 * HOUR),
    counted("business time has microseconds", DAYS, "04 16:59:59.5", "05 09:00:00.25", 0.75),
    counted("a break is none", daily((9, 12), (13, 17)), "11:30", "13:30", HOUR),
    counted("a contact outside of all hours took none", DAYS, "04 18:00", "05 09:00", 0),
    counted(
        "an end before the start runs into the next day", NIGHTS, "04 20:00", "12:00", 8 * HOUR
    ),
    counted(
        "24:00 is the end of the day",
        ReferenceCalendar(hours=((), ((0, 24 * 60),), (), (), (), (), ())),
        "04 20:00",
        "06 04:00",
        24 * HOUR,
    ),
    counted(
        "hours that overlap across midnight count once",
        daily((4, 8), (22, 30)),
        "04 20:00",
        "12:00",
        10 * HOUR,
    ),
    counted(
        "hours are of the weekday that it is there",
        replace(
            ReferenceCalendar("Asia/Kolkata"), hours=((), ((9 * 60, 17 * 60),), (), (), (), (), ())
        ),
        "03:00",
        "04:00",
        HOUR / 2,
    ),
)
DATES: Final = (
    counted("a holiday has no hours", replace(BERLIN, holidays="DE"), *UNITY, 16 * HOUR),
    counted("without holidays it is a day like any", BERLIN, *UNITY, 24 * HOUR),
    counted(
        "a subdivision has holidays of its own",
        replace(BERLIN, holidays="DE-BY"),
        *SAINTS,
        8 * HOUR,
    ),
    counted("which the country has not", replace(BERLIN, holidays="DE"), *SAINTS, 16 * HOUR),
    counted(
        "a closed date has no hours",
        replace(DAYS, closed=frozenset({"2024-03-05"})),
        "04 09:00",
        "06 17:00",
        16 * HOUR,
    ),
    counted(
        "the hours of a single date replace those of its weekday",
        replace(DAYS, open=(("2024-03-05", ((600, 720),)),)),
        "00:00",
        "23:00",
        2 * HOUR,
    ),
    counted(
        "they are open on a holiday too",
        replace(BERLIN, holidays="DE", open=(("2024-10-03", ((600, 840),)),)),
        *UNITY,
        20 * HOUR,
    ),
    counted(
        "hours do not run into a closed date, nor do its own run out of it",
        replace(NIGHTS, closed=frozenset({"2024-03-06"})),
        "05 20:00",
        "07 12:00",
        2 * HOUR,
    ),
    counted(
        "hours do not run into a holiday",
        replace(NIGHTS, holidays="DE"),
        "2024-10-02T20:00:00Z",
        "2024-10-03T20:00:00Z",
        2 * HOUR,
    ),
    counted(
        "they run into a holiday that has hours of its own",
        replace(NIGHTS, holidays="DE", open=(("2024-10-03", ((600, 840),)),)),
        "2024-10-02T20:00:00Z",
        "2024-10-03T20:00:00Z",
        12 * HOUR,
    ),
    counted(
        "hours of a single date may run into the next one",
        replace(DAYS, open=(("2024-03-05", ((1380, 1500),)),)),
        "05 12:00",
        "06 08:00",
        2 * HOUR,
    ),
)
BERLIN_NIGHT: Final = daily(EARLY, timezone="Europe/Berlin")
NEW_YORK_NIGHT: Final = daily(EARLY, timezone="America/New_York")
CHANGES: Final = (
    counted(
        "the hour that Berlin repeats counts twice",
        BERLIN_NIGHT,
        "2026-10-24T20:00:00Z",
        "2026-10-25T12:00:00Z",
        7 * HOUR,
    ),
    counted(
        "the hour that Berlin skips does not count",
        BERLIN_NIGHT,
        "2026-03-28T22:00:00Z",
        "2026-03-29T12:00:00Z",
        5 * HOUR,
    ),
    counted(
        "the hour that New York repeats counts twice",
        NEW_YORK_NIGHT,
        "2025-11-02T02:00:00Z",
        "2025-11-02T20:00:00Z",
        7 * HOUR,
    ),
    counted(
        "the hour that New York skips does not count",
        NEW_YORK_NIGHT,
        "2026-03-08T02:00:00Z",
        "2026-03-08T20:00:00Z",
        5 * HOUR,
    ),
    counted(
        "hours within the repeated hour count in both passes",
        daily((2, 3), timezone="Europe/Berlin"),
        "2026-10-24T20:00:00Z",
        "2026-10-25T12:00:00Z",
        2 * HOUR,
    ),
    counted(
        "hours within the skipped hour are none",
        daily((2, 3), timezone="Europe/Berlin"),
        "2026-03-28T22:00:00Z",
        "2026-03-29T12:00:00Z",
        0,
    ),
    counted(
        "a night over the change has its hour more",
        daily((22, 30), timezone="Europe/Berlin"),
        "2026-10-24T18:00:00Z",
        "2026-10-25T12:00:00Z",
        9 * HOUR,
    ),
)
CASES: Final = (*HOURS, *DATES, *CHANGES)
