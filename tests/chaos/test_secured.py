"""The service on a broker with TLS and SCRAM: exact as ever, and silent about its password."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers.apache_kafka import ApacheKafka, SaslUser, TlsFiles
from tests.brokers.certificates import make_certificates
from tests.chaos.configuration import Tables
from tests.chaos.field import field
from tests.chaos.worker import ROOT
from tests.patience import PATIENCE_S
from tests.ports import free_port

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

_USER = SaslUser("metrics", "open-sesame-4711")


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def kafka(tls: TlsFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    with ApacheKafka(tmp_path_factory.mktemp("kafka"), tls=tls, user=_USER) as broker:
        yield broker


@pytest.fixture
def login(tls: TlsFiles, tmp_path: Path) -> Tables:
    password = tmp_path / "password"
    password.write_text(_USER.password + "\n")
    keys = {
        "session_timeout": 6,
        "tls": True,
        "tls_ca_file": str(tls.authority),
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_username": _USER.name,
        "sasl_password_file": str(password),
    }
    return {"kafka": keys}


def command(name: str, config: Path) -> subprocess.CompletedProcess[str]:
    """At a port of its own: a worker listens at the one of the file."""
    return subprocess.run(
        [sys.executable, "-m", "service", name, "--config", str(config)],
        cwd=ROOT,
        env={**os.environ, "CONTACT_METRICS_HTTP__PORT": str(free_port())},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


async def test_numbers_over_tls_with_a_login_are_exact_and_the_password_is_never_shown(
    kafka: ApacheKafka, tmp_path: Path, login: Tables
) -> None:
    async with field(
        kafka, tmp_path, "secured", workers=1, bootstrap=kafka.sasl_bootstrap, extra=login
    ) as it:
        await it.calm()
        await it.compare()
        check = command("check", tmp_path / "secured-0.toml")
        assert check.returncode == 0, check.stdout + check.stderr
        assert "logged in with SCRAM-SHA-512" in check.stdout
        for where, text in {**await it.emitted(), "check": check.stdout + check.stderr}.items():
            assert _USER.password not in text, where


def test_a_wrong_password_ends_both_commands_and_is_not_shown(
    kafka: ApacheKafka, tmp_path: Path, login: Tables
) -> None:
    wrong = "close-sesame-0815"
    Path(login["kafka"]["sasl_password_file"]).write_text(wrong)
    keys = "\n".join(
        f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}"
        for key, value in login["kafka"].items()
    )
    config = tmp_path / "wrong.toml"
    config.write_text(f"[kafka]\nbootstrap_servers = '{kafka.sasl_bootstrap}'\n{keys}\n")
    for name in ("check", "run"):
        ended = command(name, config)
        assert ended.returncode == 1, ended.stdout + ended.stderr
        assert wrong not in ended.stdout + ended.stderr
