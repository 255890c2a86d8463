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
        ("[alerts]\noverdue_growth = inf", "alerts.overdue_growth", "a number is needed"),
        ("[feeds.calls]\nnot_before = 5", "feeds.calls.not_before", "a time is needed"),
        ("[[alerts.objectives]]\nshare = 0.9\ntarget = 'x'", "alerts.objectives.0.target", "it"),
        ("[http]\nallowed_hosts = 'stats.example:8443'", "http.allowed_hosts.0", "name alone"),
        ("[http]\nallowed_hosts = ['https://stats.example']", "http.allowed_hosts.0", "name alone"),
        ("[http]\nallowed_hosts = ['*.example']", "http.allowed_hosts.0", "wildcard"),
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


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("SLA_VOICE_RESOLUTION", "SLA__VOICE__RESOLUTION"),
        ("SLA_VOICE", "SLA__VOICE"),
        ("SLA__VOICE__RESOLUTON", "SLA__VOICE__RESOLUTION"),
        ("SLA_WEB_CHAT_FIRST_RESPONS", "SLA__WEB_CHAT__FIRST_RESPONSE"),
        ("SLA__VOICE__PRIORITY_HIGH__RESOLUTION", "SLA__VOICE__PRIORITY__HIGH__RESOLUTION"),
        ("ALLOWED_LABELS_QUEUE", "ALLOWED_LABELS__QUEUE"),
        ("QUEUE_CALENDARS_BILLING", "QUEUE_CALENDARS__BILLING"),
        ("CALENDARS_OFFICE_HOURS_MONDAY", "CALENDARS__OFFICE__HOURS__MONDAY"),
        ("RECEIVE_WEBHOOKS_MY_SHOP_SECRET_FILE", "RECEIVE__WEBHOOKS__MY_SHOP__SECRET_FILE"),
        ("FEEDS_CALLS_EMIT", "FEEDS__CALLS__EMIT"),
    ],
)
def test_a_slip_in_the_variable_of_a_named_table_is_told_the_one_that_was_meant(
    monkeypatch: pytest.MonkeyPatch, slip: str, meant: str
) -> None:
    monkeypatch.setenv(f"CONTACT_METRICS_{slip}", "x")
    (message,) = mistakes()
    assert f"(CONTACT_METRICS_{meant})?" in message


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
        ("max_future_skew = '400d'", "max_future_skew", "at most 1w"),
        ("windows = ['1h']\nmax_future_skew = '61m'", "max_future_skew", "at most 1h"),
        ("[alerts]\nlowest_occupancy = 0.9", "alerts.lowest_occupancy", "below highest_occupancy"),
        (
            "[alerts]\nhighest_occupancy = 0.5",
            "alerts.highest_occupancy",
            "below highest_occupancy",
        ),
        (
            "[alerts]\ntarget_occupancy = 0.9\nhighest_occupancy = 0.88",
            "alerts.target_occupancy",
            "(0.5) to",
        ),
        ("[alerts]\nunserved = '34s'", "alerts.unserved", "35s"),
        (
            "max_event_bytes = 9_000_000\n[kafka]\nfetch_bytes = 16_777_216",
            "max_event_bytes",
            "8388608",
        ),
        ("[receive]\nrequests_per_second = 501", "receive.requests_per_second", "at most 500"),
        ("[receive]\nmax_waiting_bytes = 1_048_576\nmax_body_bytes = 2_000_000", "receive", "more"),
        (_OBJECTIVE.format("chat") + "burn_rates = [10.1, 1, 1, 1]", "alerts.objectives.0", "10"),
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
        "windows = {'10s' = '1s'}\nopen_horizon = '5s'\nmax_future_skew = '5m'",
        "[alerts]\ntarget_occupancy = 0.95",
        "[sla.voice]\nfirst_response = '2h'\nresolution = '1h'",
        "[sla.voice.priority.high]\nresolution = '1h'\n[sla.default]\nfirst_response = '1h'",
        "[receive]\ntotal_requests_per_second = 50",
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


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-16", "it is UTF-16: save it as UTF-8"),
        ("utf-16-le", "a zero byte"),
        ("utf-32-be", "a zero byte"),
        ("latin-1", "(at byte 12)"),
    ],
)
def test_a_file_in_another_encoding_is_told_to_be_saved_as_utf_8(
    tmp_path: Path, encoding: str, told: str
) -> None:
    content = "timezone = 'K\u00f6ln'" if encoding == "latin-1" else "short_abandon = 5"
    path = tmp_path / "settings.toml"
    path.write_bytes(content.replace(" = ", "=").encode(encoding))
    (message,) = mistakes(path)
    assert message.startswith(f"{path}: ")
    assert told in message
    assert message.endswith("save it as UTF-8")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(b"\xef\xbb\xbfmax_label_values = 5\r\n")
    assert load_settings(path).max_label_values == 5


def test_a_file_that_is_not_toml_names_the_line(write: Write) -> None:
    (message,) = mistakes(write("windows = \n"))
    assert "not valid TOML" in message
    assert "line 1" in message
