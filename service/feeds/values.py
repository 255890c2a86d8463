"""What JMESPath means by true, equal and comparable, on values of JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import msgspec

from service.feeds.refusal import TOO_MUCH, WRONG_VALUE, Unmappable

#: Characters of a text that a function makes.
MAX_TEXT = 65_536
#: Parts of a text, or elements that `for_each` gives.
MAX_PARTS = 10_000

#: Bytes of a decimal, and its scale: databases have fewer.
_MAX_DECIMAL: Final = 64
_MAX_SCALE: Final = 128

_KINDS: dict[type, str] = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}
_encode = msgspec.json.Encoder().encode


def is_true(value: Any) -> bool:
    """All but null, false and what is empty; 0 is true."""
    if value is None or value is False:
        return False
    return bool(value) or not isinstance(value, str | list | dict)


def equal(left: Any, right: Any) -> bool:
    """As JSON has it: true is not 1."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def is_number(value: Any) -> bool:
    """Whether it is a number of JSON."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def kind(value: Any) -> str:
    """The name that JMESPath has for the type of a value."""
    return _KINDS.get(type(value), "null")


def text_of(value: Any) -> str:
    """A text as it is, other values as JSON. Raises Unmappable for more than MAX_TEXT."""
    if isinstance(value, str):
        return value
    _bound(value)
    try:
        return _encode(value).decode()
    except (ValueError, OverflowError, TypeError, RecursionError):
        raise Unmappable(WRONG_VALUE, "a value cannot be written as a text") from None


def _bound(value: Any) -> None:
    # An expression can give the same part many times over: it is counted before it is written.
    size, waiting = 0, [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            size += len(part)
        elif isinstance(part, dict):
            size += sum(map(len, part))
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
        size += 1
        if size + len(waiting) > MAX_TEXT:
            raise Unmappable(TOO_MUCH, "a text would become too long")


def key_of(value: Any) -> str | None:
    """A scalar as the text that stands for it in a look-up table; of anything else None."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int | float) else None


def number_of(value: Any) -> int | float | None:
    """A number, also one that is written as a text; None for what is none."""
    if isinstance(value, str):
        return _parsed(value)
    return value if is_number(value) else None


def decimal_of(digits: bytes, scale: int) -> int | float | None:
    """A decimal of databases: a number in two's complement, its last `scale` digits a fraction.

    None for one that no number can hold.
    """
    if len(digits) > _MAX_DECIMAL or abs(scale) > _MAX_SCALE:
        return None
    unscaled = int.from_bytes(digits, "big", signed=True)
    return float(Decimal(unscaled).scaleb(-scale)) if scale else unscaled


def _parsed(text: str) -> int | float | None:
    text = text.strip()
    if not text or len(text) > 40 or not text.isascii() or "_" in text:
        return None
    for read in (int, float):
        try:
            number = read(text)
        except ValueError:
            continue
        # No infinity, and no number: neither can be written as JSON.
        return number if number - number == 0 else None
    return None
