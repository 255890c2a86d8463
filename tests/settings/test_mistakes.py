"""A wrong setting: one message that names it, says what is wrong and what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from service.settings import Settings, SettingsError, load_settings
from service.settings.environment import variable_name
from service.settings.known import all_paths

Write = Callable[[str], Path]


def mistakes(path: Path | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    return caught.value.mistakes


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        ("alowed_lateness = 5", "alowed_lateness", 'did you mean "allowed_lateness"'),
        ("[kafka]\ngruop = 'x'", "kafka.gruop", 'did you mean "group"'),
        ("[sla.voice]\nanswer = 5", "sla.voice.answer", "known: first_response, resolution"),
        ("repeat_match = 'phone'", "repeat_match", "'reason' or 'customer'"),
        ("short_abandon = 'soon'", "short_abandon", 'such as "30s"'),
        ("open_horizon = 0", "open_horizon", "greater than 0"),
        ("at_risk_fraction = 1.5", "at_risk_fraction", "less than or equal to 1"),
        ("max_label_values = 0", "max_label_values", "greater than or equal to 1"),
        ("windows = {'5m' = '7s'}", "windows", "not a multiple of its step 7s"),
        ("windows = {'7d' = '1s'}", "windows", "choose a longer step"),
        ("windows = ['12h']", "windows", "no step is known for 12h"),
        ("windows = []", "windows", "at least one window"),
        ("windows = {'an hour' = '1m'}", "windows", "a duration is"),
        ("repeat_windows = ['2h', '120m']", "repeat_windows", "the same window"),
        ("resolution_buckets = [60, 30]", "resolution_buckets", "larger than the one before"),
        ("backlog_age_buckets = []", "backlog_age_buckets", "one or more bounds"),
        ("[allowed_labels]\ncolour = ['red']", "allowed_labels.colour", "'channel', 'queue'"),
        ("[topics]\nchangelog = 'contact-started'", "topics", "the same name: contact-started"),
        ("[topics]\nchangelog = 'a b'", "topics.changelog", "letters, digits"),
        ("[kafka]\nbootstrap_servers = 'kafka'", "kafka.bootstrap_servers", "not host:port"),
        ("[kafka]\nsasl_mechanism = 'PLAIN'", "kafka", "needs sasl_username and sasl_password"),
        ("[kafka]\nsasl_mechanism = 'OAUTHBEARER'", "kafka", "needs oauth_token_file"),
        ("[kafka]\ntls_ca_file = '/ca.pem'", "kafka", "set tls = true"),
        ("[http]\nusername = 'u'", "http", "go together"),
        ("[http]\nport = 70000", "http.port", "less than or equal to 65535"),
        ("[log]\nlevel = 'chatty'", "log.level", "'debug', 'info'"),
    ],
)
def test_each_mistake_names_its_setting_and_what_is_allowed(
    write: Write, content: str, name: str, told: str
) -> None:
    path = write(content)
    (message,) = mistakes(path)
    assert message.startswith(f"{name}: ")
    assert told in message
    assert str(path) in message


def test_all_mistakes_are_told_at_once(write: Write) -> None:
    assert len(mistakes(write("repeat_match = 'x'\nopen_horizon = 0\nfoo = 1\n"))) == 3


def test_a_mistake_in_the_environment_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACT_METRICS_HTTP__PORT", "http")
    (message,) = mistakes()
    assert "CONTACT_METRICS_HTTP__PORT" in message


def test_an_unknown_variable_of_ours_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACT_METRICS_WINDOW", "5m")
    (message,) = mistakes()
    assert message.startswith("CONTACT_METRICS_WINDOW: ")
    assert 'did you mean "windows"' in message


@pytest.mark.parametrize("path", all_paths(Settings), ids=".".join)
def test_one_underscore_for_two_or_a_letter_left_out_is_told_the_variable_that_was_meant(
    monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...]
) -> None:
    meant = variable_name(path)
    slips = {meant.replace("__", "_"), meant.replace("CS_", "CS__"), f"{meant[:-2]}{meant[-1]}"}
    for slip in slips - {variable_name(known) for known in all_paths(Settings)}:
        monkeypatch.setenv(slip, "x")
        (message,) = mistakes()
        assert message.startswith(f"{slip}: unknown setting")
        assert f"({meant})" in message
        monkeypatch.delenv(slip)


def test_a_variable_below_a_setting_that_is_no_table_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CONTACT_METRICS_SHORT_ABANDON__SECONDS", "5")
    (message,) = mistakes()
    assert message.startswith("CONTACT_METRICS_SHORT_ABANDON__SECONDS: unknown setting")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("group = 'x'", '"group" belongs under [kafka]'),
        ("[kafka]\nrepeat_match = 'reason'", '"repeat_match" belongs above all sections'),
    ],
)
def test_a_setting_in_the_wrong_section_is_told_the_right_one(
    write: Write, content: str, told: str
) -> None:
    (message,) = mistakes(write(content))
    assert told in message


_VOICE = "[sla.voice]\nresolution = '1h'\n"
_OBJECTIVE = "[[alerts.objectives]]\ntarget = 'first_response'\nshare = 0.9\nchannel = '{}'\n"


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        ("repeat_windows = ['5000d']", "repeat_windows", "at most 366d"),
        ("windows = {'5000d' = '10d'}", "windows", "at most 366d"),
        ("windows = ['5m', '1h']\nallowed_lateness = '61m'", "allowed_lateness", "longest window"),
        ("short_abandon = '1d'\nopen_horizon = '1d'", "short_abandon", "shorter than open_horizon"),
        ("[alerts]\noldest_contact = '31d'", "alerts.oldest_contact", "no open contact"),
        ("[kafka]\nsession_timeout = '5ms'", "kafka.session_timeout", "from 1s to 1h"),
        ("[kafka]\noauth_token_file = 'token'", "kafka", "need a sasl_mechanism"),
        (_OBJECTIVE.format("fax"), "alerts.objectives.0.channel", "no channel fax is known"),
        (_VOICE + _OBJECTIVE.format("voice"), "alerts.objectives.0.channel", "no target for"),
        (_OBJECTIVE.format("chat") * 2, "alerts.objectives.1", "another objective"),
        (
            "[allowed_labels]\nchannel = ['chat']\n" + _OBJECTIVE.format("voice"),
            "alerts.objectives.0.channel",
            "shown as other",
        ),
    ],
)
def test_settings_that_make_no_sense_are_mistakes(
    write: Write, content: str, name: str, told: str
) -> None:
    (message,) = mistakes(write(content))
    assert message.startswith(f"{name}: ")
    assert told in message


@pytest.mark.parametrize(
    "content",
    [
        "windows = {'10s' = '1s'}",
        "open_horizon = '5s'",
        "open_horizon = '7d'",
        "[sla.fax]\nresolution = '1h'",
        "[sla.fax]\nfirst_response = '1h'\n" + _OBJECTIVE.format("fax"),
        "[allowed_labels]\nchannel = ['fax']\n" + _OBJECTIVE.format("fax"),
        "[sla.fax.priority.high]\nfirst_response = '1m'\n" + _OBJECTIVE.format("fax"),
    ],
)
def test_a_default_that_does_not_suit_what_is_given_is_no_mistake(
    write: Write, content: str
) -> None:
    load_settings(write(content))


def test_broken_json_in_a_variable_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACT_METRICS_KAFKA", "{")
    (message,) = mistakes()
    assert message.startswith("kafka: not valid JSON (")
    assert "CONTACT_METRICS_KAFKA" in message


def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    (message,) = mistakes(tmp_path / "none.toml")
    assert "none.toml: cannot be read: No such file" in message


def test_a_file_that_is_not_toml_names_the_line(write: Write) -> None:
    (message,) = mistakes(write("windows = \n"))
    assert "not valid TOML" in message
    assert "line 1" in message
