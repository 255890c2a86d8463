"""A process ends as ever where threads are left that nobody could stop."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

_PROGRAM = """
import sys, threading, time
from service.cli.ending import ending_at_once

if {is_left}:
    threading.Thread(target=time.sleep, args=(3600,), daemon={daemon}).start()
with ending_at_once():
    print("said")
    print("warned", file=sys.stderr)
    {end}
"""
_ENDS = ("pass", "sys.exit()", "sys.exit(3)", "sys.exit('why')", "raise RuntimeError('why')")


def _ended(end: str, *, is_left: bool, daemon: bool = True) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(end=end, is_left=is_left, daemon=daemon)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        timeout=PATIENCE_S,
    )
    return done.returncode, done.stdout, done.stderr.splitlines()[-1]


@pytest.mark.parametrize("end", _ENDS)
def test_code_and_words_are_those_of_a_process_without(end: str) -> None:
    ended = _ended(end, is_left=False)
    assert ended[1] == "said\n"
    assert _ended(end, is_left=True) == ended
    # Python would wait for this one, for an hour.
    assert _ended(end, is_left=True, daemon=False) == ended
