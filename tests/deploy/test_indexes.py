"""Every published index, at every level, equals what plain arithmetic on the raw parts gives."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from service.alerting.indexes import INDEXES, Index
from tests.deploy import parts as plain
from tests.deploy.promtool import Case, promtool

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.prometheus


def test_every_index_has_a_plain_counterpart() -> None:
    assert {index.name for index in INDEXES} == set(plain.INDEXES)


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


def test_what_never_happened_counts_as_none_of_what_did(tmp_path: Path) -> None:
    """A result without any series yet is 0 of the whole, not a missing ratio."""
    where = 'channel="voice",queue="support",window="1h"'
    fcr = f'{where},reason="refund",repeat_window="2h"'
    survey = f'cx_window_survey_answers{{{where},survey="%s",score="%s"}}'
    series = {
        f'cx_window_fcr_contacts{{{fcr},result="unresolved"}}': "3x5",
        f'cx_window_sla_contacts{{{where},target="first_response",result="breached"}}': "4x5",
        f'cx_window_contacts_closed{{{where},outcome="resolved"}}': "5x5",
        survey % ("csat", "3"): "1x5",
        survey % ("nps", "7"): "1x5",
        f'cx_window_issue_resolved_answers{{{where},answer="no"}}': "2x5",
    }
    values: dict[str, float | None] = {
        f"sum({record})": value
        for record, value in {
            "channel:cx_fcr:ratio_settled": 0,
            "reason:cx_repeat_contacts:excess": None,
            "channel:cx_service_level:ratio_offered": 0,
            "channel:cx_sla:ratio": 0,
            "channel:cx_abandonment:ratio": 0,
            "channel:cx_backlog:growth": -5,
            "channel:cx_csat:ratio_top2": 0,
            "channel:cx_nps:score": 0,
            "channel:cx_nps:margin95": 0,
            "channel:cx_issue_resolved:ratio": 0,
        }.items()
    }
    promtool(tmp_path, Case(series, values={"4m": values}))


def test_settled_fcr_has_no_value_while_only_failures_can_be_known(tmp_path: Path) -> None:
    fcr = (
        'cx_window_fcr_contacts{channel="voice",queue="q",reason="r",repeat_window="7d",'
        'window="24h",result="%s"}'
    )
    case = Case(
        {
            fcr % "unresolved": "1x9",
            fcr % "pending": "9x9",
            fcr % "resolved_first_time": "_x4 0x1 1x2",
        },
        values={
            "2m": {"sum(all:cx_fcr:ratio_settled)": None, "sum(all:cx_fcr:ratio_provisional)": 0.9},
            "5m": {"sum(all:cx_fcr:ratio_settled)": None},
            "8m": {"sum(all:cx_fcr:ratio_settled)": 0.5},
        },
    )
    promtool(tmp_path, case)


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
                value = plain.INDEXES[index.name](plain.At(parts, labels))
                record = f"{_record(index, level)}{{{_matchers(labels)}}}"
                if value is None:
                    yield f"sum({record})", None
                else:
                    found += 1
                    yield f"sum(abs({record} - {value!r}) < bool 1e-9)".replace("- -", "+ "), 1
            yield f"count({_record(index, level)})", found
