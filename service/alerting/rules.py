"""Recording rules, alerts, and the file Prometheus reads them from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Severity = Literal["critical", "warning", "info"]
#: Whom an alert concerns: the contact centre's team leads, or the people who run this service.
Area = Literal["service", "pipeline"]


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording rule; `record` is named level:metric:operations."""

    record: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """The rule as Prometheus' file format has it."""
        made: dict[str, object] = {"record": self.record, "expr": self.expr}
        if self.labels:
            made["labels"] = dict(self.labels)
        return made


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert; its runbook is the page `docs/runbooks/<name>.md`."""

    name: str
    expr: str
    for_: str
    severity: Severity
    area: Area
    summary: str
    description: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def document(self, runbooks: str) -> dict[str, object]:
        """The alert as Prometheus' file format has it; `runbooks` is where the pages are."""
        return {
            "alert": self.name,
            "expr": self.expr,
            "for": self.for_,
            "labels": {"severity": self.severity, "area": self.area, **self.labels},
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "runbook_url": f"{runbooks.rstrip('/')}/{self.name}.md",
            },
        }


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that Prometheus evaluates one after the other, each `interval`."""

    name: str
    interval: str
    rules: Sequence[Recording | Alert]


def rule_file(groups: Sequence[Group], runbooks: str) -> str:
    """The text of one rule file, to be read by people as well: expressions keep their lines."""
    documents = [
        {
            "name": group.name,
            "interval": group.interval,
            "rules": [
                rule.document(runbooks) if isinstance(rule, Alert) else rule.document()
                for rule in group.rules
            ],
        }
        for group in groups
    ]
    written = yaml.dump({"groups": documents}, Dumper=_Dumper, sort_keys=False, width=4096)
    return f"# Written by `contact-metrics rules`; change the configuration instead.\n{written}"


class _Dumper(yaml.SafeDumper):
    """Indents lists, and writes texts of several lines as they are."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    )


_Dumper.add_representer(str, _text)
