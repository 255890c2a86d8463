"""Windows of the gauges and of repeat contacts, as the configuration names them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode

from service.definitions import DAY, Definitions, duration_text
from service.settings.durations import PositiveDuration, parse_duration
from service.settings.lists import decoded

_DEFAULT_STEPS = {window.name: duration_text(window.step) for window in Definitions().windows}
#: Every series keeps so many numbers for each window.
_MOST_BUCKETS = 2000
#: Contacts stay in the state for the longest window and the longest repeat window.
_LONGEST = 366 * DAY


def _table(value: Any) -> Any:
    value = decoded(value)
    if not isinstance(value, list):
        return value
    unknown = [name for name in value if str(name) not in _DEFAULT_STEPS]
    if unknown:
        raise ValueError(
            f"no step is known for {', '.join(map(str, unknown))}; known in a list:"
            f" {', '.join(_DEFAULT_STEPS)}; others need a table,"
            ' such as windows = { "12h" = "10m" }'
        )
    return {name: _DEFAULT_STEPS[name] for name in map(str, value)}


def _name_is_a_length(name: str) -> int:
    length = parse_duration(name)
    if not length or name.strip() != name:
        raise ValueError(f'a window is named by its length, such as "1h", not "{name}"')
    if length > _LONGEST:
        raise ValueError(f"window {name} is too long: at most {_LONGEST // DAY}d are kept")
    return length


def _all_differ(names: Iterable[str]) -> None:
    seen: dict[int, str] = {}
    for name in names:
        length = _name_is_a_length(name)
        if length in seen:
            raise ValueError(f"{seen[length]} and {name} are the same window")
        seen[length] = name
    if not seen:
        raise ValueError("at least one window is needed")


def _steps_fit(windows: dict[str, int]) -> dict[str, int]:
    _all_differ(windows)
    for name, step in windows.items():
        length = parse_duration(name)
        if length % step:
            raise ValueError(f"window {name} is not a multiple of its step {duration_text(step)}")
        if length // step > _MOST_BUCKETS:
            raise ValueError(
                f"window {name} has {length // step} steps of {duration_text(step)};"
                f" at most {_MOST_BUCKETS} are kept: choose a longer step"
            )
    return windows


def _repeat_windows_differ(names: list[str]) -> list[str]:
    _all_differ(names)
    return names


def _all_once(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise ValueError("a window is named twice")
    return names


CalendarWindows = Annotated[
    list[Literal["today", "yesterday", "this_week", "this_month"]],
    NoDecode,
    BeforeValidator(decoded),
    AfterValidator(_all_once),
]

Windows = Annotated[
    dict[str, PositiveDuration],
    NoDecode,
    BeforeValidator(_table, json_schema_input_type=dict[str, str] | list[str]),
    AfterValidator(_steps_fit),
]
"""Length (the name) to step, in µs."""

RepeatWindows = Annotated[
    list[str], NoDecode, BeforeValidator(decoded), AfterValidator(_repeat_windows_differ)
]
"""Names, each a duration."""
