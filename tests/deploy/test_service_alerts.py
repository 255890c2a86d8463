"""Alerts on what customers feel: each fires when it should, and only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.deploy.alert_cases import (
    ADHERENT,
    AGENTS,
    CLOCK,
    CLOSED,
    CSAT,
    DEFINITIONS,
    EVALUATIONS,
    FCR_TOTAL,
    OLDEST,
    OPEN,
    PLACED,
    SCHEDULED,
    SLA,
    SLA_TOTAL,
    UP,
    WITHOUT_INDEXES,
    Firing,
    fires,
    stays_silent,
)
from tests.deploy.promtool import Case, promtool

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.prometheus


def _burn(first_response: bool, missed: int, **windows: int) -> dict[str, str]:
    """In each of `windows` so many contacts of 100 (or of the number given) missed their target."""
    target = "first_response" if first_response else "resolution"
    series = {}
    for window, judged in windows.items():
        bad = judged * missed // 100
        series[SLA % (target, "met", window[1:])] = f"{judged - bad}x600"
        series[SLA % (target, "breached", window[1:])] = f"{bad}x600"
    return series


def _satisfaction(
    aspect: str, day: int, week: int, answers: int, survey: str = "csat"
) -> dict[str, str]:
    """Indexes of a day of so many answers and of a week of ten times as many."""
    series = {}
    for window, index, count in (("24h", day, answers), ("7d", week, 10 * answers)):
        series[PLACED % ("sum", survey, aspect, window)] = f"{index * count}x200"
        series[PLACED % ("count", survey, aspect, window)] = f"{count}x200"
    return series


def _left(after_repeats: int, after_others: int) -> dict[str, str]:
    """So many customers left within 7d, after 200 repeats and 800 contacts that helped at once."""
    left = 'cx_window_customers_left{segment="none",after="%s",window="7d"}'
    labels = 'channel="voice",queue="support",reason="none",repeat_window="7d"'
    return {
        left % "repeated": f"{after_repeats}x200",
        left % "resolved_first_time": f"{after_others}x200",
        f'cx_window_repeat_contacts{{{labels},window="7d"}}': "200x200",
        f'cx_window_fcr_contacts{{{labels},result="resolved_first_time",window="7d"}}': "800x200",
    }


def _worked(team: str, busy: int, wrap_up: int, available: int) -> dict[str, str]:
    """The team's agents spent so many hours of a day in these states, and ten paused."""
    hours = {"busy": busy, "wrap_up": wrap_up, "available": available, "paused": 10}
    return {AGENTS % (team, state): f"{3600 * of_it}x200" for state, of_it in hours.items()}


def _kept(team: str, work: int, pause: int, *of: int) -> dict[str, str]:
    """Hours kept of those scheduled, of work and of pauses."""
    return {
        metric % (team, activity): f"{3600 * hours}x200"
        for metric, both in ((ADHERENT, (work, pause)), (SCHEDULED, of))
        for activity, hours in zip(("work", "pause"), both, strict=True)
    }


BOTH_BURNS = {"CxSlaBudgetBurnsSlowly", "CxSlaBudgetBurnsFast"}


FIRES: dict[str, tuple[dict[str, str], Firing]] = {
    "voice: 85 of 100 first responses missed over 1h and 5m": (
        _burn(True, 85, w5m=40, w1h=400),
        {"1m": set(), "5m": {"CxSlaBudgetBurnsFast"}},
    ),
    "resolution: 60 of 100 missed over 24h, and over 2h by the counters": (
        {
            **_burn(False, 60, w24h=400),
            SLA_TOTAL % ("resolution", "met"): "0+4x600",
            SLA_TOTAL % ("resolution", "breached"): "0+6x600",
        },
        # Over 6h too, once there are 6h of history; 3d of it there never are.
        {"5m": set(), "3h": {"CxSlaBudgetBurnsSlowly"}, "7h": BOTH_BURNS},
    ),
    "resolution: 40 of 100 missed over 24h and 2h": (
        {
            **_burn(False, 40, w24h=400),
            SLA_TOTAL % ("resolution", "met"): "0+6x600",
            SLA_TOTAL % ("resolution", "breached"): "0+4x600",
        },
        {"5m": set(), "3h": {"CxSlaBudgetBurnsSlowly"}},
    ),
    "30 of 100 open contacts are at risk": (
        {OPEN % ("resolution", "on_track"): "70x30", OPEN % ("resolution", "at_risk"): "30x30"},
        {"4m": set(), "6m": {"CxContactsAtRisk"}},
    ),
    "15 of 100 waiting customers have waited too long": (
        {
            OPEN % ("first_response", "on_track"): "85x30",
            OPEN % ("first_response", "breached"): "15x30",
        },
        {"4m": set(), "6m": {"CxContactsBreached"}},
    ),
    "an email waits for 15 days": (
        {OLDEST % "voice": "46800x60", OLDEST % "email": "1296000x60"},
        {"10m": set(), "20m": {"CxBacklogOld"}},
    ),
    "FCR falls from 80 to 50 %": (
        {
            FCR_TOTAL % "resolved_first_time": "0+8x300 2405+5x200",
            FCR_TOTAL % "repeated": "0+2x300 605+5x200",
        },
        # With ten hours of history day and week are the same: nothing can have fallen.
        {"8h": set()},
    ),
    "130 of 200 CSAT answers are good: it may be as low as 58 %": (
        {CSAT % 4: "130x200", CSAT % 2: "70x200"},
        {"20m": set(), "40m": {"CxCsatBelowTarget"}},
    ),
    "of a day of 100 answers access is 60 where it was 80": (
        _satisfaction("access", day=60, week=80, answers=100),
        {"20m": set(), "40m": {"CxAspectFell"}},
    ),
    "40 of 200 evaluations found a fatal error: at least 15 %": (
        {EVALUATIONS % "fatal": "40x200", EVALUATIONS % "clean": "160x200"},
        {"20m": set(), "40m": {"CxFatalErrorsHigh"}},
    ),
    "30 of 200 left after repeats, 24 of 800 after contacts that helped at once": (
        _left(30, 24),
        {"50m": set(), "70m": {"CxChurnAfterRepeats"}},
    ),
    "43 of 50 and 19 of 40 hours with customers; 33 of 36 hours of work kept, 0 of 4 of pauses": (
        {
            **_worked("voice", busy=40, wrap_up=3, available=7),
            **_worked("chat", busy=17, wrap_up=2, available=21),
            **_kept("email", 33, 0, 36, 4),
        },
        {"20m": set(), "40m": {"CxOccupancyHigh", "CxOccupancyLow", "CxAdherenceLow"}},
    ),
    "a fifth gave up": (
        {
            CLOSED % ("resolved", "1h"): "80x60",
            CLOSED % ("abandoned", "1h"): "20x60",
            CLOSED % ("resolved", "5m"): "8x20 10x40",
            CLOSED % ("abandoned", "5m"): "2x20 0x40",
        },
        # It ends once nobody gave up within 5 minutes, though the hour still shows it.
        {"4m": set(), "8m": {"CxAbandonmentHigh"}, "25m": set()},
    ),
}

STAYS_SILENT: dict[str, dict[str, str]] = {
    "every target is met": _burn(True, 0, w5m=40, w1h=400, w24h=4000),
    "75 of 100 calls missed: a burn rate below 4": _burn(True, 75, w5m=40, w1h=400),
    "all of the last 19 missed": _burn(True, 100, w5m=19, w1h=19),
    "missed in the hour, met again in the last 5 minutes": {
        **_burn(True, 90, w1h=400),
        **_burn(True, 10, w5m=40),
    },
    "at risk in a handful of contacts": {
        OPEN % ("resolution", "on_track"): "9x60",
        OPEN % ("resolution", "at_risk"): "9x60",
    },
    "past the target in a handful": {
        OPEN % ("first_response", "on_track"): "9x60",
        OPEN % ("first_response", "breached"): "9x60",
    },
    "half of the open contacts are overdue, as ever": {
        OPEN % ("resolution", "on_track"): "100x60",
        OPEN % ("resolution", "breached"): "100x60",
    },
    "29 overdue contacts where 10 have been": {OPEN % ("resolution", "breached"): "10x10 29x50"},
    "the oldest email waits for 13 days": {OLDEST % "email": "1123200x60"},
    "CSAT of 65 % with 1000 answers": {CSAT % 5: "650x100", CSAT % 1: "350x100"},
    "CSAT of 50 % with 198 answers": {CSAT % 5: "99x100", CSAT % 1: "99x100"},
    "resolution of 19 answers is 0 where it was 80": _satisfaction("resolution", 0, 80, 19),
    "treatment of 50 answers is 65 where it was 80, as happens": _satisfaction(
        "treatment", day=65, week=80, answers=50
    ),
    "treatment of 10000 answers is 76 where it was 80": _satisfaction("treatment", 76, 80, 10_000),
    "access rose from 60 to 80": _satisfaction("access", day=80, week=60, answers=1000),
    "effort on access is 60 where it was 80: which end is easy, nobody tells": _satisfaction(
        "access", day=60, week=80, answers=100, survey="ces"
    ),
    "8 of 200 left after repeats, 24 of 800 after others": _left(8, 24),
    "42 of 50 and 20 of 40 hours with customers; 34 of 40 hours kept; what is too little to tell": {
        **_worked("voice", busy=40, wrap_up=2, available=8),
        **_worked("chat", busy=18, wrap_up=2, available=20),
        **_worked("night", busy=36, wrap_up=3, available=0),
        **_kept("email", 33, 1, 36, 4),
        **_kept("social", 28, 2, 35, 4),
    },
    "5 of 100 gave up": {
        CLOSED % ("resolved", "1h"): "95x60",
        CLOSED % ("abandoned", "1h"): "5x60",
        CLOSED % ("resolved", "5m"): "8x60",
        CLOSED % ("abandoned", "5m"): "2x60",
    },
    "4 of 30 gave up, as happens": {
        CLOSED % ("resolved", "1h"): "26x60",
        CLOSED % ("abandoned", "1h"): "4x60",
        CLOSED % ("resolved", "5m"): "1x60",
        CLOSED % ("abandoned", "5m"): "1x60",
    },
    "9 of 19 gave up": {
        CLOSED % ("resolved", "1h"): "10x60",
        CLOSED % ("abandoned", "1h"): "9x60",
        CLOSED % ("resolved", "5m"): "1x60",
        CLOSED % ("abandoned", "5m"): "9x60",
    },
}


@pytest.mark.parametrize(("series", "firing"), FIRES.values(), ids=FIRES)
def test_fires(tmp_path: Path, series: dict[str, str], firing: Firing) -> None:
    lasts_hours = any(at.endswith("h") for at in firing)
    fires(tmp_path, series, firing, every="5m" if lasts_hours else "1m")


@pytest.mark.parametrize("series", STAYS_SILENT.values(), ids=STAYS_SILENT)
def test_stays_silent(tmp_path: Path, series: dict[str, str]) -> None:
    stays_silent(tmp_path, series)


def test_a_channel_that_is_new_misses_its_target_from_its_first_contact_on(tmp_path: Path) -> None:
    met = SLA_TOTAL % ("resolution", "met")
    missed = SLA_TOTAL.replace("voice", "whatsapp") % ("resolution", "breached")
    case = Case(
        {**UP, met: "0+5x90", missed: "_x77 40+5x12"},
        interval="5m",
        firing={"6h": set(), "6h20m": set(), "7h": {"CxSlaBudgetBurnsFast"}},
    )
    promtool(tmp_path, case, every="5m", names=WITHOUT_INDEXES)


def test_fcr_that_fell_below_its_own_week_fires(tmp_path: Path) -> None:
    week, day = 7 * 12, 12
    case = Case(
        {
            'cx_build_info{instance="a"}': f"1x{week + day}",
            FCR_TOTAL % "resolved_first_time": f"0+320x{week} {week * 320 + 200}+200x{day}",
            FCR_TOTAL % "repeated": f"0+80x{week} {week * 80 + 200}+200x{day}",
        },
        interval="2h",
        firing={"7d": set(), "8d": {"CxFcrFell"}},
    )
    promtool(tmp_path, case, every="2h", names=WITHOUT_INDEXES)


def test_fcr_that_fell_by_what_chance_explains_is_silent(tmp_path: Path) -> None:
    """A day of 48 contacts at 70 % after a week at 80 %: less than 3 standard errors."""
    week, day = 7 * 12, 12
    case = Case(
        {
            'cx_build_info{instance="a"}': f"1x{week + day}",
            FCR_TOTAL % "resolved_first_time": f"0+3.2x{week} {week * 3.2 + 2.8}+2.8x{day}",
            FCR_TOTAL % "repeated": f"0+0.8x{week} {week * 0.8 + 1.2}+1.2x{day}",
        },
        interval="2h",
        firing={"7d": set(), "8d": set()},
    )
    promtool(tmp_path, case, every="2h", names=WITHOUT_INDEXES)


def _overdue(tmp_path: Path, series: dict[str, str], firing: Firing) -> None:
    case = Case({'cx_build_info{instance="a"}': "1x400", **series}, interval="10m", firing=firing)
    promtool(tmp_path, case, every="10m", names=WITHOUT_INDEXES)


def test_40_overdue_contacts_more_than_a_whole_day_had_fire(tmp_path: Path) -> None:
    series = {OPEN % ("resolution", "breached"): "10x150 50x20"}
    _overdue(tmp_path, series, {"25h": set(), "25h50m": {"CxOverdueGrows"}})


def test_a_channel_of_less_than_a_day_has_no_usual_number_of_overdue_contacts(
    tmp_path: Path,
) -> None:
    series = {OPEN % ("resolution", "breached"): "0x40 0+10x60"}
    _overdue(tmp_path, series, {"8h": set(), "12h": set(), "16h": set()})


def test_contacts_that_are_overdue_by_other_targets_are_no_news(tmp_path: Path) -> None:
    series = {
        DEFINITIONS % ("a", "1f"): "1x150 stale",
        DEFINITIONS % ("a", "2e"): "_x151 1x300",
        OPEN % ("resolution", "breached"): "10x150 90x300",
    }
    _overdue(tmp_path, series, {"26h": set(), "36h": set(), "49h": set(), "60h": set()})


def test_alerts_outlast_a_hand_over(tmp_path: Path) -> None:
    """What they tell of is in a partition that nobody tells of for five minutes."""
    moves = "{0}x30 stale _x4 {0}x40"
    series = {
        OPEN % ("resolution", "on_track"): "70x80",
        OPEN % ("resolution", "at_risk"): moves.format(40),
        OLDEST % "email": moves.format(1_300_000),
        CLOCK % ("a", 0): "0+60x80",
        CLOCK % ("b", 1): "0+60x30 stale _x4 2160+60x40",
    }
    both = {"CxContactsAtRisk", "CxBacklogOld"}
    fires(tmp_path, series, {f"{minute}m": both for minute in (25, 31, 33, 35, 36, 40, 50)})


def test_alerts_of_ratios_outlast_a_hand_over_in_which_too_few_are_told_of(tmp_path: Path) -> None:
    moves = "{0}x60 stale _x4 {0}x40"
    here = {
        CSAT % 4: "9x110",
        EVALUATIONS % "clean": "9x110",
        CLOSED % ("resolved", "1h"): "9x110",
        CLOSED % ("resolved", "5m"): "1x110",
        **_worked("voice", busy=4, wrap_up=0, available=0),
        **_kept("email", 1, 0, 4, 0),
        **_satisfaction("access", day=60, week=80, answers=10),
        CLOCK % ("a", 0): "0+60x110",
    }
    there = {
        CSAT % 2: moves.format(300),
        EVALUATIONS % "fatal": moves.format(300),
        CLOSED % ("abandoned", "1h"): moves.format(300),
        CLOSED % ("abandoned", "5m"): moves.format(300),
        AGENTS % ("voice", "busy"): moves.format(3600 * 60),
        SCHEDULED % ("email", "work"): moves.format(3600 * 60),
    }
    for name, value in _satisfaction("access", 60, 80, 500).items():
        there[name] = moves.format(value.partition("x")[0])
    series = {_by("a", name): value for name, value in here.items()}
    series |= {_by("b", name): value for name, value in there.items()}
    series[CLOCK % ("b", 1)] = "0+60x60 stale _x4 3960+60x40"
    standing = {
        *("CxCsatBelowTarget", "CxFatalErrorsHigh", "CxAbandonmentHigh", "CxAspectFell"),
        *("CxOccupancyHigh", "CxAdherenceLow"),
    }
    fires(tmp_path, series, {f"{minute}m": standing for minute in (55, 61, 63, 65, 66, 70, 90)})


def _by(instance: str, series: str) -> str:
    return series if "instance=" in series else series.replace("{", f'{{instance="{instance}",', 1)


def test_an_alert_says_what_is_wrong_and_where_to_read_on(tmp_path: Path) -> None:
    series, _ = FIRES["voice: 85 of 100 first responses missed over 1h and 5m"]
    labels = {
        "alertname": "CxSlaBudgetBurnsFast",
        "severity": "critical",
        "area": "service",
        "channel": "voice",
        "target": "first_response",
        "window": "1h",
        "objective": "voice",
    }
    annotations = {
        "summary": "voice: 85% of contacts missed their first response target within 1h",
        "description": (
            "The objective is 0.8 on target over 30d. More than 0.8 missed theirs within 1h and"
            " within 5m: a burn rate above 4."
        ),
        "runbook_url": "docs/runbooks/CxSlaBudgetBurnsFast.md",
    }
    promtool(
        tmp_path,
        Case({**UP, **series}, alerts=[("CxSlaBudgetBurnsFast", "5m", labels, annotations)]),
    )
