"""Brings a simulated contact centre to a Kafka broker."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, KafkaError

from service.events.agents import AGENT_EVENT_CLASSES
from service.events.model import EVENT_CLASSES, OPTIONAL
from service.simulate.generator import simulate
from service.simulate.pacing import Pacer, Pacing, wall_clock
from service.simulate.vendors.foreign import ForeignPublication, translated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence

    from service.simulate.plan import Plan
    from service.simulate.publication import Topics
    from service.simulate.vendors.foreign import Vendor

    Connection = Mapping[str, Any]

_PROGRESS_SECONDS: Final = 1.0
#: Long enough to empty full buffers, short enough for whoever pressed Ctrl-C.
_STOP_SECONDS: Final = 10.0
#: While the past is caught up with, others on the same event loop get their turn so often.
_EVENTS_PER_TURN: Final = 100


class PublishingError(Exception):
    """The events cannot be published; the message says why and how to mend it."""


class UnreachableError(PublishingError):
    """No broker lets us in."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a publisher has come."""

    published: int
    #: Simulated time reached, in µs since the epoch.
    at: int
    #: Whether simulated time has reached the wall clock.
    live: bool


async def publish(
    plan: Plan,
    pacing: Pacing,
    connection: Connection,
    topics: Topics,
    on_progress: Callable[[Progress], None] = lambda _: None,
    vendor: Vendor | None = None,
) -> Progress:
    """Publishes the plan's events when they are due; returns after the last, or when cancelled.

    With a vendor it publishes, instead of events, what that one's system would say of them.

    `connection` holds what aiokafka's clients need to reach the broker (`bootstrap_servers`, and
    its security options). `on_progress` is called about once a second. The key is the customer's
    or the agent's id, and aiokafka's partitioner (murmur2, as Java's) places it. A cancelled
    publisher still delivers what it has sent. Raises :class:`PublishingError`.
    """
    try:
        await _require_topics(_topics(plan, topics, vendor), connection)
        async with _producer(connection) as producer:
            run = _Run(producer, Pacer(pacing), on_progress)
            for item in _records(plan, topics, vendor):
                await run.publish(item)
            await producer.flush()
            return run.finish()
    except KafkaConnectionError as error:
        broker = connection.get("bootstrap_servers")
        raise UnreachableError(
            f"no broker answers at {broker}: start it, or name another one ({error})"
        ) from None
    except KafkaError as error:
        raise PublishingError(
            f"the broker does not take the events ({error!r}):"
            " see that it still runs, and that this user may write to the topics"
        ) from None


class _Run:
    """One pass over the events."""

    def __init__(
        self,
        producer: AIOKafkaProducer,
        pacer: Pacer,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._producer = producer
        self._pacer = pacer
        self._on_progress = on_progress
        self._published = 0
        self._at = 0
        self._live = False
        self._next_report = 0.0
        self._failure: BaseException | None = None

    async def publish(self, item: ForeignPublication) -> None:
        """Sends the record as soon as it is due."""
        while seconds := self._pacer.wait(item.at, now := wall_clock()):
            self._live = item.at > now
            self._report()
            await asyncio.sleep(min(seconds, _PROGRESS_SECONDS))
        if self._failure is not None:
            raise self._failure
        delivery = await self._producer.send(item.topic, item.value, key=item.key)
        delivery.add_done_callback(self._delivered)
        self._at = item.at
        self._published += 1
        if self._published % _EVENTS_PER_TURN == 0:
            self._report()
            await asyncio.sleep(0)

    def finish(self) -> Progress:
        """Reports for the last time; raises what kept the last events from being delivered."""
        if self._failure is not None:
            raise self._failure
        return Progress(self._published, self._at, self._live)

    def _delivered(self, delivery: asyncio.Future[Any]) -> None:
        if not delivery.cancelled() and delivery.exception() is not None:
            self._failure = self._failure or delivery.exception()

    def _report(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._next_report:
            self._next_report = now + _PROGRESS_SECONDS
            self._on_progress(Progress(self._published, self._at, self._live))


def _records(plan: Plan, topics: Topics, vendor: Vendor | None) -> Iterator[ForeignPublication]:
    if vendor is not None:
        yield from translated(simulate(plan), vendor)
        return
    for item in simulate(plan):
        yield ForeignPublication(topics[item.type], item.key, item.value, item.at)


def _topics(plan: Plan, topics: Topics, vendor: Vendor | None) -> Sequence[str]:
    if vendor is not None:
        return vendor.topics
    read = [
        topics[type_]
        for type_ in EVENT_CLASSES
        if type_ not in OPTIONAL or getattr(plan, OPTIONAL[type_])
    ]
    return [*read, *(topics[type_] for type_ in AGENT_EVENT_CLASSES if plan.agents)]


async def _require_topics(topics: Sequence[str], connection: Connection) -> None:
    admin = AIOKafkaAdminClient(**connection)
    try:
        await admin.start()
        present = set(await admin.list_topics())
    finally:
        await admin.close()
    missing = [topic for topic in topics if topic not in present]
    if missing:
        raise PublishingError(
            f"the broker has no topic {', '.join(missing)}: contact-metrics run creates the topics"
            " where it is allowed to; otherwise create them, all with as many partitions"
        )


@asynccontextmanager
async def _producer(connection: Connection) -> AsyncIterator[AIOKafkaProducer]:
    producer = await _started_producer(connection)
    try:
        yield producer
    finally:
        try:
            await asyncio.wait_for(producer.stop(), _STOP_SECONDS)  # delivers what is under way
        except TimeoutError:
            raise PublishingError(
                f"the broker has not acknowledged the last events within {_STOP_SECONDS:.0f} s:"
                " is it still running? Publish them again: the same event twice does no harm"
            ) from None


async def _started_producer(connection: Connection) -> AIOKafkaProducer:
    """An idempotent producer where the broker has such, else a plain one.

    Without it, a retry can publish an event twice: the service takes that for the same event.
    """
    log = logging.getLogger("aiokafka.producer.sender")
    for idempotent in (True, False):
        producer = AIOKafkaProducer(
            **connection,
            enable_idempotence=idempotent,
            acks="all",
            linger_ms=5,
            max_batch_size=131_072,
        )
        log.disabled = idempotent  # it reports a refusal, which is none
        try:
            await producer.start()
        except KafkaConnectionError:
            await producer.stop()
            raise
        except KafkaError:
            await producer.stop()
            if not idempotent:
                raise
        else:
            return producer
        finally:
            log.disabled = False
    raise AssertionError("one of the two has started or raised")
