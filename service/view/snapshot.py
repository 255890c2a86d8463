"""What one partition says at one moment, ready to be added up and written out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from numpy.typing import NDArray

Group = Literal["contacts", "agents"]


def place(group: str, number: int) -> int | str:
    """How a partition is called in messages: by number, one of agents with its group."""
    return number if group == "contacts" else f"{group} {number}"


class Family(NamedTuple):
    """All series of one sample name: label values and, at the same index, the value.

    `labels` only ever grows at its end while a partition is held, so an index into it may be
    kept between two snapshots; read no further than `len(values)`.

    A partition's values are integers, so that adding them up is exact in whatever order; what is
    shown is the value divided by `unit` (of seconds, which are kept in microseconds: 1,000,000).
    """

    labels: Sequence[tuple[str, ...]]
    values: NDArray[Any]
    unit: int = 1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A partition's series at `clock` (microseconds of event time), by exposed sample name."""

    clock: int
    live_contacts: int
    families: Mapping[str, Family]
    #: By window, the clock from which on it lacks nothing that has left the state.
    complete_from: Mapping[str, int] = field(default_factory=dict)
    #: Of the claim under which it is held: of two snapshots of a partition, the higher one counts.
    epoch: int = 0
    #: Of which group of topics the partition is: each has numbers of its own.
    group: Group = "contacts"

    @property
    def seconds(self) -> float | None:
        """The clock in seconds; None: it has not begun."""
        return self.clock / 1e6 if self.clock > 0 else None
