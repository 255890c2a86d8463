"""How large an expression may be, so that what it costs stays in proportion to the record.

An expression walks each part of a record a bounded number of times: it has few nodes, makes few
copies (`[@, @] | [@, @] | …` doubles), and nothing in a projection leads back to the whole record.
"""

from __future__ import annotations

from typing import Any, Final

MAX_LENGTH: Final = 4_000
MAX_NODES: Final = 500
MAX_DEPTH: Final = 50
MAX_COPIES: Final = 64

_PROJECTIONS: Final = frozenset({"projection", "filter_projection", "value_projection", "expref"})
_PRODUCTS: Final = frozenset(
    {"subexpression", "pipe", "index_expression", *_PROJECTIONS - {"expref"}}
)


def too_costly(tree: dict[str, Any]) -> str | None:
    """Why the tree of an expression is refused; None if it is not."""
    nodes = depth = 0
    waiting: list[tuple[dict[str, Any], int, bool]] = [(tree, 1, False)]
    while waiting:
        node, level, repeated = waiting.pop()
        nodes, depth = nodes + 1, max(depth, level)
        if nodes > MAX_NODES or depth > MAX_DEPTH:
            return f"it has more than {MAX_NODES} parts, or is nested more than {MAX_DEPTH} deep"
        if repeated and node["type"] == "function_expression" and node["value"] == "record":
            return "record() must not stand within [*], [?...], *. or &: name what it gives before"
        repeats = repeated or node["type"] in _PROJECTIONS
        waiting += [
            (child, level + 1, repeats) for child in node["children"] if isinstance(child, dict)
        ]
    if _copies(tree) > MAX_COPIES:
        return f"it may copy what it is given more than {MAX_COPIES} times"
    return None


def _copies(node: dict[str, Any]) -> int:
    """How many times the input can be in the output, or in anything on the way there."""
    of_children = [_copies(child) for child in node["children"] if isinstance(child, dict)]
    if not of_children:
        return 1
    if node["type"] in _PRODUCTS:
        copies = 1
        for each in of_children:
            copies *= each
        return copies
    if node["type"] == "function_expression" and node["value"] in {"map", "sort_by", "max_by"}:
        return of_children[0] * of_children[-1]
    if node["type"] in {"or_expression", "and_expression", "comparator"}:
        return max(of_children)
    return sum(of_children)
