"""`report`: a page, and what is said where there can be none."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from service.definitions import HOUR
from tests.cli.program import run
from tests.past import simulated

_LINES = b"".join(simulated.lines(duration=3 * HOUR, rate=30))


def told(page: Path) -> dict[str, Any]:
    (found,) = re.findall(r'(?s)id="contents">(.*?)</script>', page.read_text())
    contents: dict[str, Any] = json.loads(found)
    return contents


def test_the_clock_stands_where_as_of_says_and_not_before_the_events(tmp_path: Path) -> None:
    arguments = ("report", "-", "--output", "report.html", "--as-of")
    code, said, _ = run(*arguments, "2026-03-02T05:00:00Z", stdin=_LINES, cwd=tmp_path)
    assert (code, said) == (0, "Wrote report.html\n")
    contents = told(tmp_path / "report.html")
    assert contents["now"] == contents["past"]["at"][-1]
    assert contents["now"] - contents["last"] > 3600
    code, _, errors = run(*arguments, "2026-03-02T01:00:00Z", stdin=_LINES, cwd=tmp_path)
    assert code == 2
    assert "give that time or a later one" in errors


def test_windows_that_are_configured_are_those_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "contact-metrics.toml").write_text(
        'windows = { "2h" = "1m" }\ncalendar_windows = ["today"]\nteams = true\n'
        'timezone = "Asia/Tokyo"\n'
    )
    code, _, errors = run("report", "-", "--output", "r.html", stdin=_LINES, cwd=tmp_path)
    assert code == 0, errors
    contents = told(tmp_path / "r.html")
    assert sorted(contents["windows"]) == ["2h", "file", "today"]
    assert contents["timezone"] == "Asia/Tokyo"
    assert contents["teams"]


def test_foreign_records_come_in_by_feeds(tmp_path: Path) -> None:
    (tmp_path / "contact-metrics.toml").write_text(
        '[feeds.calls]\ntopic = "calls"\nformat = "json"\nemit = "contact-started"\n'
        'contact_id = "id"\ncustomer_id = "caller"\nstarted_at = "at"\n'
        "channel = \"'voice'\"\n"
    )
    calls = [
        {"topic": "calls", "value": {"id": f"c{n}", "caller": f"k{n}", "at": at}}
        for n, at in enumerate(["2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z", "yesterday"])
    ]
    stdin = "".join(json.dumps(call) + "\n" for call in calls).encode()
    code, _, errors = run("report", "-", "--output", "r.html", stdin=stdin, cwd=tmp_path)
    assert code == 0, errors
    assert told(tmp_path / "r.html")["total"]["backlog"]["contacts"] == 2
    assert "line 3: feed calls" in errors


@pytest.mark.parametrize("nothing", [b"", b"hello\n"])
def test_a_file_without_an_event_has_no_page(tmp_path: Path, nothing: bytes) -> None:
    code, _, errors = run("report", "-", "--output", "r.html", stdin=nothing, cwd=tmp_path)
    assert code == 1
    assert "became an event" in errors or "nothing in standard input" in errors
    assert not (tmp_path / "r.html").exists()


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    code, _, errors = run("report", "-", "--output", "no/r.html", stdin=_LINES, cwd=tmp_path)
    assert code == 1
    assert "no/r.html" in errors


def test_of_many_bad_lines_the_first_are_told_and_all_are_counted(tmp_path: Path) -> None:
    stdin = _LINES + b"hello\n" * 1000
    code, _, errors = run("report", "-", "--output", "r.html", stdin=stdin, cwd=tmp_path)
    assert code == 0
    # How often it tells how far it is depends on the machine.
    refused = [line for line in errors.splitlines() if " points, " not in line]
    assert len(refused) < 30
    (refusal,) = told(tmp_path / "r.html")["taken"]["refusals"]
    assert refusal["lines"] == 1000
    assert len(refusal["first"]) == 5
