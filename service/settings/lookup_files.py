"""Look-up tables that are files of their own: an export of queues or groups and their names."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from pathlib import Path
from typing import Any

from service.settings.text_files import MissingFileError, text_of, why_unreadable


def lookup_file(path: Path) -> dict[str, Any]:
    """Key to value. `.csv`: two columns, no header; `.json`: an object; `.toml`: a table.

    Raises ValueError, which says what is wrong with the file.
    """
    try:
        text = text_of(path)
    except (OSError, ValueError) as error:
        raise MissingFileError(
            f"the look-up file {path} cannot be read: {why_unreadable(error)}"
        ) from None
    match path.suffix.lower():
        case ".csv":
            return _columns(path, text)
        case ".json":
            return _table(path, text, json.loads)
        case ".toml":
            return _table(path, text, tomllib.loads)
    raise ValueError(f"the look-up file {path} must be called .csv, .json or .toml")


def _table(path: Path, text: str, loads: Any) -> dict[str, Any]:
    try:
        table = loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the look-up file {path} cannot be read: {error}") from None
    if not isinstance(table, dict):
        raise ValueError(  # noqa: TRY004 - what pydantic takes for a wrong setting
            f"the look-up file {path} must be one table: key to value"
        )
    return table


def _columns(path: Path, text: str) -> dict[str, Any]:
    table = {}
    rows = csv.reader(io.StringIO(text), strict=True)
    try:
        for row in rows:
            if not row:
                continue
            if len(row) != 2:
                raise ValueError(
                    f"the look-up file {path}, line {rows.line_num}: two columns are needed,"
                    " key and value"
                )
            table[row[0].strip()] = row[1].strip()
    except csv.Error as error:
        raise ValueError(f"the look-up file {path}, line {rows.line_num}: {error}") from None
    return table
