"""The stage as the command uses it: start it, ask it, wait for its end, stop it."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog
from aiokafka.errors import KafkaError

from service.exposition.feeds import feed_families
from service.streaming.closing import close
from service.streaming.dead_letters import DeadLetterSender
from service.streaming.diagnosis import why_unreachable
from service.streaming.errors import StreamError
from service.streaming.logs import tame_libraries
from service.streaming.mapping.counts import StageCounts
from service.streaming.mapping.inputs import Inputs
from service.streaming.mapping.output import Output
from service.streaming.mapping.remedies import stage_refused
from service.streaming.mapping.stage import Stage
from service.streaming.mapping.topics import (
    check_unmoved,
    inputs_there,
    look_again,
    output_partitions,
    prepare,
)
from service.streaming.refusals import Waiting, passes
from service.streaming.registry.requests import Registry
from service.streaming.registry.schemas import Schemas
from service.streaming.wall_clock import WallClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.streaming.mapping.config import RecordMapper, StageConfig
    from service.streaming.registry.config import RegistryConfig
    from service.view.snapshot import Family

log = structlog.get_logger(__name__)

#: The broker is taken for unreachable when nothing was answered for so long.
_REACHABLE_SECONDS: Final = 10.0
#: How long the round in hand may take to be acknowledged at the end, and the whole stop.
_LAST_ROUND_SECONDS: Final = 10.0
_CLOSE_SECONDS: Final = 2.0
_TICK_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 20.0


class MappingService:
    """Maps until it is stopped. All methods belong to one event loop."""

    def __init__(
        self, config: StageConfig, mapper: RecordMapper, registry: RegistryConfig | None
    ) -> None:
        self._config = config
        self._mapper = mapper
        self._registry = None if registry is None else Registry(registry)
        self._counts = StageCounts(config.feeds)
        self._schemas: Schemas | None = None
        self._inputs: Inputs
        self._output: Output
        self._dead_letters: DeadLetterSender
        self._stage: Stage
        self._there: frozenset[str] = frozenset()
        self._partitions: Mapping[str, int] = {}
        self._reached_at = -math.inf
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Check the topics and begin. Raises StreamError."""
        tame_libraries()
        counts = await prepare(self._config)
        self._partitions = output_partitions(self._config, counts)
        self._there = inputs_there(self._config, counts)
        if self._registry is not None:
            await self._registry.open()
            self._schemas = Schemas(self._registry)
        self._output = Output(self._config, self._partitions)
        self._dead_letters = DeadLetterSender(self._config.kafka, WallClock(), lambda _: None)
        self._stage = Stage(
            self._config,
            self._mapper,
            self._schemas,
            self._output,
            self._dead_letters,
            self._counts,
        )
        self._inputs = Inputs(self._config, self._stage.give_up)
        self._stage.reads(self._inputs)
        try:
            await self._output.start()
            await self._dead_letters.start()
            await self._inputs.start()
        except KafkaError as error:
            await self._close()
            if not passes(error):
                raise stage_refused("the stage cannot start", error, self._config) from error
            raise StreamError(await why_unreachable(self._config.kafka)) from error
        except BaseException:
            await self._close()
            raise
        if self._there:
            self._inputs.subscribe(self._there)
        self._tasks = [
            asyncio.create_task(self._stage.run(), name="stage"),
            asyncio.create_task(self._tick(), name="tick"),
            asyncio.create_task(self._watch(), name="topic-watch"),
        ]

    async def wait(self) -> None:
        """Until :meth:`stop`; raises StreamError if the stage cannot go on."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            try:
                task.result()
            except KafkaError as error:
                group = self._config.kafka.group_id
                what = f"the group {group!r} gives no partitions"
                raise stage_refused(what, error, self._config) from error
            except StreamError:
                raise
            except Exception as error:
                log.exception("records could not be mapped")
                raise StreamError(
                    f"the stage cannot go on: {type(error).__name__}: {error}"
                ) from error

    async def stop(self) -> bool:
        """Finish the round in hand, commit and leave the group; whether all was acknowledged.

        Ends in time, whatever the broker does.
        """
        running, *others = self._tasks
        for task in others:
            task.cancel()
        self._stage.stop()
        await asyncio.wait({running}, timeout=_LAST_ROUND_SECONDS)
        is_whole = running.done()
        running.cancel()
        await asyncio.wait(self._tasks)
        with suppress(Exception, asyncio.CancelledError):
            running.result()
        await self._close()
        return is_whole

    def families(self) -> Mapping[str, Family]:
        """The stage's series by sample name."""
        wait = None if self._schemas is None else self._schemas.waited_seconds
        return feed_families(self._counts.report(wait))

    def ready(self) -> tuple[bool, Mapping[str, object]]:
        """Whether partitions are assigned and all that is needed answers; and what is amiss."""
        amiss: dict[str, object] = {}
        if missing := sorted(set(self._config.inputs) - self._there):
            amiss["missing_topics"] = missing
        if self._there and not self._inputs.is_assigned:
            amiss["group"] = "waiting for partitions to be assigned"
        elif time.monotonic() - self._reached_at > _REACHABLE_SECONDS:
            amiss["broker"] = "nothing was answered lately"
        since = self._stage.stalled_since
        if since is not None and time.monotonic() - since > _REACHABLE_SECONDS:
            amiss["output"] = f"no write was acknowledged for {time.monotonic() - since:.0f} s"
        waits = 0.0 if self._schemas is None else self._schemas.waited_seconds
        if waits > _REACHABLE_SECONDS:
            amiss["registry"] = f"records wait for the schema registry for {waits:.0f} s"
        return not amiss, amiss

    async def _close(self) -> None:
        await self._inputs.stop()
        await self._dead_letters.stop()
        await self._output.stop()
        if self._schemas is not None:
            await close("the registry's client", self._schemas.close(), _CLOSE_SECONDS)

    async def _tick(self) -> None:
        """Raises what the group refuses, which is told to nobody as long as nothing comes."""
        while True:
            lag = await self._inputs.lag()
            if lag is not None:
                self._reached_at = time.monotonic()
                self._counts.set_lag(self._stage.with_held_up(lag))
            await asyncio.sleep(_TICK_SECONDS)

    async def _watch(self) -> None:
        """Topics that were missing and are there now are read. Raises StreamError where topics of
        events have another number of partitions, by which keys would move."""
        waiting = Waiting(
            "topics of other systems, that feeds are to read, to be there and this user to be"
            " allowed READ on them"
        )
        while True:
            missing = set(self._config.inputs) - self._there
            if missing:
                waiting.goes_on(topics=sorted(missing))
            else:
                waiting.is_over()
            await asyncio.sleep(_LOOK_SECONDS)
            counts = await look_again(self._config)
            if counts is None:
                continue
            check_unmoved(counts, self._partitions)
            there = self._there | inputs_there(self._config, counts)
            if there != self._there:
                self._there = there
                self._inputs.subscribe(there)
