"""CONTRACT 1.1 and 3, agents: their states, shifts, employments and teams.

The clock of most cases is Tuesday 12:00: the window of 24 hours then begins on Monday at 12:15.
"""

from __future__ import annotations

from typing import Any, Final

from tests.rules.notation import Case, employed, in_state, shift, started

ON: Final[dict[str, Any]] = {"agents": True}
HOUR: Final = 3600
NOW: Final = "cx_agents state="
STATE: Final = "cx_window_agent_seconds state="
COUNTED: Final = "cx_agent_seconds_total state="
SCHEDULED: Final = "cx_window_agent_scheduled_seconds activity="
ADHERENT: Final = "cx_window_agent_adherent_seconds activity="
EMPLOYED: Final = "cx_window_agents_employed_seconds window=24h"
LEFT: Final = "cx_window_agents_left window=24h"


def case(
    rule: str, lines: list[bytes], expected: dict[str, float], at: str | None = "12:00"
) -> Case:
    return Case(rule, lines, at, expected, ON)


STATES: Final = (
    case(
        "an agent is in a state until the next change, the last one until the clock",
        [in_state("available", "08:00"), in_state("busy", "09:00"), in_state("paused", "09:30:10")],
        {
            f"{NOW}paused": 1,
            f"{STATE}available": HOUR,
            f"{STATE}busy": 1810,
            f"{STATE}paused": 8990,
        },
    ),
    case(
        "seconds in states are exact to the microsecond",
        [in_state("busy", "11:00:00.25"), in_state("wrap_up", "11:00:01.000001")],
        {f"{STATE}busy": 0.750001, f"{STATE}wrap_up": 3598.999999},
    ),
    case(
        "seconds in a state begin with the window's first covered bucket, and end at the clock",
        [in_state("available", "01 00:00")],
        {f"{STATE}available": 23 * HOUR + 45 * 60 + 7},
        "12:00:07",
    ),
    case(
        "before an agent's first state there is none, and two agents count twice",
        [in_state("busy", "11:00"), in_state("busy", "10:00", agent="b")],
        {f"{NOW}busy": 2, f"{STATE}busy": 3 * HOUR},
    ),
    case(
        "states in any order of arrival are in the order of their times",
        [in_state("offline", "11:00"), in_state("available", "09:00"), in_state("busy", "10:00")],
        {
            f"{STATE}available": HOUR,
            f"{STATE}busy": HOUR,
            f"{STATE}offline": HOUR,
            f"{NOW}offline": 1,
        },
    ),
    case(
        "seconds are final at the clock less the allowed lateness",
        [in_state("busy", "11:00")],
        {f"{COUNTED}busy": HOUR - 30},
    ),
)
VERSIONS: Final = (
    case(
        "of two states of one time the higher version stands",
        [in_state("busy", "11:00", version=1), in_state("wrap_up", "11:00")],
        {f"{STATE}busy": HOUR},
    ),
    case(
        "of two shifts of one id the higher version stands, also where it is the earlier",
        [
            shift("s", "09:00", "11:00"),
            shift("s", "08:00", "08:30", version=1),
        ],
        {f"{SCHEDULED}work": 1800},
    ),
    case(
        "of two employments from one moment the higher version stands",
        [
            employed("01 00:00", "11:00", version=1),
            employed("01 00:00"),
        ],
        {EMPLOYED: 22 * HOUR + 45 * 60, LEFT: 1},
    ),
    case(
        "the same state again is a duplicate",
        [in_state("busy", "11:00"), in_state("busy", "11:00", event_id="again")],
        {
            "cx_pipeline_events_total topic=agent-state-changed result=accepted": 1,
            "cx_pipeline_events_total topic=agent-state-changed result=duplicate": 1,
        },
    ),
)
SHIFTS: Final = (
    case(
        "where shifts overlap a second counts once",
        [shift("s", "08:00", "10:00"), shift("t", "09:00", "11:00")],
        {f"{SCHEDULED}work": 3 * HOUR},
    ),
    case(
        "where shifts overlap pause goes before work",
        [
            shift("s", "08:00", "11:00"),
            shift("p", "09:00", "09:30", activity="pause"),
            shift("q", "09:15", "09:45", activity="pause"),
        ],
        {f"{SCHEDULED}work": 3 * HOUR - 2700, f"{SCHEDULED}pause": 2700},
    ),
    case(
        "a cancelled shift is none",
        [
            shift("s", "08:00", "11:00"),
            shift("p", "09:00", "09:30", activity="pause", cancelled=True),
            shift("t", "11:00", "11:30", cancelled=True),
        ],
        {f"{SCHEDULED}work": 3 * HOUR},
    ),
    case(
        "of a shift that goes on only the seconds up to the clock are scheduled",
        [shift("s", "11:00", "20:00"), in_state("busy", "11:30")],
        {f"{SCHEDULED}work": HOUR, f"{ADHERENT}work": 1800},
    ),
    case(
        "shifts ahead of the clock move no clock",
        [
            in_state("busy", "11:00"),
            shift("s", "06 08:00", "06 16:00"),
            employed("07 00:00"),
            in_state("paused", "11:30"),
        ],
        {f"{STATE}busy": 1800, "cx_window_agent_scheduled_seconds": 0, "cx_agents_employed": 0},
        None,
    ),
)
ADHERENCE: Final = (
    case(
        "in work the states available, busy and wrap_up conform",
        [
            shift("s", "07:00", "12:00"),
            in_state("available", "07:00"),
            in_state("busy", "08:00"),
            in_state("wrap_up", "09:00"),
            in_state("paused", "09:30"),
            in_state("offline", "10:30"),
        ],
        {f"{SCHEDULED}work": 5 * HOUR, f"{ADHERENT}work": 2.5 * HOUR},
    ),
    case(
        "in a pause the states paused and offline conform",
        [
            shift("p", "07:00", "12:00", activity="pause"),
            in_state("available", "07:00"),
            in_state("paused", "08:00"),
            in_state("offline", "09:30"),
            in_state("busy", "11:45"),
        ],
        {f"{SCHEDULED}pause": 5 * HOUR, f"{ADHERENT}pause": 3.75 * HOUR},
    ),
    case(
        "what nobody keeps to is scheduled all the same, an unknown state conforms to nothing",
        [shift("s", "08:00", "09:00"), shift("p", "09:00", "10:00", activity="pause")],
        {
            f"{SCHEDULED}work": HOUR,
            f"{SCHEDULED}pause": HOUR,
            f"{ADHERENT}work": 0,
            f"{ADHERENT}pause": 0,
        },
    ),
    case(
        "a state outside the schedule does not conform",
        [shift("s", "09:00", "10:00"), in_state("busy", "08:00"), in_state("offline", "11:00")],
        {f"{ADHERENT}work": HOUR},
    ),
)
EMPLOYMENTS: Final = (
    case(
        "an agent is employed from a moment on until the end, if one is known",
        [employed("09:00"), employed("01 00:00", "11:00", agent="b")],
        {
            "cx_agents_employed team=none": 1,
            EMPLOYED: 3 * HOUR + 22 * HOUR + 45 * 60,
            LEFT: 1,
        },
    ),
    case(
        "an agent whose employment ended twice in the window left once",
        [employed("01 00:00", "08:00"), employed("09:00", "11:00")],
        {LEFT: 1, EMPLOYED: 19 * HOUR + 45 * 60 + 2 * HOUR},
    ),
    case(
        "an employment that ends where it begins has ended, unless another one goes on with it",
        [employed("09:00", "09:00"), *(employed("09:00", it, agent="b") for it in (None, "09:00"))],
        {LEFT: 1, "cx_agents_employed team=none": 1, EMPLOYED: 3 * HOUR},
    ),
    case(
        "an end ahead of the clock is no leaving yet",
        [employed("01 00:00", "12:00:01")],
        {LEFT: 0, "cx_agents_employed team=none": 1},
    ),
    case(
        "an end before the window is none of it",
        [employed("01 00:00", "04 12:14:59"), in_state("busy", "11:00")],
        {LEFT: 0, EMPLOYED: 0},
    ),
)
TEAMS: Final = (
    case(
        "the team is that of the latest event that has one, for all of the window",
        [
            in_state("available", "08:00", team="red"),
            in_state("busy", "09:00", team="blue"),
            in_state("paused", "10:00"),
        ],
        {
            f"{NOW}paused team=blue": 1,
            f"{STATE}available team=blue": HOUR,
            f"{STATE}busy team=blue": HOUR,
            f"{STATE}paused team=blue": 2 * HOUR,
        },
    ),
    case(
        "the team may come from a shift or an employment, and none ahead of the clock counts",
        [
            in_state("busy", "08:00", team="red"),
            shift("s", "10:00", "11:00", team="blue"),
            employed("12:30", team="green"),
        ],
        {f"{NOW}busy team=blue": 1, f"{SCHEDULED}work team=blue": HOUR},
    ),
    case(
        "a cancelled shift gives no team",
        [
            in_state("busy", "08:00", team="red"),
            shift("s", "10:00", "11:00", team="blue", cancelled=True),
        ],
        {f"{NOW}busy team=red": 1},
    ),
    case(
        "of two teams of one time that of the higher version counts",
        [
            in_state("busy", "08:00", team="red", version=1),
            employed("08:00", team="blue"),
        ],
        {f"{NOW}busy team=red": 1},
    ),
)
LEAVING: Final = (
    case(
        "an agent who has been offline for the longest window leaves, and keeps what was counted",
        [in_state("busy", "03 11:00"), in_state("offline", "03 12:00")],
        {
            "cx_agents": 0,
            "cx_window_agent_seconds": 0,
            f"{COUNTED}busy": HOUR,
            f"{COUNTED}offline": 24 * HOUR - 30,
        },
        "04 12:00",
    ),
    case(
        "a cancelled shift that lies ahead keeps no agent who has been offline for so long",
        [
            in_state("busy", "03 11:00"),
            in_state("offline", "03 12:00"),
            shift("s", "04 18:00", "04 20:00", cancelled=True),
        ],
        {"cx_agents": 0, "cx_window_agent_seconds": 0},
        "04 12:00",
    ),
    case(
        "an agent who has been offline for less than the longest window stays",
        [in_state("busy", "03 11:00"), in_state("offline", "03 12:00")],
        {f"{NOW}offline": 1, f"{STATE}offline": 23 * HOUR + 45 * 60 + 14 * 60 + 59},
        "04 11:59:59",
    ),
    case(
        "an agent who is not offline stays, however long ago the last event was",
        [in_state("paused", "01 00:00")],
        {f"{NOW}paused": 1, f"{STATE}paused": 23 * HOUR + 45 * 60},
    ),
    case(
        "an agent who is offline stays as long as there is a shift or an employment",
        [in_state("offline", "01 00:00"), shift("s", "01 00:00", "04 12:00:01")],
        {f"{NOW}offline": 1},
    ),
)
OFF: Final = (
    Case(
        "without the setting nothing is told of agents",
        [started("c", "08:00")],
        "12:00",
        {"cx_agents": 0, "cx_agent_seconds_total": 0},
    ),
)
CASES: Final = (
    *STATES,
    *VERSIONS,
    *SHIFTS,
    *ADHERENCE,
    *EMPLOYMENTS,
    *TEAMS,
    *LEAVING,
    *OFF,
)
