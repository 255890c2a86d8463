"""An engine with so many live contacts, to be looked at from outside while it takes more events.

Arguments: how many, of how many customers, and the microseconds between two contacts. Prints
`filled` once they are there, waits a little for whoever wants to look, and then prints the
`seconds` of CPU time that an event cost.
"""

from __future__ import annotations

import json
import sys
import time

from bench.programs.growth import cost_after

_SAMPLES = 15
_LOOK_SECONDS = 3.0


def _filled() -> None:
    print(json.dumps({"filled": True}), flush=True)
    time.sleep(_LOOK_SECONDS)


if __name__ == "__main__":
    _live, _customers, _spacing = map(int, sys.argv[1:4])
    print(json.dumps({"seconds": cost_after(_live, _customers, _spacing, _SAMPLES, _filled)}))
