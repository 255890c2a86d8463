"""What a request brings to prove who sent it, and what is found of that."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

#: How far a signed time may be from ours, either way: what vendors themselves advise.
TOLERANCE_SECONDS: Final = 300.0
#: Numbers from here on are milliseconds: as seconds they would be of the year 5138.
_MILLISECONDS_FROM: Final = 10**11
_MOST_DIGITS: Final = 16


class Verdict(StrEnum):
    """Whether the sender knows the secret."""

    GENUINE = "genuine"
    MISSING = "missing_signature"
    WRONG = "wrong_signature"
    OLD = "old_timestamp"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it came."""

    query: str
    """Of the address, as on the wire, without `?`."""
    headers: Mapping[str, Sequence[str]]
    """By name in lower case."""
    body: bytes
    now: float
    """When it came, in seconds since 1970."""

    def header(self, name: str) -> str | None:
        """Its value; given more than once, all of them, which then proves nothing."""
        values = self.headers.get(name.lower())
        return None if not values else ", ".join(values)


class Proof(Protocol):
    """How the requests of a webhook prove that they are genuine."""

    def judge(self, sent: Sent) -> Verdict:
        """Never raises, whatever was sent."""
        ...


def equal(given: str, expected: Iterable[bytes]) -> bool:
    """Whether it is one of `expected`, in a time that does not tell how much of it is right."""
    written = given.encode(errors="surrogateescape")
    # All of them are looked at: nor does it tell which.
    matches = [hmac.compare_digest(written, one) for one in expected]
    return any(matches)


def judged_time(text: str, now: float) -> Verdict:
    """Of a time that was signed: seconds or milliseconds since 1970, or ISO 8601 with a zone."""
    at = _seconds(text.strip())
    if at is None:
        return Verdict.WRONG
    return Verdict.GENUINE if abs(now - at) <= TOLERANCE_SECONDS else Verdict.OLD


def _seconds(text: str) -> float | None:
    if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS:
        number = int(text)
        return number / 1000 if number >= _MILLISECONDS_FROM else float(number)
    try:
        moment = datetime.fromisoformat(text)
        return moment.timestamp() if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
