"""From aware datetimes to the integer microseconds everything is computed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def microseconds(time: datetime) -> int:
    """Microseconds since 1970-01-01T00:00:00Z, exact for every aware datetime there is."""
    # Not time.timestamp(): a float cannot hold microseconds far from 1970. The difference is
    # taken without converting to UTC first, so offsets in years 1 and 9999 cannot overflow.
    return (time - _EPOCH) // _MICROSECOND
