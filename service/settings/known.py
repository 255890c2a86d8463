"""Which settings there are, and which one a wrong name may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel

Path = tuple[str, ...]


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _sections(argument)


def known_names(section: type[BaseModel], path: Sequence[str]) -> list[str]:
    """Names allowed at `path` below `section`; names of a free table (a channel) are skipped."""
    for part in path:
        field = section.model_fields.get(part)
        below = None if field is None else next(_sections(field.annotation), None)
        section = below or section
    return list(section.model_fields)


def is_known(section: type[BaseModel], path: Sequence[str]) -> bool:
    """Whether `path` leads to a setting: by names, and by any name where a table is free."""
    annotation: Any = section
    for place, part in enumerate(path, 1):
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            field = annotation.model_fields.get(part)
            annotation = _of_free_name(annotation) if field is None else field.annotation
            # A free name is a table's: by itself it is a slip in the name of a setting.
            if annotation is None or (place == len(path) and annotation is not str and not field):
                return False
        elif get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
        else:
            return False
    return True


def _of_free_name(section: type[BaseModel]) -> Any:
    """What a section takes beside its own settings, by any name; None: nothing."""
    if section.model_config.get("extra") != "allow":
        return None
    return get_args(get_type_hints(section)["__pydantic_extra__"])[1]


def all_paths(section: type[BaseModel]) -> list[Path]:
    """Every setting that has a name of its own, by section and name."""
    paths: list[Path] = []
    for name, field in section.model_fields.items():
        below = field.annotation
        paths.append((name,))
        if isinstance(below, type) and issubclass(below, BaseModel):
            paths += [(name, *path) for path in all_paths(below)]
    return paths


def meant(section: type[BaseModel], path: Path) -> Path | None:
    """The setting that `path`, which is none, may have meant: a slip, or another section's."""
    siblings = known_names(section, path[:-1])
    near = difflib.get_close_matches(path[-1], siblings, n=1)
    if near:
        return (*path[:-1], near[0])
    elsewhere = [known for known in all_paths(section) if known[-1] == path[-1]]
    return elsewhere[0] if elsewhere else None
