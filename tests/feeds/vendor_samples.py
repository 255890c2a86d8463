"""The records of each system in `vendors/`, mapped by its ready-made feeds."""

from __future__ import annotations

import json
import re
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from service.events.agents import ALL_EVENT_CLASSES, AnyEventType
from service.events.decoding import Decoder
from service.exposition.pipeline import Pipeline
from service.exposition.reports import MetricsPage
from service.feeds.mapped import Emitted, Failed
from service.feeds.mapper import Mapper
from service.feeds.record import ForeignRecord
from service.replay import Replay, Replayed
from service.settings import Settings
from service.settings.feed_groups import feed_definitions
from service.settings.feeds import Feeds

SAMPLES = Path(__file__).parent / "vendors"
SYSTEMS = tuple(sorted(file.stem for file in SAMPLES.glob("*.ndjson")))
#: An event's type and its fields, times in UTC and to the microsecond.
Plain = tuple[str, str]

_WALL_US = time.time_ns() // 1000


@cache
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = tomllib.loads((SAMPLES / "settings.toml").read_text())["feeds"]
    return tables


def mapper(system: str) -> Mapper:
    """The ready-made feeds of a system with the look-ups of the samples' centre."""
    own = {name: table for name, table in _tables().items() if name == system}
    feeds = Feeds.model_validate({"use": [system], **own})
    return Mapper(feed_definitions(feeds), Decoder(65_536, 300_000_000))


def records(system: str) -> list[ForeignRecord]:
    """The sample as the topics hold it."""
    lines = (SAMPLES / f"{system}.ndjson").read_bytes().splitlines()
    return [_record(json.loads(line)) for line in lines]


def expected(system: str) -> list[Plain]:
    """What the sample is to become, written by hand."""
    lines = (SAMPLES / "expected" / f"{system}.ndjson").read_bytes().splitlines()
    events = [json.loads(line) for line in lines]
    return [plain(event["topic"], json.dumps(event["value"]).encode()) for event in events]


def mapped(system: str, of: Iterable[ForeignRecord]) -> tuple[list[Emitted], list[Failed]]:
    """The events made of records, and what failed."""
    emitted: list[Emitted] = []
    failed: list[Failed] = []
    by = mapper(system)
    for record in of:
        made = by.map(record, _WALL_US)
        emitted += made.emitted
        failed += made.failed
    return emitted, failed


def plain(type_: AnyEventType, value: bytes) -> Plain:
    """An event without what makes no difference: the zone of a time, absent fields, defaults."""
    event = msgspec.json.decode(_cut(value), type=ALL_EVENT_CLASSES[type_])
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    told = {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in fields.items()
        if value is not None
    }
    return type_, json.dumps(told, ensure_ascii=False)


def replayed(events: Sequence[Emitted]) -> tuple[Replayed, str]:
    """What `replay` says of the events: each result, and the page of metrics."""
    settings = Settings(windows=["7d"], contact_responded=True, contact_updated=True, teams=True)
    lines = [b'{"topic":"%b","value":%b}' % (event.type.encode(), event.value) for event in events]
    outcome = Replay(
        settings.definitions(),
        Decoder(settings.max_event_bytes, settings.max_future_skew),
        {name: type_ for type_, name in settings.event_topics().items()},
        wall_us=_WALL_US,
        on_bad_line=lambda number, why: None,
    ).run(lines, None)
    page = MetricsPage("test")
    return outcome, page.text(page.merge([(0, outcome.snapshot)]), Pipeline(definitions="test"))


def numbers(page: str) -> Counter[str]:
    """The page's series without those of the pipeline, which count lines."""
    return Counter(line for line in page.splitlines() if not line.startswith(("#", "cx_pipeline")))


#: The digits of a time that do not count.
_cut_digits = re.compile(rb"(\.\d{6})\d+(?=Z|[+-]\d\d)")


def _cut(value: bytes) -> bytes:
    return _cut_digits.sub(rb"\1", value)


def _record(line: dict[str, Any]) -> ForeignRecord:
    headers = tuple((name, text.encode()) for name, text in line.get("headers", {}).items())
    return ForeignRecord(
        line["topic"], line["timestamp"], _bytes(line["key"]), headers, _bytes(line["value"])
    )


def _bytes(value: Any) -> bytes | None:
    if value is None:
        return None
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()
