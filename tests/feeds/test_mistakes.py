"""What is wrong with a feed is told at the start, by its place, with what to mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.settings import SettingsError, load_settings
from tests.feeds.feeding import STARTED


def mistakes(folder: Path, toml: str) -> list[str]:
    (folder / "own.toml").write_text(toml)
    with pytest.raises(SettingsError) as caught:
        load_settings(folder / "own.toml")
    return caught.value.mistakes


@pytest.mark.parametrize(
    ("more", "place", "told"),
    [
        ("quee = 'q'", "crm.quee", 'did you mean "queue"'),
        ("queue = 'a ||'", "crm.queue", "not a JMESPath expression"),
        ("queue = '!a.b'", "crm.queue", "write !(a.b)"),
        ("queue = 'lwer(a)'", "crm.queue", 'did you mean "lower"'),
        ("queue = 'lower()'", "crm.queue", "takes 1 arguments, not 0"),
        ("queue = 'hash(a)'", "crm.queue", "hash_secret"),
        ("queue = \"lookup('grups', a)\"\nlookups.groups = {a = 'b'}", "crm.queue", "groups"),
        ("queue = 'lookup(a, b)'", "crm.queue", "single quotes"),
        ("queue = 'local(a)'", "crm.queue", "timezone ="),
        ("queue = \"local(a, 'Nowhere')\"", "crm.queue", "IANA"),
        ("queue = \"parse_time(a, '%Q', 'UTC')\"", "crm.queue", "strptime"),
        ("queue = \"parse_time(a, '%Y')\"", "crm.queue", "needs a zone"),
        ("queue = 'header(a)'", "crm.queue", "single quotes"),
        ("queue = 'a[*].record()'", "crm.queue", "record() must not"),
        ("queue = 'map(a, b)'", "crm.queue", "&name"),
        ("queue = '&a'", "crm.queue", "&..."),
        ("direction = 'outbound'", "crm.direction", "the word itself"),
        ("when = ''", "crm.when", "empty"),
        ("for_each = 'a['", "crm.for_each", "JMESPath"),
        ("format = 'xml'", "crm.format", "known: avro"),
        ("format = 'protobuf'", "crm.format", "Avro or JSON"),
        ("lookups.groups = {a = 'b'}", "crm.lookups.groups", "no expression asks"),
        ("lookups.groups = 'none.csv'", "crm.lookups.groups", "cannot be read"),
        ("timezone = 'Nowhere'", "crm.timezone", "no time zone"),
        ("not_before = 'soon'", "crm.not_before", "a time is needed"),
        ("match = { a = [] }", "crm.match.a", "1 or more"),
        ("queue = 5", "crm.queue", "a text is needed"),
        ("topic = 'a b'", "crm.topic", "letters, digits"),
    ],
)
def test_a_mistake_names_its_setting(tmp_path: Path, more: str, place: str, told: str) -> None:
    feed = STARTED.replace('topic = "crm"\n', "") if more.startswith("topic") else STARTED
    (message,) = mistakes(tmp_path, feed + more)
    assert message.startswith(f"feeds.{place}: ")
    assert told in message


def test_all_mistakes_of_all_feeds_are_told_at_once(tmp_path: Path) -> None:
    second = STARTED.replace("feeds.crm", "feeds.other").replace("started_at", "starts_at")
    told = mistakes(tmp_path, f"{STARTED}queue = 'a ||'\n{second}")
    assert {message.split(": ")[0] for message in told} == {
        *("feeds.crm.queue", "feeds.other.starts_at", "feeds.other.started_at")
    }


@pytest.mark.parametrize(
    ("toml", "place", "told"),
    [
        (STARTED.replace('emit = "contact-started"\n', ""), "crm", "it has no emit"),
        (STARTED.replace("contact-started", "contact-began"), "crm.emit", "contact-started"),
        ("[feeds]\nuse = ['none-such']", "use", "no ready-made system"),
        ("[feeds]\nuses = ['a']", "uses", "a table is needed"),
        ("[feeds]\nhash_secret = ' '", "hash_secret", "empty"),
        ("[feeds]\nhash_secret_file = '/none'", "", "cannot be read"),
        (f"{STARTED}[feeds.crmm]\ntopic = 'x'", "crmm", 'did you mean "crm"'),
    ],
)
def test_a_mistake_in_how_feeds_are_put_together_is_told(
    tmp_path: Path, toml: str, place: str, told: str
) -> None:
    (message,) = mistakes(tmp_path, toml)
    assert message.startswith(f"feeds.{place}".rstrip("."))
    assert told in message


def test_feeds_can_be_given_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "TOPIC": "crm",
        "EMIT": "contact-started",
        "CONTACT_ID": "id",
        "CUSTOMER_ID": "customer",
        "STARTED_AT": "at",
        "CHANNEL": "lookup('c', channel)",
        "MATCH": '{"a": 1}',
        "LOOKUPS": '{"c": {"1": "email"}}',
    }.items():
        monkeypatch.setenv(f"CONTACT_METRICS_FEEDS__CRM__{name}", value)
    table = load_settings().feeds.tables()["crm"]
    assert table.topic == "crm"
    assert table.lookups == {"c": {"1": "email"}}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("t.csv", "a,b\nc\n", "line 2: two columns"),
        ("t.csv", '"a', "line 1"),
        ("t.json", "[1]", "one table"),
        ("t.json", "{", "cannot be read"),
        ("t.toml", "a =", "cannot be read"),
        ("t.txt", "a", "must be called"),
    ],
)
def test_a_look_up_file_that_is_wrong_is_told(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    (tmp_path / name).write_text(text)
    feed = f"{STARTED}queue = \"lookup('t', a)\"\nlookups.t = '{tmp_path / name}'"
    (message,) = mistakes(tmp_path, feed)
    assert told in message
    assert name in message
