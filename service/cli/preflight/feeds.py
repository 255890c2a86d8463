"""Whether `contact-metrics map` can read what feeds are of, and write what they make."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping

from aiokafka.admin import AIOKafkaAdminClient

from service.cli.preflight.finding import Finding
from service.cli.preflight.group import may_join
from service.cli.preflight.rights import may_read, may_write, numbers_producers
from service.streaming.errors import StreamError
from service.streaming.mapping.config import StageConfig
from service.streaming.mapping.inputs import PROTOCOL
from service.streaming.mapping.topics import (
    create_outputs,
    inputs_there,
    missing_outputs,
    output_partitions,
)
from service.streaming.registry.config import RegistryConfig
from service.streaming.registry.requests import AwayError, NoSchemaError, Registry
from service.streaming.topics import partition_counts


async def examine_feeds(
    admin: AIOKafkaAdminClient, config: StageConfig, unread: Mapping[str, str]
) -> AsyncIterator[Finding]:
    """Topics and rights. `unread`: topics that `run` does not read, and the setting for each."""
    has_rights = await numbers_producers(admin)
    counts = await partition_counts(admin)
    try:
        new = missing_outputs(config, counts)
        if has_rights:
            await create_outputs(admin, config, counts, only_try=True)
        if new:
            what = f"feeds: not there yet, map will create: {', '.join(new)}"
            yield Finding(True, what, certain=has_rights)
        else:
            partitions = output_partitions(config, counts)
            for group in config.groups:
                number = partitions[group[0]]
                yield Finding(True, f"feeds: {', '.join(group)}: {number} partitions each")
    except StreamError as error:
        what, _, remedy = str(error).partition(". ")
        yield Finding(False, f"feeds: {what}", remedy)
    for finding in _unread(config, unread):
        yield finding
    missing = sorted(set(config.inputs) - inputs_there(config, counts))
    if missing:
        yield Finding(
            True,
            f"feeds: not there: {', '.join(missing)} (or this user may not see them)",
            "Correct the feeds' topic where it is misspelt; else map waits until it is there.",
            certain=False,
        )
    if has_rights:
        async for finding in may_read(admin, config.inputs):
            yield finding
        async for finding in may_write(admin, config.outputs):
            yield finding
        yield await may_join(admin, config.kafka, PROTOCOL)


def _unread(config: StageConfig, unread: Mapping[str, str]) -> Iterator[Finding]:
    for _, topic in config.kafka.event_topics:
        if topic in unread:
            yield Finding(
                True,
                f"feeds: they make events for {topic}, which run does not read",
                f"Set {unread[topic]}, or leave those feeds out.",
                certain=False,
            )


async def examine_registry(config: RegistryConfig) -> Finding:
    """Whether it answers, and lets us in."""
    registry = Registry(config)
    try:
        await registry.open()
        await registry.answers()
    except (AwayError, NoSchemaError) as error:
        what, _, remedy = str(error).partition(": ")
        return Finding(False, f"schema registry: {what}", f"{remedy or 'Mend that'}.")
    except StreamError as error:
        return Finding(False, f"schema registry: {error}")
    finally:
        await registry.close()
    return Finding(True, f"schema registry {config.url} answers")
