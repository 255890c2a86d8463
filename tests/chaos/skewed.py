"""`contact-metrics` on a host whose wall clock a test can set.

`python -m tests.chaos.skewed FILE ...`: the program's arguments follow; the file has the seconds by
which the clock is wrong, and is read again and again. The monotonic clock is right, as on a host.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

_LOOK_SECONDS: Final = 0.05


def _skew(file: Path) -> None:
    right_ns = time.time_ns
    wrong_by = 0

    def follow() -> None:
        nonlocal wrong_by
        while True:
            with suppress(OSError, ValueError):
                wrong_by = int(file.read_text())
            time.sleep(_LOOK_SECONDS)

    time.time_ns = lambda: right_ns() + wrong_by * 1_000_000_000
    time.time = lambda: time.time_ns() / 1e9
    threading.Thread(target=follow, daemon=True).start()


def main() -> None:
    """Before anything of the service is imported."""
    _skew(Path(sys.argv.pop(1)))
    from service.cli import main as service

    service()


if __name__ == "__main__":
    main()
