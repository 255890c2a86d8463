"""The topic of outcomes as the owner of a partition writes it, and what others wrote in between.

Who reads outcomes knows no epochs: of a contact, the last record stands. A worker that the group
expelled may have one under way that arrives after those of its successor. That is seen by the
offsets, as in the changelog; and the contacts that it is of are told once more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from aiokafka.errors import KafkaError

from service.streaming.changelog import changelog_consumer, read_until
from service.streaming.closing import close
from service.streaming.epochs import UnreadableRecordError, epoch_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aiokafka import TopicPartition

    from service.streaming.config import KafkaConfig
    from service.streaming.producer import Change, ChangelogProducer

log = structlog.get_logger(__name__)

_CLOSE_SECONDS = 2.0
#: Outcomes that are told before it is looked whether somebody else told any.
_AT_ONCE = 1_000
#: Records of former owners that a new one looks through, for what one of them has told late and
#: another one not again: all that the last one had not looked at, and what three that were expelled
#: had under way. (More lie behind only where one died that was telling a whole state, and had seen
#: it.) What none had written in the changelog comes once more by itself, by the events.
_BACK = 4 * _AT_ONCE


class OutcomesWriter:
    """Tells outcomes of one partition; `tell_again` takes what a former owner told too late."""

    def __init__(
        self,
        config: KafkaConfig,
        producer: ChangelogProducer,
        to: TopicPartition,
        epoch: int,
        may_write: Callable[[], bool],
        tell_again: Callable[[Sequence[bytes]], None],
    ) -> None:
        self._config = config
        self._producer = producer
        self._to = to
        self._epoch = epoch
        self._may_write = may_write
        self._tell_again = tell_again
        #: Up to where it is known whose the records are; None: before the first of our own.
        self._known: int | None = None
        self._own = 0

    async def tell(self, outcomes: Sequence[Change]) -> None:
        """Returns once all replicas have them. Raises what the producer's `append` does."""
        for nth in range(0, len(outcomes), _AT_ONCE):
            await self._tell(outcomes[nth : nth + _AT_ONCE])

    async def _tell(self, outcomes: Sequence[Change]) -> None:
        first, end = await self._producer.append_all(
            outcomes, self._to, self._epoch, self._may_write
        )
        self._own += len(outcomes)
        known = max(0, first - _BACK) if self._known is None else self._known
        if end - known != self._own:
            try:
                await self._look(known, end)
            except KafkaError as error:
                # They are looked for again after the next outcomes.
                log.warning(
                    "somebody else wrote outcomes, which cannot be read:"
                    " until they are, theirs may be the last of some contacts",
                    topic=self._to.topic,
                    partition=self._to.partition,
                    error=str(error),
                )
                return
        self._known, self._own = end, 0

    async def _look(self, start: int, end: int) -> None:
        late: list[bytes] = []
        latest = 0 if self._known is None else self._epoch

        def take(records: Sequence[Any]) -> None:
            nonlocal latest
            for record in records:
                try:
                    epoch = epoch_of(record)
                except UnreadableRecordError:
                    continue
                # Of one greater than ours, the changelog tells that this is no longer the owner.
                latest = max(latest, epoch)
                if epoch < latest and record.value is not None:
                    late.append(record.value)

        consumer = changelog_consumer(self._config)
        await consumer.start()
        try:
            consumer.assign([self._to])
            begins = await consumer.beginning_offsets([self._to])
            consumer.seek(self._to, max(start, begins[self._to]))
            await read_until(
                consumer, {self._to: end}, lambda _, records: take(records), self._may_write
            )
        finally:
            await close("the reader of outcomes", consumer.stop(), _CLOSE_SECONDS)
        if late:
            log.warning(
                "telling outcomes again that a former owner told late",
                topic=self._to.topic,
                partition=self._to.partition,
                outcomes=len(late),
            )
            self._tell_again(late)
