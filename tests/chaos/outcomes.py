"""The last outcome of each contact in its topic, and whether the reference says the same."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec

from tests.chaos.configuration import Copartition
from tests.chaos.topics import Reader
from tests.partition.outcomes_told import Names, Told, name_of, untrue
from tests.reference.events import time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.chaos.configuration import Names as Run
    from tests.chaos.log import Lines
    from tests.reference.settings import ReferenceSettings

#: By partition and by contact.
Lasts = dict[Copartition, dict[Names, Told]]


class LastTold:
    """Reads the topic on. What was told by a clock is in it once pages show that clock."""

    def __init__(self, bootstrap: str, names: Run) -> None:
        self._reader = Reader(bootstrap, names, [names.outcomes])
        self._is_started = False
        self._values: dict[int, list[bytes]] = defaultdict(list)

    async def read_on(self) -> None:
        if not self._is_started:
            self._is_started = True
            await self._reader.start()
        for (_, number), records in (await self._reader.more()).items():
            self._values[number] += [record.value for record in records]

    async def stop(self) -> None:
        await self._reader.stop()

    def last(self, clocks: Mapping[Copartition, int]) -> Lasts:
        """As of these clocks of the partitions: the topic goes on meanwhile."""
        lasts: Lasts = {}
        for (group, number), clock in clocks.items():
            if group != "contacts":
                continue
            told = map(msgspec.json.decode, self._values[number])
            lasts[group, number] = {name_of(it): it for it in told if time(it["as_of"]) <= clock}
        return lasts


def false(
    lasts: Lasts, lines: Lines, clocks: Mapping[Copartition, int], settings: ReferenceSettings
) -> tuple[int, list[Any]]:
    """How many contacts were compared, and those of which the last record is not the truth."""
    wrong = [
        it
        for of, last in lasts.items()
        for it in untrue(last, lines.get(of, []), clocks[of], settings)
    ]
    return sum(map(len, lasts.values())), wrong
