"""What was published, and what of it has to be reckoned anew at each comparison.

Nothing that the pages tell of a customer moves any more once he has been silent for long: he is
reckoned for the last time then, so that a comparison costs the same after an hour as after minutes.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tests.reference.settings import micro

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.chaos.configuration import Copartition
    from tests.reference.settings import ReferenceSettings

#: Lines of each partition, all topics of its group together.
Lines = dict["Copartition", list[bytes]]


class Log:
    """The events of all partitions, as they are read back."""

    def __init__(self, settings: ReferenceSettings) -> None:
        self.lines: Lines = defaultdict(list)
        """All of them."""
        self._rest = rest(settings)
        #: By partition and customer: the lines of whom more may come, and when the last one did.
        self._lively: dict[Copartition, dict[str, list[bytes]]] = defaultdict(dict)
        self._latest: dict[Copartition, dict[str, int]] = defaultdict(dict)
        self._settled: set[tuple[Copartition, str]] = set()

    def note(self, of: Copartition, owner: str, line: bytes, appended_at: int) -> None:
        """An event about a customer or agent, which the broker had at `appended_at` (µs)."""
        assert (of, owner) not in self._settled, "the measure took a customer for settled too soon"
        self.lines[of].append(line)
        self._lively[of].setdefault(owner, []).append(line)
        self._latest[of][owner] = appended_at

    def lively(self, of: Copartition) -> list[bytes]:
        """Those of all that are not settled."""
        return [line for lines in self._lively[of].values() for line in lines]

    def settle(
        self, clocks: Mapping[Copartition, int]
    ) -> Iterator[tuple[Copartition, list[bytes]]]:
        """Takes out those of whom nothing moves any more at these clocks; their lines."""
        for of, clock in clocks.items():
            # An agent without an end works on.
            silent = [
                owner
                for owner, latest in self._latest[of].items()
                if of[0] == "contacts" and latest < clock - self._rest
            ]
            if silent:
                yield of, [line for owner in silent for line in self._lively[of].pop(owner)]
            for owner in silent:
                del self._latest[of][owner]
                self._settled.add((of, owner))


def rest(settings: ReferenceSettings) -> int:
    """Microseconds after the last event of a customer in which a number of his may move."""
    longest = max(length for length, _ in settings.windows.values())
    most = max(settings.repeat_windows.values())
    within = settings.open_horizon, longest, most, settings.left_after, settings.allowed_lateness
    return sum(map(micro, within))
