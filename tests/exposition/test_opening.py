"""The page opens with a first-contact resolution that can have settled."""

from __future__ import annotations

from itertools import combinations
from typing import TypeVar

import pytest

from service.definitions import DAY, HOUR, MINUTE, Definitions, RepeatWindow, Window
from service.exposition.opening import opening

T = TypeVar("T")

_WINDOWS = (
    Window("1h", HOUR, MINUTE),
    Window("8h", 8 * HOUR, 5 * MINUTE),
    Window("7d", 7 * DAY, HOUR),
)
_REPEATS = (RepeatWindow("2h", 2 * HOUR), RepeatWindow("24h", DAY), RepeatWindow("7d", 7 * DAY))


def some(of: tuple[T, ...]) -> list[tuple[T, ...]]:
    return [few for size in range(1, len(of) + 1) for few in combinations(of, size)]


def test_by_default_it_is_a_day_and_two_hours() -> None:
    assert opening(Definitions()) == ("24h", "2h")


@pytest.mark.parametrize("windows", some(_WINDOWS), ids=str)
@pytest.mark.parametrize("repeats", some(_REPEATS), ids=str)
def test_the_repeat_window_has_passed_for_most_contacts_wherever_it_can(
    windows: tuple[Window, ...], repeats: tuple[RepeatWindow, ...]
) -> None:
    window, repeat = opening(Definitions(windows=windows, repeat_windows=repeats))
    lengths = {it.name: it.length for it in windows}
    of_repeats = {it.name: it.length for it in repeats}
    telling = lengths[window] >= 4 * of_repeats[repeat]
    assert telling == (max(lengths.values()) >= 4 * min(of_repeats.values()))
