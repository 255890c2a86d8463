"""Taking partitions over and losing them: between workers, and against former owners."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from service.streaming import restore
from service.streaming.config import KafkaConfig
from service.streaming.copartitions import Copartition
from service.streaming.epochs import CLAIM_KEY, epoch_headers
from service.streaming.errors import StreamError
from service.streaming.producer import Change, ChangelogProducer, NotOwnerError
from service.streaming.register import Register
from service.streaming.topics import prepare_topics
from tests.streaming.harness import (
    committed,
    config,
    eventually,
    make,
    publish,
    read_all,
    running,
    started,
)
from tests.streaming.toy import ToyEngine

pytestmark = pytest.mark.broker


async def write_late(
    settings: KafkaConfig, epoch: int, records: Sequence[tuple[bytes, bytes]], partition: int = 0
) -> None:
    """What a former owner's buffers let go of after it has lost the partition."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap)
    await producer.start()
    for key, value in records:
        await producer.send_and_wait(
            settings.changelog_topic,
            key=key,
            value=value,
            partition=partition,
            headers=epoch_headers(epoch),
        )
    await producer.stop()


async def test_a_new_owner_ignores_and_undoes_what_a_former_one_writes_late(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        await publish(bootstrap, topic, [started("c1", second=1), started("c2", second=2)])
        await stream.until_contacts(2)
        state = dict(stream.engines[-1].contacts)
    async with running(settings) as stream:
        assert stream.engines[-1].contacts == state
    # The second owner claimed with epoch 2; the first one wakes up.
    await write_late(settings, 1, [(b"c1", b"666"), (b"ghost", b"666")])
    async with running(settings) as stream:
        assert stream.engines[-1].contacts == state
    newest = {
        record.key: record for record in await read_all(bootstrap, settings.changelog_topic, 1)
    }
    # Compaction, which keeps the newest record of a key, now keeps the one that counts.
    assert newest[b"c1"].value == b"%d" % state["c1"]
    assert newest[b"ghost"].value is None


async def test_an_owner_that_finds_foreign_records_restores_and_goes_on(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        await publish(bootstrap, topic, [started("c1", second=1)])
        await stream.until_contacts(1)
        await write_late(settings, 0, [(b"c1", b"666")])
        await publish(bootstrap, topic, [started("c2", second=2)])
        await eventually(lambda: len(stream.engines) > 1, "restored again")
        await stream.until_ready()
        await stream.until_contacts(2)
        assert 666 not in stream.engines[-1].contacts.values()
        await publish(bootstrap, topic, [started("c3", second=3)])
        await stream.until_contacts(3)
    assert await committed(settings, topic, 0) == 3


@pytest.mark.parametrize("at_once", [1, 250])
async def test_partitions_are_restored_alike_in_turn_and_side_by_side(
    bootstrap: str,
    unique: Callable[[str], str],
    at_once: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each is claimed and mended by itself, whenever its turn is, and goes on being written."""
    settings = config(bootstrap, unique)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        await publish(bootstrap, topic, (started(f"c{i}", f"k{i}") for i in range(400)))
        await stream.until_contacts(400)
        states = [engine.contacts for engine in stream.engines]
    async with running(settings):
        pass
    for partition in (0, 2):
        await write_late(settings, 1, [(b"ghost", b"666")], partition)
    monkeypatch.setattr(restore, "_AT_ONCE", at_once)
    async with running(settings) as stream:
        assert [engine.contacts for engine in stream.engines] == states
        await publish(bootstrap, topic, (started(f"d{i}", f"k{i}") for i in range(100)))
        await stream.until_contacts(500)
        # With the claim's or the mending's offset wrong, it would have had to begin anew.
        assert len(stream.engines) == len(states)
    ghosts = [
        record.value
        for record in await read_all(bootstrap, settings.changelog_topic, 4)
        if record.key == b"ghost"
    ]
    assert ghosts.count(None) == 2


class _Superseded:
    """A producer that loses its partition the moment its claim is in the log, in front of which
    the last of the former owner's records have come meanwhile."""

    def __init__(self, settings: KafkaConfig) -> None:
        self._settings = settings
        self.may_write = True

    @staticmethod
    def fail(error: StreamError) -> None:
        raise error

    async def append_all(
        self,
        changes: Sequence[Change],
        to: TopicPartition,
        epoch: int,
        _may_write: Callable[[], bool],
    ) -> tuple[int, int]:
        await write_late(self._settings, epoch - 1, [(b"late", b"777")], to.partition)
        await write_late(self._settings, epoch, [(key, value or b"") for key, value in changes])
        self.may_write = False
        log = await read_all(self._settings.bootstrap, self._settings.changelog_topic, 1)
        return log[-1].offset, log[-1].offset + 1


async def test_what_was_read_before_it_was_superseded_is_never_taken_for_the_state(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    async with running(settings):
        pass
    producer, engine = _Superseded(settings), ToyEngine()
    installation = await prepare_topics(settings)
    with pytest.raises(NotOwnerError):
        await restore.Restore(
            settings,
            installation,
            cast(ChangelogProducer, producer),
            Register(settings, _Superseded.fail),
            {Copartition("contacts", 0): engine},
            lambda: producer.may_write,
        ).run()
    assert not engine.is_restored


async def test_the_later_of_two_claims_at_once_has_the_higher_epoch(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    async with running(settings):
        pass
    # Another one claims with the epoch that the next owner would choose, after it has read the
    # log: it has to see that and claim once more.
    await write_late(settings, 2, [(CLAIM_KEY, b"")])
    async with running(settings):
        pass
    claims = [
        int.from_bytes(dict(record.headers)["e"], "big")
        for record in await read_all(bootstrap, settings.changelog_topic, 1)
        if record.key == CLAIM_KEY
    ]
    assert claims == [1, 2, 3]


async def test_two_workers_share_the_partitions_and_one_takes_all_when_the_other_leaves(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    topic = settings.topics["contact-started"]
    async with running(settings) as first:
        await publish(bootstrap, topic, (started(f"c{i}", f"k{i}") for i in range(400)))
        await first.until_contacts(400)
        async with running(settings) as second:

            async def shared() -> bool:
                return len(await first.partitions()) == len(await second.partitions()) == 2

            await eventually(shared, "two partitions each")
            assert await first.partitions() | await second.partitions() == {0, 1, 2, 3}
            assert await first.live_contacts() + await second.live_contacts() == 400
            # Events of all topics of a partition number are with the same worker.
            await publish(bootstrap, topic, (started(f"d{i}", f"k{i}") for i in range(100)))

            async def all_arrived() -> bool:
                return await first.live_contacts() + await second.live_contacts() == 500

            await eventually(all_arrived, "500 contacts over both workers")
        await first.until_contacts(500)
        assert await first.partitions() == {0, 1, 2, 3}


async def test_offsets_are_committed_only_after_the_changelog_has_the_changes(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        producer: Any = stream.service._app.producer
        append = producer.append
        open_again = asyncio.Event()

        async def slow(*arguments: object) -> object:
            await open_again.wait()
            return await append(*arguments)

        monkeypatch.setattr(producer, "append", slow)
        await publish(bootstrap, topic, [started("c1")])
        await eventually(lambda: "c1" in stream.engines[-1].contacts, "applied")
        await asyncio.sleep(2.5)  # the commit timer has run
        assert not await committed(settings, topic, 0)
        # And what a scrape shows is durable: not this contact.
        assert sum(s.live_contacts for _, s in await stream.service.snapshots(0.1)) == 0
        open_again.set()
        await stream.until_contacts(1)

        async def is_committed() -> bool:
            return await committed(settings, topic, 0) == 1

        await eventually(is_committed, "committed")


async def test_events_whose_changes_never_reached_the_changelog_are_consumed_again(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    async with running(settings) as stream:

        async def never(*_: object) -> None:
            await asyncio.Event().wait()

        await publish(bootstrap, topic, [started("c1", second=1)])
        await stream.until_contacts(1)
        monkeypatch.setattr(stream.service._app.producer, "append", never)
        await publish(bootstrap, topic, [started("c2", second=2)])
        await eventually(lambda: "c2" in stream.engines[-1].contacts, "applied")
    async with running(settings) as stream:
        await stream.until_contacts(2)
        assert stream.engines[-1].applied == ["c2"]


async def test_a_worker_that_cannot_take_its_partitions_over_is_never_ready(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(restore.Restore, "run", fail)
    service = make(config(bootstrap, unique, partitions=1)).service
    await service.start()
    ending = asyncio.create_task(service.wait())
    try:
        while not ending.done():
            assert not service.ready()[0]
            await asyncio.sleep(0)
        with pytest.raises(StreamError, match="unforeseen"):
            ending.result()
    finally:
        await service.stop()
