"""The topics the service needs: there, or created, and fitting together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    InvalidReplicationFactorError,
    KafkaError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)

from service.streaming.cleanup import are_compacted, check_policies, cleanup_policies
from service.streaming.copartitions import AGENTS
from service.streaming.diagnosis import why_unreachable
from service.streaming.errors import StreamError
from service.streaming.installation import Installation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.streaming.config import KafkaConfig, TopicCreation

log = structlog.get_logger(__name__)

#: Of the register, too.
CHANGELOG_SETTINGS: Final[Mapping[str, str]] = {
    "cleanup.policy": "compact",
    # Small segments and an eager cleaner: a restore reads little that is outdated.
    "segment.bytes": str(64 * 1024 * 1024),
    "segment.ms": str(3600 * 1000),
    "min.cleanable.dirty.ratio": "0.2",
    # Time for an owner to undo what a former owner wrote late (service.streaming.restore).
    "min.compaction.lag.ms": str(10 * 60 * 1000),
    # The broker tells its time with each acknowledgement (service.streaming.wall_clock).
    "message.timestamp.type": "LogAppendTime",
}
_CREATION_SECONDS: Final = 15.0
#: Two of them may be lost before the state is.
_USUAL_REPLICAS: Final = 3


async def prepare_topics(config: KafkaConfig) -> Installation:
    """Create what is missing, if that is allowed, and check the rest; what they make up.

    Raises StreamError with what is wrong and how to mend it.
    """
    admin = AIOKafkaAdminClient(**config.client_settings())
    try:
        await admin.start()
    except KafkaError as error:
        await admin.close()
        raise StreamError(await why_unreachable(config)) from error
    try:
        counts = await partition_counts(admin)
        if config.creation is not None:
            # What would not fit together is not begun.
            check_partitions(config, planned(config, config.creation, counts))
            await create_missing(admin, config, config.creation, counts)
            counts = await _wait_for_topics(admin, config)
        check_topics(config, counts)
        installation = await installed(admin, config, counts)
        policies = await cleanup_policies(admin, needed_topics(config))
        check_policies(policies, compacted_topics(config), config.dead_letter_topic)
        if unseen := [topic for topic in compacted_topics(config) if topic not in policies]:
            log.warning("whether these topics are compacted is not told", topics=unseen)
        if losing := are_compacted(policies, one_of_many(config)):
            log.warning(
                "these topics are compacted: the last record of each key is kept", topics=losing
            )
    except TimeoutError as error:
        raise StreamError(await why_unreachable(config)) from error
    except KafkaError as error:
        raise StreamError(
            f"the topics at {config.bootstrap} cannot be examined: {error}"
        ) from error
    finally:
        await admin.close()
    return installation


async def installed(
    admin: AIOKafkaAdminClient, config: KafkaConfig, counts: Mapping[str, int]
) -> Installation:
    """This installation, where its topics have so many partitions each."""
    cluster = (await admin.describe_cluster()).get("cluster_id") or ""
    topics = {str(type_): topic for type_, topic in config.event_topics}
    changelogs = {str(group.name): group.changelog_topic for group in config.groups.values()}
    of_contacts = counts[config.changelog_topic]
    of_agents = counts[changelogs[AGENTS]] if AGENTS in changelogs else 0
    register = config.register_topic
    return Installation(
        config.group_id, cluster, topics, of_contacts, of_agents, changelogs, register
    )


async def partition_counts(admin: AIOKafkaAdminClient) -> dict[str, int]:
    """How many partitions each topic of the cluster has."""
    # Asking for a topic by name can create it; asking for all of them cannot.
    described: list[dict[str, Any]] = await admin.describe_topics()
    return {topic["topic"]: len(topic["partitions"]) for topic in described}


def needed_topics(config: KafkaConfig) -> list[str]:
    """The names of all topics that the service reads or writes."""
    return [
        *(topic for _, topic in config.event_topics),
        *compacted_topics(config),
        *outcome_topics(config),
        config.dead_letter_topic,
    ]


def outcome_topics(config: KafkaConfig) -> list[str]:
    """The topic of outcomes, if any are told: written alone."""
    return [] if config.outcomes_topic is None else [config.outcomes_topic]


def one_of_many(config: KafkaConfig) -> list[str]:
    """Those in which a key has many records, of which each is needed."""
    return [*(topic for _, topic in config.event_topics), *outcome_topics(config)]


def compacted_topics(config: KafkaConfig) -> list[str]:
    """Those of them that hold state: read as well as written."""
    changelogs = [group.changelog_topic for group in config.groups.values()]
    return [*changelogs, config.register_topic]


def planned(
    config: KafkaConfig, creation: TopicCreation, counts: Mapping[str, int]
) -> dict[str, int]:
    """How many partitions the service's topics have once those missing in `counts` are created."""
    plan = dict.fromkeys(needed_topics(config), creation.partitions) | {config.register_topic: 1}
    for group in config.groups.values():
        # What exists decides: a new topic has to fit to it.
        there = (counts[topic] for topic in group.topics if topic in counts)
        plan |= dict.fromkeys(group.partitioned, next(there, creation.partitions))
    return {topic: counts.get(topic, planned) for topic, planned in plan.items()}


async def create_missing(
    admin: AIOKafkaAdminClient,
    config: KafkaConfig,
    creation: TopicCreation,
    counts: Mapping[str, int],
    *,
    only_try: bool = False,
) -> None:
    """Create the topics that `counts` lacks; `only_try`: ask the broker whether it would.

    Raises StreamError.
    """
    plan = planned(config, creation, counts)
    replicas = await replication(admin, creation)
    missing = [
        NewTopic(
            topic,
            plan[topic],
            replicas,
            topic_configs=_settings(config, topic),
        )
        for topic in needed_topics(config)
        if topic not in counts
    ]
    await create(admin, missing, only_try=only_try)


def _settings(config: KafkaConfig, topic: str) -> dict[str, str]:
    return dict(CHANGELOG_SETTINGS) if topic in compacted_topics(config) else {}


async def create(
    admin: AIOKafkaAdminClient, missing: Sequence[NewTopic], *, only_try: bool = False
) -> None:
    """Create these topics; `only_try`: ask the broker whether it would. Raises StreamError."""
    if not missing:
        return
    wanted = {topic.name: topic for topic in missing}
    response = await admin.create_topics(missing, validate_only=only_try)
    for topic, code, *message in response.topic_errors:
        error = for_code(code)
        if error is TopicAlreadyExistsError and only_try:
            raise StreamError(
                f"the topic {topic!r} exists, and this user may not see it. Allow this user"
                " DESCRIBE on it, which READ and WRITE bring with them"
            )
        # What exists may be another worker's work, done meanwhile.
        if code and error is not TopicAlreadyExistsError:
            raise StreamError(
                f"the topic {topic!r} cannot be created:"
                f" {_why_not_created(error, message, wanted[topic])}"
            )
        if not only_try:
            log.info("topic created", topic=topic, partitions=wanted[topic].num_partitions)


def _why_not_created(
    error: type[KafkaError], message: Sequence[str | None], topic: NewTopic
) -> str:
    by_hand = f"create it by hand with {topic.num_partitions} partitions"
    if issubclass(error, TopicAuthorizationFailedError | ClusterAuthorizationFailedError):
        return f"this user may not. Allow this user CREATE on it or on the cluster, or {by_hand}"
    reason = next(filter(None, message), error.__name__).rstrip(".")
    if error is InvalidReplicationFactorError:
        replicas = topic.replication_factor
        return f"{reason}. Set kafka.replication_factor (now {replicas}), or {by_hand}"
    return f"{reason}. Mend that, or {by_hand}"


async def replication(admin: AIOKafkaAdminClient, creation: TopicCreation) -> int:
    """How many copies a topic gets that is created."""
    if creation.replication_factor is not None:
        return creation.replication_factor
    # The broker's own default cannot be asked for: aiokafka takes no -1.
    cluster = await admin.describe_cluster()
    return min(_USUAL_REPLICAS, len(cluster["brokers"]))


async def _wait_for_topics(admin: AIOKafkaAdminClient, config: KafkaConfig) -> dict[str, int]:
    deadline = asyncio.get_running_loop().time() + _CREATION_SECONDS
    while True:
        counts = await partition_counts(admin)
        if all(counts.get(topic) for topic in needed_topics(config)):
            return counts
        if asyncio.get_running_loop().time() > deadline:
            return counts
        await asyncio.sleep(0.1)


def check_topics(config: KafkaConfig, counts: Mapping[str, int]) -> None:
    """Raises StreamError where topics are missing or do not fit."""
    missing = [topic for topic in needed_topics(config) if not counts.get(topic)]
    if missing:
        compacted = " and ".join(repr(topic) for topic in compacted_topics(config))
        apart = ", those of agents among themselves" if len(config.groups) > 1 else ""
        raise StreamError(
            f"missing topics: {', '.join(missing)} (or this user may not see them). Create them,"
            f" {config.register_topic!r} with one partition, all others but the dead-letter topic"
            f" with the same number of them{apart}, and {compacted} with cleanup.policy=compact;"
            " or set kafka.create_topics = true"
        )
    check_partitions(config, counts)


def check_partitions(config: KafkaConfig, counts: Mapping[str, int]) -> None:
    """Raises StreamError unless the topics, with so many partitions each, fit together."""
    for group in config.groups.values():
        require_equal(group.partitioned, counts)
    if counts[config.register_topic] != 1:
        raise StreamError(
            f"the register topic {config.register_topic!r} has {counts[config.register_topic]}"
            " partitions: it needs one alone, because its order decides. Recreate it"
        )


def require_equal(topics: Sequence[str], counts: Mapping[str, int]) -> None:
    """Raises StreamError unless all of these have as many partitions."""
    if len({counts[topic] for topic in topics}) > 1:
        listed = ", ".join(f"{topic} has {counts[topic]}" for topic in topics)
        raise StreamError(
            f"unequal partition counts: {listed}. All of them need the same number, because"
            " partition n of each belongs together: recreate those that differ"
        )
