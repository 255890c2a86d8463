"""How long tests wait for what is sure to come."""

from __future__ import annotations

from typing import Final

#: However slow the machine is, and whatever else it does; a test that hangs fails after 900.
PATIENCE_S: Final = 600.0
