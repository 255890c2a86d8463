"""The changelog writer: order, acknowledgement, bounds, and when it has to stop."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import MessageSizeTooLargeError, NotEnoughReplicasError

from service.streaming import producer as producer_module
from service.streaming.errors import StreamError
from service.streaming.producer import ChangelogProducer, NotOwnerError
from service.streaming.wall_clock import WallClock
from service.streaming.writer import MAX_WAITING, ChangelogWriter


class Log:
    """An aiokafka producer that appends to a list, when and if it is told to."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes | None]] = []
        self.failures: list[Exception] = []
        self.open = asyncio.Event()
        self.open.set()

    def create_batch(self) -> Any:
        return Builder()

    async def send_batch(self, batch: Builder, topic: str, *, partition: int) -> Any:
        future = asyncio.get_running_loop().create_future()
        asyncio.create_task(self._append(batch, future))  # noqa: RUF006
        return future

    async def _append(self, batch: Builder, future: Any) -> None:
        await self.open.wait()
        if self.failures:
            future.set_exception(self.failures.pop(0))
            return
        offset = len(self.records)
        self.records += batch.records
        future.set_result(type("Metadata", (), {"offset": offset, "timestamp_type": 0}))


class Builder:
    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes | None]] = []

    def append(self, *, timestamp: int, key: bytes, value: bytes | None, headers: Any) -> Any:
        if len(self.records) == 100:
            return None
        self.records.append((key, value))
        return object()


class Case:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(producer_module, "_RETRY_SECONDS", 0.01)
        self.log = Log()
        self.may_write = True
        self.reasons: list[Exception] = []
        producer = object.__new__(ChangelogProducer)
        producer._producer = self.log
        config = type("Config", (), {"outcomes_topic": None})
        worker = type("Worker", (), {"clock": WallClock()})
        producer.app = type("App", (), {"kafka": config, "worker": worker})  # type: ignore[assignment]
        self.writer = ChangelogWriter(
            producer,
            TopicPartition("changelog", 0),
            1,
            0,
            lambda: self.may_write,
            self.reasons.append,
        )


@pytest.fixture
async def case(monkeypatch: pytest.MonkeyPatch) -> Any:
    case = Case(monkeypatch)
    yield case
    case.writer.stop()


def changes(start: int, count: int) -> list[tuple[bytes, bytes | None]]:
    return [(b"%d" % number, b"v") for number in range(start, start + count)]


async def test_changes_reach_the_log_in_order_over_batches_and_retries(case: Case) -> None:
    case.log.failures = [NotEnoughReplicasError(), NotEnoughReplicasError()]
    for start in range(0, 1000, 50):
        case.writer.submit(changes(start, 50))
        await asyncio.sleep(0)
    await case.writer.until(1000)
    assert case.log.records == changes(0, 1000)
    assert case.writer.next_offset == 1000


async def test_nothing_is_acknowledged_before_the_log_has_it(case: Case) -> None:
    case.log.open.clear()
    number = case.writer.submit(changes(0, 10))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(case.writer.until(number), 0.05)
    assert case.writer.acknowledged == 0
    case.log.open.set()
    await case.writer.until(number)
    assert case.writer.acknowledged == 10


async def test_there_is_no_room_while_too_many_records_wait(case: Case) -> None:
    case.log.open.clear()
    case.writer.submit(changes(0, MAX_WAITING + 1))
    assert not case.writer.has_room
    case.log.open.set()
    await case.writer.room()
    assert case.writer.has_room


async def test_how_long_the_log_has_been_silent_is_known(case: Case) -> None:
    assert case.writer.stalled_for() == 0
    case.log.open.clear()
    case.writer.submit(changes(0, 1))
    await asyncio.sleep(0.02)
    assert case.writer.stalled_for() >= 0.02


async def test_records_the_broker_will_never_take_end_the_service(case: Case) -> None:
    case.log.failures = [MessageSizeTooLargeError("record too large")]
    case.writer.submit(changes(0, 1))
    with pytest.raises(NotOwnerError):
        await case.writer.until(1)
    (reason,) = case.reasons
    assert isinstance(reason, StreamError)
    assert "'changelog' refuses records" in str(reason)
    assert case.writer.acknowledged == 0


async def test_a_worker_that_lost_the_partition_writes_nothing_more(case: Case) -> None:
    case.may_write = False
    case.writer.submit(changes(0, 1))
    with pytest.raises(NotOwnerError):
        await case.writer.until(1)
    assert case.log.records == []
    assert isinstance(case.reasons[0], NotOwnerError)


async def test_a_record_of_somebody_else_stops_the_writer(case: Case) -> None:
    case.writer.submit(changes(0, 5))
    await case.writer.until(5)
    case.log.records.append((b"intruder", b""))
    case.writer.submit(changes(5, 5))
    with pytest.raises(NotOwnerError):
        await case.writer.until(10)
    assert case.writer.acknowledged == 5


async def test_a_stopped_writer_releases_whoever_waits(case: Case) -> None:
    case.log.open.clear()
    number = case.writer.submit(changes(0, 1))
    waiting = asyncio.ensure_future(case.writer.until(number))
    await asyncio.sleep(0)
    case.writer.stop()
    with pytest.raises(NotOwnerError):
        await waiting
