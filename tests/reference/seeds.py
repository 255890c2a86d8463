"""How many generated logs a test looks at: enough for every day, or as many as are asked for."""

from __future__ import annotations

import os


def seeds(ordinarily: int) -> range:
    """The seeds of a test; `CONTACT_METRICS_TEST_LOGS` asks for more of them."""
    return range(max(ordinarily, int(os.environ.get("CONTACT_METRICS_TEST_LOGS", "0"))))
