"""The reduced job on Bytewax: its Kafka source, a stateful map by customer, recovery on."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import KafkaSourceMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.operators import KeyedStream
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import run_main

from bench.peers.progress import Progress, arguments
from bench.peers.reduced import TOPICS, Contacts, Numbers


class _Counting(StatelessSinkPartition[Any]):
    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def write_batch(self, items: list[Any]) -> None:
        if self._progress.add(len(items)):
            self._progress.report()


class _CountingSink(DynamicSink[Any]):
    """Keeps nothing; an event is done once the sink has taken what came of it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def build(self, _step_id: str, _worker_index: int, _worker_count: int) -> _Counting:
        return _Counting(self._progress)


def main() -> None:
    """Run until enough events are done."""
    bootstrap, progress = arguments()
    numbers = Numbers()
    flow = Dataflow("bench")
    source = kop.input("events", flow, brokers=[bootstrap], topics=list(TOPICS))

    def decode(message: KafkaSourceMessage[bytes, bytes]) -> tuple[str, tuple[str, dict[str, Any]]]:
        progress.begin()
        return message.key.decode(), (message.topic, orjson.loads(message.value))

    def count(contacts: Contacts | None, item: tuple[str, dict[str, Any]]) -> tuple[Contacts, None]:
        contacts = {} if contacts is None else contacts
        numbers.apply(item[0], contacts, item[1])
        return contacts, None

    decoded: KeyedStream[Any] = op.map("decode", source.oks, decode)
    counted = op.stateful_map("count", decoded, count)
    op.output("done", counted, _CountingSink(progress))

    directory = Path(tempfile.mkdtemp(prefix="bench-bytewax-"))
    init_db_dir(directory, 1)
    run_main(
        flow,
        epoch_interval=timedelta(seconds=1),
        recovery_config=RecoveryConfig(str(directory)),
    )


if __name__ == "__main__":
    main()
