"""Facts within a span are counted right from counters that move between workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.deploy.promtool import Case, promtool

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.prometheus

ONLY = ("totals.yml",)
MET = (
    'cx_sla_contacts_total{instance="%s",channel="voice",queue="q",'
    'target="resolution",result="met"}'
)
BREACHED = MET.replace('"met"', '"breached"')
STEADY = "sum(channel_target:cx_sla_judged_contacts:steady)"
MISSED = 'sum(channel_target:cx_sla_missed_contacts:window{window="%s"})'
JUDGED = 'sum(channel_target:cx_sla_judged_contacts:window{window="%s"})'
RATIO = 'sum(channel_target:cx_sla_missed:ratio{window="%s"})'


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


def test_facts_within_a_span_are_those_that_became_final_in_it(tmp_path: Path) -> None:
    """10 a 5 minutes are judged; for the last day 4 of them are missed, before that none."""
    days3, days1 = 3 * 288, 288
    case = Case(
        {
            MET % "a": f"0+10x{days3} {days3 * 10 + 6}+6x{days1}",
            BREACHED % "a": f"0x{days3} 4+4x{days1}",
        },
        interval="5m",
        values={
            "4d": {
                **{JUDGED % span: n for span, n in (("30m", 60), ("2h", 240), ("6h", 720))},
                **{MISSED % span: n for span, n in (("30m", 24), ("2h", 96), ("6h", 288))},
                JUDGED % "3d": 8640,
                MISSED % "3d": 1152,
                f"sum(abs({RATIO % '3d'} - 1152 / 8640) < bool 1e-9)": 1,
            }
        },
    )
    promtool(tmp_path, case, every="5m", names=ONLY)


def test_without_that_much_history_a_span_begins_with_the_history(tmp_path: Path) -> None:
    case = Case(
        {MET % "a": "1000+6x60", BREACHED % "a": "500+4x60"},
        values={"1h": {JUDGED % "6h": 590, MISSED % "6h": 236, RATIO % "6h": 0.4}},
    )
    promtool(tmp_path, case, names=ONLY)


def test_the_first_breach_ever_is_counted(tmp_path: Path) -> None:
    """Its series begins with it, at 7, after many that were met."""
    case = Case(
        {MET % "a": "100x60", BREACHED % "a": "_x30 7x30"},
        values={"1h": {MISSED % "2h": 7}},
    )
    promtool(tmp_path, case, names=ONLY)


def test_after_the_state_was_wiped_a_span_is_silent_rather_than_wrong(tmp_path: Path) -> None:
    case = Case(
        {MET % "a": "1000x60 0+1x30"},
        values={"80m": {JUDGED % "30m": None}},
    )
    promtool(tmp_path, case, names=ONLY)


def test_the_budget_left_is_what_was_not_missed_in_30_days(tmp_path: Path) -> None:
    """5 of 100 miss their target where 10 may: half of the budget is left."""
    left = 'sum(abs(channel_target:cx_sla_budget_left:ratio{channel="voice"} - %s) < bool 1e-9)'
    case = Case(
        {MET % "a": "0+95x1440", BREACHED % "a": "0+5x1440"},
        interval="30m",
        values={
            "30d": {
                left % "0.5": 1,
                "sum(channel_target:cx_sla_objective:ratio)": 0.9,
                JUDGED % "30d": 144_000,
            }
        },
    )
    promtool(tmp_path, case, every="30m", names=ONLY)


def test_fcr_is_of_the_contacts_decided_within_the_span(tmp_path: Path) -> None:
    fcr = (
        'cx_fcr_contacts_total{channel="voice",queue="q",reason="r",'
        'repeat_window="24h",result="%s"}'
    )
    ratio = 'sum(abs(channel_repeat_window:cx_fcr_decided:ratio{window="%s"} - %s) < bool 1e-9)'
    week, day = 7 * 48, 48
    case = Case(
        {
            fcr % "resolved_first_time": f"0+8x{week} {week * 8 + 5}+5x{day}",
            fcr % "repeated": f"0+2x{week} {week * 2 + 5}+5x{day}",
        },
        interval="30m",
        values={
            "7d": {ratio % ("24h", "0.8"): 1, ratio % ("7d", "0.8"): 1},
            "8d": {ratio % ("24h", "0.5"): 1, ratio % ("7d", "(8 * 6 + 5) / 70"): 1},
        },
    )
    promtool(tmp_path, case, every="30m", names=ONLY)


def test_without_a_service_no_total_has_a_value(tmp_path: Path) -> None:
    values = {STEADY: None, JUDGED % "30m": None, RATIO % "1h": None}
    promtool(tmp_path, Case({}, values={"20m": values}))
