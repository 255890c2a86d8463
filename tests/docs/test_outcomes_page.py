"""The SQL of docs/outcomes.md, over a file that replay wrote."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tests.cli.program import run
from tests.docs.readme import ROOT
from tests.rules.notation import resolved, started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: In the order of the page.
VIEW, BEHIND_FCR, CALL_BACK, BY_AGENT = re.findall(
    r"(?ms)^```sql\n(.*?)^```$", (ROOT / "docs" / "outcomes.md").read_text("utf-8")
)
#: That of the notation's times.
TODAY = "DATE '2024-03-05'"

_BILLING = {"reason": "billing"}
#: One customer comes back twice, another once; a third was not helped.
EVENTS = [
    *(started("a", "08:00", **_BILLING), resolved("a", "08:10", agent_id="A-1", team="north")),
    *(started("b", "10:00", **_BILLING), resolved("b", "10:20", agent_id="A-2", team="north")),
    *(started("c", "12:00", **_BILLING), resolved("c", "12:30", agent_id="A-1", team="north")),
    *(started("d", "08:00", customer="y"), resolved("d", "08:10", customer="y", team="south")),
    started("e", "09:00", customer="y"),
    started("f", "09:00", customer="z", **_BILLING),
    resolved("f", "09:10", customer="z", outcome="unresolved", agent_id="A-3"),
    started("g", "09:00", customer="w", **_BILLING),
]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("replay")
    (folder / "events.ndjson").write_bytes(b"\n".join(EVENTS))
    code, _, errors = run("replay", "events.ndjson", "--outcomes", "outcomes.ndjson", cwd=folder)
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
    database.execute(VIEW)
    return database.execute(query.replace("current_date", TODAY)).fetchall()


def test_the_contacts_behind_a_bad_fcr_are_found(database: duckdb.DuckDBPyConnection) -> None:
    found = rows(database, BEHIND_FCR)
    assert [row[:3] for row in found] == [("a", "x", "A-1"), ("f", "z", "A-3")]
    assert [f"{row[3]:%H:%M}" for row in found] == ["08:10", "09:10"]


def test_whoever_came_back_twice_today_is_to_be_called(
    database: duckdb.DuckDBPyConnection,
) -> None:
    assert "current_date" in CALL_BACK
    assert rows(database, CALL_BACK) == [("x", 2)]


def test_a_team_lead_sees_each_agent_of_the_team(database: duckdb.DuckDBPyConnection) -> None:
    assert rows(database, BY_AGENT) == [("A-1", 2, 1200.0), ("A-2", 1, 1200.0)]


def test_the_last_line_of_a_contact_stands_whatever_its_clock(
    told: Path, database: duckdb.DuckDBPyConnection
) -> None:
    record = json.loads(next(line for line in told.read_bytes().splitlines() if b'"a"' in line))
    later = record | {"agent_id": "A-9", "as_of": "2024-03-01T00:00:00Z"}
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
    assert database.execute(BY_AGENT).fetchall() == []
