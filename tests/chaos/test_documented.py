"""docs/faults.md names tests that exist, and every fault that is tested."""

from __future__ import annotations

import re

from tests.chaos.worker import ROOT

_NAMED = re.compile(r"(tests/[\w/]+\.py)(?:::(\w+))?")


def test_every_test_that_the_table_of_faults_names_exists() -> None:
    named = _NAMED.findall((ROOT / "docs" / "faults.md").read_text())
    assert named
    for path, test in named:
        assert not test or f"def {test}(" in (ROOT / path).read_text(), f"{path}::{test}"


def test_every_fault_that_is_tested_is_in_the_table() -> None:
    table = (ROOT / "docs" / "faults.md").read_text()
    for path in (ROOT / "tests" / "chaos").glob("test_*.py"):
        text = path.read_text()
        # Only those that strike something.
        if "\npytestmark" in text:
            for test in re.findall(r"def (test_\w+)\(", text):
                assert test in table, test
