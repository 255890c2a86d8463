"""The environment as a source of settings, and what is wrong with its variables' names."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain, product
from typing import TYPE_CHECKING, Any

from pydantic_settings import EnvSettingsSource

from service.settings.known import Path, all_paths, is_known, known_names

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo
    from pydantic_settings import BaseSettings

PREFIX = "CONTACT_METRICS_"
DELIMITER = "__"
#: How alike two variables' names are that differ by one, at least.
_ONE_CHARACTER = 0.96
#: Beyond it there are too many ways to read a variable's name.
_MOST_WORDS = 10
#: Not settings: the file's place, the tests' own, and what Kubernetes sets in each pod for a
#: Service that is called contact-metrics.
_NOT_SETTINGS = re.compile(
    r"CONFIG|TEST_.*|SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\d+_(TCP|UDP|SCTP)(_.*)?)?"
)


class BrokenJson(str):
    """A variable's text where a table or list is needed, and why no JSON can be read from it.

    The text may hold a password: only the reason is for showing.
    """

    reason: str
    __slots__ = ("reason",)


class Environment(EnvSettingsSource):
    """The variables that give a setting; for the others there is :func:`unknown_variables`."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)
        self.env_vars = {
            name: value
            for name, value in self.env_vars.items()
            if (path := _path(name)) and is_known(settings_cls, path)
        }

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """The table or list that the text describes; of what is none, the check can say where."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except json.JSONDecodeError as error:
            broken = BrokenJson(value)
            broken.reason = f"{error.msg} at character {error.pos + 1}"
            return broken


def variable_name(path: Iterable[str]) -> str:
    """The variable that gives the setting at `path`."""
    return PREFIX + DELIMITER.join(path).upper()


def unknown_variables(section: type[BaseModel], names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each of `names` that is ours and gives no setting, and what may have been meant."""
    for variable in sorted(names):
        path = _path(variable)
        if path and not is_known(section, path):
            yield variable, _proposal(section, path)


def _path(variable: str) -> Path:
    """The setting that a variable's name stands for; none if it is not for settings."""
    name = variable.upper().removeprefix(PREFIX)
    if name == variable.upper() or _NOT_SETTINGS.fullmatch(name):
        return ()
    return tuple(name.lower().split(DELIMITER))


def _below_a_free_name(section: type[BaseModel], path: Path) -> Path:
    """The setting of a channel, queue or webhook that one underscore for two may have hidden."""
    words = [word for part in path for word in part.split("_") if word]
    if len(words) > _MOST_WORDS:
        return ()
    found: Path = ()
    for cuts in product("_\0", repeat=len(words) - 1):
        joined = "".join(chain.from_iterable(zip(words, cuts, strict=False))) + words[-1]
        *table, last = joined.split("\0")
        near = difflib.get_close_matches(last, known_names(section, table), n=1, cutoff=0.8)
        split = (*table, *(near or [last]))
        # Of two ways to read it, the one with more parts leaves less of it to a name.
        if len(split) > len(found) and (near or "_" not in last) and is_known(section, split):
            found = split
    return found


def _proposal(section: type[BaseModel], path: Path) -> str:
    known = {variable_name(known): known for known in all_paths(section)}
    for likeness in (_ONE_CHARACTER, 0.8):
        near = difflib.get_close_matches(variable_name(path), known, n=1, cutoff=likeness)
        meant = known[near[0]] if near else _below_a_free_name(section, path)
        if meant:
            return f'did you mean "{".".join(meant)}" ({variable_name(meant)})?'
    return f"known: {', '.join(known_names(section, path[:-1]))}"
