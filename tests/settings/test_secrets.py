"""Secrets: from the environment or from files, and never shown."""

from __future__ import annotations

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
