"""The charts of the whole group over restarts: a sample a minute, where all workers find them.

They are totals of complete groups, so it does not matter who holds which partition, then or now.
"""

from __future__ import annotations

from typing import Final

import msgspec

from service.exposition.history import LENGTH_SECONDS, Sample
from service.exposition.source import SnapshotSource

STEP_SECONDS: Final = 60.0
#: Places that are written anew in turn.
_PLACES: Final = int(LENGTH_SECONDS / STEP_SECONDS)


class _Kept(msgspec.Struct, array_like=True):
    at: float
    definitions: str
    """The digest of the settings that the values are made by."""
    values: dict[str, float | None]


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(_Kept).decode


class Kept:
    """What `source` keeps of the group's past."""

    def __init__(self, source: SnapshotSource) -> None:
        self._source = source
        self._minute = -1

    def samples(self, now: float) -> list[Sample]:
        """Those of the last hours by today's settings, in the order of time."""
        definitions = self._source.pipeline().definitions
        samples: dict[float, Sample] = {}
        for written in self._source.kept():
            try:
                kept = _decode(written)
            except (msgspec.DecodeError, UnicodeDecodeError):
                # Of another release: a chart that begins later.
                continue
            if now - LENGTH_SECONDS < kept.at <= now and kept.definitions == definitions:
                samples[kept.at] = Sample(kept.at, kept.values)
        return [samples[at] for at in sorted(samples)]

    async def keep(self, sample: Sample) -> None:
        """Keeps the first sample of each minute."""
        minute = int(sample.at // STEP_SECONDS)
        if minute != self._minute:
            self._minute = minute
            kept = _Kept(sample.at, self._source.pipeline().definitions, dict(sample.values))
            await self._source.keep(minute % _PLACES, _encode(kept))
