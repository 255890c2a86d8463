"""Each command that reads a file says so where there is nothing in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import run

_FEEDS = """
[feeds.crm]
topic = "crm"
match = { kind = "ticket" }
emit = "contact-started"
contact_id = "id"
customer_id = "customer"
started_at = "at"
channel = "'email'"
"""
_SKIPPED = '{"topic": "crm", "value": {"kind": "note"}}\n'
#: Which exit code each has: 0 where nothing is what has to come of nothing.
_COMMANDS = {
    "replay FILE": 0,
    "map --in FILE --feeds feeds.toml": 0,
    "report FILE --output report.html": 1,
    "backfill FILE --step 1m": 1,
    "check --feeds feeds.toml --samples FILE": 1,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "feeds.toml").write_text(_FEEDS)
    return tmp_path


@pytest.mark.parametrize("nothing", ["", "\n \n\r\n", "\ufeff", "\ufeff\n"], ids=repr)
@pytest.mark.parametrize("command", _COMMANDS)
def test_it_is_told_which_file_has_nothing_in_it(folder: Path, command: str, nothing: str) -> None:
    (folder / "events").write_text(nothing)
    code, page, errors = run(*command.replace("FILE", "events").split(), cwd=folder)
    assert code == _COMMANDS[command]
    assert "contact-metrics: There is nothing in events." in errors.splitlines()
    assert page == "" or "cx_build_info" in page


@pytest.mark.parametrize("command", _COMMANDS)
def test_so_it_is_of_standard_input(folder: Path, command: str) -> None:
    code, _, errors = run(*command.replace("FILE", "-").split(), cwd=folder)
    assert code == _COMMANDS[command]
    assert "contact-metrics: There is nothing in standard input." in errors.splitlines()


def test_so_it_is_of_rows_without_a_row(folder: Path) -> None:
    (folder / "rows.csv").write_text("id,customer\n")
    told = "There is nothing in rows.csv below the line that names the columns."
    command = ("map", "--csv", "rows.csv", "--feeds", "feeds.toml")
    code, _, errors = run(*command, cwd=folder)
    assert (code, errors) == (
        0,
        f"contact-metrics: {told}\n",
    )


@pytest.mark.parametrize("command", ["replay FILE", *list(_COMMANDS)[2:4], "map --in FILE"])
def test_records_of_which_each_is_skipped_are_a_failure(folder: Path, command: str) -> None:
    (folder / "contact-metrics.toml").write_text(_FEEDS)
    (folder / "records").write_text(3 * _SKIPPED)
    code, _, errors = run(*command.replace("FILE", "records").split(), cwd=folder)
    assert code == 1
    told = "None of the 3 lines became an event: see above."
    assert f"contact-metrics: {told}" in errors.splitlines()


def test_a_byte_order_mark_before_the_first_record_is_no_part_of_it(folder: Path) -> None:
    ticket = _SKIPPED.replace(
        '"note"', '"ticket", "id": "1", "customer": "k", "at": "2026-03-02T10:00:00Z"'
    )
    (folder / "contact-metrics.toml").write_text(_FEEDS)
    (folder / "records").write_text(f"\ufeff{ticket}")
    for command in ("map --in records", "replay records", "check --samples records"):
        code, _, errors = run(*command.split(), cwd=folder)
        assert (code, "line 1" in errors) == (0, False), errors
