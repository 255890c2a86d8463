"""The stream as the commands use it: start it, ask it, wait for its end, stop it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog
from aiokafka.errors import KafkaError

from service.exposition.source import Membership
from service.streaming.app import StreamApp, build_app, group_and_producer, peers
from service.streaming.bootstrap import look_round
from service.streaming.copartitions import CONTACTS, Copartition
from service.streaming.diagnosis import why_unreachable
from service.streaming.errors import StreamError
from service.streaming.logs import tame_libraries
from service.streaming.refusals import passes, refused
from service.streaming.topic_watch import TopicWatch
from service.streaming.topics import prepare_topics
from service.streaming.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.exposition.pipeline import Pipeline
    from service.streaming.config import KafkaConfig
    from service.streaming.installation import Installation
    from service.streaming.partition import EngineMakers, EventDecoder
    from service.streaming.registry.schemas import Schemas
    from service.view.snapshot import Snapshot

log = structlog.get_logger(__name__)

#: How long a stop waits for a start that is under way.
_START_SECONDS: Final = 5.0
#: How long a stop may take in all: what hangs then is left behind.
_STOP_SECONDS: Final = 20.0
_KEEP_SECONDS: Final = 10.0
#: The kind of its names in the register.
_KEPT: Final = "past"
#: There is always one, and one worker has it.
_FIRST: Final = Copartition(CONTACTS, 0)


class StreamService:
    """Consumes the topics into engines; the `SnapshotSource` of the exposition.

    All methods belong to one event loop.
    """

    def __init__(
        self,
        config: KafkaConfig,
        make_engine: EngineMakers,
        decoder: EventDecoder,
        definitions: bytes,
        schemas: Schemas | None = None,
    ) -> None:
        """`definitions`: what engines count by, as `service.store.settings_told` writes it.

        `schemas`: without which the decoder cannot read; opened and closed with the stream.
        """
        self._config = config
        self._make_engine = make_engine
        self._decoder = decoder
        self._definitions = definitions
        self._schemas = schemas
        self._installation: Installation
        self._app: StreamApp
        self._worker: Worker
        self._running: asyncio.Task[None]
        self._failure: asyncio.Future[None]

    async def start(self, url: str | None = None) -> None:
        """Check the topics and begin; partitions come later. Raises StreamError.

        `url`: where the group's other workers reach this one's numbers; None: nowhere.
        """
        tame_libraries()
        await look_round(self._config)
        self._installation = installation = await prepare_topics(self._config)
        self._failure = asyncio.get_running_loop().create_future()
        self._worker = Worker(
            self._config,
            installation,
            self._make_engine,
            self._decoder,
            self._definitions,
            self._failed,
            self._schemas,
        )
        self._app = build_app(self._config, self._worker, url)
        try:
            await self._worker.start(*group_and_producer(self._app))
        except KafkaError as error:
            await self._worker.stop()
            if not passes(error):
                raise refused("the stream cannot start", error, self._config) from error
            raise StreamError(await why_unreachable(self._config)) from error
        except StreamError:
            await self._worker.stop()
            raise
        if self._schemas is not None:
            await self._schemas.registry.open()
        self._watch = TopicWatch(self._config, installation)
        self._watching = asyncio.create_task(self._watch.until_changed(), name="topic-watch")
        self._started = asyncio.Event()
        self._running = asyncio.create_task(self._run(), name="stream")

    async def wait(self) -> None:
        """Until :meth:`stop`; raises StreamError if the stream cannot go on."""
        ends = (self._failure, self._running, self._watching)
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        try:
            for end in ends:
                if end.done():
                    end.result()
        except StreamError as error:
            # The client stumbles over a change of the topics in words that nobody understands.
            raise await self._watch.explained(error) from error

    async def stop(self) -> bool:
        """Finish the batch in hand, flush, commit and leave the group; whether all is written.

        Ends in time, whatever the broker does.
        """
        stopping = asyncio.create_task(self._stop(), name="stop")
        await asyncio.wait({stopping}, timeout=_STOP_SECONDS)
        if not stopping.done():
            log.warning("not all of the stream could be closed", seconds=_STOP_SECONDS)
        elif stopping.cancelled():
            log.error("the stream's stop was broken off")
        elif (error := stopping.exception()) is not None:
            log.error("the stream did not stop in good order", error=repr(error))
        return self._worker.is_written

    async def _stop(self) -> None:
        self._watching.cancel()
        self._worker.interrupt()
        # Faust, stopped in the middle of its start, goes on starting what nobody stops any more.
        with suppress(TimeoutError):
            await asyncio.wait_for(self._started.wait(), _START_SECONDS)
        await self._app.stop()
        await self._worker.stop()
        if self._schemas is not None:
            await self._schemas.close()
        with suppress(StreamError):
            await self._running
        if self._failure.done():
            self._failure.exception()

    async def snapshots(self, within: float, /) -> Sequence[tuple[int, Snapshot]]:
        """See :meth:`Worker.snapshots`."""
        return await self._worker.snapshots(within)

    def membership(self) -> Membership:
        """The group as its last assignment has it."""
        partitions = {
            group: self._installation.partitions_of(group) for group in self._config.groups
        }
        return Membership(partitions, peers(self._app))

    def kept(self) -> Sequence[bytes]:
        """What the group's register has of it."""
        return self._worker.register.values(_KEPT)

    async def keep(self, place: int, value: bytes, /) -> None:
        """Writes it to the register: whoever has the first partition, on a host of which the clock
        is right."""
        worker = self._worker
        if _FIRST not in worker.holdings.held or worker.clock.right_us() is None:
            return
        try:
            async with asyncio.timeout(_KEEP_SECONDS):
                await worker.register.try_put(_KEPT, str(place), value=value)
        except (KafkaError, TimeoutError) as error:
            log.warning("the register did not take a sample of the charts", error=repr(error))

    def pipeline(self) -> Pipeline:
        """What the stream has counted about itself."""
        return self._worker.counts.report(self._worker.clock.off_us())

    def ready(self) -> tuple[bool, Mapping[str, object]]:
        """Whether all state is restored and the broker answers, and what is amiss."""
        return self._worker.ready()

    async def _run(self) -> None:
        app = self._app
        try:
            await app.start()
        except KafkaError as error:
            raise refused("the stream cannot start", error, self._config) from error
        except Exception as error:
            raise StreamError(f"the stream could not start: {error}") from error
        finally:
            self._started.set()
        await app.wait_until_stopped()
        if app.crashed:
            raise StreamError(f"the stream ended unexpectedly: {app.crash_reason!r}")

    def _failed(self, error: StreamError) -> None:
        if not self._failure.done():
            self._failure.set_exception(error)
