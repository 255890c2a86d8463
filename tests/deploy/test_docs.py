"""The pages say what the code does: references are complete, links lead somewhere."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiokafka import AIOKafkaConsumer

from docs.reference import pages
from service.alerting.indexes import indexes
from service.definitions import Definitions
from service.events.decoding import Decoder
from service.events.model import ContactStarted
from service.events.refusal import Reason
from service.exposition.feeds import STAGE_METRICS
from service.exposition.pipeline import PIPELINE_METRICS
from service.receiving.metrics import RECEIVE_METRICS
from service.settings import Settings
from service.view.catalogue import METRICS
from tests.brokers.topics import create_topic
from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from tests.brokers.apache_kafka import ApacheKafka

DOCS = Path(__file__).parents[2] / "docs"
_ALL = (*METRICS, *PIPELINE_METRICS, *STAGE_METRICS, *RECEIVE_METRICS)
PAGES = sorted(DOCS.rglob("*.md"))


@pytest.mark.parametrize("name", pages())
def test_a_reference_page_is_as_the_code_has_it(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == pages()[name], "run: python -m docs.reference"


def test_the_metric_reference_names_every_metric_and_index() -> None:
    text = (DOCS / "metrics.md").read_text("utf-8")
    names = [metric.name for metric in _ALL]
    names += [index.name for index in indexes(Definitions())]
    assert [name for name in names if f"| `{name}` |" not in text] == []


def test_the_metric_reference_says_of_every_series_that_is_no_sum_that_it_is_none() -> None:
    text = (DOCS / "metrics.md").read_text("utf-8")
    told = text.partition("What cannot be added up")[2].partition("\n\n- Durations")[0]
    no_sums = [
        metric.name
        for metric in _ALL
        if metric.merge != "sum" or metric.name.endswith(("_timestamp_seconds", "_info"))
    ]
    assert [name for name in no_sums if f"`{name}`" not in told] == []


def test_the_configuration_reference_names_every_setting() -> None:
    text = (DOCS / "configuration.md").read_text("utf-8")
    for name, field in Settings.model_fields.items():
        section = getattr(field.annotation, "model_fields", None)
        wanted = [name] if section is None else section
        assert [setting for setting in wanted if f"| `{setting}` |" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            linked = (page.parent / path).resolve() if path else page
            assert linked.exists(), target
            if anchor:
                assert anchor in _anchors(linked), target


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"(?m)^#+ (.*)$", page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_every_series_that_a_page_names_exists(page: Path) -> None:
    known = {sample for m in _ALL for sample in (m.name, *m.samples)}
    rules = DOCS.parent / "deploy" / "prometheus" / "rules"
    recorded = set(
        re.findall(r"record: (\S+)", "".join(path.read_text() for path in rules.glob("*.yml")))
    )
    text = page.read_text("utf-8")
    for name in re.findall(r"[a-z_]+:cx_[a-z_]+:[a-z0-9_]+", text):
        assert name in recorded
    for name in re.findall(r"(?<![\w:])cx_[a-z_]+[a-z](?![\w:…])", text):
        assert name in known | {index.name.partition(":")[0] for index in indexes(Definitions())}, (
            name
        )


def test_the_publishers_guide_names_every_reason_for_a_refusal() -> None:
    text = (DOCS / "publishers.md").read_text("utf-8")
    assert [reason for reason in Reason if f"`{reason}`" not in text] == []


@pytest.mark.kafka
async def test_the_publishers_example_is_accepted(own_kafka: ApacheKafka, tmp_path: Path) -> None:
    """The Python one; those in Java and Go need more than the tests have.

    An idempotent producer is more than the embedded broker knows.
    """
    text = (DOCS / "publishers.md").read_text("utf-8")
    found = re.search(r"(?s)```python\n(.*?)```", text)
    assert found is not None
    script = tmp_path / "publish.py"
    script.write_text(found[1].replace("localhost:9092", own_kafka.bootstrap))
    await create_topic(own_kafka.bootstrap, "contact-started")
    began_us = time.time_ns() // 1000
    publishing = await asyncio.create_subprocess_exec(sys.executable, script)
    assert await publishing.wait() == 0
    consumer = AIOKafkaConsumer(
        "contact-started",
        bootstrap_servers=own_kafka.bootstrap,
        auto_offset_reset="earliest",
        group_id=None,
    )
    async with consumer:
        record = await asyncio.wait_for(consumer.getone(), PATIENCE_S)
    now_us = time.time_ns() // 1000
    event, at = Decoder(65_536, 0).decode("contact-started", record.key, record.value, now_us)
    assert isinstance(event, ContactStarted)
    assert event.contact_id == "c-1001"
    # Of now: a running service takes it.
    assert began_us - 1_000_000 <= at <= now_us
