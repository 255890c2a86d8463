"""Compiled expressions say what JMESPath's own interpreter says, and cost no more than they may."""

from __future__ import annotations

from typing import Any

import jmespath
import pytest
from hypothesis import assume, example, settings
from hypothesis import given as for_all
from hypothesis import strategies as st
from jmespath import functions
from jmespath.exceptions import JMESPathError

from service.feeds.expressions import Build
from service.feeds.offered import Offered
from service.feeds.parsing import parse
from service.feeds.record import ForeignRecord
from service.feeds.refusal import Unmappable

_OFFERED = Offered(ForeignRecord("t", 0, None, (), None), None, {})
_NAMES = ("a", "b", "c", '"d-e"')


class _NullForNull(functions.Functions):
    """JMESPath's functions, and what is different on purpose."""

    @functions.signature({"types": []})
    def _func_to_string(self, value: Any) -> Any:
        return None if value is None else super()._func_to_string(value)  # type: ignore[misc]


_OPTIONS = jmespath.Options(custom_functions=_NullForNull())

# Not 0 and 1, which are equal to false and true in Python where `contains` looks for them.
_scalars = st.none() | st.booleans() | st.sampled_from([2, 3, -4, 2.5, "", "x", "xy", "3", "a"])
_documents = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c", "d-e"]), inner, max_size=4)
    ),
    max_leaves=15,
)
_leaves = st.sampled_from(
    [*_NAMES, "@", "`null`", "`true`", "`2`", "'x'", "'3'", "`[2, 3]`", '`{"a": "x"}`', "*", "[*]"]
)

_OF_ONE = (
    "abs avg ceil floor keys length max min reverse sort sum to_array to_number to_string type"
    " values merge not_null"
)


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    operator = st.sampled_from([".", " | ", " || ", " && ", " == ", " != ", " < ", " >= "])
    after = st.sampled_from(
        ["[*]", "[]", "[0]", "[-1]", "[1:]", "[::-1]", ".*", "[?a]", "[?@ > `2`]"]
    )
    one_argument = st.sampled_from(_OF_ONE.split())
    two_arguments = st.sampled_from(["contains", "starts_with", "ends_with", "join", "not_null"])
    return st.one_of(
        st.tuples(inner, operator, inner).map("".join),
        inner.map(lambda it: f"!{it}"),
        inner.map(lambda it: f"({it})"),
        st.tuples(inner, after).map("".join),
        two.map(lambda it: f"[{it[0]}, {it[1]}]"),
        two.map(lambda it: f"{{a: {it[0]}, b: {it[1]}}}"),
        st.tuples(one_argument, inner).map(lambda it: f"{it[0]}({it[1]})"),
        st.tuples(two_arguments, inner, inner).map(lambda it: f"{it[0]}({it[1]}, {it[2]})"),
        two.map(lambda it: f"map(&{it[0]}, {it[1]})"),
        st.tuples(st.sampled_from(["sort_by", "max_by", "min_by"]), inner, inner).map(
            lambda it: f"{it[0]}({it[1]}, &{it[2]})"
        ),
    )


@settings(max_examples=250)
@for_all(st.recursive(_leaves, _compound, max_leaves=8), _documents)
@example("a[?b == 'x'].c | [0]", {"a": [{"b": "x", "c": 2}]})
@example("sort_by(@, &a)[0].b", [{"a": 3, "b": 1}, {"a": 2, "b": 2}])
def test_a_compiled_expression_gives_what_jmespath_gives(text: str, document: Any) -> None:
    try:
        compiled = Build({}, {}).expression(text)
    except ValueError:
        assume(False)
    try:
        wanted = jmespath.search(text, document, _OPTIONS)
    except (JMESPathError, TypeError, AttributeError):
        # Its functions want no null, and its comparisons no mixture: ours may say null or refuse.
        return
    try:
        found = compiled(document, _OFFERED)
    except Unmappable:
        pytest.fail(f"{text} is refused")
    # A null that a function met is null here; the library's functions of null are few.
    assert found == wanted
    assert type(found) is type(wanted)


def given(text: str, document: Any) -> Any:
    return Build({}, {}).expression(text)(document, _OFFERED)


@pytest.mark.parametrize(
    "expression", ["starts_with(a, 'x')", "length(a)", "sum(a)", "join(',', a)", "to_string(a)"]
)
def test_a_function_of_null_is_null(expression: str) -> None:
    assert given(expression, {}) is None


def test_a_text_and_a_number_have_no_order() -> None:
    assert given("a > `3`", {"a": "5"}) is None


@pytest.mark.parametrize("wrong", ["contains(a, 'x')", "starts_with(a, 'x')", "sort(a)", "sum(b)"])
def test_a_value_of_a_wrong_type_is_refused_and_not_quoted(wrong: str) -> None:
    with pytest.raises(Unmappable) as caught:
        given(wrong, {"a": 815, "b": ["secret"]})
    assert "815" not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("trap", ["!a.b", "c && !a.b", "!a[?b]", "[!a.b]"])
def test_a_not_that_binds_tighter_than_the_dot_is_refused(trap: str) -> None:
    with pytest.raises(ValueError, match=r"write !\(a\.b\)"):
        parse(trap)


@pytest.mark.parametrize("meant", ["!(a.b)", "!a", "!a[0]", "!a && b.c", "!contains(a, 'x')"])
def test_a_not_that_means_what_it_says_is_taken(meant: str) -> None:
    parse(meant)


@pytest.mark.parametrize(
    "bomb",
    [
        " | ".join(["[@, @]"] * 30),
        "[" * 60 + "a" + "]" * 60,
        "(" * 2000 + "a" + ")" * 1900,
        "!" * 3000 + "a",
        " || ".join(["a"] * 1000),
        "a" * 5000,
        "[" + ", ".join(["a"] * 400) + "] | [@, @]",
    ],
)
def test_an_expression_that_could_cost_much_is_refused(bomb: str) -> None:
    with pytest.raises(ValueError, match=r"cost|long|deep|JMESPath"):
        parse(bomb)


@pytest.mark.parametrize("wrong", ["", "  ", "a ||", "a..b", "a[", "'x", "a b", "f("])
def test_what_is_no_expression_is_said_to_be_none(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"JMESPath|empty"):
        parse(wrong)


def test_text_does_not_grow_beyond_its_bound() -> None:
    with pytest.raises(Unmappable, match="too long"):
        given("join(a, b)", {"a": "x" * 1000, "b": ["y"] * 1000})
    with pytest.raises(Unmappable, match="too long"):
        given("[@, @, @, @] | [@, @, @, @] | to_string(@)", ["x" * 10_000])
    with pytest.raises(Unmappable, match="parts"):
        given("length(split(a, ','))", {"a": "," * 20_000})
