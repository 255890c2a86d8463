"""The schemas that records name: each asked for once, and kept, as it never changes.

A registry that is away is waited for. What it says it has not, it is not asked for again for
:data:`UNKNOWN_SECONDS`, so that records with ids out of the blue cost it little.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import ChainMap
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from service.feeds.schemas import Schema
from service.streaming.refusals import Waiting
from service.streaming.registry.parsing import parsed
from service.streaming.registry.requests import AwayError, NoSchemaError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from service.feeds.schemas import SchemaRef
    from service.streaming.registry.requests import Registry

#: After that a schema may have been registered.
UNKNOWN_SECONDS: Final = 60.0
#: More than any registry has in use; beyond it the oldest is forgotten, and asked for anew.
_MOST: Final = 10_000
_FIRST_RETRY_SECONDS: Final = 0.5
_LAST_RETRY_SECONDS: Final = 10.0


class Schemas:
    """What one registry has said so far. All methods belong to one event loop."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._known: dict[SchemaRef, Schema] = {}
        self._unknown: dict[SchemaRef, Schema] = {}
        self._ask_again_at: dict[SchemaRef, float] = {}
        self.known: Mapping[SchemaRef, Schema] = MappingProxyType(
            ChainMap(self._known, self._unknown)
        )
        """Those that it has answered for; of what it has not, the problem tells."""
        self._asking: dict[SchemaRef, asyncio.Task[None]] = {}
        self._waiting = Waiting("the schema registry, without which records cannot be read")
        self._waits_since: float | None = None

    def unanswered(self, refs: Iterable[SchemaRef]) -> set[SchemaRef]:
        """Those of them that have to be asked for."""
        now = time.monotonic()
        return {
            ref
            for ref in refs
            if ref not in self._known and now >= self._ask_again_at.get(ref, -math.inf)
        }

    async def look_up(self, refs: Iterable[SchemaRef]) -> None:
        """Returns when all of them are known, however long the registry is away."""
        asking = [self._asking.get(ref) or self._ask(ref) for ref in self.unanswered(refs)]
        if asking:
            # Who waits may be cancelled; others may wait for the same.
            await asyncio.wait(asking)
            for task in asking:
                task.result()

    @property
    def waited_seconds(self) -> float:
        """How long the registry has been waited for by now; 0: it is not."""
        return 0.0 if self._waits_since is None else time.monotonic() - self._waits_since

    async def close(self) -> None:
        """Ask no more."""
        for task in list(self._asking.values()):
            task.cancel()
        await self.registry.close()

    def _ask(self, ref: SchemaRef) -> asyncio.Task[None]:
        task = asyncio.create_task(self._until_answered(ref), name="schema")
        self._asking[ref] = task
        task.add_done_callback(lambda _: self._asking.pop(ref))
        return task

    async def _until_answered(self, ref: SchemaRef) -> None:
        pause = _FIRST_RETRY_SECONDS
        while True:
            try:
                schema = await parsed(self.registry, ref)
            except AwayError as error:
                self._waits_since = self._waits_since or time.monotonic()
                self._waiting.goes_on(error=str(error))
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LAST_RETRY_SECONDS)
            except NoSchemaError as error:
                self._is_answered()
                self._ask_again_at[ref] = time.monotonic() + UNKNOWN_SECONDS
                _keep(self._unknown, ref, Schema(None, str(error)))
                if len(self._ask_again_at) > _MOST:
                    self._ask_again_at = {it: self._ask_again_at[it] for it in self._unknown}
                return
            else:
                self._is_answered()
                self._unknown.pop(ref, None)
                self._ask_again_at.pop(ref, None)
                _keep(self._known, ref, schema)
                return

    def _is_answered(self) -> None:
        self._waits_since = None
        self._waiting.is_over()


def _keep(schemas: dict[SchemaRef, Schema], ref: SchemaRef, schema: Schema) -> None:
    schemas.pop(ref, None)
    if len(schemas) >= _MOST:
        del schemas[next(iter(schemas))]
    schemas[ref] = schema
