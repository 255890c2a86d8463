"""Lines of a log, bare or as a log shipper wraps them: {"message": "the line", ...}."""

from __future__ import annotations

from typing import Any

from service.feeds.json_text import read_json
from service.feeds.refusal import WRONG_FORMAT, Unmappable


def line(data: bytes) -> Any:
    """The shipper's tree as it is; a bare line, or one as a text of JSON, as its `message`.

    Raises Unmappable.
    """
    start = data.lstrip()[:1]
    if start == b"{":
        return read_json(data)
    if start == b'"':
        return {"message": read_json(data)}
    try:
        return {"message": data.decode().rstrip("\r\n")}
    except UnicodeDecodeError:
        raise Unmappable(WRONG_FORMAT, "the line is not UTF-8") from None
