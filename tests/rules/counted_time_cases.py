"""CONTRACT 2 and 3, counted time: neither closed nor waiting, and only when the office is open."""

from __future__ import annotations

from typing import Any, Final

from tests.reference.settings import ReferenceCalendar
from tests.rules.notation import Case, reopened, resolved, responded, started, updated, waiting

SLA: Final = "cx_window_sla_contacts"
OPEN: Final = "cx_sla_open_contacts"
COUNTED: Final = "cx_window_resolution_counted_seconds_sum"
UPDATES: Final[dict[str, Any]] = {"contact_updated": True}
#: One hour to respond, two to resolve.
TARGETS: Final[dict[str, Any]] = UPDATES | {"sla": {"default": (3600, 7200)}}
#: Nine to five, from Monday to Friday.
OFFICE: Final = ReferenceCalendar(hours=(((9 * 60, 17 * 60),),) * 5 + ((), ()))
IN_OFFICE: Final[dict[str, Any]] = TARGETS | {
    "calendars": {"office": OFFICE},
    "sla_calendars": {"default": "office"},
}
PUBLISHED: Final[dict[str, Any]] = {"contact_responded": True}
FRIDAY: Final = started("a", "2024-03-01T16:00:00Z")
MONDAY: Final = "2024-03-04T"
A: Final = started("a", "09:00")

STOPPED: Final = (
    Case(
        "waiting stops the clock of the resolution",
        [A, waiting("a", "10:00"), reopened("a", "12:00"), resolved("a", "13:00")],
        "14:00",
        {
            COUNTED: 7200,
            "cx_window_resolution_seconds_sum": 14_400,
            f"{SLA} target=resolution result=met": 1,
        },
        TARGETS,
    ),
    Case(
        "being closed stops it too",
        [A, resolved("a", "10:00"), reopened("a", "12:00"), resolved("a", "13:00")],
        "14:00",
        {COUNTED: 7200, f"{SLA} target=resolution result=met": 1},
        TARGETS,
    ),
    Case(
        "neither stops that of the first response",
        [A, waiting("a", "09:00"), resolved("a", "09:20"), responded("a", "10:00")],
        "14:00",
        {
            "cx_window_first_response_counted_seconds_sum": 3600,
            f"{SLA} target=first_response result=met": 1,
            f"{SLA} target=resolution result=met": 1,
        },
        TARGETS | PUBLISHED,
    ),
    Case(
        "counted times have the same bounds, targets included",
        [A, waiting("a", "10:00"), reopened("a", "11:00"), resolved("a", "12:00")],
        "14:00",
        {"cx_window_resolution_counted_seconds_bucket le=3600.0": 0}
        | {"cx_window_resolution_counted_seconds_bucket le=7200.0": 1},
        TARGETS,
    ),
    Case(
        "without updates and calendars there are no counted times",
        [A, resolved("a", "10:00", first_response_at="09:01")],
        "14:00",
        {COUNTED: 0, "cx_window_first_response_counted_seconds_sum": 0},
    ),
)
JUDGED: Final = (
    Case(
        "a breach stays one, whatever happens later",
        [A, waiting("a", "11:00:00.000001"), resolved("a", "11:30")],
        "14:00",
        {f"{SLA} target=resolution result=breached": 1},
        TARGETS,
    ),
    Case(
        "one that waits exactly on target is not breached, nor judged",
        [A, waiting("a", "11:00")],
        "14:00",
        {SLA: 0, f"{OPEN} target=resolution state=at_risk": 1},
        TARGETS,
    ),
    Case(
        "opened again in time it is not judged until it is closed again",
        [A, resolved("a", "10:00"), reopened("a", "12:00")],
        "12:30",
        {SLA: 0, f"{OPEN} target=resolution state=at_risk": 1},
        TARGETS,
    ),
    Case(
        "closed again on target it is met, by the last closing",
        [A, resolved("a", "04 10:00"), reopened("a", "12:00"), resolved("a", "13:00")],
        "14:00",
        {f"{SLA} target=resolution result=met": 1},
        TARGETS,
    ),
    Case(
        "opened again it breaches when its counted time passes the target",
        [A, resolved("a", "10:00"), reopened("a", "12:00")],
        "13:00:00.000001",
        {
            f"{SLA} target=resolution result=breached": 1,
            f"{OPEN} target=resolution state=breached": 1,
        },
        TARGETS,
    ),
    Case(
        "abandoned on target after it was opened again it is not judged as to resolution",
        [
            A,
            resolved("a", "10:00"),
            reopened("a", "12:00"),
            resolved("a", "12:30", outcome="abandoned"),
        ],
        "14:00",
        {f"{SLA} target=first_response result=abandoned": 1},
        TARGETS,
    ),
    Case(
        "at risk is by counted time",
        [A, waiting("a", "10:00"), reopened("a", "11:30")],
        "11:59:59.999999",
        {f"{OPEN} target=resolution state=on_track": 1},
        TARGETS,
    ),
    Case(
        "at risk begins with the counted time of its share",
        [A, waiting("a", "10:00"), reopened("a", "11:30")],
        "12:00",
        {f"{OPEN} target=resolution state=at_risk": 1},
        TARGETS,
    ),
)
RESPONSES: Final = (
    Case(
        "closed when the response was due, it is no breach, also opened again",
        [A, resolved("a", "09:30"), reopened("a", "10:30")],
        "10:45",
        {SLA: 0, f"{OPEN} target=resolution state=on_track": 1},
        TARGETS | PUBLISHED,
    ),
    Case(
        "a late response to one that was closed when it was due is a breach by the response",
        [A, resolved("a", "09:30"), reopened("a", "10:30"), responded("a", "10:40", queue="q")],
        "10:45",
        {f"{SLA} target=first_response result=breached": 1},
        TARGETS | PUBLISHED,
    ),
    Case(
        "closed exactly at the due moment it is no breach",
        [A, resolved("a", "10:00", outcome="unresolved")],
        "14:00",
        {f"{SLA} target=resolution result=met": 1},
        TARGETS | PUBLISHED,
    ),
    Case(
        "open when it was due, it is a breach, whatever the end",
        [A, resolved("a", "10:00:00.000001", outcome="abandoned")],
        "14:00",
        {f"{SLA} target=first_response result=breached": 1},
        TARGETS | PUBLISHED,
    ),
    Case(
        "closed when it was due and abandoned after, it is abandoned by the last closing",
        [
            A,
            resolved("a", "09:30"),
            reopened("a", "11:00"),
            resolved("a", "11:10", outcome="abandoned"),
        ],
        "14:00",
        {f"{SLA} target=first_response result=abandoned": 1},
        TARGETS | PUBLISHED,
    ),
)
HOURS: Final = (
    Case(
        "a response on Monday to a mail of Friday took business time alone",
        [FRIDAY, resolved("a", f"{MONDAY}10:00:00Z", first_response_at=f"{MONDAY}09:30:00Z")],
        f"{MONDAY}18:00:00Z",
        {
            "cx_window_first_response_counted_seconds_sum": 5400,
            "cx_window_first_response_seconds_sum": 235_800,
            COUNTED: 7200,
            f"{SLA} target=resolution result=met": 1,
            f"{SLA} target=first_response result=breached": 1,
        },
        IN_OFFICE,
    ),
    Case(
        "a target reached when the office closes is due when it opens again",
        [FRIDAY],
        f"{MONDAY}09:00:00Z",
        {SLA: 0, f"{OPEN} target=first_response state=at_risk": 1}
        | {f"{OPEN} target=resolution state=on_track": 1},
        IN_OFFICE | PUBLISHED,
    ),
    Case(
        "it is breached a microsecond after the office has opened",
        [FRIDAY],
        f"{MONDAY}09:00:00.000001Z",
        {
            f"{SLA} target=first_response result=breached": 1,
            f"{OPEN} target=first_response state=breached": 1,
            f"{OPEN} target=resolution state=on_track": 1,
        },
        IN_OFFICE | PUBLISHED,
    ),
    Case(
        "waiting counts business time only while it does not wait",
        [
            *(started("a", "04 16:00"), waiting("a", "04 16:30"), reopened("a", "10:00")),
            resolved("a", "11:00"),
        ],
        "14:00",
        {COUNTED: 5400},
        IN_OFFICE,
    ),
    Case(
        "the calendar of the queue goes before that of the SLA table",
        [started("a", "08:00", queue="q"), resolved("a", "11:00")],
        "14:00",
        {f"{COUNTED} queue=q": 3600, f"{SLA} queue=q target=resolution result=met": 1},
        IN_OFFICE
        | {"calendars": {"office": OFFICE, "late": ReferenceCalendar(hours=(((600, 700),),) * 7)}}
        | {"queue_calendars": {"q": "late"}},
    ),
    Case(
        "the calendar is that of the queue as it stands last, for the whole life",
        [
            started("a", "08:00"),
            updated("a", "10:59", queue="q"),
            resolved("a", "11:00", queue="p"),
        ],
        "14:00",
        {f"{COUNTED} queue=p": 7200},
        TARGETS | {"calendars": {"office": OFFICE}, "queue_calendars": {"q": "office"}},
    ),
    Case(
        "a channel with a table of its own has the calendar of that table alone",
        [started("a", "04 16:00"), resolved("a", "10:00")],
        "14:00",
        {COUNTED: 64_800, f"{SLA} target=resolution result=breached": 1},
        IN_OFFICE | {"sla": {"voice": (None, 7200), "default": (3600, 7200)}},
    ),
)
CASES: Final = (*STOPPED, *JUDGED, *RESPONSES, *HOURS)
