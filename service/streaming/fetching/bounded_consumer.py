"""aiokafka's consumer with a fetcher of ours, so that it holds no more than it is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from service.streaming.fetching.fetched import Allowance, Told
from service.streaming.fetching.fetcher import BoundedFetcher

if TYPE_CHECKING:
    from service.streaming.fetching.fetched import Share

#: Of the bytes that may be held: one answer, and a topic partition's part of it. A batch larger
#: than these still comes whole.
_ANSWER_PART, _PARTITION_PART = 4, 16
_LARGEST_PARTITION_PART: Final = 1024 * 1024


class BoundedConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """Holds `most_bytes` of fetched records, decompressed, and one batch more, at most.

    Its `getmany` gives :class:`Unreadable` in the place of records that cannot be read. A position
    that is not in the log any more raises OffsetOutOfRangeError({topic partition: position}).
    A broker that has nothing may wait for something for `fetch_max_wait_ms` while much comes in
    from any. Where `quiet_wait_ms` is given, else for so long; and then brokers are asked only
    while somebody waits in `getmany`, so it is for him to wait from one call to the next.
    """

    def __init__(
        self, most_bytes: int, quiet_wait_ms: int | None = None, /, **settings: Any
    ) -> None:
        self._most_bytes = most_bytes
        self._quiet_wait_ms = quiet_wait_ms
        super().__init__(
            **settings,
            fetch_max_bytes=most_bytes // _ANSWER_PART,
            max_partition_fetch_bytes=min(_LARGEST_PARTITION_PART, most_bytes // _PARTITION_PART),
        )

    async def start(self) -> None:
        """Connect, and join nothing yet. Raises what aiokafka raises."""
        await super().start()
        # aiokafka has no way to be given another fetcher. Nothing is assigned so far.
        await self._fetcher.close()
        self._fetcher: Any = BoundedFetcher(
            self._most_bytes,
            self._quiet_wait_ms,
            self._client,
            self._subscription,
            fetch_min_bytes=self._fetch_min_bytes,
            fetch_max_bytes=self._fetch_max_bytes,
            fetch_max_wait_ms=self._fetch_max_wait_ms,
            max_partition_fetch_bytes=self._max_partition_fetch_bytes,
            fetcher_timeout=self._consumer_timeout,
            retry_backoff_ms=self._retry_backoff_ms,
            auto_offset_reset=self._auto_offset_reset,
            isolation_level=self._isolation_level,
        )

    def allow(self, room: int, share: Share) -> Allowance:
        """What the next calls of `getmany` may bring together; tells afterwards what they did."""
        self._fetcher.allowance = allowance = Allowance(room, share)
        return allowance

    @property
    def has_unread(self) -> bool:
        """Whether something is there that was fetched before."""
        unread: bool = self._fetcher.has_unread
        return unread

    def told(self, since: float) -> dict[TopicPartition, Told]:
        """Where what is assigned ends, as far as the broker was asked no sooner than `since`."""
        told: dict[TopicPartition, Told] = self._fetcher.told
        return {
            tp: told[tp] for tp in self.assignment() if tp in told and told[tp].asked_at >= since
        }

    def positions(self) -> dict[TopicPartition, int]:
        """Of what is assigned, where the next record will be read; without those not known yet."""
        subscription = self._subscription.subscription
        if subscription is None or subscription.assignment is None:
            return {}
        states = {tp: subscription.assignment.state_value(tp) for tp in subscription.assignment.tps}
        return {tp: state.position for tp, state in states.items() if state.has_valid_position}
