"""The SQL of docs/outcomes.md, over a file that replay wrote."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tests.cli.program import run
from tests.docs.readme import ROOT
from tests.docs.test_pages import folder, shell_blocks
from tests.docs.test_readme import shell
from tests.rules.notation import resolved, started, updated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["folder"]

#: In the order of the page.
VIEW, BEHIND_FCR, CALL_BACK, CLOSED, FCR_BY_AGENT = re.findall(
    r"(?ms)^```sql\n(.*?)^```$", (ROOT / "docs" / "outcomes.md").read_text("utf-8")
)
#: That of the notation's times.
_UPDATES = {"contact_updated": "true"}
TODAY, NOW = "DATE '2024-03-05'", "TIMESTAMPTZ '2024-03-05 18:00Z'"

_INVOICE = {"reason": "invoice"}
_FRONT = {"team": "front-office"}
#: One customer comes back twice, another once; a third was not helped. What the first agent of a
#: fourth had closed was opened again by an automation, and closed by another; a fifth is none.
EVENTS = [
    *(started("a", "08:00", **_INVOICE), resolved("a", "08:10", agent_id="A-1", **_FRONT)),
    *(started("b", "10:00", **_INVOICE), resolved("b", "10:20", agent_id="A-2", **_FRONT)),
    started("c", "12:00", **_INVOICE),
    resolved("c", "12:30", agent_id="A-1", handle_seconds=60, **_FRONT),
    *(started("d", "08:00", customer="y"), resolved("d", "08:10", customer="y", team="south")),
    started("e", "09:00", customer="y"),
    started("f", "09:00", customer="z", **_INVOICE),
    resolved("f", "09:10", customer="z", outcome="unresolved", agent_id="A-3"),
    resolved("f", "09:50", customer="z", outcome="resolved", agent_id="A-1", **_FRONT),
    updated("f", "09:30", customer="z", status="open", by="system"),
    started("g", "09:00", customer="w", **_INVOICE),
    started("h", "09:00", customer="v", **_INVOICE),
    resolved("h", "09:10", customer="v", outcome="void", agent_id="A-2", **_FRONT),
]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("replay")
    (folder / "events.ndjson").write_bytes(b"\n".join(EVENTS))
    command = ("replay", "events.ndjson", "--outcomes", "outcomes.ndjson")
    code, _, errors = run(*command, cwd=folder, settings=_UPDATES)
    assert (code, errors) == (0, "")
    return (folder / "outcomes.ndjson").read_bytes()


@pytest.fixture
def told(outcomes: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outcomes.ndjson").write_bytes(outcomes)
    return tmp_path / "outcomes.ndjson"


@pytest.fixture
def database(told: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def rows(database: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    database.execute(VIEW.replace("CREATE", "CREATE OR REPLACE", 1))
    query = query.replace("current_date", TODAY).replace("now()", NOW)
    return database.execute(query).fetchall()


def test_the_contacts_behind_a_bad_fcr_are_found_with_who_closed_them_first(
    database: duckdb.DuckDBPyConnection,
) -> None:
    found = rows(database, BEHIND_FCR)
    assert [row[:3] for row in found] == [("a", "x", "A-1"), ("f", "z", "A-3")]
    assert [(f"{row[3]:%H:%M}", row[4]) for row in found] == [
        ("08:10", "repeated"),
        ("09:10", "unresolved"),
    ]


def test_whoever_came_back_twice_today_is_to_be_called(
    database: duckdb.DuckDBPyConnection,
) -> None:
    assert "current_date" in CALL_BACK
    assert rows(database, CALL_BACK) == [("x", 2)]


def test_a_team_lead_sees_what_each_agent_of_the_team_closed(
    database: duckdb.DuckDBPyConnection,
) -> None:
    assert rows(database, CLOSED) == [("A-1", 3, 60.0), ("A-2", 1, None)]
    assert rows(database, CLOSED.replace("7 DAY", "6 HOUR")) == [("A-1", 1, 60.0)]


def test_a_team_lead_sees_first_contact_resolution_by_who_closed_first(
    database: duckdb.DuckDBPyConnection,
) -> None:
    # Of the team's, all but one are repeats or open, and the void one is not judged.
    assert rows(database, FCR_BY_AGENT) == [("A-1", 0.0, 1)]


def test_the_last_line_of_a_contact_stands_whatever_its_clock(
    told: Path, database: duckdb.DuckDBPyConnection
) -> None:
    record = json.loads(next(line for line in told.read_bytes().splitlines() if b'"a"' in line))
    closings = [record["closings"][0] | {"agent_id": "A-9"}]
    later = record | {"closings": closings, "as_of": "2024-03-01T00:00:00Z"}
    with told.open("ab") as file:
        file.write(json.dumps(later).encode() + b"\n")
    assert [row[2] for row in rows(database, BEHIND_FCR)] == ["A-9", "A-3"]


def test_a_file_without_verdicts_is_read_too(
    told: Path, database: duckdb.DuckDBPyConnection
) -> None:
    (open_one,) = (line for line in told.read_bytes().splitlines() if b'"w"' in line)
    told.write_bytes(open_one + b"\n")
    assert rows(database, BEHIND_FCR) == []
    assert database.execute(CALL_BACK).fetchall() == []
    for query in (CLOSED, FCR_BY_AGENT):
        assert database.execute(query).fetchall() == []


def test_a_simulated_centre_can_be_tried(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = shell_blocks(ROOT / "docs" / "outcomes.md")
    shell(block.replace("14d", "2d"), folder)
    monkeypatch.chdir(folder)
    with duckdb.connect() as connection:
        connection.execute(VIEW)
        for query in (BEHIND_FCR, CLOSED, FCR_BY_AGENT):
            assert connection.execute(query).fetchall()
