"""Each call stack of the service belongs to one step of an event's way."""

from __future__ import annotations

import pytest

from bench.profile import shares
from bench.steps import step_of

_BATCH = ["Worker._consume_partition (service/streaming/worker.py:1)"]
_APPLY = [*_BATCH, "Engine.apply (service/partition/engine.py:1)"]
_ADVANCE = [*_BATCH, "Engine.advance (service/partition/engine.py:1)"]


@pytest.mark.parametrize(
    ("stack", "step"),
    [
        (_BATCH, "batch"),
        ([*_BATCH, "Decoder.decode (service/events/decoding.py:1)"], "decode"),
        (_APPLY, "upsert"),
        ([*_ADVANCE, "Differences.apply (service/partition/differences.py:1)"], "facts"),
        ([*_ADVANCE, "Aggregator.advance (service/aggregates/aggregator.py:1)"], "aggregate"),
        ([*_BATCH, "Unwritten.records (service/store/unwritten.py:1)"], "changelog"),
        (["Sender.run (aiokafka/producer/sender.py:1)"], "changelog"),
        (["Fetcher._fetch (aiokafka/consumer/fetcher.py:1)"], "fetch"),
        (["Reports.metrics (service/exposition/reports.py:1)"], "scrape"),
        (["run (uvloop/__init__.py:1)"], "event loop and client"),
    ],
)
def test_a_stack_belongs_to_the_most_particular_step_it_goes_through(
    stack: list[str], step: str
) -> None:
    assert step_of(stack) == step


def test_samples_share_the_cost_out_but_for_starting_and_waiting() -> None:
    decode = ";".join([*_BATCH, "Decoder.decode (service/events/decoding.py:2)"])
    fetch = "Fetcher._fetch (aiokafka/consumer/fetcher.py:1)"
    waiting = "run (service/streaming/x.py:1);Condition.wait (threading.py:1)"
    stacks = [f"{decode} 1", f"{fetch} 3", f"{waiting} 50", "import (importlib.py:1) 100"]
    said = [line.strip("| ").split() for line in shares(stacks, 10.0).splitlines()]
    assert ["decode", "|", "2.50", "|", "25", "%"] in said
    assert ["fetch", "|", "7.50", "|", "75", "%"] in said
