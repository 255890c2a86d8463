"""What Kafka deletes of the service's topics: whether it is what may go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from service.streaming.errors import StreamError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aiokafka.admin import AIOKafkaAdminClient

_POLICY: Final = "cleanup.policy"
_COMPACT: Final = "compact"


async def cleanup_policies(admin: AIOKafkaAdminClient, topics: Iterable[str]) -> dict[str, str]:
    """The `cleanup.policy` of each of these of which this user is told it."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in topics]
    policies: dict[str, str] = {}
    for response in await admin.describe_configs(asked):
        for _code, _message, _type, topic, entries in response.resources:
            policies.update((topic, value) for name, value, *_ in entries if name == _POLICY)
    return policies


def check_policies(policies: Mapping[str, str], state: Iterable[str], dead_letters: str) -> None:
    """Raises StreamError where a topic would lose what the service writes to it.

    `state`: the topics that are to be compacted.
    """
    for topic in state:
        if (policy := policies.get(topic, _COMPACT)) != _COMPACT:
            raise StreamError(
                f"the topic {topic!r} has cleanup.policy={policy}, by which what it holds would be"
                " lost. Set cleanup.policy=compact"
            )
    if are_compacted(policies, [dead_letters]):
        raise StreamError(
            f"the dead-letter topic {dead_letters!r} has cleanup.policy={policies[dead_letters]}:"
            " it keeps one letter of a key, or is somebody's state. Name another one in"
            " topics.dead_letters, or set cleanup.policy=delete"
        )


def are_compacted(policies: Mapping[str, str], topics: Iterable[str]) -> list[str]:
    """Those of the topics that are known to keep only the last record of a key."""
    return [topic for topic in topics if _COMPACT in policies.get(topic, "")]
