"""Which step of an event's way a moment of the service belongs to, by its call stack."""

from __future__ import annotations

from typing import Final

#: A stack is of the first of these that one of its frames, `function (file:line)`, names: more
#: particular steps come before those they are part of.
_STEPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("scrape", ("service/exposition/", "Engine.snapshot (")),
    ("changelog", ("service/streaming/writer", "service/streaming/producer", "aiokafka/producer",
                   "service/engine/journal", "service/engine/state")),
    ("fetch", ("aiokafka/consumer", "aiokafka/record", "BatchConsumerThread._fetch (")),
    ("decode", ("service/events/",)),
    ("fold", ("service/engine/fold", "service/windows/")),
    ("facts", ("service/kpis/", "service/engine/ledger", "service/engine/rows",
               "service/engine/schedule", "service/engine/backlog", "service/contacts/neighbours",
               "Booking.book (", "Engine.advance (")),
    ("upsert", ("Engine.apply (", "service/contacts/")),
    ("batch", ("service/streaming/partition", "service/streaming/pipeline",
               "service/streaming/worker")),
)  # fmt: skip

NAMES: Final = (*(name for name, _ in _STEPS), "event loop and client")


def step_of(stack: list[str]) -> str:
    """The step of a stack, given from the outermost frame to the innermost."""
    for name, marks in _STEPS:
        if any(_names(mark, frame) for frame in stack for mark in marks):
            return name
    return NAMES[-1]


def _names(mark: str, frame: str) -> bool:
    # A mark with a bracket begins with a function's name, the others are part of a file's.
    return frame.startswith(mark) if "(" in mark else mark in frame
