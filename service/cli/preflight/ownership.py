"""Whether the state that is there is this installation's."""

from __future__ import annotations

from collections.abc import Container, Mapping

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from service.cli.preflight.finding import Finding
from service.cli.preflight.registered import registered
from service.streaming.claims import claims
from service.streaming.config import KafkaConfig
from service.streaming.errors import StreamError
from service.streaming.installation import REGISTERED_AS
from service.streaming.topics import installed


async def is_ours(
    admin: AIOKafkaAdminClient,
    config: KafkaConfig,
    counts: Mapping[str, int],
    there: Container[str],
) -> Finding:
    """Whose state changelogs and register hold.

    `counts`: how many partitions each topic has, or will have where it is not `there`.
    """
    ours = await installed(admin, config, counts)
    topics = [it.changelog_topic for it in config.groups.values() if it.changelog_topic in there]
    topic = ", ".join(topics) or config.register_topic
    try:
        accepted = config.accepted_partitions
        if config.register_topic in there:
            former = await registered(config, REGISTERED_AS)
            ours.check_registered(former, config.register_topic, accepted)
        tps = [TopicPartition(it, number) for it in topics for number in range(counts[it])]
        for tp, claim in (await claims(config, tps)).items():
            ours.check(claim, tp.topic, accepted)
    except StreamError as error:
        what, _, remedy = str(error).partition(". ")
        return Finding(False, what, remedy)
    except (KafkaError, TimeoutError):
        return Finding(
            True,
            f"topic {topic}: could not be read to its end in time",
            "Whether its state is this installation's, the start will tell.",
            certain=False,
        )
    return Finding(True, f"topic {topic}: holds no state of another installation")
