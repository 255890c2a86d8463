"""The steps of an event's way through the service, and which one a call stack belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

#: By step, the functions (they end with a bracket) or parts of the files that belong to it. A stack
#: is of the first step that one of its frames names: the more particular ones come first.
_MARKS: Final[dict[str, tuple[str, ...]]] = {
    "scrape": ("service/exposition/", "Engine.snapshot ("),
    "changelog": (
        "service/streaming/writer", "service/streaming/producer", "aiokafka/producer",
        "service/store/unwritten", "service/store/changelog",
    ),
    "fetch": ("aiokafka/consumer", "aiokafka/record", "BatchConsumerThread._fetch ("),
    "decode": ("service/events/",),
    "pack": ("Customer.sleep (", "Customer.wake (", "Customers.wake (", "Customers.rest ("),
    "aggregate": (
        "service/aggregates/aggregator", "service/aggregates/window_sums",
        "service/aggregates/bucket_times", "service/aggregates/timers", "service/aggregates/clock",
    ),
    "facts": (
        "service/kpis/", "service/aggregates/retractions", "service/aggregates/rows",
        "service/aggregates/open_contacts", "service/aggregates/entries",
        "service/store/retention", "service/state/neighbours",
        "Differences.apply (", "Differences.restore (", "Engine.advance (",
    ),
    "upsert": ("Engine.apply (", "service/state/"),
    "batch": (
        "service/streaming/partition", "service/streaming/pipeline", "service/streaming/worker",
        "service/streaming/consumption",
    ),
}  # fmt: skip
_REST: Final = "event loop and client"
STEPS: Final = (*_MARKS, _REST)


def step_of(stack: Sequence[str]) -> str:
    """The step of a stack: frames, `function (file:line)`, from the outermost to the innermost."""
    for step, marks in _MARKS.items():
        if any(_names(mark, frame) for frame in stack for mark in marks):
            return step
    return _REST


def _names(mark: str, frame: str) -> bool:
    return frame.startswith(mark) if mark.endswith("(") else mark in frame
