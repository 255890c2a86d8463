"""Kafka Streams beside the others, with both guarantees, on Apache Kafka only.

It does the job twice in the same JVM, and the second time counts: the code is compiled by then. It
takes the events of a partition in the order of their times, so its numbers have to be those of the
reduced job in that order.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from typing import Any

import orjson

from bench.contenders import Contender, Run, as_run
from bench.peers.reduced import Contacts, Numbers
from bench.processes import ROOT, FailedError, answer_of
from bench.workload import Record
from tests.brokers.apache_kafka import JARS

_BUILT = ROOT / ".cache" / "kafka-streams"
_SECONDS = 300.0


def kafka_streams(records: Sequence[Record]) -> list[Contender]:
    """The contenders, for the broker that holds these events."""
    numbers = numbers_of(records)
    return [_contender("at_least_once", numbers, 1.5), _contender("exactly_once_v2", numbers)]


def _contender(guarantee: str, numbers: dict[str, Any], times: float | None = None) -> Contender:
    def run(broker: str, events: int) -> Run:
        if not (_BUILT / ".complete").exists():
            raise FailedError("the job on Kafka Streams is not built: run make bench KAFKA=1")
        with tempfile.TemporaryDirectory(prefix="bench-streams-") as state:
            options = ["-Xmx1g", "-XX:+UseSerialGC", f"-Djava.io.tmpdir={state}"]
            options += ["-Dorg.slf4j.simpleLogger.defaultLogLevel=error"]
            options += ["-cp", f"{_BUILT}/classes:{_BUILT}/libs/*:{JARS}/*"]
            job = ["bench.Job", broker, str(events), guarantee]
            found = answer_of(["java", *options, *job], _SECONDS)
        for what, expected in numbers.items():
            if found.pop(what) != expected:
                raise FailedError(f"Kafka Streams finds other {what} than the reduced job")
        return as_run(**found)

    return Contender("Kafka Streams", f"reduced job, {guarantee}", run, times)


def numbers_of(records: Sequence[Record]) -> dict[str, Any]:
    """What the reduced job finds in them, one after the other."""
    numbers = Numbers()
    customers: dict[bytes, Contacts] = {}
    for record in records:
        contacts = customers.setdefault(record.key, {})
        numbers.apply(record.topic, contacts, orjson.loads(record.value))
    counts = {"|".join(label): count for label, count in numbers.counts.items()}
    return {"counts": counts, "resolution": numbers.resolution}
