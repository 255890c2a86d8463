"""The tutorial, typed as it stands, shows what it says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.cli.program import environment
from tests.docs.readme import ROOT
from tests.docs.test_readme import folder
from tests.patience import PATIENCE_S

__all__ = ["folder"]


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text("utf-8")
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", text)


def test_the_export_becomes_the_numbers_that_the_page_shows(folder: Path) -> None:
    (table,) = blocks("your-own-numbers.md", "csv")
    (feeds,) = blocks("your-own-numbers.md", "toml")
    (commands,) = blocks("your-own-numbers.md", "sh")
    (folder / "tickets.csv").write_text(table, "utf-8")
    (folder / "my.toml").write_text(feeds, "utf-8")
    done = subprocess.run(
        ["sh", "-ec", commands],
        cwd=folder,
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    said = (done.stdout + done.stderr).splitlines()
    for shown in blocks("your-own-numbers.md", "text"):
        for line in shown.splitlines():
            assert line in said


def test_the_feeds_of_the_page_on_feeds_are_valid(tmp_path: Path) -> None:
    from service.settings import load_settings

    first, _ = blocks("feeds.md", "toml")
    (tmp_path / "own.toml").write_text(first, "utf-8")
    assert list(load_settings(tmp_path / "own.toml").feeds.tables()) == ["desk-solved"]
