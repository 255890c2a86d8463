"""What is checked before the stream begins, and how it says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from aiokafka.admin import NewTopic

from service.cli.preflight import inspect
from service.streaming.config import TopicCreation
from service.streaming.errors import StreamError
from service.streaming.topics import prepare_topics
from tests.brokers.topics import create_topic, create_topics
from tests.ports import free_port
from tests.streaming.harness import config, make


@pytest.mark.broker
async def test_missing_topics_are_created_if_that_is_allowed(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = replace(config(bootstrap, unique), creation=TopicCreation(partitions=3))
    assert (await prepare_topics(settings)).partitions == 3
    # Now they are there.
    assert (await prepare_topics(replace(settings, creation=None))).partitions == 3


@pytest.mark.broker
async def test_new_topics_get_the_partition_count_of_those_that_exist(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    await create_topic(bootstrap, settings.topics["contact-resolved"], 6)
    assert (await prepare_topics(settings)).partitions == 6


@pytest.mark.broker
async def test_missing_topics_are_named(bootstrap: str, unique: Callable[[str], str]) -> None:
    settings = replace(config(bootstrap, unique), creation=None)
    with pytest.raises(StreamError, match="missing topics") as caught:
        await prepare_topics(settings)
    for topic in (*settings.topics.values(), settings.changelog_topic, settings.dead_letter_topic):
        assert topic in str(caught.value)


@pytest.mark.broker
async def test_asking_for_missing_topics_does_not_create_them(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = replace(config(bootstrap, unique), creation=None)
    for _ in range(2):
        with pytest.raises(StreamError, match="missing topics"):
            await prepare_topics(settings)


@pytest.mark.broker
async def test_unequal_partition_counts_are_named(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    await create_topic(bootstrap, settings.topics["contact-started"], 2)
    await create_topic(bootstrap, settings.topics["survey-answered"], 3)
    with pytest.raises(StreamError, match="unequal partition counts") as caught:
        await prepare_topics(settings)
    assert f"{settings.topics['contact-started']} has 2" in str(caught.value)
    assert f"{settings.topics['survey-answered']} has 3" in str(caught.value)


@pytest.mark.broker
async def test_a_changelog_with_another_partition_count_is_named(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=2)
    await create_topic(bootstrap, settings.changelog_topic, 3)
    with pytest.raises(StreamError, match="unequal partition counts"):
        await prepare_topics(settings)


@pytest.mark.broker
async def test_nothing_is_created_beside_topics_that_do_not_fit_together(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    await create_topic(bootstrap, settings.topics["contact-started"], 2)
    await create_topic(bootstrap, settings.topics["survey-answered"], 3)
    with pytest.raises(StreamError, match="unequal partition counts"):
        await prepare_topics(settings)
    with pytest.raises(StreamError, match="missing topics"):
        await prepare_topics(replace(settings, creation=None))


@pytest.mark.broker
async def test_a_check_warns_of_topics_that_the_service_would_not_start_with(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique)
    await create_topic(bootstrap, settings.topics["contact-started"], 2)
    await create_topic(bootstrap, settings.topics["survey-answered"], 3)
    findings = [finding async for finding in inspect(settings, {})]
    assert ["unequal partition counts" in f.what for f in findings if not f.well] == [True]


async def test_an_unreachable_broker_is_one_clear_error(unique: Callable[[str], str]) -> None:
    bootstrap = f"127.0.0.1:{free_port()}"
    with pytest.raises(StreamError, match=f"no Kafka broker answers at {bootstrap}"):
        await make(config(bootstrap, unique)).service.start()


@pytest.mark.kafka
async def test_a_changelog_that_is_not_compacted_is_refused(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    await create_topics(
        bootstrap,
        NewTopic(settings.changelog_topic, 1, 1, topic_configs={"cleanup.policy": "delete"}),
    )
    with pytest.raises(StreamError, match=r"cleanup\.policy=delete"):
        await prepare_topics(settings)


@pytest.mark.kafka
async def test_a_compacted_topic_of_dead_letters_is_refused_and_one_of_events_is_told(
    bootstrap: str, unique: Callable[[str], str]
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    events = settings.topics["contact-started"]
    await create_topic(bootstrap, events, compacted=True)
    await prepare_topics(settings)
    findings = [finding async for finding in inspect(settings, {})]
    assert [events in finding.what for finding in findings if not finding.well] == [True]
    others = replace(settings, dead_letter_topic=unique("somebody-s-state"))
    await create_topic(bootstrap, others.dead_letter_topic, compacted=True)
    with pytest.raises(StreamError, match="somebody's state"):
        await prepare_topics(others)
