"""`run` on Apache Kafka that refuses one thing: it ends, and says what to do about it."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.streaming.epochs import CLAIM_KEY
from tests.brokers.apache_kafka import ApacheKafka, SaslUser, TlsFiles
from tests.brokers.certificates import make_certificates
from tests.brokers.topics import create_topic
from tests.cli.program import run
from tests.ports import free_port
from tests.streaming.harness import publish

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

_USER = SaslUser("metrics", "a-secret-password")
_ACLS = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",
    "group.min.session.timeout.ms": "6000",
}
_GROUP, _ANOTHER_GROUP = "contact-metrics", "another"
_TOPICS = {
    "CONTACT_STARTED": "contact-started",
    "CONTACT_RESOLVED": "contact-resolved",
    "SURVEY_ANSWERED": "survey-answered",
    "CHANGELOG": "changelog",
    "GROUP_REGISTER": "register",
    "DEAD_LETTERS": "dead-letters",
}
#: The topics of which the user has one right only.
_NO_READ, _NO_WRITE = "no-read", "no-write"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def kafka(tls: TlsFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    directory = tmp_path_factory.mktemp("refusing-kafka")
    with ApacheKafka(directory, tls=tls, user=_USER, settings=_ACLS) as broker:
        asyncio.run(_create_topics(broker.bootstrap))
        all_topics = [argument for topic in _TOPICS.values() for argument in ("--topic", topic)]
        refusing = {
            kind: [f"{kind}-{topic}" for topic in ("contact-started", "changelog", "register")]
            for kind in (_NO_READ, _NO_WRITE)
        }
        no_write = [argument for topic in refusing[_NO_WRITE] for argument in ("--topic", topic)]
        no_read = [argument for topic in refusing[_NO_READ] for argument in ("--topic", topic)]
        group = ("--group", _GROUP, "--group", _ANOTHER_GROUP)
        all_topics += ["--topic", "another-changelog"]
        broker.allow(_USER.name, "--operation", "READ", *all_topics, *no_write, *group)
        broker.allow(_USER.name, "--operation", "WRITE", *all_topics, *no_read)
        yield broker


async def _create_topics(bootstrap: str) -> None:
    await create_topic(bootstrap, "another-changelog", 2, compacted=True)
    for topic in _TOPICS.values():
        for prefix in ("", f"{_NO_READ}-", f"{_NO_WRITE}-"):
            compacted = topic in {"changelog", "register"}
            partitions = 1 if topic == "register" else 2
            await create_topic(bootstrap, prefix + topic, partitions, compacted=compacted)
    # Of an empty log, nothing has to be read.
    for number in range(2):
        await publish(bootstrap, f"{_NO_READ}-changelog", [(CLAIM_KEY, b"")], number)


#: For a start that comes so far that it says whose the state is.
_ANOTHER = {"KAFKA__GROUP": _ANOTHER_GROUP, "TOPICS__CHANGELOG": "another-changelog"}


def _settings(kafka: ApacheKafka, tls: TlsFiles) -> dict[str, str]:
    return {
        "KAFKA__BOOTSTRAP_SERVERS": kafka.sasl_bootstrap,
        "KAFKA__GROUP": _GROUP,
        "KAFKA__TLS": "true",
        "KAFKA__TLS_CA_FILE": str(tls.authority),
        "KAFKA__SASL_MECHANISM": "SCRAM-SHA-512",
        "KAFKA__SASL_USERNAME": _USER.name,
        "KAFKA__SASL_PASSWORD": _USER.password,
        "HTTP__HOST": "127.0.0.1",
        "HTTP__PORT": str(free_port()),
        **{f"TOPICS__{kind}": topic for kind, topic in _TOPICS.items()},
    }


def test_an_export_needs_no_more_than_to_read_the_events_and_says_so_where_it_may_not(
    kafka: ApacheKafka, tls: TlsFiles, tmp_path: Path
) -> None:
    settings = _settings(kafka, tls)
    assert run("export", cwd=tmp_path, settings=settings)[0] == 0
    topic = "no-read-contact-started"
    asyncio.run(publish(kafka.bootstrap, topic, [(b"k", b"{}")], 0))
    spoilt = {**settings, "TOPICS__CONTACT_STARTED": topic}
    code, lines, errors = run("export", cwd=tmp_path, settings=spoilt)
    assert (code, lines) == (1, "")
    assert f"Allow this user READ on each of {topic}" in errors
    assert _USER.password not in errors


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        ({"KAFKA__GROUP": "others"}, "Allow this user READ on the group 'others'"),
        ({"KAFKA__SESSION_TIMEOUT": "5s"}, "group.min.session.timeout.ms"),
        ({"KAFKA__SESSION_TIMEOUT": "50m"}, "group.max.session.timeout.ms"),
        (
            {**_ANOTHER, "TOPICS__CONTACT_STARTED": "no-read-contact-started"},
            "READ on the event topics",
        ),
        ({"TOPICS__CHANGELOG": "no-read-changelog"}, "READ and WRITE on 'no-read-changelog'"),
        ({"TOPICS__CHANGELOG": "no-write-changelog"}, "READ and WRITE on 'no-write-changelog'"),
        ({"TOPICS__GROUP_REGISTER": "no-read-register"}, "no-read-register"),
        ({"TOPICS__GROUP_REGISTER": "no-write-register"}, "no-write-register"),
    ],
)
def test_what_does_not_pass_by_itself_ends_the_start_with_what_to_do(
    kafka: ApacheKafka, tls: TlsFiles, tmp_path: Path, spoilt: dict[str, str], words: str
) -> None:
    settings = {**_settings(kafka, tls), **spoilt}
    try:
        code, _, errors = run("run", cwd=tmp_path, settings=settings)
    except subprocess.TimeoutExpired as waited:
        raise AssertionError(f"it waits for ever: {waited.stderr!r}") from None
    assert code == 1, errors
    (told,) = [line for line in errors.splitlines() if line.startswith("contact-metrics: ")]
    assert words in told
    assert _USER.password not in errors
