"""Every way to speak to every kind of port: what fits is well, all else is told apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Final, Literal

import pytest

from service.streaming import diagnosis
from service.streaming.config import KafkaConfig
from service.streaming.diagnosis import trouble_with, why_unreachable
from service.streaming.security import Mechanism, Protocol, Security
from tests.brokers.apache_kafka import ApacheKafka, SaslUser, TlsFiles
from tests.brokers.certificates import make_certificates
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.kafka

Port = Literal["plain", "tls", "login over tls"]
_PORTS: Final[tuple[Port, ...]] = ("plain", "tls", "login over tls")
_LOGINS: Final[tuple[Mechanism | None, ...]] = (None, "PLAIN", "SCRAM-SHA-256")
_USER: Final = SaslUser("metrics", "a-secret-password")


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def kafka(tls: TlsFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    directory = tmp_path_factory.mktemp("kafka-of-three-ports")
    offered = {"sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512"}
    with ApacheKafka(directory, tls=tls, user=_USER, settings=offered) as broker:
        yield broker


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """This broker closes what it cannot serve, and takes its time."""
    for name in ("_PATIENCE_SECONDS", "_PROBE_SECONDS"):
        monkeypatch.setattr(diagnosis, name, PATIENCE_S)


def address(kafka: ApacheKafka, port: Port) -> str:
    return {
        "plain": kafka.bootstrap,
        "tls": kafka.tls_bootstrap,
        "login over tls": kafka.sasl_bootstrap,
    }[port]


def security(authority: Path, *, encrypted: bool, login: Mechanism | None) -> Security:
    protocols: dict[tuple[bool, bool], Protocol] = {
        (False, False): "PLAINTEXT",
        (False, True): "SASL_PLAINTEXT",
        (True, False): "SSL",
        (True, True): "SASL_SSL",
    }
    return Security(
        protocol=protocols[encrypted, login is not None],
        ca_file=authority,
        mechanism=login or "PLAIN",
        username=_USER.name,
        password=_USER.password,
    )


def expected(port: Port, *, encrypted: bool, login: Mechanism | None) -> tuple[str, str]:
    """What is said, and the setting that mends it."""
    if encrypted != (port != "plain"):
        if encrypted:
            return "it does not speak TLS", "kafka.tls = false"
        return "it speaks TLS", "kafka.tls = true"
    if port != "login over tls":
        return ("", "") if login is None else ("asks for no login", "kafka.sasl_mechanism out")
    if login is None:
        return "asks for a login", "that it offers (PLAIN, SCRAM-SHA-512)"
    if login == "SCRAM-SHA-256":
        return "does not offer SCRAM-SHA-256", "that it offers (PLAIN, SCRAM-SHA-512)"
    return "", ""


async def test_each_way_to_speak_to_each_kind_of_port_is_well_or_told_apart(
    kafka: ApacheKafka, tls: TlsFiles
) -> None:
    for port, encrypted, login in product(_PORTS, (False, True), _LOGINS):
        where = address(kafka, port)
        config = KafkaConfig(
            bootstrap=where, security=security(tls.authority, encrypted=encrypted, login=login)
        )
        trouble = await trouble_with(config, where)
        what, remedy = expected(port, encrypted=encrypted, login=login)
        if not what:
            assert trouble is None, (port, encrypted, login)
            continue
        assert trouble is not None, (port, encrypted, login)
        assert what in trouble.what, (port, encrypted, login, trouble)
        assert remedy in trouble.remedy, (port, encrypted, login, trouble)
        assert what in await why_unreachable(config)
