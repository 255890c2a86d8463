"""Facts within a span are counted right from counters that appear, and move between workers."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from service.alerting.sla_alerts import BUDGET_LEFT
from service.alerting.totals import CLOSED, FCR_DECIDED, FCR_RESOLVED, REVISED
from tests.deploy.promtool import Case, promtool

if TYPE_CHECKING:
    from pathlib import Path

    from service.alerting.sla_alerts import BUDGET_LEFT
from service.alerting.totals import Total

pytestmark = pytest.mark.prometheus

ONLY = ("totals.yml",)
MET = (
    'cx_sla_contacts_total{instance="%s",channel="voice",queue="q",'
    'target="resolution",result="met"}'
)
BREACHED = MET.replace('"met"', '"breached"')
CLOCK = 'cx_pipeline_clock_timestamp_seconds{instance="%s",group="contacts",partition="%s"}'
STEADY = "sum(channel_target:cx_sla_judged_contacts:steady)"
MISSED = 'sum(channel_target:cx_sla_missed_contacts:window{window="%s"})'
JUDGED = 'sum(channel_target:cx_sla_judged_contacts:window{window="%s"})'
RATIO = 'sum(channel_target:cx_sla_missed:ratio{window="%s"})'


def test_facts_within_a_span_are_those_that_became_final_in_it(tmp_path: Path) -> None:
    """30 a quarter are judged; for the last day 12 of them are missed, before that none."""
    days3, days1 = 3 * 96, 96
    case = Case(
        {
            MET % "a": f"0+30x{days3} {days3 * 30 + 18}+18x{days1}",
            BREACHED % "a": f"0x{days3} 12+12x{days1}",
        },
        interval="15m",
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
    promtool(tmp_path, case, every="15m", names=ONLY)


def test_without_that_much_history_a_span_begins_with_the_history(tmp_path: Path) -> None:
    case = Case(
        {MET % "a": "1000+6x60", BREACHED % "a": "500+4x60"},
        values={"1h": {JUDGED % "6h": 590, MISSED % "6h": 236, RATIO % "6h": 0.4}},
    )
    promtool(tmp_path, case, names=ONLY)


@pytest.mark.parametrize("seed", range(3))
def test_what_appears_with_facts_in_it_is_counted_in_every_span(tmp_path: Path, seed: int) -> None:
    """Channels begin at random times and values, a second queue of theirs later on.

    Plainly: what is counted now less what was counted `span` ago or, with less history than that,
    when it began; what was not there then was 0.
    """
    pick, step, steps = random.Random(seed), 30, 4 * 48
    now = f"{(steps - 1) * step}m"
    series: dict[str, str] = {}
    values: dict[str, float | None] = {}
    for number in range(12):
        channel, begins = f"c{number}", 0 if number < 3 else pick.randrange(1, steps - 4)
        columns = {}
        for name in ("met", "breached"):
            first = begins if name == "breached" else pick.randrange(begins, steps - 2)
            columns[name] = _column(pick, steps, first)
            where = f'instance="a",channel="{channel}",queue="q",target="resolution"'
            series[f'cx_sla_contacts_total{{{where},result="{name}"}}'] = _notation(columns[name])
        for span, back in (("30m", 1), ("2h", 4), ("6h", 12), ("3d", 144), ("30d", 1440)):
            for record, parts in (("judged", ("met", "breached")), ("missed", ("breached",))):
                wanted = sum(
                    (columns[name][-1] or 0) - (columns[name][max(0, steps - 1 - back)] or 0)
                    for name in parts
                )
                labels = f'channel="{channel}",window="{span}"'
                values[f"sum(channel_target:cx_sla_{record}_contacts:window{{{labels}}})"] = wanted
    promtool(tmp_path, Case(series, "30m", values={now: values}), every="30m", names=ONLY)


def _column(pick: random.Random, steps: int, first: int) -> list[int | None]:
    """A counter that appears at `first`, seldom at 0, and then grows."""
    value = pick.choice((0, 1, 40, 5000))
    column: list[int | None] = [None] * first
    while len(column) < steps:
        column.append(value)
        value += pick.choice((0, 0, 0, 1, 7))
    return column


def _notation(column: list[int | None]) -> str:
    return " ".join("_" if value is None else str(value) for value in column)


def test_with_less_history_only_what_was_there_at_its_beginning_is_left_out(tmp_path: Path) -> None:
    case = Case(
        {
            MET % "a": "1000+0x85",
            (MET % "a").replace("voice", "chat"): "_x20 30+0x65",
            BREACHED.replace("voice", "whatsapp") % "a": "_x60 40+0x25",
        },
        values={
            "85m": {
                f'sum({record}{{channel="{channel}",window="{span}"}})': value
                for span in ("2h", "6h", "3d", "30d")
                for channel, judged, missed in (
                    ("voice", 0, 0),
                    ("chat", 30, 0),
                    ("whatsapp", 40, 40),
                )
                for record, value in (
                    ("channel_target:cx_sla_judged_contacts:window", judged),
                    ("channel_target:cx_sla_missed_contacts:window", missed),
                )
            }
            | {
                MISSED % "30m": 40,
                f"sum({BUDGET_LEFT}{{channel='whatsapp'}}) + 9 < bool 1e-9": 1,
            }
        },
    )
    promtool(tmp_path, case, names=ONLY)


@pytest.mark.parametrize(
    ("total", "series"),
    [
        (FCR_DECIDED, 'cx_fcr_contacts_total{channel="c",repeat_window="2h",result="repeated"}'),
        (
            FCR_RESOLVED,
            'cx_fcr_contacts_total{channel="c",repeat_window="2h",result="resolved_first_time"}',
        ),
        (CLOSED, 'cx_contacts_closed_total{channel="c",outcome="resolved"}'),
        (REVISED, 'cx_revised_total{fact="closed",cause="late"}'),
    ],
)
def test_no_total_loses_what_it_appears_with(tmp_path: Path, total: Total, series: str) -> None:
    case = Case(
        {
            MET % "a": "100x100",
            "cx_contacts_closed_total": "0x100",
            series: "_x60 40x40",
        },
        values={"90m": {f"sum({total.increase(span)})": 40 for span in ("1h", "24h", "7d")}},
    )
    promtool(tmp_path, case, names=ONLY)


def test_a_first_fact_of_all_is_counted_where_the_service_was_there_before(tmp_path: Path) -> None:
    case = Case(
        {CLOCK % ("a", 0): "0+60x60", BREACHED % "a": "_x30 3x30"},
        values={"50m": {MISSED % "30m": 3, MISSED % "30d": 3}},
    )
    promtool(tmp_path, case, names=ONLY)


def test_the_first_breach_ever_is_counted(tmp_path: Path) -> None:
    """Its series begins with it, at 7, after many that were met."""
    case = Case(
        {MET % "a": "100x60", BREACHED % "a": "_x30 7x30"},
        values={"1h": {MISSED % "2h": 7}},
    )
    promtool(tmp_path, case, names=ONLY)


def test_what_comes_back_with_its_past_is_not_news(tmp_path: Path) -> None:
    """A channel that an allow-list left out for an hour; or a repeat window that was taken out."""
    others = 'cx_contacts_closed_total{instance="a",channel="c",outcome="resolved"}'
    fcr = 'cx_fcr_contacts_total{channel="c",repeat_window="2h",result="resolved_first_time"}'
    gone_for_an_hour = "1000x600 _x60 1000x9 1003x600"
    case = Case(
        {MET % "a": gone_for_an_hour, fcr: gone_for_an_hour, others: "0x1300"},
        values={
            at: {
                **{JUDGED % span: 3 for span in ("30m", "2h", "6h")},
                **{f"sum({FCR_RESOLVED.increase(span)})": 3 for span in ("30m", "1h", "6h")},
            }
            for at in ("690m", "695m")
        },
    )
    promtool(tmp_path, case, names=ONLY)


def test_what_comes_up_while_prometheus_is_away_for_longer_than_the_span_is_counted(
    tmp_path: Path,
) -> None:
    """A new channel is 0 before, and one that was there what it said last."""
    new = MET.replace('"voice"', '"chat"')
    of = "sum(channel_target:cx_sla_judged_contacts:window{{channel={},window={}}})".format
    wanted = {
        of(f'"{channel}"', f'"{span}"'): number
        for span in ("30m", "2h", "6h")
        for channel, number in (("chat", 40), ("voice", 7))
    }
    case = Case(
        {MET % "a": "1000x60 _x40 1007x60", new % "a": "_x101 40x60"}, values={"110m": wanted}
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
        {MET % "a": "0+380x360", BREACHED % "a": "0+20x360"},
        interval="2h",
        values={
            "30d": {
                left % "0.5": 1,
                "sum(channel_target:cx_sla_objective:ratio)": 0.9,
                JUDGED % "30d": 144_000,
            }
        },
    )
    promtool(tmp_path, case, every="2h", names=ONLY)


def test_fcr_is_of_the_contacts_decided_within_the_span(tmp_path: Path) -> None:
    fcr = (
        'cx_fcr_contacts_total{channel="voice",queue="q",reason="r",'
        'repeat_window="24h",result="%s"}'
    )
    ratio = 'sum(abs(channel_repeat_window:cx_fcr_decided:ratio{window="%s"} - %s) < bool 1e-9)'
    week, day = 7 * 12, 12
    case = Case(
        {
            fcr % "resolved_first_time": f"0+8x{week} {week * 8 + 5}+5x{day}",
            fcr % "repeated": f"0+2x{week} {week * 2 + 5}+5x{day}",
        },
        interval="2h",
        values={
            "7d": {ratio % ("24h", "0.8"): 1, ratio % ("7d", "0.8"): 1},
            "8d": {ratio % ("24h", "0.5"): 1, ratio % ("7d", "(8 * 6 + 5) / 70"): 1},
        },
    )
    promtool(tmp_path, case, every="2h", names=ONLY)


def test_without_a_service_no_total_has_a_value(tmp_path: Path) -> None:
    values = {STEADY: None, JUDGED % "30m": None, RATIO % "1h": None}
    promtool(tmp_path, Case({}, values={"20m": values}))
