"""For 20 minutes no agent answers: the right alerts fire, only these, and end again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from service.definitions import HOUR, MINUTE, Definitions
from service.simulate.plan import Outage, Plan
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
    definitions = replace(Definitions(), contact_responded=contact_responded)
    return minutes(plan, definitions, MORNING)


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
