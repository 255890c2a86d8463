"""The windows that suit a file of events, by how much time it spans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from service.definitions import DAY, HOUR, CalendarWindow, Definitions, RepeatWindow, Window
from service.past.moments import step_for

#: The window of all that the file tells.
FILE: Final = "file"
_USUAL: Final = (*Definitions().windows, Window("28d", 28 * DAY, 6 * HOUR))
#: A shorter window than one of so many of the span would be a needle between two points.
_MOST: Final = 200
_OFTEN: Final = 4

AnyWindow = TypeVar("AnyWindow", Window | CalendarWindow, RepeatWindow)


def suitable(span: int) -> tuple[Window, ...]:
    """Of the usual windows those that a chart over `span` (microseconds) can show."""
    fit = [window for window in _USUAL if span // _MOST <= window.length <= span]
    return tuple(fit) or _USUAL[:1]


def whole(span: int) -> Window:
    """A window that holds the last `span`, at whatever moment of its last step."""
    step = step_for(span)
    return Window(FILE, (span // step + 2) * step, step)


def most_telling(definitions: Definitions, span: int) -> tuple[str, str]:
    """The window and the repeat window to begin with, by name.

    The window is to move within the span, and to have seen how most of its contacts turned out.
    """
    usual = [window for window in definitions.all_windows if window.name != FILE]
    repeats = definitions.repeat_windows
    window = _held_often(usual, span)
    if _held_often(repeats, window.length).length * _OFTEN <= window.length:
        return window.name, _held_often(repeats, window.length).name
    return FILE, _held_often(repeats, span).name


def _held_often(windows: Sequence[AnyWindow], span: int) -> AnyWindow:
    """The longest that the span holds four times, or else the shortest."""
    by_length = sorted(windows, key=lambda window: window.length)
    held = [window for window in by_length if _OFTEN * window.length <= span]
    return (held or by_length[:1])[-1]
