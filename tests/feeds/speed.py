"""How many records a second go through a feed: `python -m tests.feeds.speed`.

Beside it plain decoding, and the same expressions by JMESPath's own interpreter.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Final

import jmespath
import orjson

from tests.feeds.feeding import NOON, mapper, record

FIELDS: Final = {
    "contact_id": "root_id || id",
    "customer_id": "attributes.customer || endpoint.address",
    "resolved_at": "ended",
    "outcome": "agent.connected && 'resolved' || 'abandoned'",
    "first_response_at": "agent.connected",
    "agent_id": "agent.name",
    "queue": "queue.name",
    "reason": "attributes.intent",
    "agent_replies": "length(agent.replies)",
    "transfers": "contains(['transfer', 'queue-transfer'], method) && `1` || `0`",
}
WHEN: Final = "ended && !next_id && method != 'disconnect' && queue.entered"
CALL: Final[dict[str, Any]] = {
    "id": "call-2",
    "root_id": "call-1",
    "next_id": None,
    "channel": "VOICE",
    "method": "transfer",
    "ended": "2026-03-02T09:24:10Z",
    "endpoint": {"address": "+493012345678", "type": "phone"},
    "attributes": {"customer": "cust-17", "intent": "invoice"},
    "queue": {"name": "billing", "entered": "2026-03-02T09:18:02Z"},
    "agent": {"name": "ann", "connected": "2026-03-02T09:18:20Z", "replies": [1, 2]},
    "recording": {"location": "x" * 400, "legs": [{"n": n} for n in range(20)]},
}


def feed() -> str:
    """A feed of ten fields, with a match and a condition."""
    lines = ["[feeds.end]", 'topic = "crm"', 'emit = "contact-resolved"']
    lines += ['match = { channel = ["VOICE", "CHAT"] }', f'when = "{WHEN}"']
    return "\n".join([*lines, *(f'{name} = "{text}"' for name, text in FIELDS.items())])


def rate(work: Callable[[], object], seconds: float) -> float:
    """How often a second of this thread's time it is done."""
    best, until = 0.0, time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.thread_time()
        for _ in range(500):
            work()
        best = max(best, 500 / (time.thread_time() - began))
    return best


def main(seconds: float = 3) -> dict[str, float]:
    """Records a second, by what is done with them."""
    compiled, foreign = mapper(feed()), record(CALL)
    text = json.dumps(CALL).encode()
    interpreted = [jmespath.compile(text) for text in (WHEN, *FIELDS.values())]
    assert len(compiled.map(foreign, NOON).emitted) == 1
    return {
        "mapped, from bytes to a valid event": rate(lambda: compiled.map(foreign, NOON), seconds),
        "decoded only": rate(lambda: orjson.loads(text), seconds),
        "expressions alone, by jmespath": rate(
            lambda: [expression.search(CALL) for expression in interpreted], seconds
        ),
    }


if __name__ == "__main__":
    for what, number in main().items():
        print(f"{number:10,.0f} a second  {what}")  # noqa: T201
