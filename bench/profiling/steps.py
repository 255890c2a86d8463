"""Which step of the way a moment of the service belongs to, by its call stack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

#: What adds up a table of rows, wherever its records come from.
_AGGREGATE: Final = (
    "service/aggregates/aggregator", "service/aggregates/window_sums",
    "service/aggregates/bucket_times", "service/aggregates/timers", "service/aggregates/clock",
)  # fmt: skip
_FACTS: Final = (
    "service/kpis/", "service/aggregates/retractions", "service/aggregates/rows",
    "service/store/retention",
    "service/aggregates/open_contacts", "service/aggregates/entries", "service/state/neighbours",
    "Differences.apply (", "Differences.restore (", "Engine.advance (",
)  # fmt: skip
_PACK: Final = ("Customer.sleep (", "Customer.wake (", "Customers.wake (", "Customers.rest (")


class Steps:
    """Steps by the frames, `function (file:line)`, that belong to them.

    A stack is of the first step that one of its frames names: more particular steps come before
    those they are part of. What none names belongs to `rest`.
    """

    def __init__(self, marks: Sequence[tuple[str, Sequence[str]]], rest: str) -> None:
        self._marks = marks
        self.names = (*(name for name, _ in marks), rest)

    def of(self, stack: Sequence[str]) -> str:
        """The step of a stack, given from the outermost frame to the innermost."""
        for name, marks in self._marks:
            if any(_names(mark, frame) for frame in stack for mark in marks):
                return name
        return self.names[-1]


def _names(mark: str, frame: str) -> bool:
    # A mark with a bracket begins with a function's name, the others are part of a file's.
    return frame.startswith(mark) if "(" in mark else mark in frame


#: An event's way through the service.
EVENT: Final = Steps(
    (
        ("scrape", ("service/exposition/", "Engine.snapshot (")),
        ("changelog", ("service/streaming/writer", "service/streaming/producer",
                       "aiokafka/producer", "service/store/unwritten", "service/store/changelog")),
        ("fetch", ("aiokafka/consumer", "aiokafka/record", "BatchConsumerThread._fetch (")),
        ("decode", ("service/events/",)),
        ("pack", _PACK),
        ("aggregate", _AGGREGATE),
        ("facts", _FACTS),
        ("upsert", ("Engine.apply (", "service/state/")),
        ("batch", ("service/streaming/partition", "service/streaming/pipeline",
                   "service/streaming/worker", "service/streaming/consumption")),
    ),
    "event loop and client",
)  # fmt: skip

#: A contact's way back from the changelog.
RESTORE: Final = Steps(
    (
        ("fetch", ("aiokafka/",)),
        ("keep the newest", ("service/streaming/epochs", "Restoring.take_in (")),
        ("decode", ("service/store/changelog", "Restoring._by_customer (", "Restoring._customers (",
                    "Restoring._divided (", "pack_records (")),
        ("pack", _PACK),
        ("file departures", ("service/store/retention",)),
        ("aggregate", _AGGREGATE),
        ("facts", _FACTS),
    ),
    "everything else",
)  # fmt: skip

#: A line's way through a replay.
REPLAY: Final = Steps(
    (
        ("page", ("service/exposition/", "Engine.snapshot (")),
        ("decode", ("service/events/",)),
        ("pack", _PACK),
        ("aggregate", _AGGREGATE),
        ("facts", _FACTS),
        ("upsert", ("Engine.apply (", "service/state/")),
        ("read lines", ("service/replay",)),
    ),
    "start",
)  # fmt: skip
