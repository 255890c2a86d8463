"""Taking partitions over, as often as it takes: kept ones as they are, all others restored."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faust.types import TP

from service.streaming import definitions_in_force
from service.streaming.changelog import changelog_consumer
from service.streaming.closing import close
from service.streaming.incomplete import ChangelogClearedError
from service.streaming.installation import REGISTERED_AS
from service.streaming.producer import NotOwnerError
from service.streaming.refusals import Waiting, passes, refused
from service.streaming.restore import Restore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from service.streaming.config import KafkaConfig
    from service.streaming.copartitions import Copartition
    from service.streaming.group import Group
    from service.streaming.holdings import Holdings
    from service.streaming.installation import Installation
    from service.streaming.partition import EngineMakers, Partition, PartitionEngine
    from service.streaming.producer import ChangelogProducer
    from service.streaming.register import Register
    from service.streaming.restore import Claim

log = structlog.get_logger(__name__)

_RETRY_SECONDS: Final = 1.0
_CLOSE_SECONDS: Final = 2.0


class TakeOver:
    """Brings partitions into a worker's holdings. `hold` makes one of what was restored."""

    def __init__(
        self,
        config: KafkaConfig,
        installation: Installation,
        producer: ChangelogProducer,
        register: Register,
        group: Group,
        make_engine: EngineMakers,
        definitions: bytes,
        hold: Callable[[Copartition, PartitionEngine, Claim], Partition],
    ) -> None:
        self._config = config
        self._installation = installation
        self._producer = producer
        self._register = register
        self._group = group
        self._make_engine = make_engine
        self._definitions = definitions
        self._hold = hold

    async def run(
        self, holdings: Holdings, wanted: set[Copartition], may_write: Callable[[], bool]
    ) -> None:
        """Until all are held, or `may_write` turns false: superseded. Raises StreamError."""
        waiting = Waiting("the changelog, to restore the state from")
        while may_write():
            try:
                await self._keep_what_nobody_changed(holdings)
                missing = wanted - set(holdings.held)
                if missing:
                    await self.restore(holdings, missing, may_write)
            except NotOwnerError:
                return
            except ChangelogClearedError:
                continue
            except KafkaError as error:
                if not passes(error):
                    topics = [repr(it.changelog_topic) for it in self._config.groups.values()]
                    raise refused(
                        "the state cannot be restored from the changelog topic"
                        f" {' or '.join(topics)}",
                        error,
                        self._config,
                    ) from error
                waiting.goes_on(error=str(error))
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return

    async def _keep_what_nobody_changed(self, holdings: Holdings) -> None:
        """A partition kept over a rebalance is whole if its log ends where we ended it."""
        parked = holdings.parked
        if not parked:
            return
        groups = self._config.groups
        logs = {it: TopicPartition(groups[it.group].changelog_topic, it.number) for it in parked}
        consumer = changelog_consumer(self._config)
        await consumer.start()
        try:
            ends = await consumer.end_offsets([*logs.values()])
        finally:
            await close("the changelog's reader", consumer.stop(), _CLOSE_SECONDS)
        for it, tp in logs.items():
            writer = parked[it].writer
            if writer.is_whole and writer.next_offset == ends[tp]:
                holdings.held[it] = parked.pop(it)
            else:
                holdings.drop_parked([it])
                holdings.restoring.add(it)

    async def restore(
        self, holdings: Holdings, wanted: set[Copartition], may_write: Callable[[], bool]
    ) -> None:
        """Restore and claim these. Raises what :meth:`Restore.run` and the group raise."""
        engines = {it: self._make_engine[it.group]() for it in sorted(wanted)}
        claims = await Restore(
            self._config, self._installation, self._producer, self._register, engines, may_write
        ).run()
        await self._begin_anew([it for it, claim in claims.items() if claim.empty], may_write)
        for it, claim in claims.items():
            holdings.held[it] = self._hold(it, engines[it], claim)
        # Only now: a changelog that could not be used is not the group's.
        if self._register.value(REGISTERED_AS) != (ours := self._installation.written()):
            await self._register.put(REGISTERED_AS, value=ours)
        definitions_in_force.tell(engines)
        await definitions_in_force.note(self._register, self._definitions)

    async def _begin_anew(
        self, partitions: Iterable[Copartition], may_write: Callable[[], bool]
    ) -> None:
        """Has the group forget how far it had read what there is no state of any more.

        Before anything is written: an owner who found some state would go on where it had been.
        """
        topics = {it: self._config.groups[it.group].topics for it in partitions}
        offsets = {TP(topic, it.number): 0 for it, names in topics.items() for topic in names}
        committed = await self._group.committed(offsets.keys()) if offsets else {}
        if lost := [tp for tp, offset in committed.items() if offset]:
            log.warning(
                "the changelog holds nothing of what this group had consumed: consumed once more,"
                " as far as the topics still hold it. Numbers begin with that",
                topics=sorted({tp.topic for tp in lost}),
                partitions=sorted({tp.partition for tp in lost}),
            )
        while offsets and not await self._group.commit_offsets(offsets):
            if not may_write():
                raise NotOwnerError
            await asyncio.sleep(_RETRY_SECONDS)
