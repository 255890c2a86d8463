"""What `contact-metrics receive` tells Prometheus of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import accumulate, product
from typing import Final, TypeVar

import numpy as np

from service.view.catalogue import Metric
from service.view.snapshot import Family

Labels = TypeVar("Labels", bound=tuple[str, ...])

RECEIVE_METRICS: Final = (
    Metric(
        "cx_receive_requests_total",
        "counter",
        "Requests, by what was answered: accepted, or why not; without a webhook (`none`) those"
        " to no address of one",
        ("webhook", "result"),
    ),
    Metric(
        "cx_receive_last_accepted_timestamp_seconds",
        "gauge",
        "When Kafka had the last request of a webhook, since 1970; 0: none came yet",
        ("webhook",),
    ),
    Metric(
        "cx_receive_delivery_seconds",
        "histogram",
        "From a genuine request until Kafka had it",
        (),
    ),
    Metric(
        "cx_receive_waiting_bytes",
        "gauge",
        "Requests that are being read or wait for Kafka, in bytes",
        (),
    ),
)

#: Of requests to no webhook.
NO_WEBHOOK: Final = "none"
#: What could not be read as HTTP.
MALFORMED: Final = "malformed"
ACCEPTED: Final = "accepted"
#: What can become of a request to a webhook; the first is the only one that is answered 2xx.
RESULTS: Final = (
    ACCEPTED,
    "missing_signature",
    "wrong_signature",
    "old_timestamp",
    "empty",
    "encoded",
    "too_large",
    "too_many",
    "broken_off",
    "unavailable",
    "failed",
)
#: Vendors give up after 5 s.
_BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Counts:
    """Since this process began, all on one event loop."""

    def __init__(self, webhooks: Iterable[str]) -> None:
        self._webhooks = tuple(webhooks)
        # What is counted first must have read 0 before, or increase() does not see it.
        self._requests = Counter(dict.fromkeys(product(self._webhooks, RESULTS), 0))
        for result in ("not_found", "not_allowed", "too_many", MALFORMED):
            self._requests[NO_WEBHOOK, result] = 0
        self._last = dict.fromkeys(self._webhooks, 0.0)
        self._deliveries = [0] * (len(_BOUNDS) + 1)
        self._seconds = 0.0

    def add(self, webhook: str, result: str) -> None:
        """A request was answered."""
        self._requests[webhook, result] += 1

    def add_delivery(self, webhook: str, seconds: float, now: float) -> None:
        """Kafka has a request, so many seconds after it came; `now` is since 1970."""
        self._last[webhook] = now
        self._deliveries[int(np.searchsorted(_BOUNDS, seconds))] += 1
        self._seconds += seconds

    def of(self, webhook: str, result: str) -> int:
        """How many there were."""
        return self._requests[webhook, result]

    def families(self, waiting_bytes: int) -> dict[str, Family]:
        """The series by sample name."""
        bounds = [*(repr(bound) for bound in _BOUNDS), "+Inf"]
        counts = list(accumulate(self._deliveries))
        name = "cx_receive_delivery_seconds"
        return {
            "cx_receive_requests_total": _family(dict(self._requests)),
            "cx_receive_last_accepted_timestamp_seconds": _family(
                {(webhook,): at for webhook, at in self._last.items()}
            ),
            f"{name}_bucket": _family(
                {(bound,): count for bound, count in zip(bounds, counts, strict=True)}
            ),
            f"{name}_sum": _family({(): self._seconds}),
            f"{name}_count": _family({(): counts[-1]}),
            "cx_receive_waiting_bytes": _family({(): waiting_bytes}),
        }


def _family(values: Mapping[Labels, float]) -> Family:
    return Family(list(values), np.array(list(values.values()), dtype=np.float64))
