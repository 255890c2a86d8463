"""Live load, and among it probes that tell when they are seen.

A probe is a contact on a channel of its own: the backlog of that channel tells how many probes
have been seen.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from bench.broker import producer, send
from bench.processes import FailedError
from bench.workload import STARTED, customer_id, moment, record, steady
from service.definitions import SECOND

_TICK_SECONDS = 0.01
_PROBE_SECONDS = 0.1
#: The last probes are given so long to be seen while the load still goes on.
_LAST_SECONDS = 1.0
#: Seconds to prepare an event.
_PREPARATION = 0.3 / 10_000
#: With fewer, each would come back every few seconds, and all of them be repeats of the others.
_CUSTOMERS = 200_000


@contextmanager
def live_load(bootstrap: str, seconds: float, rate: float) -> Iterator[float]:
    """So many seconds of events, each published when it happens; meanwhile, until the last is.

    Yields the monotonic clock's moment of the first one.
    """
    begin = time.time() + 1.0 + _PREPARATION * seconds * rate
    records = steady(int(begin * SECOND), int(seconds * SECOND), rate, customers=_CUSTOMERS)
    begins = time.monotonic() + begin - time.time()
    if begins < time.monotonic():
        raise FailedError("the live load was not ready in time: too much else runs here")
    stop = threading.Event()

    def publish() -> None:
        publisher = producer(bootstrap)
        for due in records:
            wait = begins + (due.at - records[0].at) / SECOND - time.monotonic()
            if wait > 0:
                publisher.poll(0)
                if stop.wait(max(wait, _TICK_SECONDS)):
                    return
            send(publisher, due)
        publisher.flush()

    with ThreadPoolExecutor(1) as pool:
        publishing = pool.submit(publish)
        try:
            yield begins
            publishing.result()
        finally:
            stop.set()


def send_probes(bootstrap: str, end: float) -> list[float]:
    """Sends them one after the other until shortly before `end`; when each was sent."""
    sent: list[float] = []
    # By a connection of their own: waiting behind the load is not the service's doing.
    publisher = producer(bootstrap)
    while time.monotonic() < end - _LAST_SECONDS:
        at, customer = time.time_ns() // 1000, customer_id(1_000_000 + len(sent))
        probe = {"contact_id": f"probe-{len(sent)}", "customer_id": customer, "channel": "probe"}
        sent.append(time.monotonic())
        send(publisher, record(at, STARTED, {**probe, "started_at": moment(at)}))
        publisher.flush()
        time.sleep(_PROBE_SECONDS)
    return sent


def until(at: float) -> None:
    """Wait for a moment of the monotonic clock."""
    time.sleep(max(0.0, at - time.monotonic()))
