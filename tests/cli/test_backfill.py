"""`backfill`: the pages of the past, and what is said where there can be none."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse

from service.definitions import HOUR
from tests.cli.program import run
from tests.past import simulated

_LINES = b"".join(simulated.lines(duration=5 * HOUR, rate=40))


def test_each_file_of_a_directory_tells_two_hours_of_what_the_one_document_tells(
    tmp_path: Path,
) -> None:
    arguments = ("backfill", "-", "--step", "10m", "--series", "cx_backlog_*")
    code, whole, _ = run(*arguments, stdin=_LINES, cwd=tmp_path)
    assert code == 0
    assert whole.endswith("\n# EOF\n")
    assert run(*arguments, "--output", "past", stdin=_LINES, cwd=tmp_path)[0] == 0
    files = sorted((tmp_path / "past").iterdir())
    assert len(files) >= 3
    parts = []
    for file in files:
        text = file.read_text()
        samples = [
            sample
            for metric in parse(text)  # type: ignore[no-untyped-call]
            for sample in metric.samples
        ]
        assert len({float(sample.timestamp or 0) // 7200 for sample in samples}) == 1
        parts += [line for line in text.splitlines() if not line.startswith("#")]
    assert sorted(parts) == sorted(line for line in whole.splitlines() if line[0] != "#")


def test_the_pages_are_those_of_whole_steps_from_the_one_moment_to_the_other(
    tmp_path: Path,
) -> None:
    span = ("--from", "2026-03-02T01:59:00Z", "--to", "2026-03-02T02:31:00Z")
    _, page, _ = run(
        *("backfill", "-", "--step", "15m", *span, "--series", "cx_build_info"),
        stdin=_LINES,
        cwd=tmp_path,
    )
    times = [int(line.split()[-1]) for line in page.splitlines() if line.startswith("cx_build")]
    assert [moment % 7200 for moment in times] == [0, 900, 1800]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--step", "1.5s"), 2, "whole seconds"),
        (("--step", "500ms"), 2, "whole seconds"),
        (("--step", "1m", "--series", "nothing_*"), 2, "no metric is named nothing_*"),
        (("--step", "1m", "--from", "2026-03-02"), 2, "a time with an offset"),
        (("--step", "1m", "--from", "1900-01-01T00:00:00Z"), 2, "give a later --from"),
        (("--step", "1m", "--from", "2030-01-01T00:00:00Z"), 2, "no whole step of 1m"),
    ],
)
def test_what_cannot_be_is_wrong_usage(
    tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    found, page, errors = run("backfill", "-", *arguments, stdin=_LINES, cwd=tmp_path)
    assert (found, page) == (code, "")
    assert words in " ".join(errors.replace("│", " ").split())


@pytest.mark.parametrize("nothing", [b"", b"hello\n"])
def test_a_file_without_an_event_has_no_past(tmp_path: Path, nothing: bytes) -> None:
    code, page, errors = run("backfill", "-", "--step", "1m", stdin=nothing, cwd=tmp_path)
    assert (code, page) == (1, "")
    assert "became an event" in errors or "nothing in standard input" in errors
