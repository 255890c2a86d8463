"""What to mend when a broker refuses what the stage does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiokafka.errors import TopicAuthorizationFailedError

from service.streaming.errors import StreamError
from service.streaming.refusals import refused

if TYPE_CHECKING:
    from aiokafka.errors import KafkaError

    from service.streaming.mapping.config import StageConfig


def stage_refused(what: str, error: KafkaError, config: StageConfig) -> StreamError:
    """As :func:`refused` says it, of the stage's own topics."""
    if isinstance(error, TopicAuthorizationFailedError):
        return StreamError(
            f"{what}: {error}. Allow this user READ on {', '.join(config.inputs)}, and WRITE on"
            f" {', '.join(config.outputs)}; then start again"
        )
    return refused(what, error, config.kafka)
