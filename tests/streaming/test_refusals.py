"""What a broker refuses: tried again where that can help, otherwise the end with words."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import structlog
from aiokafka import errors
from aiokafka.errors import KafkaError

from service.streaming.config import KafkaConfig
from service.streaming.refusals import Waiting, passes, refused

#: Of all errors that the client knows, those after which Kafka's own client tries again, or which
#: say no more than that nobody answered.
PASSING = {
    "BrokerNotAvailableError",
    "Cancelled",
    "ConcurrentTransactions",
    "CorrelationIdError",
    "GroupCoordinatorNotAvailableError",
    "GroupLoadInProgressError",
    "KafkaConnectionError",
    "KafkaProtocolError",
    "KafkaStorageError",
    "KafkaTimeoutError",
    "LeaderNotAvailableError",
    "ListenerNotFound",
    "MetadataEmptyBrokerList",
    "NoBrokersAvailable",
    "NodeNotReadyError",
    "NotControllerError",
    "NotCoordinatorForGroupError",
    "NotEnoughReplicasAfterAppendError",
    "NotEnoughReplicasError",
    "NotLeaderForPartitionError",
    "ReplicaNotAvailableError",
    "RequestTimedOutError",
    "StaleMetadata",
    "TooManyInFlightRequests",
    "UnknownError",
    "UnknownTopicOrPartitionError",
}


def all_kinds(kind: type[KafkaError] = KafkaError) -> Iterator[type[KafkaError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from all_kinds(narrower)


KINDS = sorted(set(all_kinds()) - {errors.BrokerResponseError}, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_of_the_client_either_passes_or_ends_with_what_to_do(
    kind: type[KafkaError],
) -> None:
    error = kind()
    assert passes(error) == (kind.__name__ in PASSING)
    told = str(refused("it cannot be done", error, KafkaConfig(group_id="g-7")))
    assert told.startswith("it cannot be done: ")
    assert told.endswith("then start again")
    assert "{" not in told


def test_what_is_waited_for_is_told_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with structlog.testing.capture_logs() as told:
        waiting = Waiting("the broker", patience=30)
        for _ in range(300):
            waiting.goes_on(error="away")
            now += 1
    assert [line["seconds"] for line in told] == [30, 90, 150, 210, 270]
    assert {line["log_level"] for line in told} == {"warning"}
    waiting.is_over()
    with structlog.testing.capture_logs() as told:
        waiting.goes_on()
    assert not told
