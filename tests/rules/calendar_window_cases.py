"""CONTRACT 2, calendar windows: the local day, the day before, the week, the month."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.notation import Case, started

BEGUN: Final = "cx_window_contacts_started window="
#: No contact of these starts in the second of the clock.
NOW: Final = {"1s": (1, 1)}
ALL: Final = ("today", "yesterday", "this_week", "this_month")


def covered(
    rule: str, as_of: str, starts: list[str], expected: dict[str, int], **given: Any
) -> Case:
    """In how many of the calendar windows contacts lie."""
    lines = [started(f"c{number}", at, customer=f"x{number}") for number, at in enumerate(starts)]
    told = {f"{BEGUN}{window}": float(expected.get(window, 0)) for window in ALL}
    return Case(rule, lines, as_of, told, {"calendar_windows": ALL, "windows": NOW} | given)


BERLIN: Final = "Europe/Berlin"
NEW_YORK: Final = "America/New_York"
CASES: Final = (
    covered(
        "today begins at midnight, and yesterday ends",
        "12:00",
        ["04 23:59:59.999999", "00:00", "11:00"],
        {"today": 2, "yesterday": 1, "this_week": 3, "this_month": 3},
    ),
    covered(
        "midnight is that of the time zone",
        "12:00",
        ["2024-03-04T22:59:59.999999Z", "2024-03-04T23:00:00Z"],
        {"today": 1, "yesterday": 1, "this_week": 2, "this_month": 2},
        timezone=BERLIN,
    ),
    covered(
        "at midnight what was today is yesterday",
        "06 00:00:01",
        ["05 00:00", "05 23:59:59.999999", "06 00:00"],
        {"today": 1, "yesterday": 2, "this_week": 3, "this_month": 3},
    ),
    covered(
        "before midnight it is today",
        "2024-03-05T23:59:59.999999Z",
        ["05 00:00", "04 00:00", "03 23:59:59.999999"],
        {"today": 1, "yesterday": 1, "this_week": 2, "this_month": 3},
    ),
    covered(
        "a week begins on Monday",
        "12:00",
        ["03 23:59:59.999999", "04 00:00"],
        {"yesterday": 1, "this_week": 1, "this_month": 2},
    ),
    covered(
        "or on another day",
        "12:00",
        ["02 23:59:59.999999", "03 00:00"],
        {"this_week": 1, "this_month": 2},
        week_starts="sunday",
    ),
    covered(
        "on the day on which it begins a week has one day",
        "12:00",
        ["04 23:59:59", "05 00:00"],
        {"today": 1, "yesterday": 1, "this_week": 1, "this_month": 2},
        week_starts="tuesday",
    ),
    covered(
        "a week may reach into the month before",
        "12:00",
        ["2024-02-28T00:00:00Z", "2024-02-27T23:59:59.999999Z"],
        {"this_week": 1},
        week_starts="wednesday",
    ),
    covered(
        "a month begins at its first midnight",
        "12:00",
        ["2024-02-29T18:29:59.999999Z", "2024-02-29T18:30:00Z"],
        {"this_month": 1},
        timezone="Asia/Kolkata",
    ),
    covered(
        "yesterday of a day before in another month",
        "2024-03-01T12:00:00Z",
        ["2024-02-29T12:00:00Z"],
        {"yesterday": 1, "this_week": 1},
    ),
    covered(
        "a day of 23 hours is a day",
        "2026-03-09T12:00:00Z",
        [
            *("2026-03-08T04:59:59.999999Z", "2026-03-08T05:00:00Z"),
            *("2026-03-09T03:59:59.999999Z", "2026-03-09T04:00:00Z"),
        ],
        {"today": 1, "yesterday": 2, "this_week": 1, "this_month": 4},
        timezone=NEW_YORK,
    ),
    covered(
        "a day of 25 hours is a day",
        "2026-10-25T22:59:59.999999Z",
        ["2026-10-24T21:59:59.999999Z", "2026-10-24T22:00:00Z", "2026-10-25T22:59:58Z"],
        {"today": 2, "yesterday": 1, "this_week": 3, "this_month": 3},
        timezone=BERLIN,
    ),
    Case(
        "without the setting there are none",
        [started("a", "11:00")],
        "12:00",
        {f"{BEGUN}today": 0, f"{BEGUN}24h": 1},
    ),
)
