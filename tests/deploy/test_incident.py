"""For 20 minutes no agent answers: the right alerts fire, only these, and end again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from service.alerting.sla_alerts import MISSED
from service.definitions import DAY, HOUR, MINUTE, Definitions, RepeatWindow
from service.settings.calendars import WEEKDAYS, CalendarTable
from service.simulate.plan import Outage, Plan
from service.simulate.rhythm import OFFICE_CLOSES, OFFICE_OPENS
from tests.deploy.incident import minutes
from tests.deploy.promtool import Case, promtool

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.prometheus, pytest.mark.slow]

#: A Wednesday, after two days of past.
MORNING = int(datetime(2026, 3, 4, 10, tzinfo=UTC).timestamp()) * 1_000_000
PAST = 58 * HOUR
#: Minutes from the beginning of the scrapes.
OUTAGE_BEGINS, SCRAPES = 30, 100
#: When the simulated centre answers letters.
OFFICE = CalendarTable.model_validate(
    {"hours": {day: [f"{OFFICE_OPENS:02}:00-{OFFICE_CLOSES:02}:00"] for day in WEEKDAYS[:5]}}
).calendar()


def _series(*, contact_responded: bool, outage: bool) -> dict[str, str]:
    begins = MORNING + OUTAGE_BEGINS * MINUTE
    plan = Plan(
        seed=1,
        start=MORNING - PAST,
        rate=600,
        duration=PAST + SCRAPES * MINUTE,
        outage=Outage(begins) if outage else None,
        contact_responded=contact_responded,
    )
    return minutes(plan, _definitions(contact_responded=contact_responded), MORNING)


def _definitions(*, contact_responded: bool) -> Definitions:
    usual = Definitions()
    return replace(
        usual,
        contact_responded=contact_responded,
        calendars=MappingProxyType({"office": OFFICE}),
        sla=replace(usual.sla, calendars=MappingProxyType({"email": "office", "social": "office"})),
    )


def test_with_responses_known_waiting_and_giving_up_are_told(tmp_path: Path) -> None:
    case = Case(
        _series(contact_responded=True, outage=True),
        firing={
            "10m": set(),
            "30m": set(),
            "40m": {"CxContactsBreached"},
            "48m": {"CxContactsBreached", "CxAbandonmentHigh"},
            "65m": set(),
            "99m": set(),
        },
    )
    promtool(tmp_path, case)


def test_without_them_giving_up_is_told(tmp_path: Path) -> None:
    case = Case(
        _series(contact_responded=False, outage=True),
        firing={
            "10m": set(),
            "30m": set(),
            "48m": {"CxAbandonmentHigh"},
            "65m": set(),
            "99m": set(),
        },
    )
    promtool(tmp_path, case)


def test_an_ordinary_morning_is_silent(tmp_path: Path) -> None:
    times = [f"{minute}m" for minute in range(5, SCRAPES, 5)]
    case = Case(
        _series(contact_responded=True, outage=False), firing={time: set() for time in times}
    )
    promtool(tmp_path, case)


def test_other_targets_by_a_restart_are_no_misses_of_the_past(tmp_path: Path) -> None:
    """Nor are other repeats, or a further repeat window.

    Without its office hours, every letter of the nights before would be one. By the afternoon
    these are answered.
    """
    former = _definitions(contact_responded=False)
    now = replace(
        former,
        sla=Definitions().sla,
        repeat_match="customer",
        repeat_windows=(*former.repeat_windows, RepeatWindow("3d", 3 * DAY)),
    )
    afternoon = MORNING + 4 * HOUR
    plan = Plan(seed=1, start=MORNING - PAST, rate=600, duration=PAST + 4 * HOUR + SCRAPES * MINUTE)
    series = minutes(plan, former, afternoon, {OUTAGE_BEGINS: now})
    # Not those that are open and past a target now: they are.
    looked_at = ("cx_sla_contacts_", "cx_window_sla_", "cx_contacts_", "cx_pipeline_", "cx_build_")
    case = Case(
        {name: values for name, values in series.items() if name.startswith(looked_at)},
        firing={time: set() for time in ("20m", "33m", "45m", "90m")},
        values={
            time: {
                f'max({MISSED}{{window="30m"}}) < bool 30': 1,
                f'max({MISSED}{{window="6h"}}) < bool 30': 1,
            }
            for time in ("33m", "40m", "55m")
        },
    )
    promtool(tmp_path, case, names=("totals.yml", "alerts.yml"))
