"""JSON of other systems, read into a tree that is bounded in depth."""

from __future__ import annotations

from typing import Any

import orjson

from service.events.depth import MAX_DEPTH, SHALLOW_BYTES, too_deep
from service.events.refusal import Reason
from service.feeds.refusal import Unmappable


def read_json(text: bytes) -> Any:
    """The value of a JSON text. Raises Unmappable."""
    if len(text) > SHALLOW_BYTES and too_deep(text):
        raise Unmappable(Reason.TOO_DEEP, f"nested more than {MAX_DEPTH} levels deep")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # whose message may quote the record: not to be chained
        pass
    raise Unmappable(Reason.NOT_JSON, "the text is not JSON")
