"""The functions of expressions: JMESPath's own, and what records of other systems need.

All give null for null, but for those that are about null; what else they cannot work with raises
Unmappable. None has a pattern or a loop of its own, so that time and text stay in proportion to
the record.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from service.feeds import moments
from service.feeds.json_text import read_json
from service.feeds.refusal import TOO_MUCH, WRONG_VALUE, Unmappable
from service.feeds.values import (
    MAX_PARTS,
    MAX_TEXT,
    decimal_of,
    equal,
    is_number,
    key_of,
    kind,
    number_of,
    text_of,
)


class Function(NamedTuple):
    """A function of values: how many it takes (most None: any number), and what it does."""

    least: int
    most: int | None
    call: Callable[..., Any]
    takes_null: bool = False


def _wrong(name: str, needs: str) -> Unmappable:
    return Unmappable(WRONG_VALUE, f"{name}() needs {needs}")


def _texts(name: str, *values: Any) -> None:
    if not all(isinstance(value, str) for value in values):
        raise _wrong(name, "texts")


def _array(name: str, value: Any, of: str = "") -> list[Any]:
    """An array, of numbers or of strings where that is said."""
    if not isinstance(value, list) or (of and any(kind(item) != of for item in value)):
        raise _wrong(name, f"an array of {of}s" if of else "an array")
    return value


def _alike(name: str, value: Any) -> list[Any]:
    """An array of numbers alone, or of texts alone."""
    items = _array(name, value)
    if len({kind(item) for item in items} | {"number"}) > 1:
        return _array(name, items, "string")
    return items


def _number(name: str, value: Any) -> int | float:
    if not is_number(value):
        raise _wrong(name, "a number")
    return value  # type: ignore[no-any-return]


def _object(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(name, "an object")
    return value


def _contains(within: Any, what: Any) -> bool:
    if isinstance(within, str):
        return isinstance(what, str) and what in within
    return any(equal(item, what) for item in _array("contains", within))


def _starts_with(text: Any, start: Any) -> bool:
    _texts("starts_with", text, start)
    return bool(text.startswith(start))


def _ends_with(text: Any, end: Any) -> bool:
    _texts("ends_with", text, end)
    return bool(text.endswith(end))


def _join(between: Any, parts: Any) -> str:
    _texts("join", between)
    texts = _array("join", parts, "string")
    if sum(map(len, texts)) + len(between) * len(texts) > MAX_TEXT:
        raise Unmappable(TOO_MUCH, "join() would make a text that is too long")
    return str(between.join(texts))


def _split(text: Any, between: Any) -> list[str]:
    _texts("split", text, between)
    if not between:
        raise _wrong("split", "a text to split at")
    parts: list[str] = text.split(between, MAX_PARTS)
    if len(parts) > MAX_PARTS:
        raise Unmappable(TOO_MUCH, f"split() makes more than {MAX_PARTS} parts")
    return parts


def _length(value: Any) -> int:
    if not isinstance(value, str | list | dict):
        raise _wrong("length", "a text, an array or an object")
    return len(value)


def _reverse(value: Any) -> Any:
    return value[::-1] if isinstance(value, str) else _array("reverse", value)[::-1]


def _merge(*objects: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for each in objects:
        merged.update(_object("merge", each))
    return merged


def _average(value: Any) -> float | None:
    items = _array("avg", value, "number")
    return sum(items) / len(items) if items else None


def _sum(value: Any) -> Any:
    return sum(_array("sum", value, "number"))


def _not_null(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _to_number(value: Any) -> int | float | None:
    return number_of(value)


def _lower(text: Any) -> str:
    _texts("lower", text)
    return str(text).lower()


def _upper(text: Any) -> str:
    _texts("upper", text)
    return str(text).upper()


def _trim(text: Any) -> str:
    _texts("trim", text)
    return str(text).strip()


def _parse_json(text: Any) -> Any:
    """JSON in a text; an empty text is null, and what is JSON already stays as it is."""
    if not isinstance(text, str):
        return text
    return read_json(text.encode()) if text.strip() else None


def _from_base64(text: Any) -> str:
    _texts("from_base64", text)
    try:
        # Both alphabets, and with or without the padding at the end.
        plain = text.translate(_STANDARD).rstrip("=").encode("ascii")
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        raise _wrong("from_base64", "a base64 text of UTF-8") from None


_STANDARD: Final = str.maketrans("-_", "+/", "\r\n")


def _decimal(value: Any, scale: Any = 0) -> int | float | None:
    """What Kafka Connect writes of a decimal: its digits in base64, alone or beside their scale."""
    if isinstance(value, dict):
        value, scale = value.get("value"), value.get("scale")
    if value is None or value == "":
        return None
    if is_number(value):
        return value  # type: ignore[no-any-return]
    try:
        return decimal_of(base64.b64decode(value, validate=True), int(scale))
    except (binascii.Error, ValueError, TypeError):
        raise _wrong("decimal", "base64 of a decimal, and its scale") from None


def _total(items: Any) -> int | float | None:
    """The sum of those that are numbers, also as texts; null where none is."""
    numbers = [n for n in map(number_of, _array("total", items)) if n is not None]
    return _finite(sum(numbers)) if numbers else None


def _scale(value: Any, factor: Any) -> int | float | None:
    number, times = number_of(value), number_of(factor)
    return None if number is None or times is None else _finite(number * times)


def _minus(value: Any, subtrahend: Any) -> int | float | None:
    first, second = number_of(value), number_of(subtrahend)
    return None if first is None or second is None else _finite(first - second)


def _finite(number: int | float) -> int | float | None:
    return number if math.isfinite(number) else None


def _extreme(name: str, choose: Callable[[list[Any]], Any]) -> Function:
    def extreme(value: Any) -> Any:
        items = _alike(name, value)
        return choose(items) if items else None

    return Function(1, 1, extreme)


def _since(unit: str) -> Function:
    return Function(1, 1, lambda count: moments.since_1970(count, unit))


#: What JMESPath itself has, of values alone.
_STANDARD_FUNCTIONS: Final[dict[str, Function]] = {
    "abs": Function(1, 1, lambda value: abs(_number("abs", value))),
    "avg": Function(1, 1, _average),
    "ceil": Function(1, 1, lambda value: math.ceil(_number("ceil", value))),
    "contains": Function(2, 2, lambda w, x: None if w is None else _contains(w, x), True),
    "ends_with": Function(2, 2, _ends_with),
    "floor": Function(1, 1, lambda value: math.floor(_number("floor", value))),
    "join": Function(2, 2, _join),
    "keys": Function(1, 1, lambda value: list(_object("keys", value))),
    "length": Function(1, 1, _length),
    "max": _extreme("max", max),
    "merge": Function(1, None, _merge),
    "min": _extreme("min", min),
    "not_null": Function(1, None, _not_null, True),
    "reverse": Function(1, 1, _reverse),
    "sort": Function(1, 1, lambda value: sorted(_alike("sort", value))),
    "starts_with": Function(2, 2, _starts_with),
    "sum": Function(1, 1, _sum),
    "to_array": Function(1, 1, lambda v: v if isinstance(v, list) else [v], True),
    "to_number": Function(1, 1, _to_number),
    "to_string": Function(1, 1, text_of),
    "type": Function(1, 1, kind, True),
    "values": Function(1, 1, lambda value: list(_object("values", value).values())),
}

#: What is added: of values alone.
_ADDED: Final[dict[str, Function]] = {
    "lower": Function(1, 1, _lower),
    "upper": Function(1, 1, _upper),
    "trim": Function(1, 1, _trim),
    "split": Function(2, 2, _split),
    "parse_json": Function(1, 1, _parse_json),
    "from_base64": Function(1, 1, _from_base64),
    "decimal": Function(1, 2, _decimal),
    "total": Function(1, 1, _total),
    "scale": Function(2, 2, _scale),
    "minus": Function(2, 2, _minus),
    **{f"epoch_{unit}": _since(unit) for unit in moments.UNITS},
}

FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType({**_STANDARD_FUNCTIONS, **_ADDED})


def keyed_hash(secret: bytes, anonymous: frozenset[str]) -> Function:
    """`hash(x)`: 32 hexadecimal digits of HMAC-SHA-256, which nobody can look up without the
    secret.

    Ids of `anonymous` (in small letters) stay as they are: they are many people, and are known by
    their name not to be one. So does an empty text.
    """

    def hashed(value: Any) -> str:
        text = key_of(value)
        if text is None:
            raise _wrong("hash", "a text or a number")
        if not text.strip() or text.strip().lower() in anonymous:
            return text
        return hmac.digest(secret, text.encode(), "sha256").hex()[:32]

    return Function(1, 1, hashed)
