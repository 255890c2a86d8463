"""What one partition says at one moment, ready to be added up and written out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64] | NDArray[np.int64]


class Family(NamedTuple):
    """All series of one sample name: label values and, at the same index, the value.

    `labels` only ever grows at its end while a partition is held, so an index into it may be
    kept between two snapshots; read no further than `len(values)`.
    """

    labels: Sequence[tuple[str, ...]]
    values: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A partition's series at `clock` (microseconds of event time), by exposed sample name."""

    clock: int
    live_contacts: int
    families: Mapping[str, Family]
