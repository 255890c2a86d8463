"""Totals and spans while partitions move between workers, are missing, or are told twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.deploy.promtool import Case, promtool
from tests.deploy.test_totals import BREACHED, CLOCK, JUDGED, MET, MISSED, ONLY, STEADY

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.prometheus


def test_a_partition_that_moves_adds_nothing_and_takes_nothing(tmp_path: Path) -> None:
    """One scrape sees it twice, then two see it on neither worker."""
    case = Case(
        {MET % "a": "100x39 100x3 60x40", MET % "b": "50x39 90 50 50 90x40"},
        interval="15s",
        values={at: {STEADY: 150} for at in ("5m", "10m", "11m", "12m", "15m", "20m")},
    )
    promtool(tmp_path, case, every="15s", names=ONLY)


def test_a_worker_that_restarts_within_15_minutes_leaves_no_trace(tmp_path: Path) -> None:
    case = Case(
        {MET % "a": "100x20 _x10 100x60", MET % "b": "50x90"},
        values={
            "15m": {STEADY: 150},
            "29m": {STEADY: 150},
            "40m": {STEADY: 150},
            "80m": {STEADY: 150, JUDGED % "30m": 0, JUDGED % "2h": 0},
        },
    )
    promtool(tmp_path, case, names=ONLY)


def test_a_service_whose_past_is_long_begins_with_nothing_new(tmp_path: Path) -> None:
    """A Prometheus that has just begun sees one worker first, then one that still restores."""
    case = Case(
        {
            MET % "a": "5000x200",
            CLOCK % ("a", 0): "0+15x200",
            BREACHED % "b": "_ 900x199",
            CLOCK % ("b", 1): "_ 0+15x199",
            MET.replace("voice", "chat") % "c": "_x8 7000x193",
            CLOCK % ("c", 2): "_x8 0+15x193",
        },
        interval="15s",
        values={
            "6m": {JUDGED % "30m": None},
            "30m": {JUDGED % "30m": 0, MISSED % "30d": 0, JUDGED % "30d": 0},
        },
    )
    promtool(tmp_path, case, every="15s", names=ONLY)


@pytest.mark.parametrize("away", [1, 4, 40], ids=["15 s", "1 min", "10 min"])
def test_while_a_partition_is_missing_nothing_falls_and_afterwards_nothing_is_new(
    tmp_path: Path, away: int
) -> None:
    case = Case(
        {
            MET % "a": "100x300",
            CLOCK % ("a", 0): "0+15x300",
            MET % "b": f"50x39 stale _x{away} 50x250",
            CLOCK % ("b", 1): f"0+15x39 stale _x{away} 600+15x250",
        },
        interval="15s",
        values={
            "9m": {STEADY: 150},
            **{f"{minute}m": {STEADY: 150} for minute in range(10, 40, 2)},
            "45m": {STEADY: 150, JUDGED % "30m": 0, JUDGED % "2h": 0},
        },
    )
    promtool(tmp_path, case, every="15s", names=ONLY)


def test_a_partition_told_twice_for_long_counts_once(tmp_path: Path) -> None:
    """A worker was paused, its successor counts already."""
    case = Case(
        {
            MET % "a": "100x200",
            CLOCK % ("a", 0): "0+15x200",
            MET % "b": "50x60 stale",
            CLOCK % ("b", 1): "0+15x60 stale",
            MET % "c": "_x40 50x160",
            CLOCK % ("c", 1): "_x40 600+15x160",
        },
        interval="15s",
        values={f"{minute}m": {STEADY: 150} for minute in range(8, 48, 2)},
    )
    promtool(tmp_path, case, every="15s", names=ONLY)


def test_after_a_long_restore_a_total_is_absent_rather_than_less(tmp_path: Path) -> None:
    case = Case(
        {
            MET % "a": "100x120",
            CLOCK % ("a", 0): "0+60x120",
            MET % "b": "50x20 stale _x40 50x60",
            CLOCK % ("b", 1): "0+60x20 stale _x40 3600+60x60",
        },
        values={
            "30m": {STEADY: 150},
            "50m": {STEADY: None, JUDGED % "30m": None},
            "70m": {STEADY: 150, JUDGED % "2h": 0},
            "100m": {STEADY: 150, JUDGED % "30m": 0, JUDGED % "2h": 0},
        },
    )
    promtool(tmp_path, case, names=ONLY)
