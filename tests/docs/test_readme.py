"""The README is true: its commands run, its settings are valid, its events are accepted."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.events.decoding import Decoder
from service.events.model import EVENT_CLASSES
from service.settings import load_settings
from tests.cli.program import Program, environment, get, wait_until_ready
from tests.docs.readme import ROOT, blocks, commands
from tests.patience import PATIENCE_S
from tests.ports import free_port

_USUAL_BROKER = "localhost:9092"
_PROGRAM = ".venv/bin/contact-metrics"
#: Commands that go on until Ctrl-C, and what they say once they are at work.
_UNTIL_CTRL_C = {
    "make run": "Ctrl-C stops everything",
    f"{_PROGRAM} run": "serving",
    f"{_PROGRAM} simulate --history 1d": "",
}
#: The tests cannot run themselves: that they are found is as far as one goes here.
_ONLY_COLLECTED = {"make test"}
_RUN_TO_THEIR_END = {
    f"{_PROGRAM} check",
    f"{_PROGRAM} simulate --stdout --duration 2h > events.ndjson",
    f"{_PROGRAM} replay events.ndjson > metrics.txt",
    "grep cx_window_contacts_closed metrics.txt",
    f"{_PROGRAM} report events.ndjson --output report.html",
    f"{_PROGRAM} rules --output rules",
}


def test_every_command_of_the_readme_is_run_by_a_test_here() -> None:
    assert set(commands()) == {*_UNTIL_CTRL_C, *_ONLY_COLLECTED, *_RUN_TO_THEIR_END}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which `.venv/bin/contact-metrics` is this very environment's."""
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    return tmp_path


def shell(command: str, cwd: Path, **settings: str) -> str:
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=cwd,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def until_ctrl_c(command: str, cwd: Path, settings: dict[str, str]) -> Iterator[Program]:
    # Not in `cwd`, which can be the repository itself.
    output = Path(tempfile.mkdtemp()) / "output"
    with output.open("w") as file:
        process = subprocess.Popen(
            ["sh", "-c", f"exec {command}"],
            cwd=cwd,
            env={**environment(settings), "PYTHONUNBUFFERED": "1"},
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    try:
        yield Program(process, output)
        # As a terminal does: to make and to what it runs.
        os.killpg(process.pid, signal.SIGINT)
        process.wait(PATIENCE_S)
        assert "Traceback" not in output.read_text(), output.read_text()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_make_run_leads_to_the_live_page() -> None:
    port = free_port()
    with until_ctrl_c(f"make run ARGS='--port {port}'", ROOT, {}) as program:
        screen = program.wait_for(_UNTIL_CTRL_C["make run"], seconds=PATIENCE_S)
        assert f"http://127.0.0.1:{port}/" in screen
        wait_until_ready(f"http://127.0.0.1:{port}")
        assert get(f"http://127.0.0.1:{port}/")[0] == 200
    # Make may be gone before what it ran is, and within another make it says that it leaves.
    program.wait_until_said("Stopped.")


def test_make_test_finds_the_tests() -> None:
    output = shell("make test ARGS='--collect-only --quiet tests/docs'", ROOT)
    assert "test_make_test_finds_the_tests" in output


@pytest.mark.broker
def test_your_own_kafka_from_the_file_to_the_numbers(
    folder: Path, bootstrap: str, unique: Callable[[str], str]
) -> None:
    file, *_ = blocks("toml")
    text = file.text.replace(_USUAL_BROKER, bootstrap)
    for name in tomllib.loads(text)["topics"].values():
        text = text.replace(f'"{name}"', f'"{unique(name)}"')
    text = text.replace('group = "contact-metrics"', f'group = "{unique("group")}"')
    (folder / "contact-metrics.toml").write_text(text)
    port = free_port()
    settings = {
        "HTTP__PORT": str(port),
        "KAFKA__PARTITIONS": "2",
        # The embedded broker lets the first member of a group wait for half of it.
        "KAFKA__SESSION_TIMEOUT": "4s",
        "KAFKA__REBALANCE_TIMEOUT": "4s",
        "TOPICS__CHANGELOG": unique("changelog"),
        "TOPICS__DEAD_LETTERS": unique("dead-letters"),
    }
    assert "All is well" in shell(f"{_PROGRAM} check", folder, **settings)
    with until_ctrl_c(f"{_PROGRAM} run", folder, settings) as program:
        program.wait_for(_UNTIL_CTRL_C[f"{_PROGRAM} run"])
        with until_ctrl_c(f"{_PROGRAM} simulate --history 1d", folder, settings):
            wait_until_ready(f"http://127.0.0.1:{port}")
            wait_for_events(f"http://127.0.0.1:{port}/metrics")


def wait_for_events(url: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    # Its series are there before the first event, reading 0.
    accepted = re.compile(r'(?m)^cx_pipeline_events_total\{result="accepted".*\} [1-9]')
    while accepted.search(get(url)[1]) is None:
        assert time.monotonic() < deadline, get(url)[1][:2000]
        time.sleep(0.2)


def test_a_file_of_events_becomes_numbers(folder: Path) -> None:
    (block,) = [block for block in blocks("sh") if "replay" in block.text]
    output = "".join(shell(command, folder) for command in block.text.splitlines())
    assert 'cx_window_contacts_closed{channel="' in output
    assert (folder / "report.html").read_text().startswith("<!doctype html>")


def test_rules_are_written_for_the_configuration(folder: Path) -> None:
    _, file = blocks("toml")
    (folder / "contact-metrics.toml").write_text(file.text)
    shell(f"{_PROGRAM} rules --output rules", folder)
    assert (folder / "rules" / "alerts.yml").exists()


def test_the_settings_shown_are_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("CONTACT_METRICS_"):
            monkeypatch.delenv(name)
    for number, block in enumerate(blocks("toml")):
        path = tmp_path / f"{number}.toml"
        path.write_text(block.text)
        load_settings(path).definitions()


def test_each_event_shown_is_accepted_as_its_type() -> None:
    decoder = Decoder(max_event_bytes=65_536, max_future_skew_us=0)
    shown = blocks("json")
    assert len(shown) == len(EVENT_CLASSES)
    for type_, block in zip(EVENT_CLASSES, shown, strict=True):
        key = json.loads(block.text)["customer_id"].encode()
        decoder.decode(type_, key, block.text.encode(), wall_us=2**60)


def test_the_table_of_dependencies_is_complete() -> None:
    """Of what the service runs on; tools of its development may be there too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    required = [*project["dependencies"], *extras["demo"]]
    names = {requirement.split("==")[0] for requirement in required}
    tools = {requirement.split("==")[0] for requirement in (*extras["test"], *extras["dev"])}
    rows = (ROOT / "README.md").read_text().split("## Dependencies")[1].splitlines()
    listed = {
        name.strip()
        for row in rows
        if row.startswith("| ") and not row.startswith("| package")
        for name in row.split("|")[1].split(",")
    }
    assert names <= listed <= names | tools
