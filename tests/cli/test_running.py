"""`check`, `run` and `demo` from start to stop, as processes on a broker."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.brokers.topics import create_topic
from tests.cli.program import get, installation, run, running, wait_until_ready
from tests.patience import PATIENCE_S
from tests.ports import free_port

_KINDS = ("CONTACT_STARTED", "CONTACT_RESOLVED", "SURVEY_ANSWERED", "CHANGELOG", "DEAD_LETTERS")
#: A call that was answered and is over.
_HANDLED = r'cx_window_resolution_seconds_count\{channel="voice".*window="7d"\} [1-9]'


@pytest.fixture
def settings(bootstrap: str, unique: Callable[[str], str]) -> dict[str, str]:
    """A service with topics and a port of its own."""
    return {
        **installation(bootstrap, unique),
        "HTTP__PORT": str(free_port()),
    }


@pytest.mark.broker
@pytest.mark.parametrize("stopped_by", [signal.SIGTERM, signal.SIGINT])
def test_run_serves_until_it_is_asked_to_stop(
    tmp_path: Path, settings: dict[str, str], stopped_by: signal.Signals
) -> None:
    url = f"http://127.0.0.1:{settings['HTTP__PORT']}"
    with running("run", cwd=tmp_path, settings=settings) as program:
        program.wait_for('"serving"')
        wait_until_ready(url)
        assert "cx_build_info" in get(f"{url}/metrics")[1]
        assert program.stop(stopped_by) == 0
        assert "Traceback" not in program.said()


@pytest.mark.broker
def test_run_without_its_topics_says_how_to_mend_it(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    code, _, errors = run(
        "run", cwd=tmp_path, settings={**settings, "KAFKA__CREATE_TOPICS": "false"}
    )
    assert code == 1
    assert "missing topics" in errors
    assert "Create them" in errors


@pytest.mark.broker
async def test_run_with_unequal_partition_counts_names_them(
    tmp_path: Path, bootstrap: str, settings: dict[str, str]
) -> None:
    await create_topic(bootstrap, settings["TOPICS__SURVEY_ANSWERED"], partitions=3)
    await create_topic(bootstrap, settings["TOPICS__CONTACT_STARTED"], partitions=2)
    code, _, errors = run("run", cwd=tmp_path, settings=settings)
    assert code == 1
    assert "unequal partition counts" in errors


@pytest.mark.broker
def test_run_on_a_port_that_is_taken_says_so(tmp_path: Path, settings: dict[str, str]) -> None:
    with running("run", cwd=tmp_path, settings=settings) as first:
        first.wait_for('"serving"')
        code, _, errors = run("run", cwd=tmp_path, settings=settings)
    assert code == 1
    assert settings["HTTP__PORT"] in errors


@pytest.mark.broker
async def test_check_finds_all_well(
    tmp_path: Path, bootstrap: str, settings: dict[str, str]
) -> None:
    for kind in _KINDS:
        name = settings[f"TOPICS__{kind}"]
        await create_topic(bootstrap, name, partitions=2, compacted=kind == "CHANGELOG")
    code, output, errors = run("check", cwd=tmp_path, settings=settings)
    assert (code, errors) == (0, "")
    assert output.endswith("All is well: contact-metrics run can start.\n")


def test_demo_shows_plausible_numbers_and_ctrl_c_stops_all_of_it(tmp_path: Path) -> None:
    with running("demo", "--port", "0", cwd=tmp_path) as program:
        screen = program.wait_for("Ctrl-C stops everything")
        url = re.search(r"http://127\.0\.0\.1:\d+", screen)
        assert url is not None
        wait_until_ready(url[0])
        assert "cx_window_fcr_contacts" in get(f"{url[0]}/metrics")[1]
        assert get(f"{url[0]}/")[0] == 200
        assert program.stop(signal.SIGINT) == 0
        assert "Traceback" not in program.said()
        assert program.said().rstrip().endswith("Stopped.")


def test_demo_shows_the_numbers_of_another_system_by_its_feeds(tmp_path: Path) -> None:
    arguments = ("demo", "--vendor", "twilio", "--rate", "10", "--port", "0")
    with running(*arguments, cwd=tmp_path) as program:
        screen = program.wait_for("feeds make events of them")
        url = re.search(r"http://127\.0\.0\.1:\d+", screen)
        assert url is not None
        wait_until_ready(url[0])
        deadline = time.monotonic() + PATIENCE_S
        while not re.search(_HANDLED, get(f"{url[0]}/metrics")[1]):
            assert time.monotonic() < deadline
            time.sleep(0.5)
        assert program.stop(signal.SIGINT) == 0
        assert "Traceback" not in program.said()
