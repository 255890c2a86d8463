"""Puts cases to `promtool test rules`, on the rule files that are shipped."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules"


@dataclass(frozen=True)
class Case:
    """Series over time, and what must be true of them.

    `series`: in promtool's notation, a sample each `interval`. `firing`: at each time, the names of
    all alerts that fire then. `values`: at each time, expressions and the value of their one sample
    (None: no sample).
    """

    series: Mapping[str, str]
    interval: str = "1m"
    firing: Mapping[str, set[str]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    #: (alert, time, labels, annotations) of alerts to be seen whole.
    alerts: Sequence[tuple[str, str, Mapping[str, str], Mapping[str, str]]] = ()

    def document(self) -> dict[str, object]:
        """The case as promtool's file format has it."""
        return {
            "interval": self.interval,
            "input_series": [
                {"series": name, "values": values} for name, values in self.series.items()
            ],
            "promql_expr_test": [
                {
                    "expr": expr,
                    "eval_time": at,
                    "exp_samples": [] if value is None else [{"labels": "{}", "value": value}],
                }
                for at, values in self.values.items()
                for expr, value in values.items()
            ]
            + [
                {
                    "expr": 'count by (alertname) (ALERTS{alertstate="firing"})\n> bool 0',
                    "eval_time": at,
                    "exp_samples": [
                        {"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(names)
                    ],
                }
                for at, names in self.firing.items()
            ],
            "alert_rule_test": [
                {
                    "alertname": name,
                    "eval_time": at,
                    "exp_alerts": [{"exp_labels": labels, "exp_annotations": annotations}],
                }
                for name, at, labels, annotations in self.alerts
            ],
        }


def promtool(
    folder: Path,
    *cases: Case,
    every: str = "1m",
    names: Sequence[str] = ("totals.yml", "indexes.yml", "alerts.yml"),
) -> None:
    """Fails with promtool's own words if a case does not hold; `every`: evaluation interval.

    `names`: the rule files the cases are about.
    """
    if shutil.which("promtool") is None:
        pytest.fail("promtool is missing; `make tools` installs it")
    files = [RULES / name for name in names]
    document = {
        "rule_files": [str(path) for path in files],
        # Without it promtool takes the groups in any order.
        "group_eval_order": [
            group["name"] for path in files for group in yaml.safe_load(path.read_text())["groups"]
        ],
        "evaluation_interval": every,
        "tests": [case.document() for case in cases],
    }
    path = folder / "cases.json"
    path.write_text(json.dumps(document), "utf-8")  # JSON is YAML
    done = subprocess.run(
        ["promtool", "test", "rules", str(path)], capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
