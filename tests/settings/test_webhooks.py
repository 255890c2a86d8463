"""Webhooks are configured whole, with a secret, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.settings import Settings, SettingsError, load_settings

_WHOLE = 'topic = "desk"\nsignature = "zendesk"\nsecret = "correct-horse"\n'


def load(tmp_path: Path, table: str, name: str = "it") -> Settings:
    file = tmp_path / "contact-metrics.toml"
    file.write_text(f"[receive.webhooks.{name}]\n{table}")
    return load_settings(file)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('topic = "desk"\n', "receive.webhooks.it.signature: it is missing"),
        ('topic = "desk"\nsignature = "zendesk"\n', "needs secret or secret_file"),
        ('topic = "desk"\nsignature = "zendesk"\nsecret = " "\n', "it is empty"),
        ('topic = "desk"\nsignature = "none"\nsecret = "correct-horse"\n', "signature is none"),
        (_WHOLE + 'secret_file = "x"\n', "secret or secret_file, not both"),
        (_WHOLE + 'header = "X-A"\n', "header: not for signature zendesk"),
        (_WHOLE + 'public_url = "https://a/b"\n', "public_url: not for signature zendesk"),
        (_WHOLE.replace("zendesk", "twilio"), "signature twilio needs public_url"),
        (_WHOLE.replace("zendesk", "hmac"), "signature hmac needs header"),
        (_WHOLE.replace("zendesk", "header"), "signature header needs header"),
        (_WHOLE.replace("zendesk", "basic"), "signature basic needs username"),
        (_WHOLE.replace("zendesk", "zendes"), "'zendesk'"),
        (_WHOLE + 'headers = ["Authorization"]\n', "authorization holds a secret"),
        (_WHOLE + 'headers = ["X-Hub-Signature"]\n', "x-hub-signature holds a secret"),
        (
            _WHOLE.replace("zendesk", "header") + 'header = "X-Key"\nheaders = ["x-key"]\n',
            "x-key holds a secret",
        ),
        (_WHOLE + 'path = "zendesk"\n', "a path is needed"),
        (_WHOLE + 'path = "/a?b"\n', "a path is needed"),
        (_WHOLE.replace('"desk"', '"contact-started"'), "one of the service's own topics"),
    ],
)
def test_a_webhook_that_is_not_whole_is_a_mistake_that_shows_no_secret(
    tmp_path: Path, table: str, told: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, table)
    assert told in str(caught.value)
    assert "correct-horse" not in str(caught.value)


@pytest.mark.parametrize("name", ["none", "Desk", '"a b"', '"a/b"'])
def test_a_name_is_fit_for_a_path_and_a_label(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="webhook's name"):
        load(tmp_path, _WHOLE, name)


def test_two_webhooks_have_two_paths(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="two webhooks have the same path: /other"):
        load(tmp_path, f'{_WHOLE}path = "/other"\n[receive.webhooks.other]\n{_WHOLE}')


def test_the_secret_can_be_in_a_file_or_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("new\n\n old \n")
    without = 'topic = "desk"\nsignature = "zendesk"\n'
    from_file = load(tmp_path, f'{without}secret_file = "{tmp_path / "secret"}"\n')
    assert from_file.receive.webhooks["it"].secrets() == (b"new", b"old")
    monkeypatch.setenv("CONTACT_METRICS_RECEIVE__WEBHOOKS__IT__SECRET", "correct-horse")
    settings = load(tmp_path, without)
    assert settings.receive.webhooks["it"].secrets() == (b"correct-horse",)
    assert "correct-horse" not in repr(settings) + settings.model_dump_json()


def test_a_secret_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="absent cannot be read"):
        load(tmp_path, 'topic = "desk"\nsignature = "zendesk"\nsecret_file = "/absent"\n')


def test_the_examples_of_the_page_are_valid(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "receive.md"
    secret = tmp_path / "secret"
    secret.write_text("s")
    blocks = page.read_text("utf-8").split("```toml\n")[1:]
    assert len(blocks) == 2
    for block in blocks:
        text = block.partition("```")[0]
        for name in ("zendesk", "twilio", "surveys"):
            text = text.replace(f"/run/secrets/{name}", str(secret))
        file = tmp_path / "contact-metrics.toml"
        file.write_text(text)
        assert load_settings(file).receive.webhooks
