"""The cheap condition of a feed: which values must stand at which paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from service.feeds.definition import Scalar

_Condition = Callable[[Any, Any], bool]


def compile_match(match: Iterable[tuple[str, tuple[Scalar, ...]]]) -> _Condition:
    """Whether all paths of an element match; what it has not is looked for in the whole record.

    Values are compared as JSON has them: 1 is neither true nor "1".
    """
    conditions = [(path.split("."), _set(values)) for path, values in match]

    def matches(element: Any, whole: Any) -> bool:
        for path, wanted in conditions:
            value = _at(path, element)
            if value is None and whole is not element:
                value = _at(path, whole)
            if not isinstance(value, str | int | float):
                return False
            if (isinstance(value, bool), value) not in wanted:
                return False
        return True

    return matches


def _set(values: tuple[Scalar, ...]) -> frozenset[tuple[bool, Scalar]]:
    return frozenset((isinstance(value, bool), value) for value in values)


def _at(path: list[str], value: Any) -> Any:
    for name in path:
        if type(value) is not dict:
            return None
        value = value.get(name)
    return value
