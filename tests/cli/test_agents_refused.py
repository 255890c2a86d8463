"""What does not read agents' events yet says so, and leaves none out in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import run

_SAID = "does not read the topics of agents yet, replay does"


@pytest.mark.parametrize(
    "command",
    [
        ("backfill", "-", "--step", "1m"),
        ("report", "-", "--output", "page.html"),
    ],
    ids=lambda command: command[0],
)
def test_a_command_that_would_leave_agents_out_refuses_to_start(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "contact-metrics.toml").write_text("agents = true\n")
    code, out, err = run(*command, "--config", "contact-metrics.toml", stdin=b"", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert _SAID in err
    assert not (tmp_path / "page.html").exists()
