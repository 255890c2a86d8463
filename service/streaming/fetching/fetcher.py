"""aiokafka's fetcher, made to hold no more than it is allowed.

aiokafka decides when to ask which broker for what. What the answers bring is read here, because
aiokafka's own reader decompresses whatever it is given, and ends the fetch of a topic partition
for good at the first record that it cannot read.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, Fetcher, FetchError, FetchResult
from aiokafka.errors import (
    KafkaError,
    NoError,
    NotLeaderForPartitionError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    for_code,
)

from service.streaming.fetching.answer import Answer
from service.streaming.fetching.fetched import Told
from service.streaming.fetching.part import Part
from service.streaming.fetching.wire import Quick

if TYPE_CHECKING:
    from collections.abc import Collection

    from service.streaming.fetching.fetched import Allowance
    from service.streaming.fetching.record import Record

#: aiokafka's own: while a broker is away it repeats itself sparingly.
_log: Final = logging.getLogger("aiokafka.consumer.fetcher")

#: Of the bytes that may be held: a batch decompressed, and answers that wait to be read.
_BATCH_PART, _ANSWERS_PART = 2, 2
#: So often a batch that seems corrupt is asked for before it is passed over.
_TRIES: Final = 3
#: A part of an answer that is as large a part of what it may be comes of a backlog, which is read
#: for so long at least.
_MUCH: Final = 0.25
_BUSY_SECONDS: Final = 2.0
#: As long as little comes in, brokers are asked again only so long after they brought something:
#: what came meanwhile comes in one answer.
_PACE_SECONDS: Final = 0.04
#: Where they are asked on demand, brokers that were asked together have so long after the first.
_TOGETHER_SECONDS: Final = 0.005


class BoundedFetcher(Fetcher):  # type: ignore[misc]
    """Hands over records within `allowance`, and asks for no more while enough answers wait."""

    def __init__(
        self, most_bytes: int, quiet_wait_ms: int | None, *arguments: Any, **settings: Any
    ) -> None:
        self.told: dict[TopicPartition, Told] = {}
        self.allowance: Allowance | None = None
        """None: whatever is there."""
        self._most_bytes = most_bytes
        #: Where an answer seemed corrupt, and how often in a row.
        self._doubts: dict[TopicPartition, tuple[int, int]] = {}
        super().__init__(*arguments, **settings)
        self._busy_wait_ms: int = settings["fetch_max_wait_ms"]
        self._is_on_demand = quiet_wait_ms is not None
        self._quiet_wait_ms = quiet_wait_ms or self._busy_wait_ms
        self._much_bytes = int(_MUCH * settings["max_partition_fetch_bytes"])
        self._busy_until = 0.0
        self._brought_at = 0.0

    async def fetched_records(
        self, partitions: Collection[TopicPartition], seconds: float, max_records: int | None
    ) -> dict[TopicPartition, list[Record]]:
        """As `getmany` gives them: of all where no partitions are named, at most so many, waiting
        for the first ones up to so many seconds.

        Raises what a broker has against a topic partition.
        """
        until = time.monotonic() + seconds
        while True:
            if self._subscriptions.reassignment_in_progress:
                await self._subscriptions.wait_for_assignment()
            records = self._at_hand(partitions, max_records or sys.maxsize)
            left = until - time.monotonic()
            if records or left <= 0:
                return records
            waiter = self._create_fetch_waiter()
            # The routine that asks brokers looks around when something was read, too.
            self._notify(self._wait_consume_future)
            try:
                await asyncio.wait([waiter], timeout=left)
                if not waiter.done() or self._closed:
                    return {}
            finally:
                waiter.cancel()
            # The coordinator tells of its errors by it.
            waiter.result()
            if self._is_on_demand and self._in_flight:
                await asyncio.sleep(_TOGETHER_SECONDS)

    @property
    def has_unread(self) -> bool:
        """Whether an answer is there that is not wholly read."""
        return bool(self._records)

    def _at_hand(
        self, partitions: Collection[TopicPartition], count: int
    ) -> dict[TopicPartition, list[Record]]:
        records: dict[TopicPartition, list[Record]] = {}
        for tp, result in list(self._records.items()):
            if partitions and tp not in partitions:
                if not self._subscriptions.is_assigned(tp):
                    del self._records[tp]
                continue
            if isinstance(result, FetchError):
                if not records:
                    self._done_with(tp)
                    result.check_raise()
                # Otherwise with the next call: what was taken by now must not be lost.
                break
            taken = self._take(tp, result, count)
            if taken:
                records[tp] = taken
                count -= len(taken)
                if count <= 0:
                    break
        return records

    def _take(self, tp: TopicPartition, result: Any, count: int) -> list[Record]:
        answer: Answer = result._partition_records  # noqa: SLF001 - put there in `_keep`
        if not result.check_assignment(tp):
            self._done_with(tp)
            return []
        allowance = self.allowance
        if allowance is None:
            records, _ = answer.take(count, sys.maxsize)
        else:
            count = min(count, allowance.share.records)
            records, charged = answer.take(count, min(allowance.room, allowance.share.bytes))
            allowance.room -= charged
            allowance.charged[tp] = charged
        self._subscriptions.subscription.assignment.state_value(tp).consumed_to(
            answer.next_fetch_offset
        )
        if answer.exhausted:
            self._done_with(tp)
        return records

    def _done_with(self, tp: TopicPartition) -> None:
        del self._records[tp]
        self._notify(self._wait_consume_future)

    def waiting_bytes(self) -> int:
        """Of answers that are not wholly read."""
        results = (it for it in self._records.values() if isinstance(it, FetchResult))
        return sum(it._partition_records.held_bytes for it in results)  # noqa: SLF001 - as above

    def _is_to_ask(self) -> bool:
        """Whether brokers are to be asked for records."""
        if self.waiting_bytes() > self._most_bytes // _ANSWERS_PART:
            return False
        if not self._is_on_demand or time.monotonic() < self._busy_until:
            return True
        return any(not waiter.done() for waiter in self._fetch_waiters)

    def _get_actions_per_node(self, assignment: Any) -> tuple[Any, ...]:
        now = time.monotonic()
        left = 0.0 if self._is_on_demand else self._brought_at + _PACE_SECONDS - now
        if now >= self._busy_until and left > 0:
            return [], {}, left, False, []
        # Whatever waits to be read is not asked for, nor is anything else of that broker before
        # the answer: while much comes in, it must not wait for what is quiet.
        busy = self._records or now < self._busy_until
        self._fetch_max_wait_ms = self._busy_wait_ms if busy else self._quiet_wait_ms
        requests, *rest = super()._get_actions_per_node(assignment)
        # Positions are looked for all the same.
        return requests if self._is_to_ask() else [], *rest

    async def _proc_fetch_request(self, assignment: Any, node_id: int, request: Any) -> bool:
        asked_at = time.monotonic()
        try:
            response = await self._client.send(node_id, Quick(request))
        except KafkaError as error:
            _log.error("Failed fetch messages from %s: %s", node_id, error)
            await asyncio.sleep(self._retry_backoff)
            return False
        except asyncio.CancelledError:
            return False
        if not assignment.active:
            return False
        asked = {
            TopicPartition(topic, number): offset
            for topic, partitions in request.topics
            for number, offset, _ in partitions
        }
        brought = False
        for topic, partitions in response.topics:
            for number, code, highwater, *rest in partitions:
                tp = TopicPartition(topic, number)
                state = assignment.state_value(tp)
                if not state.has_valid_position or state.position != asked[tp]:
                    # Somebody sought meanwhile.
                    continue
                result = for_code(code)
                if result is NoError:
                    part = Part(response.API_VERSION, highwater, rest)
                    end = highwater if part.stable is None else part.stable
                    self.told[tp] = Told(end, asked_at)
                    brought |= self._keep(assignment, tp, state, part)
                else:
                    brought |= self._refused(tp, result, state.position)
        return brought

    def _keep(self, assignment: Any, tp: TopicPartition, state: Any, part: Part) -> bool:
        state.highwater = part.highwater
        state.lso = part.stable
        state.timestamp = int(1000 * time.time())
        if not part.raw:
            return False
        self._brought_at = time.monotonic()
        if len(part.raw) >= self._much_bytes:
            self._busy_until = self._brought_at + _BUSY_SECONDS
        committed_only = self._isolation_level == READ_COMMITTED
        answer = Answer(
            tp,
            part.raw,
            state.position,
            end=part.highwater,
            aborted=part.aborted if committed_only else (),
            limit=self._most_bytes // _BATCH_PART,
            is_certain=lambda offset: self._is_certain(tp, offset),
        )
        self._records[tp] = FetchResult(
            tp, partition_records=answer, assignment=assignment, backoff=self._prefetch_backoff
        )
        return True

    def _refused(self, tp: TopicPartition, error: type[KafkaError], position: int) -> bool:
        """Whether somebody has to be told of it."""
        if error in (NotLeaderForPartitionError, UnknownTopicOrPartitionError):
            self._client.force_metadata_update()
        elif error is OffsetOutOfRangeError:
            self._set_error(tp, OffsetOutOfRangeError({tp: position}))
            return True
        elif error is TopicAuthorizationFailedError:
            self._set_error(tp, TopicAuthorizationFailedError(tp.topic))
            return True
        else:
            _log.error("Failed fetch messages of %s: %s", tp.topic, error.__name__)
        return False

    def _is_certain(self, tp: TopicPartition, offset: int) -> bool:
        doubted, times = self._doubts.pop(tp, (offset, 0))
        times = times + 1 if doubted == offset else 1
        if times >= _TRIES:
            return True
        self._doubts[tp] = offset, times
        return False
