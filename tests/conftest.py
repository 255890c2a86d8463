"""What every suite shares: brokers, and an honest account of the suites that cannot run here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Generator
from functools import cache
from typing import Any

import hypothesis
import pytest
from playwright._impl._driver import compute_driver_executable

# Times mean nothing on a machine that does other work too, nor does how long an example takes to
# be thought of.
hypothesis.settings.register_profile(
    "contact-metrics", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("contact-metrics")

pytest_plugins = ["tests.brokers.fixtures"]

#: The programs that the tests of a marker start.
PROGRAMS = {
    "browser": ("chromium",),
    "prometheus": ("prometheus", "promtool", "prometheus-alertmanager", "amtool"),
    "helm": ("helm",),
}
#: Debian has none: it is built where there is a Go, which not every machine of CI has.
_NOT_EVERYWHERE = {"helm"}
_NOT_RUN = pytest.StashKey[dict[str, int]]()


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Two processes a core: for a third of their time tests wait for what does not need one.

    One where each has an Apache Kafka beside it, which does.
    """
    cores = yield
    told = {"PYTEST_XDIST_AUTO_NUM_WORKERS", "CONTACT_METRICS_TEST_KAFKA"}
    return cores if told & os.environ.keys() else 2 * cores


@cache
def _missing_programs() -> dict[str, list[str]]:
    missing = {
        marker: [program for program in programs if shutil.which(program) is None]
        for marker, programs in PROGRAMS.items()
    }
    missing["browser"] += _missing_libraries()
    return {marker: names for marker, names in missing.items() if names}


def _missing_libraries() -> list[str]:
    """What the program by which Playwright drives a browser wants, and Chromium need not."""
    program, _ = compute_driver_executable()
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return re.findall(r"[^ ]+[.]so[^ :]*(?=: cannot open)", told.stderr)


@pytest.hookimpl(trylast=True)  # after -m has made its choice
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, loudly, the suites whose programs are not here; in CI that is an error."""
    missing = _missing_programs()
    counts: dict[str, int] = {}
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        marker = next((name for name in missing if item.get_closest_marker(name)), None)
        if marker is None:
            kept.append(item)
        else:
            left_out.append(item)
            counts[marker] = counts.get(marker, 0) + 1
    required = counts.keys() - _NOT_EVERYWHERE
    if required and os.environ.get("CI") == "true":
        programs = sorted({program for marker in required for program in missing[marker]})
        raise pytest.UsageError(f"not found, and CI runs every suite: {', '.join(programs)}")
    config.hook.pytest_deselected(items=left_out)
    config.stash[_NOT_RUN] = counts
    items[:] = kept


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of several tells the one that speaks to the user what it left out."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["not_run"] = session.config.stash.get(_NOT_RUN, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """All of them leave out the same."""
    node.config.stash[_NOT_RUN] = getattr(node, "workeroutput", {}).get("not_run", {})


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say which suites did not run, and what would make them run."""
    missing = _missing_programs()
    for marker, count in config.stash.get(_NOT_RUN, {}).items():
        terminalreporter.write_line(
            f"NOT RUN: {count} tests of the {marker} suite, for want of"
            f" {', '.join(missing[marker])} (as root: make tools)",
            yellow=True,
            bold=True,
        )
