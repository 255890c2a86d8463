"""Label values, kept to a number that Prometheus can bear."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

NONE = "none"
OTHER = "other"
UNKNOWN = "unknown"
#: Values the service itself writes; they take no place of a dimension.
RESERVED = frozenset((NONE, OTHER, UNKNOWN))

DIMENSIONS = ("channel", "queue", "reason")


class Dimension:
    """The label values of one dimension: those allowed or, without a list, the first seen.

    Which values came first depends on the order of arrival, so they are part of the partition's
    durable state: after a restart the same values have a series of their own.
    """

    def __init__(self, limit: int, allowed: frozenset[str] | None) -> None:
        self._limit = limit
        self._open = allowed is None
        self._labels: dict[str, str] = {value: value for value in (allowed or ())}
        self.overflows = 0

    def admit(self, value: str | None) -> bool:
        """Takes note of a value in an accepted event; True if it got a place just now."""
        if value is None or value in self._labels or value in RESERVED:
            return False
        if self._open and len(self._labels) < self._limit:
            self._labels[value] = value
            return True
        self.overflows += 1
        return False

    def label(self, value: str | None) -> str:
        """The value's label: itself, or `other` where there was no place for it."""
        if value is None:
            return NONE
        known = self._labels.get(value)
        if known is not None:
            return known
        return value if value in RESERVED else OTHER

    def values(self) -> list[str]:
        return list(self._labels)

    def resume(self, values: Iterable[str]) -> None:
        """Takes up the places given in an earlier run; an allow-list of today goes before."""
        if self._open:
            for value in values:
                self._labels.setdefault(value, value)


class Labels:
    """The dimensions of a partition."""

    def __init__(self, limit: int, allowed: Mapping[str, frozenset[str]]) -> None:
        self.channel, self.queue, self.reason = (
            Dimension(limit, allowed.get(name)) for name in DIMENSIONS
        )

    def each(self) -> Iterable[tuple[str, Dimension]]:
        return zip(DIMENSIONS, (self.channel, self.queue, self.reason), strict=True)
