"""Exit codes and messages: 0 well, 1 failed, 2 wrong usage or configuration; no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.embedded_broker import LOOPBACK, free_port
from tests.cli.program import run

NOBODY = f"{LOOPBACK}:{free_port()}"


def test_the_version_is_told(tmp_path: Path) -> None:
    code, output, _ = run("--version", cwd=tmp_path)
    assert code == 0
    assert output.startswith("contact-metrics ")


@pytest.mark.parametrize("arguments", [["no-such-command"], ["run", "--no-such-option"]])
def test_wrong_usage_is_exit_code_2(tmp_path: Path, arguments: list[str]) -> None:
    code, _, errors = run(*arguments, cwd=tmp_path)
    assert code == 2
    assert "Usage: contact-metrics" in errors


@pytest.mark.parametrize("command", ["run", "demo", "simulate", "check", "rules"])
def test_a_wrong_setting_is_exit_code_2_before_anything_starts(
    tmp_path: Path, command: str
) -> None:
    code, output, errors = run(command, cwd=tmp_path, settings={"SHORT_ABANDON": "soon"})
    assert (code, output) == (2, "")
    assert "short_abandon: a duration is" in errors


@pytest.mark.parametrize("command", ["run", "simulate", "check"])
def test_a_broker_that_does_not_answer_is_exit_code_1(tmp_path: Path, command: str) -> None:
    code, output, errors = run(command, cwd=tmp_path, settings={"KAFKA__BOOTSTRAP_SERVERS": NOBODY})
    assert code == 1
    assert NOBODY in output + errors
    assert "start" in (output + errors).lower()


def test_a_host_that_is_not_known_is_told_by_check(tmp_path: Path) -> None:
    code, output, _ = run(
        "check", cwd=tmp_path, settings={"KAFKA__BOOTSTRAP_SERVERS": "kafka.invalid:9092"}
    )
    assert code == 1
    assert "the host name is not known" in output
