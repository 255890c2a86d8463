"""A registry that answers is believed; one that does not is waited for, and told of."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import trustme

from service.cli.preflight import examine_registry
from service.feeds.schemas import Schema, SchemaRef
from service.streaming.registry import schemas as module
from service.streaming.registry.config import RegistryConfig
from service.streaming.registry.requests import Registry
from service.streaming.registry.schemas import Schemas
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.streaming.harness import eventually
from tests.streaming.registry.server import FakeRegistry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

TICKET = {"type": "record", "name": "x.Ticket", "fields": [{"name": "id", "type": "string"}]}


@pytest.fixture
async def registry() -> AsyncIterator[FakeRegistry]:
    async with FakeRegistry() as it:
        yield it


@asynccontextmanager
async def client(config: RegistryConfig) -> AsyncIterator[Schemas]:
    registry = Registry(config)
    await registry.open()
    schemas = Schemas(registry)
    try:
        yield schemas
    finally:
        await schemas.close()


def by_number(number: int) -> SchemaRef:
    return SchemaRef("id", str(number))


async def looked_up(schemas: Schemas, ref: SchemaRef) -> Schema:
    async with asyncio.timeout(PATIENCE_S):
        await schemas.look_up([ref])
    return schemas.known[ref]


async def test_a_schema_is_asked_for_once_however_many_wait_for_it(registry: FakeRegistry) -> None:
    number = registry.register("tickets", TICKET)
    registry.slow = 0.1
    async with client(RegistryConfig(registry.url)) as schemas:
        await asyncio.gather(*(schemas.look_up([by_number(number)]) for _ in range(20)))
        await schemas.look_up([by_number(number)])
        assert schemas.known[by_number(number)].problem is None
    assert registry.asked == {f"/schemas/ids/{number}": 1}


async def test_who_waits_no_more_takes_the_answer_from_nobody(registry: FakeRegistry) -> None:
    number = registry.register("tickets", TICKET)
    registry.slow = 0.2
    async with client(RegistryConfig(registry.url)) as schemas:
        impatient = asyncio.create_task(schemas.look_up([by_number(number)]))
        patient = asyncio.create_task(schemas.look_up([by_number(number)]))
        await asyncio.sleep(0.05)
        impatient.cancel()
        await patient
        assert schemas.known[by_number(number)].problem is None


async def test_what_a_schema_refers_to_is_fetched_with_it(registry: FakeRegistry) -> None:
    registry.register("ids/of all", {"type": "fixed", "name": "x.Id", "size": 2})
    registry.register(
        "tickets",
        {"type": "record", "name": "x.Ticket", "fields": [{"name": "id", "type": "x.Id"}]},
        (("x.Id", "ids/of all", 1),),
    )
    number = registry.register(
        "events",
        {
            "type": "record",
            "name": "x.Event",
            "fields": [{"name": "t", "type": "x.Ticket"}, {"name": "i", "type": "x.Id"}],
        },
        (("x.Ticket", "tickets", 1), ("x.Id", "ids/of all", 1)),
    )
    async with client(RegistryConfig(registry.url)) as schemas:
        assert (await looked_up(schemas, by_number(number))).problem is None
    assert sum(registry.asked.values()) == 3


async def test_a_circle_of_references_ends(registry: FakeRegistry) -> None:
    registry.register("a", TICKET, (("b", "b", 1),))
    number = registry.register("b", TICKET, (("a", "a", 1),))
    async with client(RegistryConfig(registry.url)) as schemas:
        await looked_up(schemas, by_number(number))
    assert sum(registry.asked.values()) <= 4


@pytest.mark.parametrize(
    "ref",
    [by_number(99), SchemaRef("guid", "6f9619ff-8b86-d011-b42d-00c04fc964ff")],
    ids=["number", "guid"],
)
async def test_what_the_registry_has_not_is_known_as_such_for_a_while(
    registry: FakeRegistry, ref: SchemaRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client(RegistryConfig(registry.url)) as schemas:
        assert (await looked_up(schemas, ref)).problem
        assert (await looked_up(schemas, ref)).problem
        assert sum(registry.asked.values()) == 1
    monkeypatch.setattr(module, "UNKNOWN_SECONDS", 0.0)
    async with client(RegistryConfig(registry.url)) as schemas:
        number = 1
        assert (await looked_up(schemas, by_number(number))).problem
        assert registry.register("tickets", TICKET) == number
        assert (await looked_up(schemas, by_number(number))).problem is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b'{"error_code": 50001}'),
        (503, b""),
        (429, b'{"error_code": 42901}'),
        (401, b'{"error_code": 401}'),
        (302, b""),
        (404, b"<html>no such page</html>"),
        (200, b"<html>welcome</html>"),
        (200, b"[]"),
        (200, b'{"schema": 1}'),
        (200, b'{"schema": "\xff"}'),
    ],
)
async def test_what_is_no_answer_is_waited_out(
    registry: FakeRegistry,
    status: int,
    body: bytes,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_FIRST_RETRY_SECONDS", 0.01)
    number = registry.register("tickets", TICKET)
    registry.status, registry.body = status, body
    async with client(RegistryConfig(registry.url, "user", "very secret")) as schemas:
        looking_up = asyncio.create_task(schemas.look_up([by_number(number)]))
        await eventually(lambda: sum(registry.asked.values()) >= 3, "asked again")
        assert schemas.waited_seconds > 0
        assert by_number(number) not in schemas.known
        registry.status, registry.body = 200, None
        await looking_up
        assert schemas.waited_seconds == 0
        assert schemas.known[by_number(number)].problem is None
    assert "very secret" not in caplog.text
    assert "/elsewhere" not in registry.asked


async def test_a_registry_that_is_not_there_yet_is_waited_for(registry: FakeRegistry) -> None:
    number = registry.register("tickets", TICKET)
    await registry.stop()
    async with client(RegistryConfig(registry.url)) as schemas:
        looking_up = asyncio.create_task(schemas.look_up([by_number(number)]))
        await eventually(lambda: schemas.waited_seconds > 0, "it waits")
        await registry.start()
        await looking_up
        assert schemas.known[by_number(number)].problem is None


async def test_an_answer_without_end_is_no_schema_and_takes_no_memory(
    registry: FakeRegistry,
) -> None:
    registry.body = b'{"schema": "' + b"x" * 20_000_000
    async with client(RegistryConfig(registry.url)) as schemas:
        assert "larger" in str((await looked_up(schemas, by_number(1))).problem)


async def test_the_login_is_given_and_never_shown() -> None:
    async with FakeRegistry(login=("kolja", "geheim: ü")) as registry:
        number = registry.register("tickets", TICKET)
        config = RegistryConfig(registry.url, "kolja", "geheim: ü")
        assert "geheim" not in repr(config)
        async with client(config) as schemas:
            assert (await looked_up(schemas, by_number(number))).problem is None


async def test_tls_trusts_the_given_authority_only(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    registry = FakeRegistry()
    number = registry.register("tickets", TICKET)
    await registry.start(context)
    try:
        async with client(RegistryConfig(registry.url, ca_file=tmp_path / "ca.pem")) as schemas:
            assert (await looked_up(schemas, by_number(number))).problem is None
        async with client(RegistryConfig(registry.url)) as schemas:
            looking_up = asyncio.create_task(schemas.look_up([by_number(number)]))
            await eventually(lambda: schemas.waited_seconds > 0, "refused, and waited")
            looking_up.cancel()
    finally:
        await registry.stop()


async def test_why_it_cannot_be_reached_is_told_in_words() -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    over_tls = FakeRegistry()
    await over_tls.start(context)
    try:
        async with FakeRegistry() as plain:
            for url, why in (
                (f"http://localhost:{free_port()}", "Connection refused"),
                ("http://registry.invalid", "its name is not known"),
                (over_tls.url, "its certificate is not one of an authority"),
                (plain.url.replace("http:", "https:"), "it does not speak TLS"),
            ):
                finding = await examine_registry(RegistryConfig(url))
                assert f"{url} cannot be reached ({why}" in finding.what
                assert "registry.url" in (finding.remedy or "")
    finally:
        await over_tls.stop()


async def test_a_close_ends_all_waiting(registry: FakeRegistry) -> None:
    registry.status = 503
    async with client(RegistryConfig(registry.url)) as schemas:
        looking_up = asyncio.create_task(schemas.look_up([by_number(1)]))
        await eventually(lambda: schemas.waited_seconds > 0, "it waits")
    with pytest.raises(asyncio.CancelledError):
        await looking_up
