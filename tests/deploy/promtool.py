"""Puts cases to `promtool test rules`, on the rules that are shipped.

Of the recording rules only those that a case asks for and what they are made of: there are some
three hundred, and evaluating them all takes most of the time of a small case.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules"
#: What may be a metric's: names of labels and functions too, which no rule records.
_NAME = re.compile(r"[a-zA-Z_:][\w:]*")


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
    asked = [expr for case in cases for values in case.values.values() for expr in values]
    alerting = any(case.firing or case.alerts for case in cases)
    files = _needed(tuple(names), asked, alerting=alerting)
    for name, groups in files.items():
        (folder / name).write_text(json.dumps({"groups": groups}), "utf-8")  # JSON is YAML
    document = {
        "rule_files": [str(folder / name) for name in files],
        # Without it promtool takes the groups in any order.
        "group_eval_order": [group["name"] for groups in files.values() for group in groups],
        "evaluation_interval": every,
        "tests": [case.document() for case in cases],
    }
    path = folder / "cases.json"
    path.write_text(json.dumps(document), "utf-8")
    done = subprocess.run(
        ["promtool", "test", "rules", str(path)], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


_Groups = list[dict[str, Any]]


def _needed(names: tuple[str, ...], asked: Iterable[str], *, alerting: bool) -> dict[str, _Groups]:
    """The groups of each file, with the rules that `asked` and all alerts are made of."""
    files = {name: _shipped(name) for name in names}
    rules = [rule for groups in files.values() for group in groups for rule in group["rules"]]
    looking_at = [*asked, *(rule["expr"] for rule in rules if alerting and "alert" in rule)]
    made_of: set[str] = set()
    while looking_at:
        named = {name for expr in looking_at for name in _NAME.findall(expr)} - made_of
        made_of |= named
        looking_at = [rule["expr"] for rule in rules if rule.get("record") in named]
    kept = {
        name: [{**group, "rules": _those(group["rules"], made_of, alerting)} for group in groups]
        for name, groups in files.items()
    }
    return {name: [group for group in groups if group["rules"]] for name, groups in kept.items()}


def _those(rules: _Groups, made_of: set[str], alerting: bool) -> _Groups:
    return [rule for rule in rules if (alerting if "alert" in rule else rule["record"] in made_of)]


@cache
def _shipped(name: str) -> _Groups:
    groups: _Groups = yaml.safe_load((RULES / name).read_text("utf-8"))["groups"]
    return groups
