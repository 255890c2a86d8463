"""All clients of the stream with TLS and each way to log in, on Apache Kafka."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from service.streaming.errors import StreamError
from service.streaming.security import Mechanism, Security
from tests.brokers.apache_kafka import ApacheKafka, SaslUser, TlsFiles
from tests.brokers.certificates import make_certificates
from tests.streaming.harness import config, make, publish, read_all, running, started

USER = SaslUser("metrics", "a-secret-password")


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def kafka(tls: TlsFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    directory = tmp_path_factory.mktemp("secured-kafka")
    mechanisms = {"sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER"}
    with ApacheKafka(directory, tls=tls, user=USER, settings=mechanisms) as broker:
        yield broker


async def consume_over(
    security: Security, bootstrap: str, kafka: ApacheKafka, unique: Callable[[str], str]
) -> None:
    """Consumer, changelog, restore, topics and dead letters: each has a client of its own."""
    settings = replace(config(bootstrap, unique, partitions=1), security=security)
    topic = settings.topics["contact-started"]
    for name in ("c1", "c2"):
        async with running(settings) as stream:
            await publish(kafka.bootstrap, topic, [started(name), (b"k", b"no json")])
            await stream.until_contacts(int(name[1]))
    assert len(await read_all(kafka.bootstrap, settings.dead_letter_topic, 1)) == 2


@pytest.mark.kafka
async def test_tls(kafka: ApacheKafka, tls: TlsFiles, unique: Callable[[str], str]) -> None:
    security = Security(protocol="SSL", ca_file=tls.authority)
    await consume_over(security, kafka.tls_bootstrap, kafka, unique)


@pytest.mark.kafka
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
async def test_a_password_over_tls(
    mechanism: Mechanism, kafka: ApacheKafka, tls: TlsFiles, unique: Callable[[str], str]
) -> None:
    security = Security(
        protocol="SASL_SSL",
        ca_file=tls.authority,
        mechanism=mechanism,
        username=USER.name,
        password=USER.password,
    )
    await consume_over(security, kafka.sasl_bootstrap, kafka, unique)


@pytest.mark.kafka
async def test_a_token_over_tls(
    kafka: ApacheKafka, tls: TlsFiles, unique: Callable[[str], str], tmp_path: Path
) -> None:
    # Unsigned, as Kafka takes it where nothing else is configured.
    now = int(time.time())
    parts = ({"alg": "none"}, {"sub": USER.name, "iat": now, "exp": now + 600})
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    token = tmp_path / "token"
    token.write_text(".".join([*(part.rstrip("=") for part in encoded), ""]))
    security = Security(
        protocol="SASL_SSL", ca_file=tls.authority, mechanism="OAUTHBEARER", token_file=token
    )
    await consume_over(security, kafka.sasl_bootstrap, kafka, unique)


@pytest.mark.kafka
async def test_a_wrong_password_ends_the_start_without_showing_it(
    kafka: ApacheKafka, tls: TlsFiles, unique: Callable[[str], str]
) -> None:
    security = Security(
        protocol="SASL_SSL", ca_file=tls.authority, username=USER.name, password="gue55"
    )
    settings = replace(config(kafka.sasl_bootstrap, unique), security=security)
    with pytest.raises(StreamError, match="no Kafka broker answers") as caught:
        await make(settings).service.start()
    assert "gue55" not in f"{caught.value} {settings!r}"


async def test_the_token_is_read_anew_for_each_login(tmp_path: Path) -> None:
    path = tmp_path / "token"
    security = Security(protocol="SASL_PLAINTEXT", mechanism="OAUTHBEARER", token_file=path)
    provider = security.client_settings()["sasl_oauth_token_provider"]
    for token in ("first", "second"):
        path.write_text(f"{token}\n")
        assert await provider.token() == token  # type: ignore[attr-defined]


def test_secrets_are_not_in_the_representation() -> None:
    security = Security(password="gue55", key_password="gue55")
    assert "gue55" not in repr(security)


def test_files_that_cannot_be_used_are_one_clear_error(tmp_path: Path) -> None:
    security = Security(protocol="SSL", ca_file=tmp_path / "absent.pem")
    with pytest.raises(StreamError, match="TLS files for Kafka cannot be used"):
        security.client_settings()
