"""The tree of an expression, by the library's parser: what is wrong with it is told here."""

from __future__ import annotations

from typing import Any, Final

from jmespath.exceptions import JMESPathError
from jmespath.parser import Parser

from service.feeds.bounds import MAX_LENGTH, too_costly

#: A part of a tree: its `type`, its `value` and its `children`.
Node = dict[str, Any]


def parse(text: str) -> Node:
    """The tree of an expression. Raises ValueError, which says what is wrong with it."""
    if not text.strip():
        raise ValueError("the expression is empty")
    if len(text) > MAX_LENGTH:
        raise ValueError(f"the expression is longer than {MAX_LENGTH} characters")
    try:
        tree: Node = dict(Parser().parse(text).parsed)
    except RecursionError:
        raise ValueError("the expression is nested too deeply") from None
    except (JMESPathError, ValueError) as error:
        raise ValueError(f"not a JMESPath expression: {_first_line(error)}") from None
    costly = too_costly(tree)
    if costly is not None:
        raise ValueError(f"the expression costs too much: {costly}")
    _refuse_the_not_of_a_part(tree)
    return tree


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _refuse_the_not_of_a_part(node: Node) -> None:
    """`!a.b` is read as `(!a).b`, which is always null: nobody means that."""
    children = [child for child in node["children"] if isinstance(child, dict)]
    if node["type"] in _ACCESSES and children[0]["type"] == "not_expression":
        raise ValueError("!a.b means (!a).b in JMESPath, which is never true: write !(a.b)")
    for child in children:
        _refuse_the_not_of_a_part(child)


_ACCESSES: Final = frozenset(
    {"subexpression", "projection", "filter_projection", "value_projection", "flatten"}
)
