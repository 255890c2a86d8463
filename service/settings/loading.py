"""Reads the configuration; whatever is wrong becomes one clear message for each setting."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError as UnreadableVariable

from service.settings.known import known_names
from service.settings.root import ENVIRONMENT_PREFIX, Settings

DEFAULT_FILE = Path("contact-metrics.toml")
#: Not settings: the file's place, the tests' own, and what Kubernetes sets in each pod for a
#: Service that is called contact-metrics.
_NOT_SETTINGS = re.compile(
    r"CONFIG|TEST_.*|SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\d+_(TCP|UDP|SCTP)(_.*)?)?"
)
_SECRET = re.compile(r"password|secret|token")


class SettingsError(Exception):
    """The configuration is wrong; one line for each mistake, each naming its setting."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def load_settings(file: Path | None = None) -> Settings:
    """The settings of `file` (else of ./contact-metrics.toml, if there is one) and environment.

    Raises :class:`SettingsError`.
    """
    path = file or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)
    content = {} if path is None else _read(path)
    mistakes = _unknown_variables(os.environ)
    try:
        settings = Settings(**content)
    except ValidationError as error:
        source = "the configuration" if path is None else str(path)
        mistakes += [_explained(detail, source) for detail in error.errors()]
    except UnreadableVariable as error:
        field = re.search(r'field "(\w+)"', str(error))
        name = ENVIRONMENT_PREFIX + (field[1].upper() if field else "...")
        mistakes.append(f"{name}: not valid JSON")
    else:
        if not mistakes:
            return settings
    raise SettingsError(mistakes)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError([f"{path}: cannot be read: {error.strerror}"]) from None
    except ValueError as error:
        raise SettingsError([f"{path}: not valid TOML: {error}"]) from None


def _unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Top-level names are checked here, as the library takes only the variables it knows."""
    mistakes = []
    for variable in sorted(environment):
        name = variable.upper().removeprefix(ENVIRONMENT_PREFIX)
        if name == variable.upper() or _NOT_SETTINGS.fullmatch(name):
            continue
        first = name.lower().split("__")[0]
        if first not in Settings.model_fields:
            mistakes.append(f"{variable}: {_unknown(first, list(Settings.model_fields))}")
    return mistakes


def _explained(detail: ErrorDetails, source: str) -> str:
    place = [str(part) for part in detail["loc"] if part != "[key]"]
    name = ".".join(place) or "the configuration"
    if detail["type"] == "extra_forbidden":
        reason = _unknown(place[-1], known_names(Settings, place[:-1]))
    else:
        reason = detail["msg"].removeprefix("Value error, ").replace("Input should", "it should")
        reason += _given(detail, name)
    return f"{name}: {reason} (in {_variable(place) or source})"


def _variable(place: list[str]) -> str | None:
    """The environment variable that gave the value at `place`, if it was one."""
    given = {variable.upper(): variable for variable in os.environ}
    names = ["__".join(place[:length]).upper() for length in range(len(place), 0, -1)]
    return next(
        (given[key] for name in names if (key := f"{ENVIRONMENT_PREFIX}{name}") in given), None
    )


def _given(detail: ErrorDetails, name: str) -> str:
    value = detail.get("input")
    if not isinstance(value, str | int | float) or _SECRET.search(name):
        return ""
    return f" (given: {str(value)[:60]!r})"


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f'; did you mean "{near[0]}"?' if near else f"; known: {', '.join(known)}"
    return f"unknown setting{hint if known else ''}"
