"""Exit codes and messages: 0 well, 1 failed, 2 wrong usage or configuration; no traceback."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup, TyperOption
from typer.main import get_command

from service.cli.app import app
from service.embedded_broker import LOOPBACK
from tests.cli.program import PROGRAM, environment, run
from tests.patience import PATIENCE_S
from tests.ports import free_port

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


@pytest.mark.parametrize("given", ["~", "-1", "nan", "", "1e400"])
def test_an_option_is_refused_in_words_of_its_own(given: str) -> None:
    refused = {}
    program = get_command(app)
    assert isinstance(program, TyperGroup)
    for name, command in program.commands.items():
        for option in command.params:
            if not isinstance(option, TyperOption) or option.is_flag:
                continue
            try:
                command.make_context(name, [option.opts[0], given])
            except typer.BadParameter as error:
                refused[name, option.opts[0]] = error.format_message()
    assert {("simulate", "--rate"), ("demo", "--port"), ("bench", "--events")} <= refused.keys()
    for told in refused.values():
        assert not re.search("Input|Value error|pydantic", told)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["simulate", "--stdout", "--outage-after", "5m"], "give --scenario outage too"),
        (["simulate", "--stdout", "--start", "2h", "--speed-up", "9"], "--stdout writes all"),
        (["simulate", "--speed-up", "9"], "give --start too"),
        (["map", "--out", "events.ndjson"], "--out is for --in or --csv"),
        (["export", "--from", "2026-03-02T00:00:00Z", "--to", "2026-03-01T00:00:00Z"], "later"),
    ],
)
def test_options_that_make_no_sense_together_are_wrong_usage(
    tmp_path: Path, arguments: list[str], told: str
) -> None:
    code, output, errors = run(*arguments, cwd=tmp_path)
    assert (code, output) == (2, "")
    assert told in " ".join(errors.replace("│", " ").split())


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


def test_runbooks_without_an_address_are_told(tmp_path: Path) -> None:
    code, _, errors = run("rules", cwd=tmp_path)
    assert code == 0
    assert "set alerts.runbooks" in errors
    address = {"ALERTS__RUNBOOKS": "https://wiki.example/runbooks"}
    assert run("rules", cwd=tmp_path, settings=address)[2] == ""


def test_rules_into_a_file_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    for output in ("taken", "taken/rules"):
        code, _, errors = run("rules", "--output", output, cwd=tmp_path)
        assert code == 2
        assert "name a directory" in " ".join(errors.replace("│", " ").split())
    assert (tmp_path / "taken").read_text() == "mine"


def test_rules_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    (tmp_path / "rules" / "alerts.yml").mkdir(parents=True)
    code, _, errors = run("rules", "--output", "rules", cwd=tmp_path)
    assert code == 1
    assert "rules/alerts.yml cannot be written: Is a directory" in errors


@pytest.mark.parametrize(
    "command",
    [
        "replay events --outcomes ./events",
        "replay - --outcomes events",
        "report events --output link",
        "map --csv events --feeds feeds --out link",
        "map --in events --feeds feeds --out events",
    ],
)
def test_a_file_that_is_read_is_not_written_over(tmp_path: Path, command: str) -> None:
    (tmp_path / "feeds").write_text("[feeds]\nuse = ['zendesk']\n")
    (tmp_path / "events").write_text("mine")
    (tmp_path / "link").symlink_to("events")
    arguments = [*PROGRAM, *command.split()]
    with (tmp_path / "events").open("rb") as events:
        done = subprocess.run(
            arguments, stdin=events, capture_output=True, cwd=tmp_path, env=environment({})
        )
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"is the file that is read: name another one" in done.stderr
    assert (tmp_path / "events").read_text() == "mine"


def test_a_report_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "events").write_text(
        '{"topic": "contact-started", "value": {"contact_id": "a", "customer_id": "k",'
        ' "channel": "voice", "started_at": "2026-03-01T10:00:00Z"}}'
    )
    for output in (".", "nowhere/report.html"):
        code, _, errors = run("report", "events", "--output", output, cwd=tmp_path)
        assert code == 1
        assert f"contact-metrics: {output} cannot be used: " in errors


def test_a_port_that_is_taken_ends_the_demo_before_it_begins(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, output, errors = run("demo", "--port", str(port), cwd=tmp_path)
    assert (code, output) == (2, "")
    assert f"port {port}" in errors


@pytest.mark.parametrize("command", ["demo", "simulate"])
def test_a_negative_seed_is_wrong_usage(tmp_path: Path, command: str) -> None:
    code, _, errors = run(command, "--seed", "-1", cwd=tmp_path)
    assert code == 2
    assert "--seed" in errors


def test_a_host_that_is_not_known_ends_the_demo_before_it_begins(tmp_path: Path) -> None:
    code, output, errors = run("demo", "--host", "nowhere.invalid", cwd=tmp_path)
    assert (code, output) == (2, "")
    assert "--host" in errors


_INTERRUPTED_EARLY = """
import sys

class Interrupts:
    def find_spec(self, name, *_):
        if name == "typer":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupts())
from service.cli import main
main()
"""


def test_ctrl_c_before_a_command_has_begun_is_no_error() -> None:
    command = [sys.executable, "-c", _INTERRUPTED_EARLY]
    done = subprocess.run(command, capture_output=True, env=environment({}), timeout=PATIENCE_S)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
