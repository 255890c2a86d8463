"""Whatever is given to whichever setting: it is taken, or refused by name and in our own words."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from service.settings import Settings, SettingsError, load_settings
from service.settings.environment import variable_name

Write = Callable[[str], Path]

#: One of every kind that TOML can hold, and what is too little, too much and no number.
_VALUES: tuple[Any, ...] = (
    *(0, -1, 5, 10**30, -0.5, 1.5, 1e300, float("nan"), float("inf"), True, False),
    *("", " ", "x", "5", "-5s", "\u00e4", "x" * 300, "kafka://user:word@host:1", "[", "{", "a, b"),
    *([], [1], [-1], [[]], ["x"], [True], [{}], [{"x": 1}], ["1h", "1h"], [1, 1]),
    *({}, {"x": 1}, {"x": {}}, {"x": []}, {"x": "y"}, {"": ""}, {"1h": "7s"}, {"queue": [""]}),
    *(
        datetime.date(2026, 1, 1),
        datetime.time(12),
        datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC),
    ),
)
#: How the validation library talks.
_LIBRARY = re.compile(
    r"Input|Tuple|Dict|String|Value error|pydantic|NoneType|[Vv]alidat|instance|unable to|extra_"
    r"|\bparse\b|should (have|match)|valid (string|integer|number|boolean|list|tuple|dict|date)"
    r"|\b(int|str|float|dict|bool|tuple|datetime)\b|<|\bNone\b|Error"
)


def settings_of(annotation: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every place of the configuration, those within free tables and lists of tables too."""
    if path:
        yield path
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield from settings_of(field.annotation, (*path, name))
        return
    arguments = [kind for kind in get_args(annotation) if kind is not Ellipsis]
    if get_origin(annotation) is dict:
        yield from settings_of(arguments[1], (*path, "voice"))
    elif get_origin(annotation) is tuple:
        yield from settings_of(arguments[0], (*path, "0"))
    else:
        for kind in arguments:
            yield from (place for place in settings_of(kind, path) if place != path)


PLACES = sorted(set(settings_of(Settings)))


def toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case datetime.date() | datetime.time():
            return value.isoformat()
        case str():
            return json.dumps(value, ensure_ascii=False)
    return str(value)


def within(path: tuple[str, ...], value: Any) -> Any:
    """The content of a file that gives `value` at `path`, and nothing else."""
    for name in reversed(path):
        value = [value] if name == "0" else {name: value}
    return value


def refusals(file: Path | None) -> list[str]:
    try:
        load_settings(file).definitions()
    except SettingsError as error:
        return error.mistakes
    return []


def assert_well_said(mistakes: list[str], path: tuple[str, ...], value: Any) -> None:
    for mistake in mistakes:
        name, _, told = mistake.partition(": ")
        section = path[0]
        assert name.split(".")[0] == section, (path, value, mistake)
        without_given = re.sub(r"\(given: .*?\)|\"[^\"]*\"", "", told)
        assert not _LIBRARY.search(without_given), (path, value, mistake)
        assert len(told) > 10, (path, value, mistake)


@pytest.mark.parametrize("path", PLACES, ids=".".join)
def test_each_kind_of_value_in_a_file_is_taken_or_refused_in_our_words(
    write: Write, path: tuple[str, ...]
) -> None:
    refused = 0
    for value in _VALUES:
        content = within(path, value)
        file = write("".join(f"{name} = {toml(below)}\n" for name, below in content.items()))
        mistakes = refusals(file)
        refused += bool(mistakes)
        assert_well_said(mistakes, path, value)
    assert refused, "nothing is refused"


def kinds_of(annotation: Any, path: tuple[str, ...]) -> set[Any]:
    """What the setting at `path` is made of, tables apart."""
    for name in path:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            annotation = annotation.model_fields[name].annotation
        else:
            annotation = [kind for kind in get_args(annotation) if kind is not Ellipsis][-1]
    return {annotation, *(kind for it in get_args(annotation) for kind in kinds_of(it, ()))}


NUMBERS = [path for path in PLACES if kinds_of(Settings, path) & {int, float}]


@pytest.mark.parametrize("path", NUMBERS, ids=".".join)
def test_true_is_no_number(write: Write, path: tuple[str, ...]) -> None:
    if bool in kinds_of(Settings, path):
        pytest.skip("it may be true")
    for value in (True, [True]):
        content = within(path, value)
        file = write("".join(f"{name} = {toml(below)}\n" for name, below in content.items()))
        assert refusals(file), (path, value)


@pytest.mark.parametrize("path", [path for path in PLACES if "0" not in path], ids=".".join)
def test_each_kind_of_text_in_a_variable_is_taken_or_refused_in_our_words(
    monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...]
) -> None:
    for value in _VALUES:
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        monkeypatch.setenv(variable_name(path), text)
        mistakes = refusals(None)
        assert_well_said(mistakes, path, text)
        assert all("CONTACT_METRICS_" in told or "environment" in told for told in mistakes)


#: Every setting that is a table, or has one in it.
_TABLES: dict[str, Any] = {
    "windows": {"10m": "30s"},
    "sla": {"voice": {"resolution": 60, "priority": {"high": {"first_response": "5s"}}}},
    "allowed_labels": {"queue": ["a", "b"]},
    "kafka": {"group": "g", "bootstrap_servers": ["a:1", "b:2"]},
    "alerts": {"objectives": [{"target": "resolution", "share": 0.5}], "workers": 2},
}


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("name", _TABLES)
def test_what_a_file_says_a_variable_can_say_as_json(
    write: Write, monkeypatch: pytest.MonkeyPatch, name: str, depth: int
) -> None:
    table = _TABLES[name]
    expected = load_settings(write(f"{name} = {toml(table)}\n"))
    values = {(name,): table} if depth == 1 else {(name, k): v for k, v in table.items()}
    for path, value in values.items():
        text = value if isinstance(value, str) else json.dumps(value)
        monkeypatch.setenv(variable_name(path), text)
    assert load_settings().model_dump() == expected.model_dump()


def test_a_login_within_an_address_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACT_METRICS_KAFKA__BOOTSTRAP_SERVERS", "kafka://user:word@host:1")
    (mistake,) = refusals(None)
    assert "word" not in mistake


def test_a_password_within_broken_json_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACT_METRICS_KAFKA", "{'sasl_password': 'word'}")
    (mistake,) = refusals(None)
    assert "not valid JSON" in mistake
    assert "word'" not in mistake
