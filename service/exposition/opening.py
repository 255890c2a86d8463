"""The windows that the page opens with, before anybody has chosen others."""

from __future__ import annotations

from typing import Final

from service.definitions import Definitions

#: A repeat window as long as its window knows failures alone; a quarter of it, most contacts.
_OFTEN: Final = 4


def opening(definitions: Definitions) -> tuple[str, str]:
    """Names of a window and a repeat window: FCR in it has settled for most contacts.

    The shortest such window, as the page is of now, and the longest repeat window that it holds.
    Where none holds any, the longest with the shortest comes closest.
    """
    windows = sorted(definitions.windows, key=lambda window: window.length)
    repeats = sorted(definitions.repeat_windows, key=lambda repeat: repeat.length)
    for window in windows:
        held = [repeat for repeat in repeats if _OFTEN * repeat.length <= window.length]
        if held:
            return window.name, held[-1].name
    return windows[-1].name, repeats[0].name
