"""Exports as they come: whatever the delimiter, the encoding and the quotes."""

from __future__ import annotations

import io

import pytest

from service.cli.text_files import UnknownEncodingError, text_of
from service.feeds.rows import BadHeader, Row, rows

_TABLE = "Id;Müller, Name;x\r\n1;ä;\r\n2;b;\r\n"
_CELLS = [
    {"Id": "1", "Müller, Name": "ä", "x": ""},
    {"Id": "2", "Müller, Name": "b", "x": ""},
]


def read(data: bytes, encoding: str | None = None, delimiter: str | None = None) -> list[Row]:
    return list(rows(text_of(io.BufferedReader(io.BytesIO(data)), encoding), delimiter))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-8-sig", "utf-8"),
        ("utf-16", None),
        ("utf-16-le", "utf-16-le"),
        ("latin-1", "latin-1"),
        ("cp1252", "cp1252"),
    ],
)
def test_an_encoding_is_told_by_its_mark_or_by_the_user(written: str, told: str | None) -> None:
    assert [row.cells for row in read(_TABLE.encode(written), told)] == _CELLS


def test_an_encoding_that_nobody_knows_is_told() -> None:
    for name in ("klingon", "base64"):
        with pytest.raises(UnknownEncodingError, match=name):
            read(b"a\n1\n", name)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_that_of_the_header(delimiter: str) -> None:
    table = f"a{delimiter}b{delimiter}c\n1{delimiter}2{delimiter}3\n"
    assert read(table.encode())[0].cells == {"a": "1", "b": "2", "c": "3"}


def test_the_delimiter_can_be_told() -> None:
    assert read(b"a;b,c\n1;2,3\n", delimiter=",")[0].cells == {"a;b": "1;2", "c": "3"}
    assert read(b"sep=|\na;b;c|d\n1|2\n")[0] == Row(3, {"a;b;c": "1", "d": "2"})


def test_quotes_hold_delimiters_line_ends_and_quotes() -> None:
    assert read(b'a,b\n"1,\n""2""",3\n4,5\n') == [
        Row(2, {"a": '1,\n"2"', "b": "3"}),
        Row(4, {"a": "4", "b": "5"}),
    ]


def test_a_bad_row_is_told_with_its_line_and_the_next_ones_are_read() -> None:
    table = b"a,b\n1,2\n3\n4,5,6\n\n\xff,7\n8,9\n"
    found = read(table)
    assert [row.number for row in found] == [2, 3, 4, 6, 7]
    assert [row.problem for row in found if row.problem] == [
        "1 cells, where the header has 2",
        "3 cells, where the header has 2",
        "bytes of another encoding: name it, as in --encoding cp1252",
    ]
    assert found[-1].cells == {"a": "8", "b": "9"}


def test_a_column_without_a_name_is_left_out() -> None:
    assert read(b"a,b,\n1,2,\n")[0].cells == {"a": "1", "b": "2"}


def test_a_header_of_another_encoding_is_told() -> None:
    with pytest.raises(BadHeader, match="--encoding cp1252"):
        read("id,gelöst\n1,2\n".encode("cp1252"))


@pytest.mark.parametrize("header", [b"", b"\n1\n", b",,\n", b"a,b,a\n1,2,3\n"])
def test_a_header_that_names_no_columns_is_told(header: bytes) -> None:
    with pytest.raises(BadHeader, match="column"):
        read(header)


def test_a_quote_that_is_never_closed_is_told_and_takes_no_row_for_its_own() -> None:
    good, bad = read(b'a,b\n1,2\n3,"4\n5,6\n')
    assert (good.cells, good.problem) == ({"a": "1", "b": "2"}, None)
    assert bad.number == 3
    assert "never closed" in (bad.problem or "")
    assert [row.problem for row in read(b'a,b\n1,"2"\n3,5" pipe\n4,"5\n6"')] == [None] * 3


def test_an_open_quote_does_not_take_the_memory() -> None:
    table = b'a,b\n"1,2\n' + b"3,4\n" * 260_000 + b"5,6\n"
    assert any(row.problem for row in read(table))
