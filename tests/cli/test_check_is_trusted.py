"""Whatever `run` needs and has not is found by `check`; where it finds nothing, `run` starts."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from aiokafka import AIOKafkaConsumer
from typer.testing import CliRunner

from service.cli.app import app
from service.embedded_broker import LOOPBACK
from tests.brokers.apache_kafka import ApacheKafka, SaslUser, TlsFiles
from tests.brokers.certificates import make_certificates
from tests.brokers.rights import On, Operation, Right, allow, unsigned_token
from tests.brokers.topics import create_topic
from tests.cli.program import running, wait_until_ready
from tests.ports import free_port

pytestmark = pytest.mark.kafka

_ACLS: Final = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",
}
_EVENTS: Final = ("CONTACT_STARTED", "CONTACT_RESOLVED", "SURVEY_ANSWERED")
_COMPACTED: Final = ("CHANGELOG", "GROUP_REGISTER")
_KINDS: Final = (*_EVENTS, *_COMPACTED, "DEAD_LETTERS")


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def kafka(tls: TlsFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    directory = tmp_path_factory.mktemp("kafka-with-rights")
    user = SaslUser("nobody", "unused")
    nowhere = free_port()
    with ApacheKafka(
        directory, tls=tls, user=user, settings=_ACLS, proxy_ports=[nowhere]
    ) as broker:
        yield broker


@dataclass
class Installation:
    """A service with names of its own on the broker, and the folder it is started in."""

    kafka: ApacheKafka
    folder: Path
    settings: dict[str, str]

    def name(self, kind: str) -> str:
        return self.settings["KAFKA__GROUP" if kind == "GROUP" else f"TOPICS__{kind}"]

    def rights(self) -> list[Right]:
        """All that `run` needs on topics that are there."""
        topics = [
            *((Operation.READ, kind) for kind in (*_EVENTS, *_COMPACTED)),
            *((Operation.WRITE, kind) for kind in (*_COMPACTED, "DEAD_LETTERS")),
        ]
        return [
            *(Right(operation, On.TOPIC, self.name(kind)) for operation, kind in topics),
            Right(Operation.READ, On.GROUP, self.name("GROUP")),
        ]

    async def create_topics(self) -> None:
        for kind in _KINDS:
            await create_topic(
                self.kafka.bootstrap,
                self.name(kind),
                partitions=1 if kind == "GROUP_REGISTER" else 2,
                compacted=kind in _COMPACTED,
            )

    async def log_in(self, user: str, rights: list[Right]) -> None:
        """From now on as this user, who has these rights and no other."""
        await allow(self.kafka.bootstrap, user, rights)
        (self.folder / "token").write_text(unsigned_token(user))

    async def check(self, code: int, **settings: str) -> str:
        """What it says; within this process, as it is asked often."""
        given = {**self.settings, **settings}
        result = await asyncio.to_thread(
            CliRunner().invoke,
            app,
            ["check"],
            env={f"CONTACT_METRICS_{name}": value for name, value in given.items()},
        )
        assert result.exit_code == code, result.output
        return result.output

    def start(self, **settings: str) -> None:
        """`run`, until it is ready."""
        with running("run", cwd=self.folder, settings={**self.settings, **settings}) as program:
            program.wait_for('"serving"')
            wait_until_ready(f"http://{LOOPBACK}:{self.settings['HTTP__PORT']}")


@pytest.fixture
def installation(
    kafka: ApacheKafka, tls: TlsFiles, unique: Callable[[str], str], tmp_path: Path
) -> Installation:
    return Installation(
        kafka,
        tmp_path,
        {
            "KAFKA__BOOTSTRAP_SERVERS": kafka.sasl_bootstrap,
            "KAFKA__TLS": "true",
            "KAFKA__TLS_CA_FILE": str(tls.authority),
            "KAFKA__SASL_MECHANISM": "OAUTHBEARER",
            "KAFKA__OAUTH_TOKEN_FILE": str(tmp_path / "token"),
            "KAFKA__GROUP": unique("group"),
            "KAFKA__PARTITIONS": "2",
            "HTTP__HOST": LOOPBACK,
            "HTTP__PORT": str(free_port()),
            **{f"TOPICS__{kind}": unique(kind.lower()) for kind in _KINDS},
        },
    )


async def test_with_every_right_all_is_well_and_run_starts(
    installation: Installation, unique: Callable[[str], str]
) -> None:
    await installation.create_topics()
    await installation.log_in(unique("user"), installation.rights())
    output = await installation.check(0)
    assert "All is well" in output
    # That right is needed for nothing else, so nobody has to give it.
    assert "whether they are compacted is not told" in output
    assert "DESCRIBE_CONFIGS" in output
    installation.start()


async def test_each_right_that_is_missing_is_told_with_its_name(
    installation: Installation, unique: Callable[[str], str]
) -> None:
    await installation.create_topics()
    every = installation.rights()
    for number, missing in enumerate(every):
        user = f"{unique('user')}-{number}"
        await installation.log_in(user, [right for right in every if right != missing])
        lines = (await installation.check(1)).splitlines()
        told = [line for line in lines if missing.name in line and line.startswith("WRONG")]
        assert told, (missing, lines)
        # Without READ, a topic that is not written to is not even seen.
        wanted = (missing.operation.name, "missing topics", "may not see")
        assert any(word in line for line in lines for word in wanted), (missing, lines)


async def test_topics_that_the_service_may_create_are_well_and_run_starts(
    installation: Installation, unique: Callable[[str], str]
) -> None:
    create = Right(Operation.CREATE, On.CLUSTER, "kafka-cluster")
    await installation.log_in(unique("user"), [*installation.rights(), create])
    allowed = {"KAFKA__CREATE_TOPICS": "true"}
    assert "the service will create" in await installation.check(0, **allowed)
    assert "missing topics" in await installation.check(1), "check has created something"
    installation.start(**allowed)


async def test_topics_that_could_not_be_created_are_told(
    installation: Installation, unique: Callable[[str], str]
) -> None:
    allowed = {"KAFKA__CREATE_TOPICS": "true"}
    await installation.log_in(unique("user"), installation.rights())
    assert "Allow this user CREATE" in await installation.check(1, **allowed)
    create = Right(Operation.CREATE, On.CLUSTER, "kafka-cluster")
    await installation.log_in(unique("user"), [*installation.rights(), create])
    output = await installation.check(1, **allowed, KAFKA__REPLICATION_FACTOR="3")
    assert "Set kafka.replication_factor (now 3)" in output


async def test_a_right_that_is_missing_on_a_topic_yet_to_be_created_is_told(
    installation: Installation, unique: Callable[[str], str]
) -> None:
    create = Right(Operation.CREATE, On.CLUSTER, "kafka-cluster")
    every = installation.rights()
    await installation.log_in(unique("user"), [*every[1:], create])
    output = await installation.check(1, KAFKA__CREATE_TOPICS="true")
    assert f"topic {every[0].name}: may not be read" in output


async def test_a_session_time_out_that_the_broker_does_not_take_is_told_with_its_bounds(
    installation: Installation, unique: Callable[[str], str]
) -> None:
    await installation.create_topics()
    too_long = {"KAFKA__SESSION_TIMEOUT": "1h"}
    await installation.log_in(unique("user"), installation.rights())
    assert "group.max.session.timeout.ms" in await installation.check(1, **too_long)
    describe = Right(Operation.DESCRIBE_CONFIGS, On.CLUSTER, "kafka-cluster")
    await installation.log_in(unique("user"), [*installation.rights(), describe])
    assert 'kafka.session_timeout from "1s" to "1800s"' in await installation.check(1, **too_long)


async def test_a_group_with_consumers_of_another_kind_is_told(
    installation: Installation, unique: Callable[[str], str]
) -> None:
    await installation.create_topics()
    await installation.log_in(unique("user"), installation.rights())
    other = AIOKafkaConsumer(
        installation.name("CONTACT_STARTED"),
        bootstrap_servers=installation.kafka.bootstrap,
        group_id=installation.name("GROUP"),
    )
    async with other:
        output = await installation.check(1)
    assert "consumers of another kind are in it" in output


async def test_beside_a_worker_of_the_group_all_but_its_port_is_well(
    installation: Installation, unique: Callable[[str], str]
) -> None:
    await installation.create_topics()
    await installation.log_in(unique("user"), installation.rights())
    with running("run", cwd=installation.folder, settings=installation.settings) as program:
        program.wait_for('"serving"')
        wait_until_ready(f"http://{LOOPBACK}:{installation.settings['HTTP__PORT']}")
        output = await installation.check(1)
        assert output.count("WRONG") == 1
        assert "another program listens there" in output
        await installation.check(0, HTTP__PORT=str(free_port()))
        assert "partitions ready" in program.said()
        assert program.said().count("partitions ready") == 1, "check has disturbed the group"


async def test_a_broker_that_cannot_be_reached_where_it_says_it_is_is_told(
    installation: Installation,
) -> None:
    (through,) = installation.kafka.proxied
    nowhere = f"{LOOPBACK}:{next(iter(installation.kafka._proxies.values()))}"
    settings = {
        name: value
        for name, value in installation.settings.items()
        if not name.startswith(("KAFKA__TLS", "KAFKA__SASL", "KAFKA__OAUTH"))
    }
    plain = Installation(installation.kafka, installation.folder, settings)
    # Named as one to reach first or not: it has partitions that nobody else has.
    for servers in (through, f"{nowhere},{through}"):
        output = await plain.check(1, KAFKA__BOOTSTRAP_SERVERS=servers)
        wrong = f"WRONG   broker {nowhere}: nothing listens there; the cluster tells this address"
        assert wrong in output
        assert "advertised.listeners" in output


async def test_an_address_for_http_that_cannot_be_had_is_told(installation: Installation) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        output = await installation.check(1, HTTP__PORT=str(port))
        assert f"http {LOOPBACK}:{port}: another program listens there" in output
    assert "cannot be listened on" in await installation.check(1, HTTP__HOST="192.0.2.1")
