"""CONTRACT 4: labels and values as Prometheus clients write them."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.notation import Case, resolved, started

CALL: Final = [started("a", "10:00"), resolved("a", "10:30", first_response_at="10:00:20")]
DEFAULTS: Final[dict[str, Any]] = {
    "windows": {"5m": (300, 15), "1h": (3600, 60), "24h": (86_400, 900), "7d": (604_800, 3600)},
    "repeat_windows": {"2h": 7200, "24h": 86_400, "7d": 604_800},
}
CASES: Final = (
    Case(
        "every window of the default says its own",
        CALL,
        "10:30",
        {
            **{
                f"cx_window_contacts_closed outcome=resolved window={window}": 1
                for window in ("5m", "1h", "24h", "7d")
            },
            **{f"cx_window_contacts_started window={window}": 1 for window in ("1h", "24h", "7d")},
            **{
                f"cx_window_fcr_contacts result=pending window={window} repeat_window={repeat}": 1
                for window in ("5m", "1h", "24h", "7d")
                for repeat in ("2h", "24h", "7d")
            },
        },
        DEFAULTS,
    ),
    Case(
        "bounds are floats, and +Inf is one",
        CALL,
        "12:00",
        {
            "cx_window_first_response_seconds_bucket le=10.0": 0,
            "cx_window_first_response_seconds_bucket le=20.0": 1,
            "cx_window_first_response_seconds_bucket le=86400.0": 1,
            "cx_window_first_response_seconds_bucket le=+Inf": 1,
            "cx_window_resolution_seconds_bucket le=900.0": 0,
            "cx_window_resolution_seconds_bucket le=1800.0": 1,
            "cx_window_resolution_seconds_bucket le=604800.0": 1,
            "cx_first_response_seconds_bucket le=20.0": 1,
            "cx_resolution_seconds_bucket le=1800.0": 1,
        },
    ),
    Case(
        "bounds above a million are written as the client library writes them",
        CALL,
        "12:00",
        {
            "cx_window_resolution_seconds_bucket le=1.2096e+06": 1,
            "cx_resolution_seconds_bucket le=1.2096e+06": 1,
        },
        {"resolution_buckets": (1_209_600,)},
    ),
    Case(
        "bounds of a few microseconds are written as the client library writes them",
        CALL,
        "12:00",
        {
            "cx_window_first_response_seconds_bucket le=1e-05": 0,
            "cx_window_first_response_seconds_bucket le=1.5e-05": 0,
            "cx_first_response_seconds_bucket le=1e-05": 0,
        },
        {"first_response_buckets": (0.00001, 0.000015)},
    ),
    Case(
        "bounds may be fractions of a second",
        CALL,
        "12:00",
        {
            "cx_window_first_response_seconds_bucket le=0.5": 0,
            "cx_window_first_response_seconds_bucket le=20.5": 1,
        },
        {"first_response_buckets": (0.5, 20.5)},
    ),
    Case(
        "every target is a bound of its own kind, also one of a priority",
        CALL,
        "12:00",
        {
            "cx_window_first_response_seconds_bucket le=19.0": 0,
            "cx_window_first_response_seconds_bucket le=25.0": 1,
            "cx_window_first_response_seconds_bucket le=21.0": 1,
            "cx_window_first_response_seconds_bucket le=1800.0": 0,
            "cx_window_resolution_seconds_bucket le=1800.0": 1,
            "cx_window_resolution_seconds_bucket le=1799.0": 0,
            "cx_window_resolution_seconds_bucket le=2000.0": 1,
        },
        {
            "first_response_buckets": (19,),
            "resolution_buckets": (1799,),
            "sla": {"voice": (25, 1800), "default": (3600, 2000)},
            "sla_priority": {("voice", "high"): (21, None)},
        },
    ),
    Case(
        "a label may hold what has to be escaped",
        [started("a", "10:00", queue='"Zürich"\\1\n2')],
        "12:00",
        {'cx_backlog_contacts queue="Zürich"\\1\n2': 1},
    ),
)
