"""What Apache Kafka refuses of one webhook stops neither it for good nor the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka.admin import NewTopic

from service.receiving.sink import NotTakenError, TooLargeError
from service.streaming.config import KafkaConfig
from service.streaming.delivery import Delivery
from service.streaming.security import Security
from tests.brokers.apache_kafka import ApacheKafka, SaslUser
from tests.brokers.certificates import make_certificates
from tests.brokers.rights import On, Operation, Right, allow, unsigned_token
from tests.brokers.topics import create_topic, create_topics
from tests.patience import PATIENCE_S
from tests.receiving.test_kafka import records

pytestmark = pytest.mark.kafka


@asynccontextmanager
async def delivering(config: KafkaConfig, *topics: str) -> AsyncIterator[Delivery]:
    delivery = Delivery(config, topics, record_bytes=3_000_000, most_bytes=50_000_000)
    await delivery.start()
    try:
        yield delivery
    finally:
        await delivery.stop()


async def delivered(delivery: Delivery, topic: str, value: bytes) -> None:
    """Tried as a vendor does, until it is taken."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await delivery.deliver(topic, value, [])
            except NotTakenError:
                await asyncio.sleep(0.2)
            else:
                return


async def test_a_record_that_is_too_large_is_told_and_those_after_it_are_taken(
    own_kafka: ApacheKafka, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An idempotent producer has a gap in its numbers then, after which all would be refused."""
    monkeypatch.setattr("service.streaming.delivery.PATIENCE_SECONDS", PATIENCE_S)
    topic = unique("desk")
    limit = {"max.message.bytes": "100000"}
    await create_topics(own_kafka.bootstrap, NewTopic(topic, 1, 1, topic_configs=limit))
    async with delivering(KafkaConfig(bootstrap=own_kafka.bootstrap), topic) as delivery:
        sent = []
        for number in range(12):
            value = b"%d" % number
            await delivered(delivery, topic, value)
            sent.append(value)
            if number % 3 == 0:
                with pytest.raises(TooLargeError):
                    await delivery.deliver(topic, b"x" * 200_000, [])
        assert delivery.waiting_bytes == 0
        assert delivery.ready() == (True, {})
    values = [record.value for record in await records(own_kafka.bootstrap, topic, partitions=1)]
    assert values == sent


async def test_a_broker_that_restarts_is_waited_for_and_then_taken_again(
    own_kafka: ApacheKafka, unique: Callable[[str], str]
) -> None:
    topic = unique("desk")
    await create_topic(own_kafka.bootstrap, topic, 2)
    async with delivering(KafkaConfig(bootstrap=own_kafka.bootstrap), topic) as delivery:
        await delivery.deliver(topic, b"before", [])
        own_kafka.kill()
        with pytest.raises(NotTakenError):
            await delivery.deliver(topic, b"while", [])
        own_kafka.start()
        await delivered(delivery, topic, b"after")
    values = [record.value for record in await records(own_kafka.bootstrap, topic)]
    assert {b"before", b"after"} <= set(values)


async def test_a_topic_that_may_not_be_written_does_not_hold_up_another(
    tmp_path: Path, unique: Callable[[str], str]
) -> None:
    tls = make_certificates(tmp_path)
    acls = {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
    }
    with ApacheKafka(tmp_path, tls=tls, user=SaslUser("nobody", "unused"), settings=acls) as kafka:
        may, may_not = unique("may"), unique("may-not")
        for topic in (may, may_not):
            await create_topic(kafka.bootstrap, topic, 2)
        user = unique("receiver")
        rights = [
            Right(Operation.WRITE, On.TOPIC, may),
            Right(Operation.DESCRIBE, On.TOPIC, may_not),
        ]
        await allow(kafka.bootstrap, user, rights)
        (tmp_path / "token").write_text(unsigned_token(user))
        config = KafkaConfig(
            bootstrap=kafka.sasl_bootstrap,
            security=Security(
                protocol="SASL_SSL",
                ca_file=tls.authority,
                mechanism="OAUTHBEARER",
                token_file=tmp_path / "token",
            ),
        )
        async with delivering(config, may, may_not) as delivery:
            for number in range(5):
                with pytest.raises(NotTakenError):
                    await delivery.deliver(may_not, b"%d" % number, [])
                await delivered(delivery, may, b"%d" % number)
        values = [record.value for record in await records(kafka.bootstrap, may)]
        assert set(values) == {b"%d" % number for number in range(5)}
