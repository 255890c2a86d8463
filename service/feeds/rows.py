"""Rows of a table in text (CSV), each as an object of its columns' names and texts."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

#: What exports set their columns off with.
DELIMITERS: Final = (",", ";", "\t", "|")
_OTHER_ENCODING: Final = "bytes of another encoding: name it, as in --encoding cp1252"
#: Characters of one cell: a whole conversation in a column is fine, an open quote is told.
_LARGEST_CELL: Final = 1_000_000


class BadHeader(Exception):  # noqa: N818 - told like a wrong setting
    """The first line does not name the columns; the message says why."""


class Row(NamedTuple):
    """A row that begins on line `number`: its cells by column, or what is wrong with it."""

    number: int
    cells: dict[str, str]
    problem: str | None = None


def rows(lines: Iterable[str], delimiter: str | None = None) -> Iterator[Row]:
    """The rows below the header, lazily; without a delimiter, the header's most frequent one.

    Bytes that were not of the encoding stand in `lines` as lone surrogates. Raises BadHeader.
    """
    csv.field_size_limit(_LARGEST_CELL)
    text = iter(lines)
    first = next(text, "")
    skipped = 0
    if first.lower().startswith("sep=") and len(first.strip()) == 5:  # Excel's own line
        delimiter, first, skipped = delimiter or first.strip()[-1], next(text, ""), 1
    delimiter = delimiter or max(DELIMITERS, key=first.count)
    at_end = False

    def chained() -> Iterator[str]:
        nonlocal at_end
        yield first
        yield from text
        at_end = True

    reader = csv.reader(chained(), delimiter=delimiter)
    columns = _columns(reader)
    while True:
        number = reader.line_num + skipped + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Row(number, {}, str(error))
            continue
        if cells is None:
            return
        if at_end:
            # A row asks for a line more only within quotes.
            yield Row(number, {}, "a quotation mark is never closed: all that follows it is lost")
        elif cells:
            yield _row(number, columns, cells)


def _columns(reader: Iterator[list[str]]) -> list[str]:
    try:
        columns = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise BadHeader(f"the first line names no columns: {error}") from None
    named = [name for name in columns if name]
    if not named:
        raise BadHeader("the first line names no columns")
    if not all(map(_is_text, columns)):
        raise BadHeader(f"the first line has {_OTHER_ENCODING}")
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise BadHeader(f"two columns have the same name: {', '.join(twice)}")
    return columns


def _row(number: int, columns: list[str], cells: list[str]) -> Row:
    if len(cells) != len(columns):
        return Row(number, {}, f"{len(cells)} cells, where the header has {len(columns)}")
    if not all(map(_is_text, cells)):
        return Row(number, {}, _OTHER_ENCODING)
    return Row(number, {name: cell for name, cell in zip(columns, cells, strict=True) if name})


def _is_text(cell: str) -> bool:
    return cell.isascii() or not any("\ud800" <= character <= "\udfff" for character in cell)
