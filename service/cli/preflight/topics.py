"""Whether the topics are there, alike in their partitions, and the changelog compacted."""

from __future__ import annotations

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from service.cli.preflight.finding import Finding
from service.streaming.config import KafkaConfig


async def partition_counts(
    admin: AIOKafkaAdminClient, config: KafkaConfig
) -> tuple[dict[str, int], list[Finding]]:
    """Partitions of each topic that is there, and what is wrong with the topics."""
    wanted = [*config.topics.values(), config.changelog_topic, config.dead_letter_topic]
    present: dict[str, int] = {}
    findings = []
    for topic in await admin.describe_topics():
        if topic["topic"] in wanted and not topic["error_code"]:
            present[topic["topic"]] = len(topic["partitions"])
    for topic in wanted:
        if topic in present:
            findings.append(Finding(True, f"topic {topic}: {present[topic]} partitions"))
        else:
            findings.append(_missing(topic, config))
    findings += _co_partitioned(present, config)
    if config.changelog_topic in present:
        findings.append(await _compacted(admin, config.changelog_topic))
    return present, findings


def _missing(topic: str, config: KafkaConfig) -> Finding:
    if config.creation is not None:
        return Finding(True, f"topic {topic}: not there; the service will create it")
    return Finding(
        False,
        f"topic {topic}: not there, or not to be seen by this user",
        "Create it, or set kafka.create_topics = true; or allow DESCRIBE on it.",
    )


def _co_partitioned(present: dict[str, int], config: KafkaConfig) -> list[Finding]:
    """The dead letters alone may differ: nobody joins them with anything."""
    joined = [*config.topics.values(), config.changelog_topic]
    counts = {topic: present[topic] for topic in joined if topic in present}
    if len(set(counts.values())) <= 1:
        return []
    listed = ", ".join(f"{topic} {count}" for topic, count in counts.items())
    return [
        Finding(
            False,
            f"the topics differ in their number of partitions: {listed}",
            "Give all of them the same number: a customer's events must share a partition number.",
        )
    ]


async def _compacted(admin: AIOKafkaAdminClient, topic: str) -> Finding:
    name = "cleanup.policy"
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, {name: None})
    try:
        (response,) = await admin.describe_configs([resource])
    except KafkaError as error:
        return Finding(True, f"topic {topic}: {name} is not told ({type(error).__name__})")
    code, _, _, _, entries = response.resources[0][:5]
    if code == TopicAuthorizationFailedError.errno:
        return Finding(True, f"topic {topic}: this user may not ask for its {name}")
    policy = {entry[0]: entry[1] for entry in entries}.get(name)
    if policy is None:
        return Finding(True, f"topic {topic}: {name} is not told by this broker")
    return Finding(
        policy == "compact",
        f"topic {topic}: {name} is {policy}",
        "" if policy == "compact" else f"Set it to compact: with {policy} the state can be lost.",
    )
