"""Whether this user may do what the service does, found out without leaving a trace.

Brokers judge rights before they look at anything else: so what is asked for is always something
that there cannot be.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    TopicAuthorizationFailedError,
    UnknownError,
)
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.transaction import InitProducerIdRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from service.cli.preflight.finding import Finding

#: No topic has it: nothing is fetched from it, and a record for it is never kept.
_NO_PARTITION: Final = 2_000_000_000


async def numbers_producers(admin: AIOKafkaAdminClient) -> bool:
    """Whether the broker gives producer ids: one that does not (the embedded one) has no rights."""
    return await _producer_id_error(admin) != int(UnknownError.errno)


async def may_read(admin: AIOKafkaAdminClient, topics: Iterable[str]) -> AsyncIterator[Finding]:
    """READ on each topic, whether it is there yet or not."""
    for topic in topics:
        request = FetchRequest(
            max_wait_time=0,
            min_bytes=0,
            max_bytes=1,
            isolation_level=0,
            topics=[(topic, [(_NO_PARTITION, 0, 1)])],
        )
        yield _of_topic(topic, "read", await _answer(admin, request))


async def may_write(admin: AIOKafkaAdminClient, topics: Iterable[str]) -> AsyncIterator[Finding]:
    """WRITE on each topic, whether it is there yet or not; and the number that producers need."""
    for topic in topics:
        request = ProduceRequest(
            transactional_id=None,
            required_acks=-1,
            timeout=5000,
            topics=[(topic, [(_NO_PARTITION, _one_record())])],
        )
        yield _of_topic(topic, "write", await _answer(admin, request))
    if await _producer_id_error(admin) == ClusterAuthorizationFailedError.errno:
        yield Finding(
            False,
            "cluster: this user gets no producer id, which the writer of the changelog needs",
            "Allow this user IDEMPOTENT_WRITE on the cluster.",
        )


def _of_topic(topic: str, deed: str, answer: Any) -> Finding:
    done = {"read": "read", "write": "written"}[deed]
    if answer.topics[0][1][0][1] == TopicAuthorizationFailedError.errno:
        right = deed.upper()
        return Finding(
            False, f"topic {topic}: may not be {done}", f"Allow this user {right} on it."
        )
    return Finding(True, f"topic {topic}: may be {done}")


async def _producer_id_error(admin: AIOKafkaAdminClient) -> int:
    request = InitProducerIdRequest(None, 0)
    return int((await _answer(admin, request)).error_code)


async def _answer(admin: AIOKafkaAdminClient, request: Any) -> Any:
    # aiokafka has no public way to send these; any broker can judge.
    return await admin._send_request_to_node(_any_node(admin), request)  # noqa: SLF001


def _any_node(admin: AIOKafkaAdminClient) -> int:
    return int(admin._client.get_random_node())  # noqa: SLF001 - as above


def _one_record() -> bytes:
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=False,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=1024,
    )
    builder.append(0, 0, b"", b"", [])
    return bytes(builder.build())
