"""`check` on Apache Kafka with TLS, logins and rights: each mistake has its own words."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli.app import app
from service.streaming import diagnosis
from tests.brokers.apache_kafka import ApacheKafka, SaslUser, TlsFiles
from tests.brokers.certificates import make_certificates
from tests.brokers.rights import unsigned_token
from tests.brokers.topics import create_topic
from tests.cli.program import run
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.kafka

_USER = SaslUser("metrics", "a-secret-password")
#: Whoever comes without a login may do everything; `metrics` only what it is allowed.
_ACLS = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",
    "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512,OAUTHBEARER",
}
_TOPICS = ("contact-started", "contact-resolved", "survey-answered")
_CHANGELOG = "contact-metrics-changelog"
_REGISTER = "contact-metrics-register"
_DEAD_LETTERS = "contact-metrics-dead-letters"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def kafka(tls: TlsFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    directory = tmp_path_factory.mktemp("secured-kafka")
    with ApacheKafka(directory, tls=tls, user=_USER, settings=_ACLS) as broker:
        everything = ("--topic", "*", "--group", "*", "--cluster")
        broker.allow(_USER.name, "--operation", "ALL", *everything)
        yield broker


@pytest.fixture
def secured(
    kafka: ApacheKafka, tls: TlsFiles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> pytest.MonkeyPatch:
    """The environment of a service that is configured well; tests spoil one thing each."""
    monkeypatch.chdir(tmp_path)
    for name in ("_PATIENCE_SECONDS", "_PROBE_SECONDS"):
        monkeypatch.setattr(diagnosis, name, PATIENCE_S)
    for name, value in {
        "BOOTSTRAP_SERVERS": kafka.sasl_bootstrap,
        "TLS": "true",
        "TLS_CA_FILE": str(tls.authority),
        "SASL_MECHANISM": "SCRAM-SHA-512",
        "SASL_USERNAME": _USER.name,
        "SASL_PASSWORD": _USER.password,
    }.items():
        monkeypatch.setenv(f"CONTACT_METRICS_KAFKA__{name}", value)
    return monkeypatch


def check(code: int) -> str:
    result = CliRunner().invoke(app, ["check"])
    assert result.exit_code == code, result.output
    assert _USER.password not in result.output
    return result.output


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
def test_tls_and_login_work(secured: pytest.MonkeyPatch, mechanism: str) -> None:
    secured.setenv("CONTACT_METRICS_KAFKA__SASL_MECHANISM", mechanism)
    secured.setenv("CONTACT_METRICS_KAFKA__CREATE_TOPICS", "true")
    assert f"answers, encrypted, logged in with {mechanism}" in check(0)


def test_a_wrong_password_is_told(secured: pytest.MonkeyPatch) -> None:
    secured.setenv("CONTACT_METRICS_KAFKA__SASL_PASSWORD", "guess")
    assert "the login was refused" in check(1)


def test_a_token_from_a_file_works(secured: pytest.MonkeyPatch, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(unsigned_token(_USER.name))
    secured.setenv("CONTACT_METRICS_KAFKA__SASL_MECHANISM", "OAUTHBEARER")
    secured.setenv("CONTACT_METRICS_KAFKA__OAUTH_TOKEN_FILE", str(token))
    secured.setenv("CONTACT_METRICS_KAFKA__CREATE_TOPICS", "true")
    assert "logged in with OAUTHBEARER" in check(0)


def test_a_mechanism_that_is_not_offered_is_told(secured: pytest.MonkeyPatch) -> None:
    secured.setenv("CONTACT_METRICS_KAFKA__SASL_MECHANISM", "SCRAM-SHA-256")
    assert "it does not offer SCRAM-SHA-256" in check(1)


def test_an_authority_that_is_not_trusted_is_told(
    secured: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = make_certificates(tmp_path)
    secured.setenv("CONTACT_METRICS_KAFKA__TLS_CA_FILE", str(other.authority))
    output = check(1)
    assert "its certificate is not trusted" in output
    assert "kafka.tls_ca_file" in output


def test_a_port_without_tls_is_told(secured: pytest.MonkeyPatch, kafka: ApacheKafka) -> None:
    secured.setenv("CONTACT_METRICS_KAFKA__BOOTSTRAP_SERVERS", kafka.bootstrap)
    assert "WRONG" in check(1)


@pytest.mark.parametrize("command", ["run", "check", "simulate"])
@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("TLS", "false", "it speaks TLS"),
        ("SASL_MECHANISM", "", "it asks for a login"),
        ("SASL_MECHANISM", "SCRAM-SHA-256", "it does not offer SCRAM-SHA-256"),
        ("SASL_PASSWORD", "guess", "the login was refused"),
    ],
)
def test_each_command_says_why_it_is_not_let_in(
    secured: pytest.MonkeyPatch, command: str, setting: str, value: str, told: str
) -> None:
    prefix = "CONTACT_METRICS_KAFKA__"
    secured.setenv(f"{prefix}{setting}", value)
    if setting == "TLS":
        secured.delenv(f"{prefix}TLS_CA_FILE")
    if not value:
        for name in ("MECHANISM", "USERNAME", "PASSWORD"):
            secured.delenv(f"{prefix}SASL_{name}")
    # A process each: one that serves has to end, and would take this one with it.
    own = "CONTACT_METRICS_"
    settings = {name.removeprefix(own): it for name, it in os.environ.items() if own in name}
    code, output, errors = run(command, cwd=Path.cwd(), settings=settings)
    assert code == 1, output + errors
    assert told in output + errors
    assert _USER.password not in output + errors


def test_missing_topics_are_told_and_what_to_do(secured: pytest.MonkeyPatch) -> None:
    output = check(1)
    assert "missing topics: contact-started" in output
    assert "create" in output.lower()


def test_unequal_partition_counts_are_told(
    secured: pytest.MonkeyPatch, kafka: ApacheKafka, unique: Callable[[str], str]
) -> None:
    asyncio.run(create_topics(kafka.bootstrap))
    wider = unique("wider")
    asyncio.run(create_topic(kafka.bootstrap, wider, partitions=3))
    secured.setenv("CONTACT_METRICS_TOPICS__SURVEY_ANSWERED", wider)
    output = check(1)
    assert "unequal partition counts" in output
    assert f"{wider} has 3" in output


async def create_topics(bootstrap: str) -> None:
    for topic in (*_TOPICS, _DEAD_LETTERS):
        await create_topic(bootstrap, topic, partitions=2)
    await create_topic(bootstrap, _CHANGELOG, partitions=2, compacted=True)
    await create_topic(bootstrap, _REGISTER, partitions=1, compacted=True)
