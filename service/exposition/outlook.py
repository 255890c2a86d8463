"""What the page shows of one worker, or of the group: now, and over the last hours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import time

from service.exposition.history import History, Sample
from service.exposition.peers import InThread
from service.exposition.reports import Reports
from service.exposition.sharing import Shared
from service.exposition.whole import MAY_BE_OLD, Seen

#: Seconds of event time by which a sample of the charts may be behind the wall clock.
_CHART_MAY_BE_BEHIND = 120.0


class Outlook:
    """Asks once for all who look at the same time. `reports` is its own."""

    def __init__(
        self, ask: Callable[[], Awaitable[Seen]], reports: Reports, in_thread: InThread
    ) -> None:
        self._seen = Shared(ask)
        self._reports = reports
        self._in_thread = in_thread
        self.history = History()

    async def summary(self, since: float) -> Callable[[], bytes]:
        """What writes the JSON of `/api/summary`, with the samples after `since`."""
        seen = await self._seen.take(at_most_old=MAY_BE_OLD)

        def write() -> bytes:
            past = self.history.since(since)
            told = (seen.snapshots, seen.pipeline, seen.readiness, past, time(), seen.coverage)
            return self._reports.summary(*told)

        return write

    async def keep_sample(self) -> Sample | None:
        """Keeps the totals of now for the charts; None: these are none to be drawn."""
        seen = await self._seen.take(at_most_old=MAY_BE_OLD)
        now = time()
        clock = min((snapshot.clock / 1e6 for _, snapshot in seen.snapshots), default=0.0)
        # Numbers of another time have no place in a chart of this one: while a backlog is worked
        # off it has a gap. Nor have those of a part of the group.
        whole = seen.coverage is None or not seen.coverage.missing
        if not whole or now - clock > _CHART_MAY_BE_BEHIND:
            return None
        sample = Sample(now, await self._in_thread(lambda: self._reports.sample(seen.snapshots)))
        self.history.add(*sample)
        return sample
