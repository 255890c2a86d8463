"""Lists and tables, which an environment variable can only hold as a text."""

from __future__ import annotations

import json
from typing import Any


def decoded(value: Any) -> Any:
    """A text becomes the list or table it describes: as JSON, or as `a, b, c`.

    Raises ValueError.
    """
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith(("[", "{")):
        try:
            return json.loads(text)
        except ValueError:
            raise ValueError("not valid JSON; a list may also be written as a, b, c") from None
    return [part.strip() for part in text.split(",") if part.strip()]
