"""Live load, and among it probes that tell when they are seen.

A probe is a contact on a channel of its own: the backlog of that channel tells how many probes
have been seen.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

from bench.broker import Broker, send
from bench.processes import FailedError, Service, service
from bench.workload import PARTITIONS, STARTED, TOPICS, Record, customer_id, moment, record, steady
from service.definitions import SECOND

_PREFIX = "live-"
_TICK_SECONDS = 0.01
_PROBE_SECONDS = 0.1
#: The last probes are given so long to be seen while the load still goes on.
_LAST_SECONDS = 1.0
#: Seconds to prepare 10,000 events.
_PREPARATION = 0.3
#: With fewer, each would come back every few seconds, and all of them be repeats of the others.
_CUSTOMERS = 200_000


def live_service(
    broker: Broker, events: int | None = None, partitions: int = PARTITIONS
) -> AbstractContextManager[Service]:
    """A worker that listens to the topics of the load; see :func:`bench.processes.service`."""
    names = {topic: f"{_PREFIX}{topic}" for topic in TOPICS}
    broker.create_topics(names.values(), partitions)
    settings = {
        f"CONTACT_METRICS_TOPICS__{topic.upper().replace('-', '_')}": name
        for topic, name in names.items()
    } | {"CONTACT_METRICS_KAFKA__PARTITIONS": str(partitions)}
    return service(broker.bootstrap, events, group="bench-live", settings=settings)


class LiveLoad:
    """So many seconds of events, each to be published when it happens, and the probes.

    `begins` is the monotonic clock's moment of the first one.
    """

    def __init__(self, broker: Broker, seconds: float, rate: float) -> None:
        self._broker = broker
        begin = time.time() + 1.0 + _PREPARATION * seconds * rate / 10_000
        self._records = steady(
            int(begin * SECOND), int(seconds * SECOND), rate, customers=_CUSTOMERS
        )
        self.begins = time.monotonic() + begin - time.time()
        if self.begins < time.monotonic():
            raise FailedError("the live load was not ready in time: too much else runs here")
        self._stop = threading.Event()

    @contextmanager
    def published(self) -> Iterator[None]:
        """Meanwhile; ends when all of it is."""
        with ThreadPoolExecutor(1) as pool:
            publishing = pool.submit(self._publish)
            try:
                yield
                publishing.result()
            finally:
                self._stop.set()

    def _publish(self) -> None:
        producer = self._broker.producer()
        first = self._records[0].at
        for due in self._records:
            wait = self.begins + (due.at - first) / SECOND - time.monotonic()
            if wait > 0:
                producer.poll(0)
                if self._stop.wait(max(wait, _TICK_SECONDS)):
                    return
            send(producer, due, _PREFIX)
        producer.flush()

    def send_probes(self, end: float) -> list[float]:
        """Sends them one after the other until shortly before `end`; when each was sent."""
        sent: list[float] = []
        # By a connection of their own: waiting behind the load is not the service's doing.
        producer = self._broker.producer()
        while time.monotonic() < end - _LAST_SECONDS:
            probe = _probe(len(sent))
            sent.append(time.monotonic())
            send(producer, probe, _PREFIX)
            producer.flush()
            time.sleep(_PROBE_SECONDS)
        return sent


def until(moment_: float) -> None:
    """Wait for a moment of the monotonic clock."""
    time.sleep(max(0.0, moment_ - time.monotonic()))


def _probe(number: int) -> Record:
    at, customer = time.time_ns() // 1000, customer_id(1_000_000 + number)
    probe = {"contact_id": f"probe-{number}", "customer_id": customer, "started_at": moment(at)}
    return record(at, STARTED, {**probe, "channel": "probe", "queue": "probe"})
