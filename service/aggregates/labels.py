"""Label values, kept to a number that Prometheus can bear.

Which values have a series of their own is one list for all partitions, in the order in which values
were proposed to it: of each dimension the first ones have a place, as many as the settings allow.
A value is decided on before the event that brings it is applied, so no contact ever changes its
labels while a partition is held: a value is on the list, or the list is full.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from service.events.model import NONE

OTHER = "other"
UNKNOWN = "unknown"
#: Values the service itself writes; they take no place of a dimension.
RESERVED = frozenset((NONE, OTHER, UNKNOWN))

DIMENSIONS = ("channel", "queue", "reason", "team", "segment")


class Label(NamedTuple):
    """A label value, and the dimension that it is of."""

    dimension: str
    value: str


class Dimension:
    """The label values of one dimension: those allowed or, without a list of these, the first."""

    def __init__(self, limit: int, allowed: frozenset[str] | None) -> None:
        self._limit = limit
        self._is_open = allowed is None
        self._labels: dict[str, str] = {value: value for value in (allowed or ())}

    @property
    def room(self) -> int:
        """How many more values can get a place."""
        return max(0, self._limit - len(self._labels)) if self._is_open else 0

    def awaits(self, value: str) -> bool:
        """Whether it is not decided yet if the value has a place."""
        return value not in self._labels and value not in RESERVED and self.room > 0

    def admit(self, value: str) -> bool:
        """Takes the next value of the list; whether that gives it a place."""
        if not self.awaits(value):
            return False
        self._labels[value] = value
        return True

    @property
    def places(self) -> frozenset[str]:
        """The values that are labels as they are, but for those the service writes itself."""
        return frozenset(self._labels)

    def has_place(self, value: str | None) -> bool:
        """Whether the value is a label as it is, or there is none."""
        return value is None or value in self._labels or value in RESERVED

    def displaced(self, had: Collection[str]) -> list[str]:
        """Of the values that had a place those without one, though there is room for all."""
        if not self._is_open or len(had) > self._limit:
            return []
        return [value for value in had if not self.has_place(value)]

    def label(self, value: str | None) -> str:
        """The value's label: itself, or `other` where there was no place for it."""
        if value is None:
            return NONE
        known = self._labels.get(value)
        if known is not None:
            return known
        return value if value in RESERVED else OTHER

    def may_differ_from(self, former: Dimension) -> bool:
        """Whether a value that had a label under `former` can have another one here."""
        lost = former._labels.keys() - self._labels.keys()
        # As long as there was room, none was `other`.
        return bool(lost) or (not former.room and len(self._labels) > len(former._labels))

    def resume(self, values: Iterable[str]) -> None:
        """Takes up the places given in an earlier run."""
        self._labels.update((value, value) for value in values)


class Labels:
    """The dimensions of a partition."""

    def __init__(self, limit: int, allowed: Mapping[str, frozenset[str]]) -> None:
        #: The values that have got a place, in that order.
        self.given: list[Label] = []
        self.channel, self.queue, self.reason, self.team, self.segment = (
            Dimension(limit, allowed.get(name)) for name in DIMENSIONS
        )

    def each(self) -> Iterable[tuple[str, Dimension]]:
        dimensions = (self.channel, self.queue, self.reason, self.team, self.segment)
        return zip(DIMENSIONS, dimensions, strict=True)

    def admit(self, labels: Iterable[tuple[str, str]]) -> None:
        """Takes the next values of the list, by dimension.

        Those of dimensions that are not known here, and those taken before, change nothing.
        """
        dimensions = dict(self.each())
        for name, value in labels:
            if name in dimensions and dimensions[name].admit(value):
                self.given.append(Label(name, value))

    def may_differ_from(self, former: Labels) -> bool:
        """Whether a contact that had labels under `former` can have others here."""
        dimensions = zip(self.each(), former.each(), strict=True)
        return any(its.may_differ_from(before) for (_, its), (_, before) in dimensions)

    def displaced(self, had: Iterable[Label]) -> list[Label]:
        """Of the values that had a place those that others have come before.

        The list of all partitions has lost what it began with.
        """
        by_dimension: dict[str, list[str]] = {name: [] for name in DIMENSIONS}
        for name, value in had:
            by_dimension[name].append(value)
        return [
            Label(name, value)
            for name, dimension in self.each()
            for value in dimension.displaced(by_dimension[name])
        ]

    def undecided(self, proposed: Iterable[tuple[str, str | None]]) -> list[Label]:
        """Of these values those that are not decided, no more than there is room for."""
        dimensions = dict(self.each())
        room = {name: dimension.room for name, dimension in dimensions.items()}
        found: dict[Label, None] = {}
        for name, value in proposed:
            if room[name] and value is not None and dimensions[name].awaits(value):
                label = Label(name, value)
                if label not in found:
                    found[label] = None
                    room[name] -= 1
                    if not any(room.values()):
                        break
        return list(found)
