"""Writes the reference pages from the code they describe: `python -m docs.reference`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from docs.mappings import mapping_rows
from service.alerting.indexes import indexes
from service.alerting.recording import records
from service.definitions import Definitions
from service.exposition.feeds import FEED_METRICS
from service.exposition.pipeline import PIPELINE_METRICS
from service.feeds.ready_made import ready_names
from service.receiving.metrics import RECEIVE_METRICS
from service.settings import Settings
from service.settings.alerts import Objective
from service.settings.calendars import CalendarTable
from service.settings.feeds import FeedTable
from service.settings.receive import Webhook
from service.settings.sla import ChannelTable, TargetTable
from service.view.catalogue import METRICS, Metric

FOLDER = Path(__file__).parent
_BLOCK = re.compile(r"(<!-- (\w+): written by [^\n]*-->\n).*?(<!-- end -->)", re.DOTALL)


def pages() -> dict[str, str]:
    """File name -> its text, with the written blocks as the code has them now."""
    blocks = {
        "gauges": _metric_rows([m for m in METRICS if m.type == "gauge" and not _of_pipeline(m)]),
        "final": _metric_rows([m for m in METRICS if m.type != "gauge" and not _of_pipeline(m)]),
        "pipeline": _metric_rows([*PIPELINE_METRICS, *filter(_of_pipeline, METRICS)]),
        "feeds": _metric_rows(FEED_METRICS),
        "receive": _metric_rows(RECEIVE_METRICS),
        "indexes": _index_rows(),
        "settings": _settings(),
    }
    texts = {name: "\n".join(lines) for name, lines in blocks.items()}
    pages = {name: _written(name, texts) for name in ("metrics.md", "configuration.md")}
    for system in ready_names():
        name = f"feeds/{system}.md"
        pages[name] = _written(name, {"mapping": "\n".join(mapping_rows(system))})
    return pages


def _written(name: str, texts: Mapping[str, str]) -> str:
    def written(match: re.Match[str]) -> str:
        return f"{match[1]}\n{texts[match[2]]}\n\n{match[3]}"

    return _BLOCK.sub(written, (FOLDER / name).read_text("utf-8"))


def _of_pipeline(metric: Metric) -> bool:
    return metric.name.startswith("cx_pipeline_")


def _metric_rows(metrics: Sequence[Metric]) -> Iterator[str]:
    yield "| metric | type | labels | says |"
    yield "|---|---|---|---|"
    for metric in metrics:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        yield f"| `{metric.name}` | {metric.type} | {labels} | {metric.help} |"


def _index_rows() -> Iterator[str]:
    yield "| index | levels | labels | unit | is |"
    yield "|---|---|---|---|---|"
    for index in indexes(Definitions()):
        levels = ", ".join(f"`{rule.record.partition(':')[0]}`" for rule in records(index))
        keeps = ", ".join(f"`{label}`" for label in index.keeps)
        yield f"| `{index.name}` | {levels} | {keeps} | {index.unit} | {index.meaning} |"


def _settings() -> Iterator[str]:
    defaults = Settings.model_construct().model_dump(mode="json")
    sections = {
        name: field.annotation
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }
    plain = {name: f for name, f in Settings.model_fields.items() if name not in sections}
    yield from ("## Top level", "", *_setting_rows(plain, defaults, Settings), "")
    yield from ("## `[sla.CHANNEL]`, `[sla.CHANNEL.priority.PRIORITY]`", "")
    yield from (*_setting_rows(ChannelTable.model_fields, {}, ChannelTable), "")
    yield f"A priority has {' and '.join(f'`{name}`' for name in TargetTable.model_fields)} only."
    yield from ("", "## `[calendars.NAME]`", "", _first_line(CalendarTable), "")
    yield from _setting_rows(CalendarTable.model_fields, {"timezone": "UTC"}, CalendarTable)
    for name, section in sections.items():
        yield from ("", f"## `[{name}]`", "", _first_line(section), "")
        yield from _setting_rows(section.model_fields, defaults[name], section)
    yield from ("", "## `[feeds.NAME]`", "", _first_line(FeedTable), "")
    yield from _setting_rows(FeedTable.model_fields, {}, FeedTable)
    yield "| a field of the event |  | JMESPath of its value: [feeds](feeds.md). |"
    yield from ("", "## `[receive.webhooks.NAME]`", "", _first_line(Webhook), "")
    yield from _setting_rows(Webhook.model_fields, _defaults(Webhook), Webhook)
    yield from ("", "## `[[alerts.objectives]]`", "", _first_line(Objective), "")
    yield from _setting_rows(Objective.model_fields, {"channel": "default"}, Objective)


def _defaults(section: type[BaseModel]) -> dict[str, Any]:
    fields = section.model_fields.items()
    return {name: field.default for name, field in fields if not field.is_required()}


def _setting_rows(
    fields: dict[str, FieldInfo], defaults: dict[str, Any], section: type[BaseModel]
) -> Iterator[str]:
    properties = section.model_json_schema()["properties"]
    yield "| setting | default | says |"
    yield "|---|---|---|"
    for name, field in fields.items():
        default = defaults.get(name)
        told = "" if default is None else f"`{json.dumps(default, ensure_ascii=False)}`"
        if field.is_required():
            told = "required"
        says = f"{field.description} {_limits(properties[name])}".strip()
        yield f"| `{name}` | {told} | {says} |"


def _limits(schema: dict[str, Any]) -> str:
    """The allowed words, or the bounds of a number."""
    words = schema.get("enum") or next(
        (kind["enum"] for kind in schema.get("anyOf", ()) if "enum" in kind), None
    )
    if words:
        return "One of " + ", ".join(f"`{word}`" for word in words) + "."
    bounds = [
        f"{sign} {schema[key]}"
        for key, sign in (
            ("minimum", "≥"),
            ("exclusiveMinimum", ">"),
            ("maximum", "≤"),
            ("exclusiveMaximum", "<"),
        )
        if key in schema and schema.get("type") in {"number", "integer"}
    ]
    return f"({', '.join(bounds)})" if bounds else ""


def _first_line(section: type[BaseModel]) -> str:
    return (section.__doc__ or "").strip().splitlines()[0]


if __name__ == "__main__":
    for name, text in pages().items():
        (FOLDER / name).write_text(text, "utf-8")
