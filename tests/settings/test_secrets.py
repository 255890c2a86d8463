"""Secrets: from the environment or from files, and never shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.settings import Settings, SettingsError, load_settings

_PASSWORD = "correct-horse"
_PREFIX = "CONTACT_METRICS_KAFKA__SASL_"


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv(f"{_PREFIX}MECHANISM", "SCRAM-SHA-512")
    monkeypatch.setenv(f"{_PREFIX}USERNAME", "metrics")
    return monkeypatch


def password(settings: Settings) -> str:
    assert settings.kafka.sasl_password is not None
    return settings.kafka.sasl_password.get_secret_value()


def test_a_password_can_come_from_a_file(login: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{_PASSWORD}\n")
    login.setenv(f"{_PREFIX}PASSWORD_FILE", str(file))
    assert password(load_settings()) == _PASSWORD


def test_a_password_is_not_shown_with_the_settings(login: pytest.MonkeyPatch) -> None:
    login.setenv(f"{_PREFIX}PASSWORD", _PASSWORD)
    settings = load_settings()
    assert password(settings) == _PASSWORD
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert _PASSWORD not in shown


def test_a_password_is_not_shown_with_a_mistake(login: pytest.MonkeyPatch, tmp_path: Path) -> None:
    login.setenv(f"{_PREFIX}PASSWORD", _PASSWORD)
    login.setenv(f"{_PREFIX}PASSWORD_FILE", str(tmp_path))
    login.setenv("CONTACT_METRICS_HTTP__PASSWORD", _PASSWORD)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "not both" in str(caught.value)
    assert _PASSWORD not in str(caught.value)


@pytest.mark.parametrize(("content", "told"), [(None, "No such file"), ("\n", "is empty")])
def test_a_password_file_that_holds_none_is_a_mistake(
    login: pytest.MonkeyPatch, tmp_path: Path, content: str | None, told: str
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_text(content)
    login.setenv(f"{_PREFIX}PASSWORD_FILE", str(file))
    with pytest.raises(SettingsError, match=told):
        load_settings()


_BLANK = ["", " ", "\n", "\r\n", " \t\n ", "\u00a0", "\u2003\n"]


@pytest.mark.parametrize("blank", _BLANK, ids=repr)
@pytest.mark.parametrize("source", ["environment", "file", "toml"])
@pytest.mark.parametrize(
    ("section", "name", "others"),
    [
        ("http", "password", 'username = "prometheus"\n'),
        ("kafka", "sasl_password", 'sasl_mechanism = "PLAIN"\nsasl_username = "metrics"\n'),
    ],
)
def test_an_empty_password_is_refused_wherever_it_comes_from(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    blank: str,
    source: str,
    section: str,
    name: str,
    others: str,
) -> None:
    given = ""
    if source == "environment":
        monkeypatch.setenv(f"CONTACT_METRICS_{section}__{name}".upper(), blank)
    elif source == "file":
        file = tmp_path / "password"
        file.write_text(blank)
        monkeypatch.setenv(f"CONTACT_METRICS_{section}__{name}_FILE".upper(), str(file))
    else:
        given = f"{name} = {json.dumps(blank)}\n"
    config = tmp_path / "contact-metrics.toml"
    config.write_text(f"[{section}]\n{others}{given}")
    with pytest.raises(SettingsError, match="empty"):
        load_settings(config)


_ABSENT = """
[kafka]
tls = true
tls_ca_file = "absent/ca"
partitions = "some"
sasl_mechanism = "PLAIN"
sasl_username = "metrics"
sasl_password_file = "absent/kafka-password"
[http]
username = "prometheus"
password_file = "absent/http-password"
tls_cert_file = "absent/http-chain"
[receive.webhooks.crm]
topic = "crm"
signature = "zendesk"
secret_file = "absent/webhook-secret"
[feeds]
hash_secret_file = "absent/hash-secret"
[feeds.crm]
topic = "crm"
emit = "contact-started"
lookups.queues = "absent/queues.csv"
"""


def test_of_several_files_that_are_missing_all_are_named_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "contact-metrics.toml"
    config.write_text(_ABSENT)
    monkeypatch.setenv("CONTACT_METRICS_HTTP__TLS_KEY_FILE", "absent/http-key")
    with pytest.raises(SettingsError) as caught:
        load_settings(config)
    mistakes = dict(mistake.split(": ", 1) for mistake in caught.value.mistakes)
    assert mistakes.keys() == {
        "kafka.tls_ca_file",
        "kafka.partitions",
        "kafka.sasl_password_file",
        "http.password_file",
        "http.tls_cert_file",
        "http.tls_key_file",
        "receive.webhooks.crm.secret_file",
        "feeds.hash_secret_file",
        "feeds.crm.lookups.queues",
    }
    for name, told in mistakes.items():
        assert ("absent/" in told and "No such file" in told) == (name != "kafka.partitions")


def test_files_that_are_opened_only_when_needed_are_not_asked_for_otherwise(
    tmp_path: Path,
) -> None:
    config = tmp_path / "contact-metrics.toml"
    config.write_text("[kafka]\ntls = true\ntls_ca_file = 'absent'\n")
    load_settings(config)
    config.write_text("[kafka]\ntls = true\ntls_ca_file = 'absent'\npartitions = 'some'\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(config)
    assert "absent" not in str(caught.value)
