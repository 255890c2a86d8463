"""Reads the configuration; whatever is wrong becomes one clear message for each setting."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from service.settings.environment import Environment, unknown_variables, variable_name
from service.settings.known import known_names, meant
from service.settings.named_files import unreadable_files
from service.settings.root import Settings
from service.settings.sense import contradictions
from service.settings.text_files import MissingFileError, text_of, why_unreadable
from service.settings.words import in_words

DEFAULT_FILE = Path("contact-metrics.toml")


class SettingsError(Exception):
    """The configuration is wrong; one line for each mistake, each naming its setting."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def load_settings(file: Path | None = None, feeds: Path | None = None) -> Settings:
    """The settings of `file` (else of ./contact-metrics.toml, if there is one) and environment.

    What is in the file `feeds`, a configuration too, goes before. Raises :class:`SettingsError`.
    """
    path = file or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)
    content = {} if path is None else _read(path)
    source = "the environment" if path is None else str(path)
    if feeds is not None:
        content |= _read(feeds)
        source = str(feeds) if path is None else f"{path} and {feeds}"
    mistakes = [
        f"{variable}: unknown setting; {proposal}"
        for variable, proposal in unknown_variables(Settings, os.environ)
    ]
    try:
        settings = Settings(**content)
    except ValidationError as error:
        mistakes += [_explained(detail, source) for detail in _causes(error.errors())]
        if any(_is_of_a_file(detail) for detail in error.errors()):
            mistakes += [
                f"{'.'.join(place)}: {reason}{_from(place, source)}"
                for place, reason in unreadable_files(Settings, content, Environment(Settings)())
            ]
    else:
        mistakes += [
            f"{'.'.join(place)}: {reason}{_from(place, source)}"
            for place, reason in contradictions(settings)
        ]
        if not mistakes:
            return settings
    raise SettingsError(mistakes)


def _read(path: Path) -> dict[str, Any]:
    try:
        text = text_of(path)
    except OSError as error:
        raise SettingsError([f"{path}: cannot be read: {why_unreadable(error)}"]) from None
    except ValueError as error:
        raise SettingsError([f"{path}: {error}"]) from None
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError([f"{path}: not valid TOML: {error}"]) from None


def _causes(details: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """All but what merely follows: a list is too short, as one of its entries is wrong."""
    for detail in details:
        place = detail["loc"]
        entries = (it["loc"] for it in details if len(it["loc"]) > len(place))
        if detail["type"] != "too_short" or all(it[: len(place)] != place for it in entries):
            yield detail


def _is_of_a_file(detail: ErrorDetails) -> bool:
    return isinstance(detail.get("ctx", {}).get("error"), MissingFileError)


def _explained(detail: ErrorDetails, source: str) -> str:
    place = tuple(str(part) for part in detail["loc"] if part != "[key]")
    name = ".".join(place) or "the configuration"
    if detail["type"] == "extra_forbidden":
        reason = f"unknown setting{_proposal(place)}"
    else:
        reason = in_words(detail, name, in_variable=_variable(place) is not None)
    return f"{name}: {reason}{_from(place, source)}"


def _proposal(place: tuple[str, ...]) -> str:
    near = meant(Settings, place)
    if near is None:
        return f"; known: {', '.join(known_names(Settings, place[:-1]))}"
    if near[:-1] == place[:-1]:
        return f'; did you mean "{near[-1]}"?'
    where = f"belongs under [{'.'.join(near[:-1])}]" if near[:-1] else "belongs above all sections"
    return f'; "{near[-1]}" {where}'


def _from(place: tuple[str, ...], source: str) -> str:
    return f" (in {_variable(place) or source})"


def _variable(place: tuple[str, ...]) -> str | None:
    """The environment variable that gave the value at `place`, if it was one."""
    given = {variable.upper(): variable for variable in os.environ}
    names = (variable_name(place[:length]) for length in range(len(place), 0, -1))
    return next((given[name] for name in names if name in given), None)
