"""A /metrics page as the reference's dictionary, and what differs between two of them."""

from __future__ import annotations

import math
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
    # nearly all are 0, and the parser is slow
    text = "\n".join(line for line in text.split("\n") if not line.endswith(" 0.0"))
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def differences(
    expected: Page, actual: Page, prefixes: Iterable[str] = ("cx_window_", "cx_backlog_", "cx_sla_")
) -> list[str]:
    """A line for each series below these prefixes that differs; one that is missing reads 0.

    A prefix that ends in `{` is a whole name.
    """
    wanted = tuple(prefixes)
    names = {key for key in (*expected, *actual) if f"{key[0]}{{".startswith(wanted)}
    return [
        f"{written(key)}: expected {expected.get(key, 0.0)}, got {actual.get(key, 0.0)}"
        for key in sorted(names, key=written)
        if not equal(key[0], expected.get(key, 0.0), actual.get(key, 0.0))
    ]


def negative(page: Page) -> list[str]:
    """The series that are less than nothing, as none ever may be."""
    return [f"{written(key)}: {value}" for key, value in page.items() if value < 0]


def equal(name: str, expected: float, actual: float) -> bool:
    if name.endswith("_sum"):
        return math.isclose(expected, actual, rel_tol=SUM_TOLERANCE)
    if "agent" in name and "seconds" in name:
        return abs(expected - actual) < _MICROSECOND / 2
    return expected == actual


def written(key: Series) -> str:
    name, labels = key
    inside = ",".join(f'{label}="{value}"' for label, value in sorted(labels))
    return f"{name}{{{inside}}}"
