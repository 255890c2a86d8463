"""Generated events: whole ones, and ones that are wrong in one or several places."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from service.events.agents import AgentEventType
from service.events.model import EventType
from tests.events.samples import ALL_EVENTS, SCHEMAS

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
_NUMBERS = st.one_of(
    st.integers(-3, 12),
    st.integers(-(10**30), 10**30),
    st.sampled_from([0.0, -0.0, 4.0, 4.5, 10.0, 10.5, 1e6, 1e6 + 0.5, 8_640_000.0, 1e22, -1e-300]),
    st.sampled_from([999_999, 1_000_000, 1_000_001, 8_640_000, 8_640_001, 2**63, 2**64]),
    st.floats(allow_nan=False, allow_infinity=False),
)
_WORDS = st.sampled_from(
    [
        *("inbound", "outbound", "resolved", "unresolved", "abandoned", "expired", "Resolved"),
        *("csat", "nps", "ces", "agent", "bot", "", " ", "null", "true", "4"),
    ]
)

ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), _NUMBERS, _TEXT, _WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=5,
)


def _digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


def _near(*usual: str) -> st.SearchStrategy[str]:
    return st.sampled_from(usual) | _digits(2)


@st.composite
def times(draw: st.DrawFn) -> str:
    """Times, nearly: each part may be wrong, but most are right."""
    year = draw(st.sampled_from(["2024", "2025", "2000", "1900", "0000", "0001"]) | _digits(4))
    month = draw(_near("01", "02", "04", "12", "00", "13"))
    day = draw(_near("01", "28", "29", "30", "31", "00", "32"))
    hour = draw(_near("00", "12", "23", "24"))
    minute = draw(_near("00", "59", "60"))
    second = draw(_near("00", "59", "60", "61"))
    fraction = draw(st.sampled_from(["", "", ".5", ".", ",5", ".1234567", ".9999999999", ".x"]))
    offset = draw(
        st.sampled_from(
            ["Z", "Z", "z", "+02:00", "-23:59", "+24:00", "+0200", "+02", "", " Z", "Z\n", "UTC"]
        )
    )
    separator = draw(st.sampled_from("TTTTt _\n"))
    return f"{year}-{month}-{day}{separator}{hour}:{minute}:{second}{fraction}{offset}"


@st.composite
def _mutated(draw: st.DrawFn, text: str) -> str:
    at = draw(st.integers(0, len(text)))
    removed = draw(st.integers(0, 2))
    added = draw(st.text("0123456789TtZz+-:. \n", max_size=2))
    return text[:at] + added + text[at + removed :]


MUTATED_TIMES = st.sampled_from(
    ["2025-01-31T09:30:00Z", "2024-02-29T23:59:59.999999+01:00", "2025-12-31t00:00:00.5z"]
).flatmap(_mutated)


def _names(type_: EventType | AgentEventType) -> list[str]:
    return list(json.loads((SCHEMAS / f"{type_}.schema.json").read_text())["properties"])


@st.composite
def documents(draw: st.DrawFn, type_: EventType | AgentEventType) -> dict[str, Any]:
    """An event of this type in which up to three things differ from a plain one."""
    event = dict(ALL_EVENTS[type_])
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(_names(type_)) | _TEXT)
        if draw(st.integers(0, 5)) == 0:
            event.pop(name, None)
            continue
        if name.endswith("_at") or name.startswith("employed_"):
            event[name] = draw(times() | MUTATED_TIMES | ANY_JSON)
        elif draw(st.booleans()):
            long = draw(st.sampled_from([1, 63, 64, 65, 255, 256, 257]))
            event[name] = draw(st.sampled_from(["x", "é", "😀", "\x00"])) * long
        else:
            event[name] = draw(ANY_JSON)
    return event
