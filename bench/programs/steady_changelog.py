"""What a partition writes for an event once as many contacts leave the state as enter it.

Windows of minutes instead of days, so that contacts leave while one watches; events come in
batches as small as live ones. Prints records, tombstones among them, and bytes (keys and values)
for an event.
"""

from __future__ import annotations

import json
from itertools import chain, groupby, takewhile

from bench.programs.feeding import decoded, feed
from bench.workload import Workload
from service.definitions import MINUTE, SECOND, Definitions, RepeatWindow, Window
from service.engine.engine import Engine

_CONTACTS_PER_SECOND = 100
#: A tick brings about as many events as one to a partition at 10,000 events a second.
_TICK = SECOND // 4
_SETTLED = 20 * MINUTE
_WATCHED = 6 * MINUTE
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
    events = written = tombstones = size = 0
    for _, due in groupby(records, lambda record: record.at // _TICK):
        batch = list(due)
        changes = feed(engine, decoded(batch))
        if batch[0].at >= _SETTLED:
            events += len(batch)
            written += len(changes)
            tombstones += sum(value is None for _, value in changes)
            size += sum(len(key) + len(value or b"") for key, value in changes)
    found = {"records": written, "tombstones": tombstones, "bytes": size}
    print(json.dumps({name: count / events for name, count in found.items()}))


if __name__ == "__main__":
    main()
