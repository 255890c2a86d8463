"""The other pages: what they tell to type can be typed, and does what they say."""

from __future__ import annotations

import re
import shlex
import time
from pathlib import Path
from typing import Final

import pytest
import typer
from typer.core import TyperGroup

from service.cli.app import app
from service.settings import load_settings
from tests.cli.program import get, wait_until_ready
from tests.docs.readme import ROOT
from tests.docs.test_readme import folder, shell, until_ctrl_c
from tests.patience import PATIENCE_S

__all__ = ["folder"]

_PAGES: Final = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
#: What stands for something of the reader's own.
_PLACEHOLDERS: Final = {"FILE": "events.ndjson", "TIME": "2026-03-01T12:00:00Z"}


def shell_blocks(page: Path) -> list[str]:
    return re.findall(r"(?ms)^```sh\n(.*?)^```$", page.read_text("utf-8"))


def inline_commands() -> list[tuple[str, str]]:
    """Page and arguments of every `contact-metrics ...` within a line of text."""
    return [
        (str(page.relative_to(ROOT)), arguments)
        for page in _PAGES
        for arguments in re.findall(
            r"`(?:\.venv/bin/)?contact-metrics ([a-z][^`]*)`", page.read_text("utf-8")
        )
    ]


def parse(arguments: list[str]) -> None:
    """As the program does before it begins; exits where it does not know what it is given."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    group.commands[arguments[0]].make_context(arguments[0], arguments[1:])


@pytest.mark.parametrize(("page", "arguments"), sorted(set(inline_commands())))
def test_a_command_within_the_text_can_be_typed(
    page: str, arguments: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page
    monkeypatch.chdir(tmp_path)
    (tmp_path / "events.ndjson").touch()
    parse([_PLACEHOLDERS.get(word, word) for word in shlex.split(arguments)])


def test_the_shell_blocks_beside_the_readmes_are_those_run_here_and_the_benchmarks() -> None:
    found = [page.name for page in _PAGES if page.name != "README.md" for _ in shell_blocks(page)]
    assert sorted(found) == [
        "backfill.md",
        "cost-model.md",
        "life-of-a-contact.md",
        "operations.md",
        "outcomes.md",
        "report.md",
        "your-own-numbers.md",
    ]
    (benchmarks,) = shell_blocks(ROOT / "docs" / "cost-model.md")
    targets = re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text())
    for line in benchmarks.splitlines():
        program, *arguments = shlex.split(line, comments=True)
        if program == "make":
            assert set(arguments) <= set(targets)
        else:
            parse(arguments)


def test_the_office_hours_shown_are_valid(tmp_path: Path) -> None:
    (block,) = re.findall(
        r"(?ms)^```toml\n(.*?)^```$", (ROOT / "docs" / "configuration.md").read_text("utf-8")
    )
    file = tmp_path / "contact-metrics.toml"
    file.write_text(block)
    assert load_settings(file).definitions().calendars.keys() == {"office", "hotline"}


def test_a_file_of_events_becomes_a_page(folder: Path) -> None:
    (block,) = shell_blocks(ROOT / "docs" / "report.md")
    shell(block.replace("2d", "3h"), folder)
    assert (folder / "report.html").read_text().startswith("<!doctype html>")


@pytest.mark.prometheus
def test_a_file_of_events_becomes_blocks_of_prometheus(folder: Path) -> None:
    (block,) = shell_blocks(ROOT / "docs" / "backfill.md")
    shell(block, folder)
    assert len(list((folder / "data").glob("*/chunks"))) >= 3


def test_the_soonest_alert_has_its_refused_events_in_the_demo(folder: Path) -> None:
    (block,) = shell_blocks(ROOT / "docs" / "operations.md")
    # Of few contacts: the history of more would keep it busy, and is not what is looked at.
    demo = ".venv/bin/contact-metrics demo --port 0 --rate 10"
    with until_ctrl_c(demo, folder, {}) as program:
        screen = program.wait_for("Ctrl-C stops everything")
        url = re.search(r"http://127\.0\.0\.1:\d+", screen)
        broker = re.search(r"broker +(\S+)", screen)
        assert url is not None
        assert broker is not None
        wait_until_ready(url[0])
        shell(block.replace("127.0.0.1:9092", broker[1]), folder)
        wait_for_letters(f"{url[0]}/metrics", more_than=10)


def wait_for_letters(url: str, *, more_than: int) -> None:
    """Until as many events of one topic are refused as the alert wants."""
    deadline = time.monotonic() + PATIENCE_S
    pattern = r"(?m)^cx_pipeline_dead_letters_total\{.*topic=\"(.*)\"\} (\S+)$"
    while True:
        refused: dict[str, float] = {}
        for topic, number in re.findall(pattern, get(url)[1]):
            refused[topic] = refused.get(topic, 0.0) + float(number)
        if max(refused.values(), default=0.0) > more_than:
            return
        assert time.monotonic() < deadline, refused
        time.sleep(0.2)


# The changelog names those of former releases, too.
@pytest.mark.parametrize(
    "page", [page for page in _PAGES if page.name != "CHANGELOG.md"], ids=lambda page: page.name
)
def test_every_metric_that_a_page_names_is_in_the_reference(page: Path) -> None:
    # What ends in an underscore, or before an ellipsis, stands for several.
    name = re.compile(r"\bcx_[a-z0-9_]*[a-z0-9]\b(?!_)")
    reference = (ROOT / "docs" / "metrics.md").read_text("utf-8")
    assert set(name.findall(page.read_text("utf-8"))) <= set(name.findall(reference))
