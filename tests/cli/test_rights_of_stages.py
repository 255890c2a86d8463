"""The rights that the docs name are enough on Apache Kafka; where one is missing, it is named."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from service.embedded_broker import LOOPBACK
from tests.brokers.apache_kafka import ApacheKafka, SaslUser, TlsFiles
from tests.brokers.certificates import make_certificates
from tests.brokers.rights import On, Operation, Right, allow, unsigned_token
from tests.brokers.topics import create_topic
from tests.cli.program import run, running, wait_until_ready
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.streaming.harness import eventually, publish, read_all, started

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

_ACLS: Final = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",
}
_CONFIG: Final = """
outcomes = {outcomes}
[feeds.ticket]
topic = "{tickets}"
emit = "contact-started"
contact_id = "id"
customer_id = "who"
started_at = "at"
channel = "'email'"
[receive]
host = "127.0.0.1"
port = {port}
[receive.webhooks.desk]
topic = "{tickets}"
signature = "none"
"""
_EVENTS: Final = ("CONTACT_STARTED", "CONTACT_RESOLVED", "SURVEY_ANSWERED")
_STATE: Final = ("CHANGELOG", "GROUP_REGISTER")
_TOPICS: Final = (*_EVENTS, *_STATE, "DEAD_LETTERS", "OUTCOMES", "TICKETS")
_TICKET: Final = json.dumps({"id": "t1", "who": "anna", "at": "2026-01-01T00:00:00Z"}).encode()


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def kafka(tls: TlsFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    directory = tmp_path_factory.mktemp("kafka-with-rights")
    user = SaslUser("nobody", "unused")
    with ApacheKafka(directory, tls=tls, user=user, settings=_ACLS) as broker:
        yield broker


@dataclass
class Installation:
    """Topics of its own on the broker, and the folder that commands are started in."""

    kafka: ApacheKafka
    folder: Path
    topics: dict[str, str]
    settings: dict[str, str]
    port: int
    unique: Callable[[str], str]

    def name(self, kind: str) -> str:
        return self.topics.get(kind, kind)

    def may(self, **kinds: Iterable[str]) -> list[Right]:
        """Operations on topics."""
        return [
            Right(Operation[operation], On.TOPIC, self.name(kind))
            for operation, those in kinds.items()
            for kind in those
        ]

    def may_join(self, group: str) -> Right:
        return Right(Operation.READ, On.GROUP, self.settings[group])

    async def log_in(self, rights: Iterable[Right]) -> None:
        """From now on as somebody who has these rights and no other."""
        user = self.unique("user")
        await allow(self.kafka.bootstrap, user, rights)
        (self.folder / "token").write_text(unsigned_token(user))

    async def told(self, command: str, rights: Iterable[Right]) -> str:
        """The last words of a command that cannot go on."""
        await self.log_in(rights)
        code, _, errors = run(command, cwd=self.folder, settings=self.settings)
        assert code == 1, errors
        (line,) = [it for it in errors.splitlines() if it.startswith("contact-metrics: ")]
        return line

    async def publish_ticket(self) -> None:
        await publish(self.kafka.bootstrap, self.name("TICKETS"), [(b"t1", _TICKET)], 0)

    async def read(self, kind: str) -> list[bytes]:
        return [it.value for it in await read_all(self.kafka.bootstrap, self.name(kind), 2)]

    async def until(self, kind: str, count: int = 1) -> None:
        """Until so many records are in the topic."""

        async def there() -> bool:
            return len(await self.read(kind)) >= count

        await eventually(there, f"{count} records in {kind}")


@pytest.fixture
async def installation(
    kafka: ApacheKafka, tls: TlsFiles, unique: Callable[[str], str], tmp_path: Path
) -> Installation:
    serial = iter(range(1000))
    topics = {kind: unique(kind.lower()) for kind in _TOPICS}
    for kind, topic in topics.items():
        partitions = 1 if kind == "GROUP_REGISTER" else 2
        await create_topic(kafka.bootstrap, topic, partitions, compacted=kind in _STATE)
    port = free_port()
    (tmp_path / "contact-metrics.toml").write_text(
        _CONFIG.format(outcomes="true", tickets=topics["TICKETS"], port=port)
    )
    settings = {
        "KAFKA__BOOTSTRAP_SERVERS": kafka.sasl_bootstrap,
        "KAFKA__TLS": "true",
        "KAFKA__TLS_CA_FILE": str(tls.authority),
        "KAFKA__SASL_MECHANISM": "OAUTHBEARER",
        "KAFKA__OAUTH_TOKEN_FILE": str(tmp_path / "token"),
        "KAFKA__GROUP": unique("group"),
        "KAFKA__MAP_GROUP": unique("map-group"),
        "HTTP__HOST": LOOPBACK,
        "HTTP__PORT": str(free_port()),
        **{f"TOPICS__{kind}": name for kind, name in topics.items() if kind != "TICKETS"},
    }
    return Installation(
        kafka, tmp_path, topics, settings, port, lambda name: unique(f"{name}-{next(serial)}")
    )


def _of_map(it: Installation) -> list[Right]:
    """As docs/operations.md names them."""
    return [
        *it.may(READ=["TICKETS"], WRITE=["CONTACT_STARTED", "DEAD_LETTERS"]),
        it.may_join("KAFKA__MAP_GROUP"),
    ]


async def test_map_runs_with_the_rights_that_are_named(installation: Installation) -> None:
    it = installation
    await it.publish_ticket()
    await publish(it.kafka.bootstrap, it.name("TICKETS"), [(b"t2", b'{"id": "t2"}')], 1)
    await it.log_in(_of_map(it))
    with running("map", cwd=it.folder, settings=it.settings) as program:
        await it.until("CONTACT_STARTED")
        await it.until("DEAD_LETTERS")
        wait_until_ready(f"http://{LOOPBACK}:{it.settings['HTTP__PORT']}")
        assert program.process.poll() is None, program.said()


async def test_map_names_the_right_that_is_missing(installation: Installation) -> None:
    it = installation
    await it.publish_ticket()
    every = _of_map(it)
    for missing in every:
        rest = [right for right in every if right != missing]
        if missing.name == it.name("TICKETS"):
            # Nobody can tell what is not there from what may not be seen.
            await it.log_in(rest)
            with running("map", cwd=it.folder, settings=it.settings) as program:
                said = program.wait_for(missing.name)
            assert "allowed READ" in said
            continue
        told = await it.told("map", rest)
        assert missing.name in told
        assert "may not see" in told or f"Allow this user {missing.operation.name}" in told


@pytest.mark.parametrize(("kind", "right"), [("TICKETS", "READ"), ("CONTACT_STARTED", "WRITE")])
async def test_map_names_the_right_on_a_topic_that_it_only_sees(
    installation: Installation, kind: str, right: str
) -> None:
    it = installation
    await it.publish_ticket()
    rest = [one for one in _of_map(it) if one.name != it.name(kind)]
    told = await it.told("map", [*rest, *it.may(DESCRIBE=[kind])])
    assert f"{right} on {it.name(kind)}" in told


def _post(port: int) -> int:
    request = urllib.request.Request(f"http://{LOOPBACK}:{port}/desk", data=_TICKET)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310 - loopback
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


async def test_receive_runs_with_write_alone_and_names_it_where_it_is_missing(
    installation: Installation,
) -> None:
    it = installation
    other = f"{it.name('TICKETS')}-other"
    may_write_another = Right(Operation.WRITE, On.TOPIC, other)
    seen = it.may(DESCRIBE=["TICKETS"])
    wanted = f"WRITE on {it.name('TICKETS')} and"
    assert it.name("TICKETS") in await it.told("receive", [])
    assert wanted in await it.told("receive", seen)
    await it.log_in([*seen, may_write_another])
    with running("receive", cwd=it.folder, settings=it.settings) as program:
        program.wait_for('"receiving"')
        assert _post(it.port) == 503
        program.wait_for(wanted)
    await it.log_in(it.may(WRITE=["TICKETS"]))
    with running("receive", cwd=it.folder, settings=it.settings) as program:
        program.wait_for('"receiving"')
        assert _post(it.port) == 200
    assert await it.read("TICKETS") == [_TICKET]


def _of_run(it: Installation) -> list[Right]:
    return [
        *it.may(READ=[*_EVENTS, *_STATE, "OUTCOMES"], WRITE=[*_STATE, "DEAD_LETTERS", "OUTCOMES"]),
        it.may_join("KAFKA__GROUP"),
    ]


async def test_run_needs_write_on_outcomes_and_names_it_where_it_is_missing(
    installation: Installation,
) -> None:
    it = installation
    await publish(it.kafka.bootstrap, it.name("CONTACT_STARTED"), [started("c1")], 0)
    outcomes = it.name("OUTCOMES")
    rest = [right for right in _of_run(it) if right.name != outcomes]
    assert outcomes in await it.told("run", rest)
    told = await it.told("run", [*rest, *it.may(DESCRIBE=["OUTCOMES"])])
    assert f"WRITE on '{it.name('DEAD_LETTERS')}' and '{outcomes}'" in told
    await it.log_in(_of_run(it))
    with running("run", cwd=it.folder, settings=it.settings):
        await it.until("OUTCOMES")


async def test_an_export_of_outcomes_reads_them_alone(installation: Installation) -> None:
    it = installation
    outcome = b'{"contact_id": "c1"}'
    await publish(it.kafka.bootstrap, it.name("OUTCOMES"), [(b"anna", outcome)], 0)

    def export() -> tuple[int, str, str]:
        return run("export", "--outcomes", cwd=it.folder, settings=it.settings)

    await it.log_in(it.may(DESCRIBE=["OUTCOMES"]))
    code, lines, errors = export()
    assert (code, lines) == (1, "")
    assert f"Allow this user READ on each of {it.name('OUTCOMES')}" in errors
    await it.log_in(it.may(READ=["OUTCOMES"]))
    code, lines, errors = export()
    assert (code, len(lines.splitlines())) == (0, 1), errors
