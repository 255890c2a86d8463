"""Kafka Streams beside the others: both guarantees, cold and warm, on Apache Kafka only.

A cold run is the first one in a fresh JVM; a warm one comes after another one in the same JVM, so
that the code is compiled. It takes the events of a partition in the order of their times, so its
numbers have to be those of the reduced job in that order.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from typing import Any

import orjson

from bench.contenders import Contender, Run, as_run
from bench.peers.reduced import Contacts, Numbers
from bench.processes import ROOT, FailedError, answer_of
from bench.workload import Record
from tests.brokers.apache_kafka import JARS

_BUILT = ROOT / ".cache" / "kafka-streams"
_SECONDS = 300.0
#: Beside at_least_once, once the code is compiled.
_WANTED = 1.5


def kafka_streams(records: Sequence[Record]) -> list[Contender]:
    """The contenders, for the broker that holds these events."""
    numbers = numbers_of(records)
    return [
        Contender(
            "Kafka Streams",
            f"reduced job, {guarantee}, {warmth}",
            partial(_run, guarantee, passes, numbers),
            _WANTED if (guarantee, warmth) == ("at_least_once", "warm") else None,
        )
        for guarantee in ("at_least_once", "exactly_once_v2")
        for warmth, passes in (("cold", 1), ("warm", 2))
    ]


def numbers_of(records: Sequence[Record]) -> dict[str, Any]:
    """What the reduced job finds in them, one after the other."""
    numbers = Numbers()
    customers: dict[bytes, Contacts] = {}
    for record in records:
        contacts = customers.setdefault(record.key, {})
        numbers.apply(record.topic, contacts, orjson.loads(record.value))
    counts = {"|".join(label): count for label, count in numbers.counts.items()}
    return {"counts": counts, "resolution": numbers.resolution}


def _run(guarantee: str, passes: int, numbers: dict[str, Any], broker: str, events: int) -> Run:
    if not (_BUILT / ".complete").exists():
        raise FailedError("the job on Kafka Streams is not built: run make bench KAFKA=1")
    with tempfile.TemporaryDirectory(prefix="bench-streams-") as state:
        found = answer_of(
            ["java", "-Xmx1g", "-XX:+UseSerialGC", f"-Djava.io.tmpdir={state}",
             "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
             "-cp", f"{_BUILT}/classes:{_BUILT}/libs/*:{JARS}/*", "bench.Job",
             broker, str(events), guarantee, str(passes)],
            _SECONDS,
        )  # fmt: skip
    for what, expected in numbers.items():
        if found.pop(what) != expected:
            raise FailedError(f"Kafka Streams finds other {what} than the reduced job")
    return as_run(**found)
