"""A group that is started again with other settings keeps what it has counted, and says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import structlog

from service.cli.preflight.changes import CONSEQUENCES, changes
from service.definitions import DAY, HOUR, SECOND, Calendar, Definitions, Sla, Targets, Window
from service.events.decoding import Decoder
from service.partition.engine import Engine
from service.store.settings_told import told, written
from service.streaming.config import KafkaConfig
from service.streaming.service import StreamService
from tests.streaming.harness import config, eventually, publish
from tests.streaming.toy import ToyEngine

pytestmark = pytest.mark.broker

BEGAN = datetime.now(UTC) - timedelta(hours=2)
CONTACTS = 60
FORMER = Definitions(sla=Sla(default=Targets(60 * SECOND, HOUR)))
EVERY = replace(
    FORMER,
    allowed_labels={"queue": frozenset({"q"})},
    calendars={"office": Calendar("UTC", (((0, DAY),),) * 7)},
    queue_calendars={"q": "office"},
    agents=True,
)
#: A first response within a minute was in time; now only one within five seconds is.
NOW = replace(
    FORMER,
    sla=Sla(default=Targets(5 * SECOND, HOUR)),
    windows=(*FORMER.windows, Window("90d", 90 * DAY, HOUR)),
)


@asynccontextmanager
async def running(settings: KafkaConfig, definitions: Definitions) -> AsyncIterator[StreamService]:
    service = StreamService(
        settings,
        {"contacts": lambda: Engine(definitions, agreed_labels=True)},
        Decoder(65_536, 300_000_000),
        written(definitions),
    )
    await service.start()
    try:
        await eventually(lambda: service.ready()[0], "ready")
        yield service
    finally:
        await service.stop()


async def counted(service: StreamService, name: str) -> Counter[tuple[str, ...]]:
    """The values of a series that are not 0, by its labels, added up over partitions."""
    values: Counter[tuple[str, ...]] = Counter()
    for _, snapshot in await service.snapshots(5.0):
        family = snapshot.families[name]
        for labels, value in zip(family.labels, family.values.tolist(), strict=False):
            values[labels] += value
    return +values


async def publish_contacts(bootstrap: str, settings: KafkaConfig) -> None:
    """Each was answered after half a minute, and resolved after one."""
    started: list[tuple[bytes, bytes]] = []
    resolved: list[tuple[bytes, bytes]] = []
    for number in range(CONTACTS):
        at = BEGAN + timedelta(seconds=number)
        ids = {"contact_id": "c", "customer_id": f"k{number}"}
        key = ids["customer_id"].encode()
        started.append((key, orjson.dumps({**ids, "started_at": at, "channel": "voice"})))
        end = {
            "resolved_at": at + timedelta(seconds=60),
            "first_response_at": at + timedelta(seconds=30),
        }
        resolved.append((key, orjson.dumps({**ids, **end})))
    # Otherwise they could be taken for unresolved first.
    await publish(bootstrap, settings.topics["contact-resolved"], resolved)
    await publish(bootstrap, settings.topics["contact-started"], started)


def test_of_every_setting_is_told_what_follows_from_a_change() -> None:
    assert {setting.partition(".")[0] for setting in told(EVERY)} == CONSEQUENCES.keys()


async def test_of_what_another_release_knows_is_told_that_it_is_not_known_here(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    service = StreamService(
        settings, {"contacts": ToyEngine}, Decoder(65_536, 0), b'{"of_tomorrow": "1d"}'
    )
    await service.start()
    try:
        await eventually(lambda: service.ready()[0], "ready")
        findings = [finding async for finding in changes(settings, {})]
    finally:
        await service.stop()
    assert [it.what for it in findings] == ["of_tomorrow changes for the group: 1d -> none"]
    assert "not known to this release" in findings[0].remedy


async def test_a_restart_with_other_settings_keeps_counters_and_says_before_and_after_what_changes(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=2)
    met = ("voice", "none", "first_response", "met")
    async with running(settings, FORMER) as service:
        await publish_contacts(bootstrap, settings)

        async def all_are_final() -> bool:
            return (await counted(service, "cx_sla_contacts_total"))[met] == CONTACTS

        await eventually(all_are_final, "every contact judged")
        before = await counted(service, "cx_sla_contacts_total")
        digest = service.pipeline().definitions

    foretold = [finding async for finding in changes(settings, told(NOW))]
    assert all(finding.well and finding.remedy for finding in foretold)
    assert [finding.what.split()[0] for finding in foretold] == [
        "windows",
        "sla.default.first_response",
    ]

    with structlog.testing.capture_logs() as logs:
        async with running(settings, NOW) as service:
            assert await counted(service, "cx_sla_contacts_total") == before
            revised = await counted(service, "cx_revised_total")
            gauge = await counted(service, "cx_window_sla_contacts")
            assert service.pipeline().definitions != digest
    assert revised["sla", "settings"] == CONTACTS
    assert gauge["voice", "none", "first_response", "breached", "24h"] == CONTACTS
    assert gauge[*met, "24h"] == 0
    (said,) = [entry for entry in logs if entry["event"].startswith("settings have changed")]
    assert said["log_level"] == "info"
    assert said["partitions"] == [0, 1]
    assert said["changes"]["sla.default.first_response"] == "1m -> 5s"

    (nothing,) = [finding async for finding in changes(settings, told(NOW))]
    assert "as the group makes them" in nothing.what
    # Once more: it is not told again, and nothing is revised twice.
    with structlog.testing.capture_logs() as logs:
        async with running(settings, NOW) as service:
            assert await counted(service, "cx_sla_contacts_total") == before
            assert await counted(service, "cx_revised_total") == revised
    assert not [entry for entry in logs if entry["event"].startswith("settings have changed")]
