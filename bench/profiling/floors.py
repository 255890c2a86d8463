"""The least that a step can cost in Python with the libraries chosen: microseconds an event."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from statistics import median

import msgspec
from aiokafka.producer.message_accumulator import BatchBuilder

from bench.programs.feeding import decoded, feed, new_engine
from bench.workload import past
from service.contacts.record import Contact
from service.engine import state
from service.events.model import EVENT_CLASSES
from service.streaming.epochs import epoch_headers

_ROUNDS = 5


def main(events: int) -> None:
    """Measure and print."""
    records = past(events, time.time_ns() // 1000).records()
    decoders = {topic: msgspec.json.Decoder(of).decode for topic, of in EVENT_CLASSES.items()}
    changes = feed(new_engine(), decoded(records))
    values = [(key, value) for key, value in changes if value]
    read_contact = msgspec.msgpack.Decoder(Contact).decode
    contacts = [
        read_contact(value) for key, value in values if isinstance(state.read_key(key), tuple)
    ]
    encode = msgspec.msgpack.Encoder().encode
    known: dict[str, Contact] = {}

    def decode_all() -> None:
        for record in records:
            decoders[record.topic](record.value)  # type: ignore[index]

    def encode_all() -> None:
        for contact in contacts:
            encode(contact)

    def upsert_all() -> None:
        for contact in contacts:
            found = known.get(contact.contact_id)
            if found is None:
                known[contact.contact_id] = Contact(contact.contact_id)
            else:
                found.resolved_at = contact.resolved_at

    def append_all() -> None:
        batch = BatchBuilder(1 << 30, 0)
        headers = epoch_headers(1)
        for key, value in values:
            batch.append(timestamp=None, key=key, value=value, headers=headers)

    floors = {
        "decode": _each(decode_all, len(records)),
        "upsert": _each(upsert_all, len(contacts)),
        "changelog": (_each(encode_all, len(contacts)) + _each(append_all, len(values)))
        * len(values)
        / len(records),
    }
    print(json.dumps(floors))


def _each(work: Callable[[], None], count: int) -> float:
    def once() -> float:
        begun = time.process_time()
        work()
        return time.process_time() - begun

    return 1e6 * median(once() for _ in range(_ROUNDS)) / count


if __name__ == "__main__":
    main(int(sys.argv[1]))
