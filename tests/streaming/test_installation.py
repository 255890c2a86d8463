"""A changelog is one installation's: strangers are refused before they touch anything."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import compress, product

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from service.cli.preflight import inspect
from service.streaming import topic_watch
from service.streaming.config import KafkaConfig
from service.streaming.epochs import CLAIM_KEY
from service.streaming.errors import StreamError
from service.streaming.installation import REGISTERED_AS, Installation
from service.streaming.register import Register
from service.streaming.topics import prepare_topics
from tests.brokers.topics import create_topic
from tests.patience import PATIENCE_S
from tests.streaming.harness import config, eventually, make, publish, read_all, running, started
from tests.streaming.test_ownership import write_late

_TOPICS = {"contact-started": "s", "contact-resolved": "r", "survey-answered": "a"}
_OURS = Installation("group", "cluster", _TOPICS, 4, register="register")


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (Installation("others", "cluster", _TOPICS, 4), "the group 'others'"),
        (Installation("group", "elsewhere", _TOPICS, 4), "in the cluster elsewhere"),
        (Installation("group", "cluster", {**_TOPICS, "contact-started": "x"}, 4), "on x, r, a"),
        (Installation("group", "cluster", _TOPICS, 2), "have 4 partitions and had 2"),
        (
            Installation("group", "cluster", _TOPICS, 4, register="another"),
            "in the register topic 'another', and not in 'register'",
        ),
    ],
)
def test_a_claim_of_another_installation_is_refused_by_name(
    other: Installation, words: str
) -> None:
    with pytest.raises(StreamError, match=words):
        _OURS.check(other.written(), "t", None)


@pytest.mark.parametrize(
    "former",
    [
        None,
        b"",
        _OURS.written(),
        # A type that is switched on or off is a change of settings.
        Installation("group", "cluster", {"contact-started": "s"}, 4).written(),
        Installation("group", "cluster", {**_TOPICS, "contact-responded": "d"}, 4).written(),
    ],
)
def test_a_claim_of_ours_or_of_the_last_release_is_taken(former: bytes | None) -> None:
    _OURS.check(former, "t", None)


@pytest.mark.parametrize("former", [b"x", b"{}", b'{"group":1}', b"\xff"])
def test_a_claim_that_says_nothing_sensible_is_refused(former: bytes) -> None:
    with pytest.raises(StreamError, match="cannot be read"):
        _OURS.check(former, "t", None)


def test_another_number_of_partitions_is_taken_when_told_to() -> None:
    former = Installation("group", "cluster", _TOPICS, 2).written()
    _OURS.check(former, "t", 4)
    with pytest.raises(StreamError, match="accept_partitions = 4"):
        _OURS.check(former, "t", 8)


@pytest.mark.broker
@pytest.mark.parametrize("what", ["group", "topics", "group and register"])
async def test_a_stranger_on_the_changelog_is_refused_and_the_owner_never_notices(
    bootstrap: str, unique: Callable[[str], str], what: str
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    stranger = settings
    if "group" in what:
        stranger = replace(stranger, group_id=unique("other-group"))
    if "topics" in what:
        topics = {type_: f"other-{topic}" for type_, topic in settings.topics.items()}
        stranger = replace(stranger, topics=topics)
    if "register" in what:
        stranger = replace(stranger, register_topic=unique("other-register"))
    async with running(settings) as owner:
        await publish(bootstrap, settings.topics["contact-started"], [started("c1")])
        await owner.until_contacts(1)
        log = await read_all(bootstrap, settings.changelog_topic, 1)
        with pytest.raises(StreamError, match="holds the state of another installation") as told:
            await run_to_its_end(stranger)
        assert settings.group_id in str(told.value)
        findings = [finding async for finding in inspect(stranger, {})]
        assert any("another installation" in finding.what for finding in findings)
        assert len(await read_all(bootstrap, settings.changelog_topic, 1)) == len(log)
        assert len(owner.engines) == 1
        await eventually(lambda: owner.service.ready()[0], "ready")


@pytest.mark.broker
@pytest.mark.parametrize("what", ["another changelog", "a swapped one", "another topic, not made"])
async def test_a_worker_of_the_group_with_other_topics_is_refused_before_it_joins(
    bootstrap: str, unique: Callable[[str], str], what: str
) -> None:
    settings = replace(
        config(bootstrap, unique, partitions=1),
        agent_topics={"agent-employed": unique("employed")},
        agents_changelog_topic=unique("agents-changelog"),
    )
    other = replace(settings, changelog_topic=unique("other-changelog"))
    if what == "a swapped one":
        other = replace(
            settings,
            changelog_topic=settings.agents_changelog_topic,
            agents_changelog_topic=settings.changelog_topic,
        )
    if what == "another topic, not made":
        topics = {**settings.topics, "survey-answered": unique("answers")}
        other = replace(settings, topics=topics)
    installation = await prepare_topics(settings)
    register = Register(settings, lambda _: None)
    await register.start()
    await register.put(REGISTERED_AS, value=installation.written())
    await register.stop()
    findings = [finding async for finding in inspect(other, {})]
    words = "keeps its state in|holds the state of another"
    assert any(re.search(words, finding.what) for finding in findings if not finding.well)
    with pytest.raises(StreamError, match=words):
        await make(other).service.start()


@pytest.mark.broker
async def test_a_worker_with_another_register_is_refused_before_it_joins(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    other = replace(settings, register_topic=unique("other-register"))
    async with running(settings) as owner:
        await publish(bootstrap, settings.topics["contact-started"], [started("c1")])
        await owner.until_contacts(1)
    words = f"{settings.register_topic}.*not in.*{other.register_topic}.*topics.group_register"
    with pytest.raises(StreamError, match=words):
        await make(other).service.start()
    findings = [finding async for finding in inspect(other, {})]
    assert any("agrees on label values in" in it.what for it in findings if not it.well)
    async with running(settings) as owner:
        assert await owner.live_contacts() == 1


@pytest.mark.broker
async def test_the_check_looks_at_both_changelogs(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    async with running(settings):
        pass
    stranger = replace(
        config(bootstrap, unique, partitions=1),
        agent_topics={"agent-employed": unique("employed")},
        agents_changelog_topic=settings.changelog_topic,
    )
    findings = [finding async for finding in inspect(stranger, {})]
    assert any("another installation" in finding.what for finding in findings)


@pytest.mark.broker
async def test_the_check_takes_whichever_topics_are_there_already(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    for number, are_there in enumerate(product((False, True), repeat=3)):
        own = partial(lambda number, name: unique(f"{name}-{number}"), number)
        settings = config(bootstrap, own, partitions=1)
        state = settings.register_topic, settings.changelog_topic
        for topic in compress((*state, settings.topics["contact-started"]), are_there):
            await create_topic(bootstrap, topic, compacted=topic in state)
        findings = [finding async for finding in inspect(settings, {})]
        assert [finding.what for finding in findings if not finding.well] == [], are_there


@pytest.mark.broker
async def test_claims_of_the_last_release_are_replaced_once(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    async with running(settings):
        pass
    await write_late(settings, 2, [(CLAIM_KEY, b"")])
    async with running(settings):
        pass
    claims = [
        record.value
        for record in await read_all(bootstrap, settings.changelog_topic, 1)
        if record.key == CLAIM_KEY
    ]
    assert claims[1] == b""
    assert claims[0] == claims[2] != b""


@pytest.mark.kafka
async def test_partitions_added_while_running_end_the_service_until_they_are_accepted(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic_watch, "_INTERVAL_SECONDS", 1.0)
    settings = config(bootstrap, unique, partitions=2)
    started_topic = settings.topics["contact-started"]
    async with running(settings) as stream:
        await publish(bootstrap, started_topic, (started(f"c{i}", f"k{i}") for i in range(50)))
        await stream.until_contacts(50)
        await grow(settings, 4, [started_topic])
        with pytest.raises(StreamError, match=f"{started_topic} has 4 and had 2"):
            await asyncio.wait_for(stream.service.wait(), PATIENCE_S)
    with pytest.raises(StreamError, match="unequal partition counts"):
        await make(settings).service.start()
    others = [topic for topic in settings.topics.values() if topic != started_topic]
    await grow(settings, 4, [*others, settings.changelog_topic])
    with pytest.raises(StreamError, match=r"have 4 partitions and had 2.*accept_partitions = 4"):
        await make(settings).service.start()
    findings = [finding async for finding in inspect(settings, {})]
    assert any("keys have moved" in finding.what for finding in findings if not finding.well)
    async with running(replace(settings, accepted_partitions=4)) as stream:
        assert await stream.live_contacts() == 50
        assert await stream.partitions() == {0, 1, 2, 3}
    # It is known now.
    async with running(settings) as stream:
        assert await stream.live_contacts() == 50


@pytest.mark.kafka
@pytest.mark.parametrize("kind", ["event topic", "changelog"])
async def test_a_topic_deleted_while_running_ends_the_service(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(topic_watch, "_INTERVAL_SECONDS", 1.0)
    settings = config(bootstrap, unique, partitions=2)
    topic = settings.changelog_topic if kind == "changelog" else settings.topics["survey-answered"]
    async with running(settings) as stream:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        await admin.delete_topics([topic])
        await admin.close()
        with pytest.raises(StreamError, match=f"deleted while running.*{topic}"):
            await asyncio.wait_for(stream.service.wait(), PATIENCE_S)


async def run_to_its_end(settings: KafkaConfig) -> None:
    service = make(settings).service
    await service.start()
    try:
        await asyncio.wait_for(service.wait(), PATIENCE_S)
    finally:
        await service.stop()


async def grow(settings: KafkaConfig, partitions: int, topics: list[str]) -> None:
    """Give the topics so many partitions, and wait until the broker tells them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        wanted = {topic: NewPartitions(partitions) for topic in topics}
        await admin.create_partitions(wanted)

        async def told() -> bool:
            described = await admin.describe_topics(topics)
            return all(len(it["partitions"]) == partitions for it in described)

        await eventually(told, f"{partitions} partitions")
    finally:
        await admin.close()
