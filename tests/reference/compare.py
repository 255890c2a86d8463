"""A /metrics page as the reference's dictionary, and what differs between two of them."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.reference.page import Page, Series

#: Only sums of seconds may differ, by how their addends were rounded to floating point.
SUM_TOLERANCE = 1e-6
_MICROSECOND = 1e-6


def parse(text: str) -> Page:
    """Every sample of a page in the Prometheus text format but those of 0."""
    # nearly all are 0
    told = (line for line in text.split("\n") if line[:1] not in {"", "#"})
    samples = (line.rpartition(" ") for line in told if not line.endswith(" 0.0"))
    return {_series(name_and_labels): float(value) for name_and_labels, _, value in samples}


#: The parser is slow, and a thousand pages tell of the same series.
@cache
def _series(name_and_labels: str) -> Series:
    (family,) = text_string_to_metric_families(f"{name_and_labels} 0")
    (sample,) = family.samples
    return sample.name, frozenset(sample.labels.items())


def differences(
    expected: Page, actual: Page, prefixes: Iterable[str] = ("cx_window_", "cx_backlog_", "cx_sla_")
) -> list[str]:
    """A line for each series below these prefixes that differs; one that is missing reads 0.

    A prefix that ends in `{` is a whole name.
    """
    wanted = tuple(prefixes)
    different = [
        key
        for key in expected.keys() | actual.keys()
        if not equal(key[0], expected.get(key, 0.0), actual.get(key, 0.0))
        and f"{key[0]}{{".startswith(wanted)
    ]
    return [
        f"{written(key)}: expected {expected.get(key, 0.0)}, got {actual.get(key, 0.0)}"
        for key in sorted(different, key=written)
    ]


def negative(page: Page) -> list[str]:
    """The series that are less than nothing, as none ever may be."""
    return [f"{written(key)}: {value}" for key, value in page.items() if value < 0]


def equal(name: str, expected: float, actual: float) -> bool:
    if expected == actual:
        return True
    if name.endswith("_sum"):
        return math.isclose(expected, actual, rel_tol=SUM_TOLERANCE)
    is_of_agents = "agent" in name and "seconds" in name
    return is_of_agents and abs(expected - actual) < _MICROSECOND / 2


def written(key: Series) -> str:
    name, labels = key
    inside = ",".join(f'{label}="{value}"' for label, value in sorted(labels))
    return f"{name}{{{inside}}}"
