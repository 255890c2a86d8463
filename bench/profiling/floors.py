"""The least that a step can cost in Python with the libraries chosen: microseconds an event."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from statistics import median

import msgspec
import numpy as np
from aiokafka.producer.message_accumulator import BatchBuilder

from bench.profiling.tape import Tape
from bench.programs.feeding import decoded
from bench.workload import PARTITIONS, Record, past
from service.events.model import EVENT_CLASSES
from service.state.record import Contact
from service.store import changelog as state
from service.streaming.epochs import epoch_headers

_ROUNDS = 5
_read = msgspec.msgpack.Decoder(Contact).decode
#: Of one of the partitions that the service is measured with: of more, some would be packed.
_CUSTOMERS = 20_000 // PARTITIONS


def main(events: int) -> None:
    """Measure and print."""
    records = past(events, time.time_ns() // 1000, customers=_CUSTOMERS).records()
    tape = Tape(decoded(records))
    work = {
        "decode": _decoding(records),
        "upsert": _upserting(tape),
        "pack": _packing(tape),
        "facts": _stating(tape),
        "aggregate": _adding(tape),
        "changelog": _writing(tape),
    }
    print(json.dumps({step: 1e6 * _seconds(of) / len(records) for step, of in work.items()}))


def _decoding(records: list[Record]) -> Callable[[], None]:
    """msgspec's typed decoder alone."""
    decoders = {topic: msgspec.json.Decoder(of).decode for topic, of in EVENT_CLASSES.items()}

    def work() -> None:
        for record in records:
            decoders[record.topic](record.value)  # type: ignore[index]

    return work


def _upserting(tape: Tape) -> Callable[[], None]:
    """A dict look-up, and a new record or one assignment."""
    contacts = list(map(_read, _contact_values(tape)))

    def work() -> None:
        known: dict[str, Contact] = {}
        for contact in contacts:
            found = known.get(contact.contact_id)
            if found is None:
                known[contact.contact_id] = Contact(contact.contact_id)
            else:
                found.resolved_at = contact.resolved_at

    return work


def _packing(tape: Tape) -> Callable[[], None]:
    """msgspec's encoder and decoder alone, of the same customers."""
    encode = msgspec.msgpack.Encoder().encode
    decode = msgspec.msgpack.Decoder(list[Contact]).decode

    def work() -> None:
        for contacts in tape.packed:
            decode(encode(contacts))

    return work


def _stating(tape: Tape) -> Callable[[], None]:
    """The same rows as columns, and the KPIs' operations on them: no row is drawn up, none
    compared with what it was, nothing sorted or restated."""

    def work() -> None:
        for statements, kind, rows in tape.tables:
            statements.entries(kind(rows))

    return work


def _adding(tape: Tape) -> Callable[[], None]:
    """The same additions to windows and counters: nothing waits, leaves or is kept by bucket."""
    cells = 1 + max(int(cell.max(initial=0)) for cell, _, _ in tape.windows + tape.counters)
    counts, totals = np.zeros(cells, np.int64), np.zeros(cells, np.int64)

    def work() -> None:
        for cell, weight, total in tape.windows + tape.counters:
            np.add.at(counts, cell, weight)
            np.add.at(totals, cell, total)

    return work


def _writing(tape: Tape) -> Callable[[], None]:
    """msgspec's encoder and aiokafka's batches alone."""
    contacts = list(map(_read, _contact_values(tape)))
    encode = msgspec.msgpack.Encoder().encode
    headers = epoch_headers(1)

    def work() -> None:
        for contact in contacts:
            encode(contact)
        batch = BatchBuilder(1 << 30, 0)
        for key, value in tape.changes:
            batch.append(timestamp=None, key=key, value=value, headers=headers)

    return work


def _contact_values(tape: Tape) -> list[bytes]:
    return [
        value for key, value in tape.changes if value and isinstance(state.read_key(key), tuple)
    ]


def _seconds(work: Callable[[], None]) -> float:
    def once() -> float:
        begun = time.process_time()
        work()
        return time.process_time() - begun

    return median(once() for _ in range(_ROUNDS))


if __name__ == "__main__":
    main(int(sys.argv[1]))
