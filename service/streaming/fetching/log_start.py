"""Going on where a log begins, when what was to be read next is not in it any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from faust.types import TP

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer
    from aiokafka.errors import OffsetOutOfRangeError


class Lost(NamedTuple):
    """What was in a topic partition and is not any more, before it was read."""

    tp: TP
    position: int
    """Offset that was to be read next."""
    begins: int
    """Where reading goes on."""
    events: int
    """Offsets that are skipped; of a log that ends before the position, those it lacks up to it."""


async def go_to_log_start(consumer: AIOKafkaConsumer, error: OffsetOutOfRangeError) -> list[Lost]:
    """Seek each topic partition of the error to where its log begins; tells what was lost.

    A log that ends before the position was made anew, or cut off: it is read from its beginning,
    and what had been read before changes nothing. Raises what aiokafka raises.
    """
    [positions] = error.args
    begins = await consumer.beginning_offsets(positions)
    ends = await consumer.end_offsets(positions)
    lost = []
    for tp, position in positions.items():
        begin = begins[tp]
        skipped = begin - position if position < begin else position - ends[tp]
        if tp not in consumer.assignment() or skipped <= 0:
            # Not ours any more; or it is there after all, and will be asked for again.
            continue
        consumer.seek(tp, begin)
        lost.append(Lost(TP(*tp), position, begin, skipped))
    return lost
