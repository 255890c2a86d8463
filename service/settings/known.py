"""Which names a section of the configuration knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel


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
