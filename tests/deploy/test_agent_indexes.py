"""Indexes of agents against numbers worked out by hand; random ones are in test_indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.deploy.promtool import Case, promtool

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.prometheus

HOUR = 3600
SECONDS = 'cx_window_agent_seconds{team="%s",state="%s",window="%s"}'
SCHEDULED = 'cx_window_agent_scheduled_seconds{team="%s",activity="%s",window="%s"}'
ADHERENT = 'cx_window_agent_adherent_seconds{team="%s",activity="%s",window="%s"}'
EMPLOYED = 'cx_window_agents_employed_seconds{team="%s",window="%s"}'
LEFT = 'cx_window_agents_left{team="%s",window="%s"}'


def _holds(
    folder: Path,
    hours: Mapping[str, float],
    expected: Mapping[str, float | None],
    covered: float = HOUR,
) -> None:
    """Series of so many hours (leavers: so many) give these indexes, to nine digits."""
    series = {
        name: f"{value * (1 if name.startswith('cx_window_agents_left') else covered):g}x5"
        for name, value in hours.items()
    }
    values: dict[str, float | None] = {}
    for record, value in expected.items():
        if value is None:
            values[f"sum({record})"] = None
        else:
            values[f"sum(abs({record} - {value!r}) < bool 1e-9)".replace("- -", "+ ")] = 1
    promtool(folder, Case(series, values={"3m": values}), names=("indexes.yml",))


@pytest.mark.parametrize("window", ["24h", "today"])
def test_a_day_of_two_teams(tmp_path: Path, window: str) -> None:
    """Voice: 30 h busy, 4 h in wrap-up, 6 h available, 5 h paused, 90 h offline; 40 h of work and
    5 h of pause planned, of which 36 h and 3 h were kept. Chat: 10 h busy, 10 h available; 12 h
    planned, all kept."""
    hours = {
        SECONDS % ("voice", "busy", window): 30,
        SECONDS % ("voice", "wrap_up", window): 4,
        SECONDS % ("voice", "available", window): 6,
        SECONDS % ("voice", "paused", window): 5,
        SECONDS % ("voice", "offline", window): 90,
        SECONDS % ("chat", "busy", window): 10,
        SECONDS % ("chat", "available", window): 10,
        SCHEDULED % ("voice", "work", window): 40,
        SCHEDULED % ("voice", "pause", window): 5,
        ADHERENT % ("voice", "work", window): 36,
        ADHERENT % ("voice", "pause", window): 3,
        SCHEDULED % ("chat", "work", window): 12,
        ADHERENT % ("chat", "work", window): 12,
    }
    _holds(
        tmp_path,
        hours,
        {
            'team:cx_occupancy:ratio{team="voice"}': 34 / 40,
            'team:cx_occupancy:ratio{team="chat"}': 0.5,
            # No mean of the teams' ratios: 44 of 60.
            "all:cx_occupancy:ratio": 44 / 60,
            'team:cx_utilisation:ratio{team="voice"}': 40 / 45,
            'team:cx_utilisation:ratio{team="chat"}': 1,
            "all:cx_utilisation:ratio": 60 / 65,
            'team:cx_adherence:ratio{team="voice"}': 39 / 45,
            "all:cx_adherence:ratio": 51 / 57,
            # 34 h at 85 % are 40 h: what was planned. 10 h are 11.76 h, where 12 h were planned.
            'team:cx_schedule_fit:ratio{team="voice"}': 1,
            'team:cx_schedule_fit:ratio{team="chat"}': 0.98,
            "all:cx_schedule_fit:ratio": 1 - (52 - 44 / 0.85) / (44 / 0.85),
        },
    )


def test_what_nobody_was_scheduled_or_staffed_for_has_no_value(tmp_path: Path) -> None:
    hours = {
        # At night: everybody is offline, and nothing is planned.
        SECONDS % ("night", "offline", "1h"): 9,
        SECONDS % ("night", "busy", "1h"): 0,
        SCHEDULED % ("night", "work", "1h"): 0,
        ADHERENT % ("night", "work", "1h"): 0,
        EMPLOYED % ("night", "1h"): 0,
        LEFT % ("night", "1h"): 0,
        # Works without a plan; is planned and does not work; only pauses.
        SECONDS % ("free", "busy", "1h"): 2,
        SECONDS % ("away", "offline", "1h"): 2,
        SCHEDULED % ("away", "work", "1h"): 2,
        SECONDS % ("idle", "paused", "1h"): 1,
    }
    _holds(
        tmp_path,
        hours,
        {
            **{
                f'team:cx_{name}:ratio{{team="night"}}': None
                for name in ("occupancy", "utilisation", "adherence", "schedule_fit", "attrition")
            },
            'team:cx_attrition:ratio_upper95{team="night"}': None,
            'team:cx_occupancy:ratio{team="free"}': 1,
            'team:cx_adherence:ratio{team="free"}': None,
            'team:cx_schedule_fit:ratio{team="free"}': None,
            'team:cx_adherence:ratio{team="away"}': 0,
            'team:cx_schedule_fit:ratio{team="away"}': None,
            'team:cx_occupancy:ratio{team="idle"}': None,
            'team:cx_utilisation:ratio{team="idle"}': 0,
        },
    )


def test_more_than_twice_as_many_as_needed_fit_worse_than_none(tmp_path: Path) -> None:
    hours = {
        SECONDS % ("voice", "busy", "24h"): 17,
        SECONDS % ("voice", "available", "24h"): 43,
        SCHEDULED % ("voice", "work", "24h"): 60,
    }
    _holds(tmp_path, hours, {"all:cx_schedule_fit:ratio": -1})


def test_attrition_is_of_the_mean_employed(tmp_path: Path) -> None:
    """Voice: 20 stay for the week, one leaves in its middle, one half a day before its begin is
    over. Chat: the only one left as the week began."""
    hours = {
        EMPLOYED % ("voice", "7d"): 21.5,
        LEFT % ("voice", "7d"): 3,
        EMPLOYED % ("chat", "7d"): 0,
        LEFT % ("chat", "7d"): 1,
        # Of a local day no rule knows how long it has been.
        EMPLOYED % ("voice", "today"): 21,
        LEFT % ("voice", "today"): 1,
    }
    _holds(
        tmp_path,
        hours,
        {
            'team:cx_agents_employed:mean{team="voice",window="7d"}': 21.5,
            'team:cx_attrition:ratio{team="voice",window="7d"}': 3 / 21.5,
            'team:cx_attrition:ratio{team="chat",window="7d"}': None,
            'all:cx_attrition:ratio{window="7d"}': 4 / 21.5,
            'all:cx_attrition:ratio{window="today"}': None,
            # One of one, by Wilson.
            'team:cx_attrition:ratio_lower95{team="chat",window="7d"}': 1 / (1 + 1.96**2),
            'team:cx_attrition:ratio_upper95{team="chat",window="7d"}': 1,
        },
        covered=7 * 24 * HOUR - HOUR / 2,
    )
