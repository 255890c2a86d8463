"""How a log's events are written: one meaning, many spellings."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import random

Value = dict[str, Any]

#: 2024-03-05T09:00:00Z: an ordinary Tuesday.
START: Final = 1_709_629_200_000_000
MICROSECOND: Final = timedelta(microseconds=1)
#: How the names of fields with a time end.
TIMES: Final = ("_at", "_from", "_until")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
OFFSETS: Final = (0, 0, 0, 60, 120, 345, -330, -480, 840, -720)


@dataclass(frozen=True)
class Log:
    """Lines in order of arrival, and a clock (microseconds) that none of their events is after."""

    lines: tuple[bytes, ...]
    as_of: int


def utc(moment: int) -> str:
    """RFC 3339 in UTC; the fraction only where there is one."""
    return (EPOCH + moment * MICROSECOND).isoformat().replace("+00:00", "Z")


def spelled(moment: int, rng: random.Random) -> str:
    """The same moment with any offset, any number of digits, also more than microseconds."""
    offset = rng.choice(OFFSETS)
    extra = ""
    if rng.random() < 0.1:
        extra = rng.choice(("0", "4", "499", "000000"))
    elif rng.random() < 0.1:
        moment, extra = moment - 1, rng.choice(("5", "9", "500"))
    local = (EPOCH + moment * MICROSECOND).astimezone(timezone(timedelta(minutes=offset)))
    written = local.strftime("%Y-%m-%d" + rng.choice("TTTt") + "%H:%M:%S")
    fraction = f"{local.microsecond:06}"
    if extra:
        written += f".{fraction}{extra}"
    elif fraction != "000000" or rng.random() < 0.2:
        written += f".{fraction.rstrip('0') or '0'}"
    if offset == 0 and rng.random() < 0.8:
        return written + rng.choice("ZZZz")
    sign = "-" if offset < 0 else "+"
    return f"{written}{sign}{abs(offset) // 60:02}:{abs(offset) % 60:02}"


def plain_line(topic: str, value: Value) -> bytes:
    """The usual spelling; every field that ends as those of `TIMES` is microseconds."""
    told = {name: utc(it) if name.endswith(TIMES) else it for name, it in value.items()}
    return json.dumps({"topic": topic, "value": told}).encode()


def spelled_line(topic: str, value: Value, rng: random.Random) -> bytes:
    """Any spelling: order of fields, nulls, unknown fields, ids without meaning, 4.0 for 4."""
    told: Value = {}
    for name, it in rng.sample(sorted(value.items()), len(value)):
        if name.endswith(TIMES):
            told[name] = spelled(it, rng)
        elif isinstance(it, int) and not isinstance(it, bool) and rng.random() < 0.1:
            told[name] = float(it)
        else:
            told[name] = it
    if rng.random() < 0.2:
        told["event_id"] = f"e{rng.randrange(10**9)}"
    if topic == "contact-resolved":
        told.setdefault("agent_id", f"agent-{rng.randrange(9)}")
        told.setdefault("transfers", None)
    if rng.random() < 0.1:
        told["x-unknown"] = rng.choice((None, [1, {"started_at": "?"}], "2024", 1e300))
    line = {"topic": topic, "value": told}
    if rng.random() < 0.3:
        line = {"value": told, "topic": topic}
    return json.dumps(line, ensure_ascii=rng.random() < 0.5).encode()
