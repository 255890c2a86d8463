"""`replay`: a file of events in, the page of /metrics out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.program import run

_STARTED = {
    "topic": "contact-started",
    "value": {
        "contact_id": "contact-1",
        "customer_id": "customer-1",
        "started_at": "2026-03-01T10:00:00Z",
        "channel": "voice",
    },
}
_RESOLVED = {
    "topic": "contact-resolved",
    "value": {
        "contact_id": "contact-1",
        "customer_id": "customer-1",
        "resolved_at": "2026-03-01T10:05:00+00:00",
    },
}
_CLOSED = 'cx_window_contacts_closed{channel="voice",outcome="resolved",queue="none",window="1h"}'


def lines(*events: Mapping[str, object]) -> bytes:
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def test_a_file_becomes_the_page_of_metrics(tmp_path: Path) -> None:
    (tmp_path / "events.ndjson").write_bytes(lines(_STARTED, _RESOLVED))
    code, page, errors = run("replay", "events.ndjson", cwd=tmp_path)
    assert (code, errors) == (0, "")
    assert f"{_CLOSED} 1.0\n" in page


def test_the_order_of_the_lines_does_not_matter(tmp_path: Path) -> None:
    pages = {
        run("replay", "-", stdin=lines(*events), cwd=tmp_path)[1]
        for events in ((_STARTED, _RESOLVED), (_RESOLVED, _STARTED))
    }
    assert len(pages) == 1


def test_the_clock_stands_where_as_of_says(tmp_path: Path) -> None:
    _, page, _ = run(
        "replay", "-", "--as-of", "2026-03-01T12:00:00Z", stdin=lines(_STARTED), cwd=tmp_path
    )
    assert 'cx_backlog_oldest_age_seconds{channel="voice",queue="none"} 7200.0' in page


def test_outcomes_are_written_contact_by_contact_beside_the_same_page(tmp_path: Path) -> None:
    (tmp_path / "events.ndjson").write_bytes(lines(_STARTED, _RESOLVED))
    plain = run("replay", "events.ndjson", cwd=tmp_path)
    assert run("replay", "events.ndjson", "--outcomes", "told.ndjson", cwd=tmp_path) == plain
    (record,) = map(json.loads, (tmp_path / "told.ndjson").read_bytes().splitlines())
    assert (record["contact_id"], record["outcome"]) == ("contact-1", "resolved")
    assert record["as_of"] == "2026-03-01T10:05:00Z"


def test_outcomes_are_those_of_the_moment_asked_for(tmp_path: Path) -> None:
    command = ("replay", "-", "--as-of", "2026-05-01T00:00:00Z", "--outcomes", "told.ndjson")
    run(*command, stdin=lines(_STARTED, _RESOLVED), cwd=tmp_path)
    (record,) = map(json.loads, (tmp_path / "told.ndjson").read_bytes().splitlines())
    assert {it["result"] for it in record["fcr"]} == {"resolved_first_time"}
    assert record["final"]


def test_outcomes_that_cannot_be_written_are_wrong_usage(tmp_path: Path) -> None:
    command = ("replay", "-", "--outcomes", "nowhere/told.ndjson")
    code, page, errors = run(*command, stdin=lines(_STARTED), cwd=tmp_path)
    assert (code, page) == (2, "")
    assert "nowhere/told.ndjson" in errors


def test_an_as_of_before_the_events_is_wrong_usage(tmp_path: Path) -> None:
    code, page, errors = run(
        "replay", "-", "--as-of", "2026-03-01T09:00:00Z", stdin=lines(_STARTED), cwd=tmp_path
    )
    assert (code, page) == (2, "")
    assert "2026-03-01T10:00:00+00:00" in errors


@pytest.mark.parametrize("as_of", ["yesterday", "2026-03-01T12:00:00"])
def test_an_as_of_that_is_no_moment_is_wrong_usage(tmp_path: Path, as_of: str) -> None:
    code, _, errors = run("replay", "-", "--as-of", as_of, cwd=tmp_path)
    assert code == 2
    assert "a time with an offset" in errors


def test_an_as_of_beyond_all_calendars_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('calendar_windows = ["this_month"]\n')
    as_of = ("--as-of", "9999-12-31T23:59:59Z")
    code, page, errors = run("replay", "-", *as_of, "--config", "own.toml", cwd=tmp_path)
    assert (code, page) == (2, "")
    assert "2199" in errors


def test_a_mark_of_its_encoding_before_a_file_does_no_harm(tmp_path: Path) -> None:
    marked = b"\xef\xbb\xbf" + lines(_STARTED)
    assert run("replay", "-", stdin=marked, cwd=tmp_path)[0::2] == (0, "")


def test_bad_lines_are_counted_and_reported_without_their_content(tmp_path: Path) -> None:
    bad = {"topic": "contact-started", "value": {"contact_id": "secret-contact"}}
    code, page, errors = run("replay", "-", stdin=lines(_STARTED, bad), cwd=tmp_path)
    assert code == 0
    assert 'cx_pipeline_events_total{result="invalid",topic="contact-started"} 1.0' in page
    assert errors.startswith("line 2: missing_field")
    assert "secret-contact" not in errors


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (lines(_STARTED).decode().encode("utf-16"), "the file is UTF-16, save it as UTF-8"),
        (gzip.compress(lines(_STARTED)), "compressed (gzip), unpack it"),
        (json.dumps([_STARTED, _RESOLVED]).encode(), "write each of its objects on a line"),
    ],
)
def test_a_file_in_another_form_is_told_which_it_is(
    tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / "events").write_bytes(content)
    code, _, errors = run("replay", "events", cwd=tmp_path)
    assert code == 1
    assert told in errors


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    code, _, errors = run("replay", "none.ndjson", cwd=tmp_path)
    assert code == 2
    assert "none.ndjson" in errors


def test_the_configuration_decides_what_is_counted(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('windows = { "2h" = "1m" }\n')
    _, page, _ = run("replay", "-", "--config", "own.toml", stdin=lines(_STARTED), cwd=tmp_path)
    assert 'window="2h"' in page
    assert 'window="1h"' not in page


def test_a_bad_line_is_counted_by_its_reason_as_the_service_counts_dead_letters(
    tmp_path: Path,
) -> None:
    stdin = b'{"topic": "contact-started", "value": {}}\n'
    _, page, _ = run("replay", "-", stdin=stdin, cwd=tmp_path)
    counted = 'cx_pipeline_dead_letters_total{reason="missing_field",topic="contact-started"} 1.0'
    assert f"{counted}\n" in page


_RESPONDED = {
    "topic": "contact-responded",
    "value": {
        "contact_id": "contact-1",
        "customer_id": "customer-1",
        "responded_at": "2026-03-01T10:01:00Z",
    },
}


def test_a_line_of_a_topic_that_is_off_names_the_setting_that_turns_it_on(tmp_path: Path) -> None:
    stdin = lines(_STARTED, _RESPONDED)
    code, page, errors = run("replay", "-", stdin=stdin, cwd=tmp_path)
    assert code == 0
    assert (
        errors
        == "line 2: the topic contact-responded is off: contact_responded = true turns it on\n"
    )
    assert 'cx_pipeline_events_total{result="invalid",topic="unknown"} 1.0' in page
    assert not [line for line in page.splitlines() if line.startswith("cx_pipeline_dead_letters_t")]
    on = {"CONTACT_RESPONDED": "true"}
    assert run("replay", "-", stdin=stdin, cwd=tmp_path, settings=on)[2] == ""


@pytest.mark.parametrize(
    "garbage",
    [
        b"hello\n",
        b"\x00\xff\n\n{}\n",
        b'{"topic": "contact-started", "value": 5}\n',
        lines(_RESPONDED),
    ],
)
def test_where_no_line_is_an_event_the_replay_has_failed(tmp_path: Path, garbage: bytes) -> None:
    code, page, errors = run("replay", "-", stdin=garbage, cwd=tmp_path)
    assert code == 1
    assert "cx_pipeline_events_total" in page
    assert "became an event" in errors
    assert run("replay", "-", stdin=garbage + lines(_STARTED), cwd=tmp_path)[0] == 0
