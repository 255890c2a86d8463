"""JMESPath, compiled: the library's parser, and closures over the tree it gives.

The library's own interpreter asks each node anew what it is; closures know, and are several times
as fast. Where they differ on purpose: a wrong type raises Unmappable, null for null is given by
functions, numbers are not compared with texts, and `to_string(null)` is null.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Final

from service.feeds.errors import known
from service.feeds.functions import FUNCTIONS, Function
from service.feeds.offered import Offered
from service.feeds.parsing import Node, parse
from service.feeds.refusal import WRONG_VALUE, Unmappable
from service.feeds.values import equal, is_number, is_true, kind

#: From the value at hand and the record it is of to a value.
Closure = Callable[[Any, Offered], Any]
#: A function that needs more than the values of its arguments: from their nodes to a closure.
#: Raises ValueError, which says what is wrong with the arguments.
Special = Callable[[Sequence[Node], "Build"], Closure]


class Build:
    """Compiles the expressions of one feed; `specials` and `extra` are its further functions."""

    def __init__(self, specials: dict[str, Special], extra: dict[str, Function]) -> None:
        self._specials = {**_OF_EXPRESSIONS, **specials}
        self._functions = {**FUNCTIONS, **extra}

    def expression(self, text: str) -> Closure:
        """The closure of an expression. Raises ValueError, which says what is wrong with it."""
        return self.node(parse(text))

    def node(self, node: Node) -> Closure:
        """The closure of a node. Raises ValueError."""
        closure: Closure = getattr(self, f"_{node['type']}")(node)
        return closure

    def _children(self, node: Node) -> list[Closure]:
        return [self.node(child) for child in node["children"]]

    def _field(self, node: Node) -> Closure:
        name = node["value"]
        return lambda value, _: value.get(name) if type(value) is dict else None

    def _current(self, _node: Node) -> Closure:
        return lambda value, _: value

    _identity = _current

    def _literal(self, node: Node) -> Closure:
        literal = node["value"]
        return lambda _value, _: literal

    def _subexpression(self, node: Node) -> Closure:
        names = [child["value"] for child in node["children"] if child["type"] == "field"]
        if len(names) == len(node["children"]):
            return _path(names)
        return _chain(self._children(node))

    def _pipe(self, node: Node) -> Closure:
        return _chain(self._children(node))

    _index_expression = _pipe

    def _index(self, node: Node) -> Closure:
        at = node["value"]
        least = -at if at < 0 else at + 1
        return lambda value, _: value[at] if type(value) is list and len(value) >= least else None

    def _slice(self, node: Node) -> Closure:
        part = slice(*node["children"])
        if part.step == 0:
            raise ValueError("the step of a slice must not be 0")
        return lambda value, _: value[part] if type(value) is list else None

    def _or_expression(self, node: Node) -> Closure:
        first, second = self._children(node)

        def either(value: Any, offered: Offered) -> Any:
            found = first(value, offered)
            return found if is_true(found) else second(value, offered)

        return either

    def _and_expression(self, node: Node) -> Closure:
        first, second = self._children(node)

        def both(value: Any, offered: Offered) -> Any:
            found = first(value, offered)
            return second(value, offered) if is_true(found) else found

        return both

    def _not_expression(self, node: Node) -> Closure:
        (operand,) = self._children(node)
        return lambda value, offered: not is_true(operand(value, offered))

    def _comparator(self, node: Node) -> Closure:
        left, right = self._children(node)
        match node["value"]:
            case "eq":
                return lambda value, offered: equal(left(value, offered), right(value, offered))
            case "ne":
                return lambda value, offered: not equal(left(value, offered), right(value, offered))
        compare = _ORDER[node["value"]]

        def ordered(value: Any, offered: Offered) -> bool | None:
            first, second = left(value, offered), right(value, offered)
            alike = kind(first) == kind(second) and (is_number(first) or isinstance(first, str))
            return bool(compare(first, second)) if alike else None

        return ordered

    def _multi_select_list(self, node: Node) -> Closure:
        parts = self._children(node)
        return lambda value, offered: (
            None if value is None else [part(value, offered) for part in parts]
        )

    def _multi_select_dict(self, node: Node) -> Closure:
        parts = [(pair["value"], self.node(pair["children"][0])) for pair in node["children"]]
        return lambda value, offered: (
            None if value is None else {name: part(value, offered) for name, part in parts}
        )

    def _flatten(self, node: Node) -> Closure:
        (base,) = self._children(node)

        def flat(value: Any, offered: Offered) -> Any:
            items = base(value, offered)
            if type(items) is not list:
                return None
            return [it for item in items for it in (item if type(item) is list else [item])]

        return flat

    def _projection(self, node: Node) -> Closure:
        base, each = self._children(node)
        return _projected(lambda items: items if type(items) is list else None, base, each)

    def _value_projection(self, node: Node) -> Closure:
        base, each = self._children(node)
        return _projected(
            lambda items: list(items.values()) if type(items) is dict else None, base, each
        )

    def _filter_projection(self, node: Node) -> Closure:
        base, each, condition = self._children(node)

        def filtered(value: Any, offered: Offered) -> Any:
            items = base(value, offered)
            if type(items) is not list:
                return None
            kept = (it for it in items if is_true(condition(it, offered)))
            return [of for it in kept if (of := each(it, offered)) is not None]

        return filtered

    def _expref(self, _node: Node) -> Closure:
        raise ValueError("&... stands only as an argument of map, sort_by, max_by and min_by")

    def _function_expression(self, node: Node) -> Closure:
        name, arguments = node["value"], node["children"]
        special = self._specials.get(name)
        if special is not None:
            return special(arguments, self)
        function = self._functions.get(name)
        if function is None:
            every = [*self._functions, *self._specials]
            raise ValueError(f"there is no function {name}(); {known(name, every)}")
        check_count(name, arguments, function.least, function.most)
        return _call(function, self._children(node))


def check_count(name: str, arguments: Sequence[Node], least: int, most: int | None) -> None:
    """Raises ValueError for more or fewer arguments than a function takes."""
    if len(arguments) < least or (most is not None and len(arguments) > most):
        wanted = str(least) if least == most else f"{least} to {most or 'any number of'}"
        raise ValueError(f"{name}() takes {wanted} arguments, not {len(arguments)}")


def _path(names: list[str]) -> Closure:
    def path(value: Any, _: Offered) -> Any:
        for name in names:
            if type(value) is not dict:
                return None
            value = value.get(name)
        return value

    return path


def _chain(parts: list[Closure]) -> Closure:
    def chain(value: Any, offered: Offered) -> Any:
        for part in parts:
            value = part(value, offered)
        return value

    return chain


def _projected(
    items_of: Callable[[Any], list[Any] | None], base: Closure, each: Closure
) -> Closure:
    def projected(value: Any, offered: Offered) -> Any:
        items = items_of(base(value, offered))
        if items is None:
            return None
        return [of for it in items if (of := each(it, offered)) is not None]

    return projected


def _call(function: Function, arguments: list[Closure]) -> Closure:
    call = function.call
    if function.takes_null:
        return lambda value, offered: call(*[argument(value, offered) for argument in arguments])
    if len(arguments) == 1:
        (only,) = arguments

        def of_one(value: Any, offered: Offered) -> Any:
            given = only(value, offered)
            return None if given is None else call(given)

        return of_one

    def of_many(value: Any, offered: Offered) -> Any:
        given = [argument(value, offered) for argument in arguments]
        return None if any(it is None for it in given) else call(*given)

    return of_many


def _map(arguments: Sequence[Node], build: Build) -> Closure:
    check_count("map", arguments, 2, 2)
    each, items_of = _each("map", arguments[0], build), build.node(arguments[1])

    def mapped(value: Any, offered: Offered) -> Any:
        items = items_of(value, offered)
        return None if items is None else [each(it, offered) for it in _items("map", items)]

    return mapped


def _by(name: str, choose: Callable[[list[Any], Callable[[Any], Any]], Any]) -> Special:
    def special(arguments: Sequence[Node], build: Build) -> Closure:
        check_count(name, arguments, 2, 2)
        items_of, each = build.node(arguments[0]), _each(name, arguments[1], build)

        def chosen(value: Any, offered: Offered) -> Any:
            items = items_of(value, offered)
            if items is None:
                return None
            keyed = [(each(it, offered), it) for it in _items(name, items)]
            kinds = {kind(key) for key, _ in keyed}
            if not kinds <= {"number"} and not kinds <= {"string"}:
                raise Unmappable(WRONG_VALUE, f"{name}() needs numbers alone, or texts alone")
            return choose(keyed, operator.itemgetter(0))

        return chosen

    return special


def _each(name: str, node: Node, build: Build) -> Closure:
    if node["type"] != "expref":
        raise ValueError(f"{name}() needs an expression such as &name")
    return build.node(node["children"][0])


def _items(name: str, value: Any) -> list[Any]:
    if type(value) is not list:
        raise Unmappable(WRONG_VALUE, f"{name}() needs an array")
    return value


_ORDER: Final = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}

#: Functions that take an expression as an argument.
_OF_EXPRESSIONS: Final[dict[str, Special]] = {
    "map": _map,
    "sort_by": _by("sort_by", lambda keyed, key: [it for _, it in sorted(keyed, key=key)]),
    "max_by": _by("max_by", lambda keyed, key: max(keyed, key=key)[1] if keyed else None),
    "min_by": _by("min_by", lambda keyed, key: min(keyed, key=key)[1] if keyed else None),
}
