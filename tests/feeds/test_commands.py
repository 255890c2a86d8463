"""`map`, `check` and `replay` on files of foreign records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cli.program import run
from tests.feeds.feeding import STARTED, TICKET
from tests.feeds.test_feeds import RESOLVED

FEEDS: Final = STARTED + RESOLVED + "when = 'closed'\n"


def line(value: Any, **parts: Any) -> str:
    return json.dumps({"topic": "crm", "timestamp": 1772452800000, "value": value, **parts}) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "feeds.toml").write_text(FEEDS)
    (tmp_path / "records.ndjson").write_text(
        line(dict(TICKET))
        + line({**TICKET, "closed": True, "at": "2026-03-02T10:00:00Z"})
        + line(None)
        + "\n"
        + line({**TICKET, "at": "soon", "id": "secret-7"})
        + line(dict(TICKET), topic="other")
        + "no json\n"
    )
    return tmp_path


def test_map_turns_records_into_events_and_sums_up(folder: Path) -> None:
    code, output, errors = run("map", "--in", "records.ndjson", "--feeds", "feeds.toml", cwd=folder)
    assert code == 0
    made = [json.loads(text) for text in output.splitlines()]
    assert [event["topic"] for event in made] == [
        *("contact-started", "contact-started", "contact-resolved")
    ]
    assert made[0]["value"]["contact_id"] == "t-1"
    assert "line 5: feed crm: not_a_time" in errors
    assert "line 7: not_json" in errors
    assert "1 lines of the topic other, which no feed has" in errors
    assert "crm: emitted 2, skipped 1, failed 1" in errors
    assert "end: emitted 1, skipped 3, failed 0" in errors
    assert "secret-7" not in errors


def test_what_map_writes_is_what_replay_reads_and_replay_maps_by_itself(folder: Path) -> None:
    mapping = ("map", "--in", "-", "--out", "events.ndjson", "--config", "feeds.toml")
    code, output, _ = run(*mapping, cwd=folder, stdin=(folder / "records.ndjson").read_bytes())
    assert (code, output) == (0, "")
    mapped = run("replay", "events.ndjson", cwd=folder)[1]
    both = (folder / "records.ndjson").read_bytes()
    code, direct, errors = run("replay", "-", "--config", "feeds.toml", cwd=folder, stdin=both)
    assert code == 0
    closed = [text for text in mapped.splitlines() if text.startswith("cx_window_contacts_closed{")]
    assert closed
    assert [
        text for text in direct.splitlines() if text.startswith("cx_window_contacts_cl")
    ] == closed
    assert "line 5: feed crm: not_a_time" in errors
    assert "line 6: the topic is none of" in errors


def test_events_that_are_off_are_told(folder: Path) -> None:
    feed = STARTED.replace("contact-started", "contact-responded").replace(
        'started_at = "at"\nchannel = "channel"', 'responded_at = "at"'
    )
    (folder / "feeds.toml").write_text(feed)
    for command in (("map", "--in"), ("replay",)):
        _, _, errors = run(*command, "records.ndjson", "--config", "feeds.toml", cwd=folder)
        assert "contact-responded, which is off: contact_responded = true" in errors


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--in", "none.ndjson", "--feeds", "feeds.toml"), "none.ndjson cannot be read"),
        (("--in", "records.ndjson", "--feeds", "none.toml"), "none.toml: cannot be read"),
        (("--in", "records.ndjson"), "There is no feed"),
        (("--in", "-", "--csv", "-", "--feeds", "feeds.toml"), "not both"),
        (("--in", "-", "--delimiter", ";", "--feeds", "feeds.toml"), "for --csv"),
        (("--csv", "-", "--delimiter", "ab", "--feeds", "feeds.toml"), "one character"),
        (("--csv", "-", "--encoding", "x-y", "--feeds", "feeds.toml"), "no encoding x-y"),
        (("--csv", "-", "--feeds", "feeds.toml"), "names no columns"),
        (("--in", "-", "--out", "none/x", "--feeds", "feeds.toml"), "none/x cannot be written"),
    ],
)
def test_wrong_usage_is_told_and_ends_with_2(
    folder: Path, arguments: tuple[str, ...], told: str
) -> None:
    code, _, errors = run("map", *arguments, cwd=folder)
    assert code == 2
    assert told in " ".join(errors.replace("│", " ").split())


def test_a_feed_without_topic_is_for_rows_alone(folder: Path) -> None:
    (folder / "feeds.toml").write_text(FEEDS.replace('topic = "crm"\n', ""))
    code, _, errors = run("map", "--in", "records.ndjson", "--feeds", "feeds.toml", cwd=folder)
    assert code == 2
    assert "feeds.crm.topic: it is missing" in errors
    rows = "id;customer;at;channel;closed\n1;k;2026-03-02T10:00:00Z;email;\n"
    code, output, errors = run(
        "map", "--csv", "-", "--feeds", "feeds.toml", cwd=folder, stdin=rows.encode("utf-16")
    )
    assert code == 0
    assert json.loads(output)["value"]["customer_id"] == "k"
    assert "end: emitted 0, skipped 1, failed 0" in errors


def test_a_file_of_which_nothing_becomes_an_event_is_a_failure(folder: Path) -> None:
    code, _, errors = run(
        *("map", "--csv", "-", "--feeds", "feeds.toml"),
        cwd=folder,
        stdin=b"id,customer\n1,2\nx\n",
    )
    assert code == 1
    assert "line 3: 1 cells" in errors
    assert "None of the 2 rows became an event" in errors


def test_of_many_failures_of_a_kind_some_are_told_and_the_rest_counted(folder: Path) -> None:
    many = line({**TICKET, "at": "soon"}) * 100 + line(dict(TICKET))
    code, _, errors = run(
        "map", "--in", "-", "--feeds", "feeds.toml", cwd=folder, stdin=many.encode()
    )
    assert code == 0
    assert errors.count("line ") == 20
    assert "80 more of feed crm with not_a_time" in errors


def test_check_shows_the_events_of_samples_and_what_never_gave_a_value(folder: Path) -> None:
    (folder / "feeds.toml").write_text(
        f"{FEEDS}queue = 'typo'\n"
        + STARTED.replace("feeds.crm", "feeds.silent").replace(
            "emit", 'match = { channel = "fax" }\nemit'
        )
    )
    (folder / "good.ndjson").write_text(line({**TICKET, "closed": True}))
    arguments = ("check", "--feeds", "feeds.toml", "--samples")
    code, output, errors = run(*arguments, "good.ndjson", cwd=folder)
    assert code == 1
    assert len(output.splitlines()) == 2
    assert "end.queue: never gave a value" in errors
    assert "silent: no sample became an event of it; never true: match" in errors
    (folder / "feeds.toml").write_text(FEEDS)
    assert run(*arguments, "good.ndjson", cwd=folder)[0] == 0
    code, _, errors = run(*arguments, "records.ndjson", cwd=folder)
    assert code == 1
    assert "line 5: feed crm: not_a_time" in errors


def test_lines_hold_bytes_as_hexadecimal_digits_or_base64_and_avro_with_its_schema(
    folder: Path,
) -> None:
    schema = {
        "type": "record",
        "name": "T",
        "fields": [
            {"name": name, "type": "string"} for name in ("id", "customer", "at", "channel")
        ],
    }
    body = b"".join(bytes([2 * len(text)]) + text.encode() for text in TICKET.values())
    guid = "01" + "0a" * 16
    text = "".join(
        [
            line(None, value_hex=json.dumps(dict(TICKET)).encode().hex()),
            line(None, value_hex=(b"\0\0\0\0\7" + body).hex(), schema=schema),
            line(None, value_hex=body.hex(), headers={"__value_schema_id": guid}, schema=schema),
            line(None, value_base64="***"),
        ]
    )
    code, output, errors = run(
        "map", "--in", "-", "--feeds", "feeds.toml", cwd=folder, stdin=text.encode()
    )
    assert code == 0
    assert len(output.splitlines()) == 3
    assert len(set(output.splitlines())) == 1
    assert "line 4: wrong_format" in errors


def test_avro_needs_a_registry_on_kafka_alone(folder: Path) -> None:
    feeds = (folder / "feeds.toml").read_text()
    (folder / "feeds.toml").write_text(
        feeds.replace('topic = "crm"', 'topic = "crm"\nformat = "avro"')
    )
    schema = {
        "type": "record",
        "name": "T",
        "fields": [{"name": n, "type": "string"} for n in TICKET],
    }
    body = b"".join(bytes([2 * len(text)]) + text.encode() for text in TICKET.values())
    record = line(None, value_hex=(b"\0\0\0\0\7" + body).hex(), schema=schema)
    code, output, _ = run(
        "map", "--in", "-", "--feeds", "feeds.toml", cwd=folder, stdin=record.encode()
    )
    assert code == 0
    assert json.loads(output)["topic"] == "contact-started"
    code, _, errors = run("map", "--feeds", "feeds.toml", cwd=folder)
    assert code == 2
    assert "set registry.url (feeds of Avro: crm" in errors
