"""From aware datetimes to the integer microseconds everything is computed in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_SECONDS: Final = 86_400


def microseconds(time: datetime) -> int:
    """Microseconds since 1970-01-01T00:00:00Z, exact for every aware datetime there is."""
    # Not time.timestamp(): a float cannot hold microseconds far from 1970. The difference is
    # taken without converting to UTC first, so offsets in years 1 and 9999 cannot overflow.
    since = time - _EPOCH
    # Not since // timedelta(microseconds=1), the same: that takes more than twice as long.
    return (since.days * _DAY_SECONDS + since.seconds) * 1_000_000 + since.microseconds


def all_microseconds(times: Iterable[datetime]) -> list[int]:
    """As :func:`microseconds` of each, at three quarters of the price."""
    return [
        ((since := time - _EPOCH).days * _DAY_SECONDS + since.seconds) * 1_000_000
        + since.microseconds
        for time in times
    ]
