"""One set of snapshots for all who ask at the same time."""

from __future__ import annotations

import asyncio
from time import monotonic

from service.exposition.reports import Snapshots
from service.exposition.source import SnapshotSource

#: A scrape gives up after 10 s by default; what is not durable after this long is not waited for.
PATIENCE_SECONDS = 2.0


class SharedSnapshots:
    """Asks the source once, however many requests wait for it: ten scrapers cost what one does."""

    def __init__(self, source: SnapshotSource) -> None:
        self._source = source
        self._under_way: asyncio.Task[Snapshots] | None = None
        self._taken: tuple[float, Snapshots] | None = None

    async def take(self, *, at_most_old: float = 0.0) -> Snapshots:
        """Those of now, or those taken at most `at_most_old` seconds ago."""
        if self._taken is not None and monotonic() - self._taken[0] < at_most_old:
            return self._taken[1]
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.create_task(self._ask())
        # A client that goes away must not take the others' answer with it.
        return await asyncio.shield(self._under_way)

    async def _ask(self) -> Snapshots:
        snapshots = await self._source.snapshots(PATIENCE_SECONDS)
        self._taken = (monotonic(), snapshots)
        return snapshots
