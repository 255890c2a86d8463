"""What the validation library finds, in the words of whoever writes a configuration."""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic_core import ErrorDetails

from service.settings.environment import BrokenJson

_TEXT: Final = "a text is needed"
_WHOLE: Final = "a whole number is needed"
_NUMBER: Final = "a number is needed"
_LIST: Final = "a list is needed"
_TABLE: Final = "a table is needed"
_TRUTH: Final = "true or false is needed"
_FILE: Final = "the path of a file is needed"

#: Kind of error to what is allowed instead; what is not listed is said well by the library.
_NEEDED: Final = {
    "missing": "it is missing, and required",
    "string_type": _TEXT,
    "string_unicode": _TEXT,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "path_type": _FILE,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _TABLE,
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
    "string_too_short": "a text is needed that is not empty",
    "string_too_long": "a text of at most {max_length} characters is needed",
    "too_short": "a list of {min_length} or more is needed",
    "too_long": "a list of {max_length} at most is needed",
}
#: How an environment variable, which is a text, gives what is no text.
_AS_TEXT: Final = {
    _LIST: ', as JSON (["a", "b"]) or, of texts alone, as a, b',
    _TABLE: ', as JSON ({"name": ...}) or by a variable for each name, set off by __',
}
_SECRET: Final = re.compile(r"password|secret|token")
#: A login within an address.
_LOGIN: Final = re.compile(r"[^\s/]*@")
_LONGEST_SHOWN: Final = 60


def in_words(detail: ErrorDetails, name: str, *, in_variable: bool) -> str:
    """What is wrong with the setting `name` and what is allowed, with the value if it is short.

    `in_variable`: the value is from the environment.
    """
    given = detail.get("input")
    needed = _NEEDED.get(detail["type"])
    if needed is None:
        reason = detail["msg"].removeprefix("Value error, ").replace("Input should", "it should")
        return reason + _shown(given, name)
    needed = needed.format(**detail.get("ctx", {}))
    if in_variable:
        needed += _AS_TEXT.get(needed, "")
    if isinstance(given, BrokenJson):
        return f"not valid JSON ({given.reason}); {needed}"
    return needed + _shown(given, name)


def without_login(text: str) -> str:
    """An address without the user and the password that it may hold."""
    return _LOGIN.sub("", text)


def _shown(value: Any, name: str) -> str:
    if _SECRET.search(name) or not isinstance(value, str | int | float):
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f" (given: {without_login(text)[:_LONGEST_SHOWN]!r})"
