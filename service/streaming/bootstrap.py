"""Which of several bootstrap servers answer.

A client tries them one after the other, in any order, and waits half a minute for one that says
nothing, as where a machine is gone. There are a dozen clients, and each take-over makes another.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog
from aiokafka.errors import KafkaError

from service.streaming.diagnosis import connect
from service.streaming.errors import StreamError

if TYPE_CHECKING:
    from service.streaming.config import KafkaConfig

log = structlog.get_logger(__name__)

_PATIENCE_SECONDS: Final = 3.0


async def look_round(config: KafkaConfig) -> None:
    """Has clients that are made from now on begin with those that answer, if any does."""
    if len(config.addresses) == 1:
        return
    answers = await asyncio.gather(*(_answers(config, it) for it in config.addresses))
    silent = {it for it, answer in zip(config.addresses, answers, strict=True) if not answer}
    if silent - config.silent and len(silent) < len(config.addresses):
        log.warning(
            "some of kafka.bootstrap_servers do not answer: going on with the others",
            silent=sorted(silent),
        )
    config.silent.clear()
    config.silent.update(silent)


async def _answers(config: KafkaConfig, address: str) -> bool:
    try:
        connection = await connect(config, address, _PATIENCE_SECONDS)
    except (OSError, KafkaError, ValueError, StreamError):
        return False
    connection.close()
    return True
