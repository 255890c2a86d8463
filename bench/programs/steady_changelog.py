"""What a partition writes for an event once as many contacts leave the state as enter it.

Windows of minutes instead of days, so that contacts leave while one watches; events come in
batches as small as live ones. Prints records and bytes (keys and values) for an event, and how many
of the records are of which kind.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container
from itertools import chain, groupby, takewhile

from bench.programs.feeding import decoded, feed
from bench.workload import Workload
from service.definitions import MINUTE, SECOND, Definitions, RepeatWindow, Window
from service.partition.engine import Engine
from service.store import changelog as state

NEW = "a contact that is new"
AGAIN = "a contact that has changed"
TOMBSTONES = "a tombstone: a contact has left"
HOUSEKEEPING = "clock, labels, what has left for the counters"

_CONTACTS_PER_SECOND = 100
#: A tick brings about as many events as one to a partition at 10,000 events a second.
_TICK = SECOND // 4
_SETTLED = 20 * MINUTE
#: Contacts leave every five minutes here, all that are due: two whole periods of that, or more
#: would leave than enter.
_WATCHED = 10 * MINUTE
#: Most contacts end within half a minute.
_PACE = 60.0


def main() -> None:
    """Measure and print."""
    engine = Engine(
        Definitions(
            windows=(Window("1m", MINUTE, 15 * SECOND), Window("5m", 5 * MINUTE, MINUTE)),
            repeat_windows=(RepeatWindow("2m", 2 * MINUTE),),
            open_horizon=10 * MINUTE,
        )
    )
    contacts = Workload(0, 0, pace=_PACE).contacts(SECOND // _CONTACTS_PER_SECOND)
    wanted = takewhile(lambda events: events[0].at < _SETTLED + _WATCHED, contacts)
    records = sorted(
        record for record in chain.from_iterable(wanted) if record.at < _SETTLED + _WATCHED
    )
    events = size = 0
    kinds: Counter[str] = Counter()
    known: set[bytes] = set()
    for _, due in groupby(records, lambda record: record.at // _TICK):
        batch = list(due)
        changes = feed(engine, decoded(batch))
        if batch[0].at >= _SETTLED:
            events += len(batch)
            kinds.update(_kind(key, value, known) for key, value in changes)
            size += sum(len(key) + len(value or b"") for key, value in changes)
        known.update(key for key, value in changes if value is not None)
    each = {kind: count / events for kind, count in kinds.items()}
    print(json.dumps({"records": kinds.total() / events, "bytes": size / events, "kinds": each}))


def _kind(key: bytes, value: bytes | None, known: Container[bytes]) -> str:
    if not isinstance(state.read_key(key), tuple):
        return HOUSEKEEPING
    if value is None:
        return TOMBSTONES
    return AGAIN if key in known else NEW


if __name__ == "__main__":
    main()
