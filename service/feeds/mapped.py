"""What becomes of a record: events, nothing, or a failure that says why."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from service.events.agents import AnyEventType


class Result(StrEnum):
    """What one feed made of one record, as the metric of feeds counts it."""

    EMITTED = "emitted"
    SKIPPED = "skipped"
    FAILED = "failed"


class Emitted(NamedTuple):
    """An event that the service accepts: its Kafka key and value, and its own time.

    `time_us` is in microseconds since 1970.
    """

    feed: str
    type: AnyEventType
    key: bytes
    value: bytes
    time_us: int


class Failed(NamedTuple):
    """A feed that took the record and could make no event of it.

    `reason` is a short fixed word, `detail` says what to mend; both are free of data.
    """

    feed: str
    reason: str
    detail: str


class Mapped(NamedTuple):
    """What all feeds of its topic made of a record.

    `results` has every feed of the topic once: a record that is an array of many can be emitted
    and failed at once, and counts as failed then.
    """

    emitted: tuple[Emitted, ...]
    failed: tuple[Failed, ...]
    results: tuple[tuple[str, Result], ...]
