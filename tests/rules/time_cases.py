"""CONTRACT 2: clock, windows, finality, expiry, orphans."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.notation import Case, answered, resolved, responded, started

DEFAULT: Final[dict[str, Any]] = {
    "windows": {"5m": (300, 15), "1h": (3600, 60), "24h": (86_400, 900), "7d": (604_800, 3600)},
    "repeat_windows": {"2h": 7200, "24h": 86_400, "7d": 604_800},
}
STARTED: Final = "cx_window_contacts_started"


def started_then(rule: str, times: dict[str, str], as_of: str, **windows: int) -> Case:
    """Contacts started at these times, and how many each window of the default covers."""
    lines = [started(contact, at, customer=contact) for contact, at in times.items()]
    expected = {f"{STARTED} window={name[1:]}": count for name, count in windows.items()}
    return Case(rule, lines, as_of, expected, DEFAULT)


WINDOWS: Final = (
    # 12:07 lies in the quarter from 12:00 to 12:15, so 24h begin with the quarter 12:15 of the 4th
    started_then("a window begins with a whole bucket", {"a": "04 12:15"}, "12:07", _24h=1, _7d=1),
    started_then(
        "what is a microsecond before the window's first bucket is not in it",
        {"a": "04 12:14:59.999999"},
        "12:07",
        _7d=1,
    ),
    started_then(
        "5m moves by 15 seconds",
        {"a": "11:55:30", "b": "11:55:29.999999"},
        "12:00:17",
        _5m=1,
        _1h=2,
        _24h=2,
        _7d=2,
    ),
    started_then(
        "1h moves by a minute",
        {"a": "11:01", "b": "11:00:59.999999"},
        "12:00:17",
        _1h=1,
        _24h=2,
        _7d=2,
    ),
    # 12:07 on the 5th: 7d begin with the hour 13:00 on February 27th
    started_then(
        "7d moves by an hour",
        {"a": "2024-02-27T13:00:00Z", "b": "2024-02-27T12:59:59.999999Z"},
        "12:07",
        _7d=1,
    ),
    started_then(
        "what is exactly at the clock is in all windows",
        {"a": "12:00"},
        "12:00",
        _5m=1,
        _1h=1,
        _24h=1,
        _7d=1,
    ),
    started_then(
        "at the very beginning of a bucket the oldest has left",
        {"a": "11:55", "b": "11:55:15"},
        "12:00",
        _5m=1,
        _1h=2,
        _24h=2,
        _7d=2,
    ),
    started_then(
        "a microsecond before that it is still there",
        {"a": "11:55", "b": "11:55:15"},
        "11:59:59.999999",
        _5m=2,
        _1h=2,
        _24h=2,
        _7d=2,
    ),
    Case(
        "a fact ahead of the clock is in a window that has reached its bucket",
        [started("a", "12:00"), resolved("a", "12:01", first_response_at="12:14:59.999999")],
        "12:01",
        {"cx_window_first_response_seconds_count": 1},
    ),
    Case(
        "a fact ahead of the clock's bucket is not in the window yet",
        [started("a", "12:00"), resolved("a", "12:01", first_response_at="12:15")],
        "12:01",
        {
            "cx_window_first_response_seconds_count": 0,
            "cx_window_contacts_closed outcome=resolved": 1,
        },
    ),
    Case(
        "times before 1970 have buckets too",
        [
            started("a", "1969-12-30T12:15:00Z"),
            started("b", "1969-12-30T12:14:59.999999Z", customer="y"),
        ],
        "1969-12-31T12:07:00Z",
        {STARTED: 1},
    ),
)
CLOCK: Final = (
    Case(
        "the clock is the largest event time unless told otherwise",
        [resolved("b", "10:10"), started("a", "10:00"), answered("c", "10:20", "csat", 1)],
        None,
        {"cx_backlog_oldest_age_seconds": 1200},
    ),
    Case(
        "a first response does not move the clock",
        [started("a", "10:00"), resolved("b", "10:10", first_response_at="11:00")],
        None,
        {"cx_backlog_oldest_age_seconds": 600},
    ),
    Case(
        "the clock may be at the largest event time",
        [started("a", "10:00")],
        "10:00",
        {"cx_backlog_oldest_age_seconds": 0, "cx_backlog_contacts": 1},
    ),
)


def final(rule: str, lines: list[bytes], at: str, series: str, **given: Any) -> tuple[Case, Case]:
    """A counter has the fact at that moment, and not a microsecond earlier."""
    second, earlier = at[:-1], int(at[-1]) - 1
    before = f"{second}{earlier}.999999"
    name = series.split(maxsplit=1)[0]
    return (
        Case(f"{rule} is final then", lines, at, {series: 1}, given),
        Case(f"{rule} is not final before", lines, before, {name: 0}, given),
    )


RESOLVED: Final = [started("a", "10:00"), resolved("a", "10:10:01", first_response_at="10:05:01")]
OPEN: Final = [started("a", "10:00")]
REPEAT: Final = [
    started("c", "09:00"),
    resolved("c", "09:01"),
    started("r", "10:00"),
    resolved("r", "10:10:01"),
]
FINALITY: Final = (
    *final("a start", [started("a", "10:00:01")], "10:00:31", "cx_contacts_started_total"),
    *final(
        "an outbound start",
        [started("a", "10:00:01", direction="outbound")],
        "10:00:31",
        "cx_contacts_started_total direction=outbound",
    ),
    *final("a closing", RESOLVED, "10:10:31", "cx_contacts_closed_total outcome=resolved"),
    *final("a resolution time", RESOLVED, "10:10:31", "cx_resolution_seconds_count"),
    *final(
        "a resolution in time",
        [started("a", "10:00"), resolved("a", "10:10:01")],
        "10:10:31",
        "cx_sla_contacts_total target=resolution result=met",
    ),
    *final(
        "a first response",
        [started("a", "10:00:00"), responded("a", "10:05:01")],
        "10:05:31",
        "cx_first_response_seconds_count",
        contact_responded=True,
    ),
    *final(
        "FCR, two hours after the end,",
        RESOLVED,
        "12:10:31",
        "cx_fcr_contacts_total result=resolved_first_time",
    ),
    *final(
        "FCR of an unresolved contact, also two hours after the end,",
        [started("a", "10:00"), resolved("a", "10:10:01", outcome="unresolved")],
        "12:10:31",
        "cx_fcr_contacts_total result=unresolved",
    ),
    *final("a repeat, by its own end,", REPEAT, "10:10:31", "cx_repeat_contacts_total"),
    *final(
        "a survey answer",
        [answered("a", "10:00:01", "csat", 4)],
        "10:00:31",
        "cx_survey_answers_total channel=unknown queue=unknown survey=csat score=4",
    ),
    # voice: 14,400 s for the resolution
    *final(
        "a breach of an open contact",
        OPEN,
        "14:00:31",
        "cx_sla_contacts_total target=resolution result=breached",
        allowed_lateness=31,
    ),
    *final(
        "an expiry",
        [started("a", "10:00:01")],
        "11:00:31",
        "cx_contacts_closed_total outcome=expired",
        open_horizon=3600,
    ),
    Case(
        "a repeat that is open is not final",
        REPEAT[:3],
        "23:00",
        {"cx_repeat_contacts_total": 0, "cx_window_repeat_contacts": 1},
    ),
    Case(
        "a counter never counts what is pending",
        RESOLVED,
        "12:10:00",
        {"cx_fcr_contacts_total": 0, "cx_window_fcr_contacts result=pending": 1},
    ),
    Case(
        "FCR is settled, but not final, within the lateness",
        RESOLVED,
        "12:10:01",
        {"cx_fcr_contacts_total": 0, "cx_window_fcr_contacts result=resolved_first_time": 1},
    ),
    Case(
        "a repeated contact is final with its repeat window, not with its repeat",
        REPEAT,
        "11:00:59",
        {"cx_fcr_contacts_total": 0, "cx_repeat_contacts_total": 1},
    ),
    Case(
        "a repeated contact is final when its repeat window is over",
        REPEAT,
        "11:01:30",
        {"cx_fcr_contacts_total result=repeated": 1},
    ),
    Case(
        "each repeat window has its own finality",
        RESOLVED,
        "06 09:00",
        {
            "cx_fcr_contacts_total result=resolved_first_time repeat_window=2h": 1,
            "cx_window_fcr_contacts result=resolved_first_time repeat_window=2h": 1,
            "cx_window_fcr_contacts result=pending repeat_window=24h": 1,
        },
        {"repeat_windows": {"2h": 7200, "24h": 86_400}},
    ),
    Case(
        "without lateness a breach counts when the target has passed, not when it is reached",
        OPEN,
        "14:00",
        {"cx_sla_contacts_total": 0},
        {"allowed_lateness": 0},
    ),
    Case(
        "without lateness a start counts at once",
        OPEN,
        "10:00",
        {"cx_contacts_started_total": 1},
        {"allowed_lateness": 0},
    ),
    Case(
        "counters keep what windows and the state have left",
        [*RESOLVED, answered("a", "10:20", "csat", 5)],
        "30 10:00",
        {
            "cx_contacts_started_total": 1,
            "cx_contacts_closed_total outcome=resolved": 1,
            "cx_fcr_contacts_total result=resolved_first_time": 1,
            "cx_sla_contacts_total target=resolution result=met": 1,
            "cx_sla_contacts_total target=first_response result=breached": 1,
            "cx_survey_answers_total survey=csat score=5": 1,
            "cx_first_response_seconds_sum": 301,
            "cx_resolution_seconds_sum": 601,
            "cx_window_contacts_started": 0,
            "cx_window_fcr_contacts": 0,
            "cx_window_survey_answers": 0,
        },
    ),
)
HOUR_HORIZON: Final = {"open_horizon": 3600}
EXPIRY: Final = (
    Case(
        "an open contact expires at its horizon",
        OPEN,
        "11:00",
        {"cx_window_contacts_closed outcome=expired": 1, "cx_backlog_contacts": 0},
        HOUR_HORIZON,
    ),
    Case(
        "an open contact is open until its horizon",
        OPEN,
        "10:59:59.999999",
        {"cx_window_contacts_closed": 0, "cx_backlog_contacts": 1},
        HOUR_HORIZON,
    ),
    Case(
        "by default a contact expires after 30 days",
        OPEN,
        "2024-04-04T10:00:00Z",
        {"cx_window_contacts_closed outcome=expired": 1},
    ),
    Case(
        "an expired contact belongs to the moment of its expiry, not of its start",
        [started("a", "04 09:00")],
        "12:00",
        {"cx_window_contacts_started": 0, "cx_window_contacts_closed outcome=expired": 1},
        {"open_horizon": 86_400},
    ),
    Case(
        "an expired contact keeps its start labels",
        [started("a", "10:00", queue="q")],
        "12:00",
        {"cx_window_contacts_closed queue=q outcome=expired": 1},
        HOUR_HORIZON,
    ),
    Case(
        "an expired contact is no subject of FCR and has no resolution time",
        OPEN,
        "12:00",
        {
            "cx_window_fcr_contacts": 0,
            "cx_fcr_contacts_total": 0,
            "cx_window_resolution_seconds_count": 0,
        },
        HOUR_HORIZON,
    ),
    Case(
        "a resolution after the horizon closes the contact as it says",
        [started("a", "10:00"), resolved("a", "11:30", outcome="unresolved")],
        "12:00",
        {"cx_window_contacts_closed outcome=unresolved": 1},
        HOUR_HORIZON,
    ),
    Case(
        "a response does not close a contact",
        [started("a", "10:00"), responded("a", "10:10")],
        "11:00",
        {"cx_window_contacts_closed outcome=expired": 1},
        {**HOUR_HORIZON, "contact_responded": True},
    ),
)
# a day, two hours and 30 s of retention after 10:00: the 6th, 12:00:30
LEFT: Final = "06 12:00:30"
STILL_THERE: Final = "06 12:00:29.999999"
RETENTION: Final = (
    Case(
        "a resolution that never met its start leaves as an orphan",
        [resolved("a", "10:00")],
        LEFT,
        {"cx_pipeline_orphans_total type=contact-resolved": 1},
    ),
    Case(
        "a survey answer that never met its contact leaves as an orphan",
        [answered("a", "10:00", "csat", 3), answered("a", "10:00", "ces", 3)],
        LEFT,
        {
            "cx_pipeline_orphans_total type=survey-answered": 2,
            "cx_survey_answers_total channel=unknown queue=unknown survey=csat score=3": 1,
            "cx_survey_answers_total channel=unknown queue=unknown survey=ces score=3": 1,
        },
    ),
    Case(
        "an orphan waits for the whole retention",
        [resolved("a", "10:00"), answered("a", "10:00", "csat", 3)],
        STILL_THERE,
        {
            "cx_pipeline_orphans_total": 0,
            "cx_pipeline_waiting_parts type=contact-resolved": 1,
            "cx_pipeline_waiting_parts type=survey-answered": 1,
        },
    ),
    Case(
        "a part whose contact is known is no orphan",
        [
            resolved("a", "10:00"),
            answered("a", "10:00", "csat", 3),
            started("a", "09:00", direction="outbound"),
        ],
        LEFT,
        {"cx_pipeline_orphans_total": 0, "cx_pipeline_waiting_parts": 0},
    ),
    Case(
        "a late survey answer keeps the labels of a contact that has left",
        [
            started("a", "09:00", queue="q"),
            resolved("a", "10:00"),
            answered("a", "07 10:00", "csat", 3),
        ],
        "07 11:00",
        {"cx_window_survey_answers queue=q survey=csat score=3": 1},
    ),
    Case(
        "a repeat is one still when the contact it repeats has left",
        [
            started("c", "09:00"),
            resolved("c", "10:00"),
            started("r", "11:00"),
            resolved("r", "08 11:00"),
        ],
        "08 14:00",
        {
            "cx_window_fcr_contacts": 0,
            "cx_repeat_contacts_total": 1,
            "cx_fcr_contacts_total result=repeated": 1,
        },
    ),
)
CASES: Final = (*WINDOWS, *CLOCK, *FINALITY, *EXPIRY, *RETENTION)
