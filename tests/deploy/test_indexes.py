"""Every published index, at every level, equals what plain arithmetic on the raw parts gives."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from service.alerting.indexes import indexes
from service.alerting.partitions import outside_handover
from service.definitions import Definitions
from tests.deploy import parts as plain
from tests.deploy.plain_indexes import INDEXES as PLAIN
from tests.deploy.promtool import Case, promtool

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from service.alerting.index import Index

INDEXES = indexes(Definitions())

pytestmark = pytest.mark.prometheus

ONLY = ("indexes.yml",)


def test_every_index_has_a_plain_counterpart() -> None:
    assert {index.name for index in INDEXES} == set(PLAIN)


def test_indexes_add_up_workers_and_have_no_value_without_denominator(tmp_path: Path) -> None:
    parts = plain.random_parts(seed=1)
    series = {}
    for name, labels, value in _series(parts):
        # A third is on worker b from the start; after 3 minutes all of it moves there, as when
        # worker a leaves.
        series[f'{name}{{instance="a",{labels}}}'] = f"{value - value // 3}x3 stale"
        series[f'{name}{{instance="b",{labels}}}'] = f"{value // 3}x3 {value}x6"
    expected = dict(_expected(parts))
    promtool(tmp_path, Case(series, values={"2m": expected, "8m": expected}))


def test_what_has_no_series_is_nought_of_what_has_and_without_that_nothing(tmp_path: Path) -> None:
    for seed in range(4):
        parts = plain.with_gaps(plain.random_parts(seed), seed)
        series = {f"{name}{{{labels}}}": f"{value}x4" for name, labels, value in _series(parts)}
        promtool(tmp_path, Case(series, values={"2m": dict(_expected(parts))}), names=ONLY)


@pytest.mark.parametrize("responses_are_published", [False, True])
def test_service_level_of_those_answered_leaves_out_all_who_were_not(
    tmp_path: Path, responses_are_published: bool
) -> None:
    """4 are answered in time, 2 late; of 3 abandons 2 came after the target, 5 wait beyond it."""
    where = 'channel="voice",queue="q",window="1h"'
    sla = f'cx_window_sla_contacts{{{where},target="first_response",result="%s"}}'
    late, abandoned = (2 + 2 + 5, 1) if responses_are_published else (2, 3)
    case = Case(
        {
            f"cx_window_first_response_seconds_count{{{where}}}": "6x4",
            sla % "met": "4x4",
            sla % "breached": f"{late}x4",
            sla % "abandoned": f"{abandoned}x4",
        },
        values={"2m": {"sum(all:cx_service_level:ratio_answered * 6)": 4}},
    )
    promtool(tmp_path, case, names=ONLY)


def test_where_more_customers_left_than_were_there_churn_has_no_interval(tmp_path: Path) -> None:
    case = Case(
        {
            'cx_customers{segment="s"}': "1x4",
            'cx_window_customers_joined{segment="s",window="24h"}': "3x4",
            'cx_window_customers_left{segment="s",after="none",window="24h"}': "3x4",
        },
        values={
            "2m": {
                "sum(all:cx_churn:ratio)": 3,
                "sum(all:cx_churn:ratio_lower95)": None,
                "sum(segment:cx_churn:ratio_upper95)": None,
            }
        },
    )
    promtool(tmp_path, case, names=ONLY)


def test_while_a_partition_moves_indexes_stay_as_they_were(tmp_path: Path) -> None:
    """And for a quarter of an hour at most."""
    where = 'channel="voice",queue="q",window="1h"'
    started = f'cx_window_contacts_started{{instance="%s",{where},direction="inbound"}}'
    closed = f'cx_window_contacts_closed{{instance="%s",{where},outcome="resolved"}}'
    clock = 'cx_pipeline_clock_timestamp_seconds{instance="%s",group="contacts",partition="%s"}'
    case = Case(
        {
            started % "a": "100x99",
            closed % "a": "60x99",
            clock % ("a", 0): "0+60x99",
            started % "b": "50x20 stale _x4 50x10 stale",
            closed % "b": "20x20 stale _x4 20x10 stale",
            clock % ("b", 1): "0+60x20 stale _x4 1500+60x10 stale",
        },
        values={
            **{
                f"{minute}m": {"sum(all:cx_backlog:growth)": 70, "sum(all:cx_csat:mean)": None}
                for minute in (10, 20, 21, 22, 25, 26, 30, 37, 40, 49)
            },
            "55m": {"sum(all:cx_backlog:growth)": 40},
        },
    )
    promtool(tmp_path, case, names=("totals.yml", "indexes.yml"))


def test_outside_a_handover_raw_sums_are_told_within_none(tmp_path: Path) -> None:
    """As dashboards ask for them; after a quarter of an hour what there is is told."""
    backlog = 'cx_backlog_contacts{instance="%s",channel="voice",queue="q"}'
    clock = 'cx_pipeline_clock_timestamp_seconds{instance="%s",group="contacts",partition="%s"}'
    told = outside_handover("sum(cx_backlog_contacts) or vector(0)")
    case = Case(
        {
            backlog % "a": "100x99",
            clock % ("a", 0): "0+60x99",
            backlog % "b": "50x20 stale _x4 50x10 stale",
            clock % ("b", 1): "0+60x20 stale _x4 1500+60x10 stale",
        },
        values={
            **{f"{minute}m": {told: 150} for minute in (1, 10, 20, 26, 30)},
            **{f"{minute}m": {told: None} for minute in (21, 22, 25, 37, 40, 49)},
            "55m": {told: 100},
        },
    )
    promtool(tmp_path, case, names=("totals.yml",))


def test_without_a_service_no_index_has_a_value(tmp_path: Path) -> None:
    records: dict[str, float | None] = {
        f"sum({_record(index, level)})": None for index in INDEXES for level in index.levels
    }
    promtool(tmp_path, Case({}, values={"10m": records}))


def _record(index: Index, level: tuple[str, ...]) -> str:
    return f"{'_'.join(level) or 'all'}:{index.name}"


def _series(parts: plain.Parts) -> Iterator[tuple[str, str, int]]:
    for name, rows in parts.items():
        for labels, value in rows.items():
            yield name, _matchers(dict(labels)), value


def _matchers(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{value}"' for name, value in labels.items())


def _expected(parts: plain.Parts) -> Iterator[tuple[str, float | None]]:
    for index in INDEXES:
        for level in index.levels:
            names = (*level, *index.keeps)
            found = 0
            for values in product(*(plain.LABEL_VALUES[name] for name in names)):
                labels = dict(zip(names, values, strict=True))
                value = PLAIN[index.name](plain.At(parts, labels))
                record = f"{_record(index, level)}{{{_matchers(labels)}}}"
                if value is None:
                    yield f"sum({record})", None
                else:
                    found += 1
                    yield f"sum(abs({record} - {value!r}) < bool 1e-9)".replace("- -", "+ "), 1
            yield f"count({_record(index, level)})", found or None
