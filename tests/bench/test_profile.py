"""Each call stack of the service belongs to one room of it, or of aiokafka."""

from __future__ import annotations

import pytest

from bench.goals.profile import by_room

_BATCH = "Worker._consume_partition (service/streaming/worker.py:1)"
_ADVANCE = f"{_BATCH};Engine.advance (service/partition/engine.py:1)"


@pytest.mark.parametrize(
    ("stack", "room"),
    [
        (_BATCH, "service/streaming"),
        (f"{_BATCH};Decoder.decode (service/events/decoding.py:1)", "service/events"),
        (f"{_ADVANCE};Fcr.facts (service/kpis/fcr.py:1)", "service/kpis"),
        (f"{_ADVANCE};unique (/usr/lib/numpy/lib/arraysetops.py:1)", "service/partition"),
        (f"{_BATCH};Fetcher._fetch (/x/site-packages/aiokafka/consumer/fetcher.py:1)",
         "aiokafka/consumer"),
        ("Reports.metrics (service/exposition/reports.py:1)", "service/exposition"),
    ],
)  # fmt: skip
def test_a_stack_belongs_to_the_innermost_room_it_goes_through(stack: str, room: str) -> None:
    assert by_room([f"{stack} 3", f"{stack} 4"]) == {room: 7}


def test_starting_and_waiting_do_not_count() -> None:
    waiting = "run (service/streaming/x.py:1);Condition.wait (threading.py:1)"
    assert not by_room([f"{waiting} 50", "import (importlib.py:1) 100"])
