"""Debezium's changes of rows, always as an envelope: `op`, `before`, `after`, `source`."""

from __future__ import annotations

from typing import Any, Final

from service.feeds.formats.connect import payload
from service.feeds.refusal import WRONG_FORMAT, Unmappable

#: What Debezium writes for a large column that did not change.
UNAVAILABLE: Final = "__debezium_unavailable_value"
_NO_ROW: Final = frozenset({"d", "t", "m"})


def change(tree: Any) -> dict[str, Any] | None:
    """The envelope; a row that ExtractNewRecordState has taken out of it is put back into one.

    None for a tombstone within its schema's envelope. Raises Unmappable.
    """
    tree = payload(tree)
    if tree is None:
        return None
    if type(tree) is not dict:
        raise Unmappable(WRONG_FORMAT, "the value is no change of a row: an object is needed")
    if "op" in tree and ("after" in tree or "before" in tree or "source" in tree):
        after = tree.get("after")
        if type(after) is dict and UNAVAILABLE in after.values():
            return {**tree, "after": _available(after)}
        return tree
    return _enveloped(tree)


def says_no_row(envelope: dict[str, Any]) -> bool:
    """Of deletions, truncations and messages of the database's log."""
    op = envelope["op"]
    # What others write there instead may be a list, which cannot be looked up.
    return type(op) is str and op in _NO_ROW


def _enveloped(row: dict[str, Any]) -> dict[str, Any]:
    deleted = row.get("__deleted") in (True, "true")
    op = "d" if deleted else row.get("__op") or "u"
    source = {
        name.removeprefix("__source_"): value
        for name, value in row.items()
        if name.startswith("__source_")
    }
    for name in ("table", "db", "lsn"):
        if f"__{name}" in row:
            source[name] = row[f"__{name}"]
    whole = {"op": op, "source": source, "ts_ms": row.get("__ts_ms")}
    row = _available({name: value for name, value in row.items() if not name.startswith("__")})
    return {**whole, "before": row if deleted else None, "after": None if deleted else row}


def _available(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value != UNAVAILABLE}
