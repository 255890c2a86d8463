"""Files that sections name and that are opened only when they are needed.

Where a file of a secret is missing, most likely so are others that were to be mounted with it: they
are told with it, and not one at every start.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from service.settings.section import Section
from service.settings.text_files import why_unreadable


def unreadable_files(
    settings: type[BaseModel], *sources: dict[str, Any]
) -> Iterator[tuple[tuple[str, str], str]]:
    """The place of each of these files that cannot be read, and why.

    `sources`: what is given, of which the latter go before the former.
    """
    for section, field in settings.model_fields.items():
        kind = field.annotation
        if not isinstance(kind, type) or not issubclass(kind, Section):
            continue
        tables = [table for source in sources if isinstance(table := source.get(section), dict)]
        given = {name: value for table in tables for name, value in table.items()}
        for name in kind.model_fields:
            # Beside a file of a secret the secret is a setting too: such a file has been read.
            known = not name.endswith("_file") or name.removesuffix("_file") in kind.model_fields
            file = given.get(name)
            if known or not isinstance(file, str):
                continue
            try:
                Path(file).read_bytes()
            except (OSError, ValueError) as error:
                yield (section, name), f"{file} cannot be read: {why_unreadable(error)}"
