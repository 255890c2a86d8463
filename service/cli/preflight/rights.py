"""Whether this user may do what the service does, found out without leaving a trace."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
)
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from service.cli.preflight.finding import Finding
from service.streaming.config import KafkaConfig

#: No topic has it. Brokers judge the right to write before they look for the partition, so a
#: record for it tells of the right and is never kept.
_NO_PARTITION = 2_000_000_000
_FETCH_MS = 500


async def may_read(config: KafkaConfig, topics: list[str]) -> list[Finding]:
    """READ on the topics, and on the group (which is asked for the offset of a topic)."""
    if not topics:
        return []
    consumer = AIOKafkaConsumer(
        **config.client_settings(), group_id=config.group_id, enable_auto_commit=False
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, 0) for topic in topics]
        consumer.assign(partitions)
        findings = [await _read(consumer, partition) for partition in partitions]
        return [*findings, await _group(consumer, partitions[0], config.group_id)]
    finally:
        await consumer.stop()


async def _read(consumer: AIOKafkaConsumer, partition: TopicPartition) -> Finding:
    try:
        await consumer.seek_to_end(partition)
        await consumer.getmany(partition, timeout_ms=_FETCH_MS)
    except TopicAuthorizationFailedError:
        return Finding(
            False, f"topic {partition.topic}: may not be read", "Allow this user READ on it."
        )
    return Finding(True, f"topic {partition.topic}: may be read")


async def _group(consumer: AIOKafkaConsumer, partition: TopicPartition, group: str) -> Finding:
    try:
        await consumer.committed(partition)
    except GroupAuthorizationFailedError:
        return Finding(
            False, f"group {group}: may not be joined", "Allow this user READ on the group."
        )
    return Finding(True, f"group {group}: may be joined")


async def may_write(admin: AIOKafkaAdminClient, topics: list[str]) -> list[Finding]:
    """WRITE on the topics."""
    return [await _write(admin, topic) for topic in topics]


async def _write(admin: AIOKafkaAdminClient, topic: str) -> Finding:
    request = ProduceRequest(
        transactional_id=None,
        required_acks=-1,
        timeout=5000,
        topics=[(topic, [(_NO_PARTITION, _one_record())])],
    )
    try:
        metadata = await admin.describe_topics([topic])
        leader = metadata[0]["partitions"][0]["leader"]
        response = await admin._send_request_to_node(leader, request)  # noqa: SLF001
    except KafkaError as error:
        return Finding(True, f"topic {topic}: the right to write is not told ({error})")
    code = response.topics[0][1][0][1]
    if code == TopicAuthorizationFailedError.errno:
        return Finding(False, f"topic {topic}: may not be written", "Allow this user WRITE on it.")
    return Finding(True, f"topic {topic}: may be written")


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
