"""What the group's register says."""

from __future__ import annotations

from service.streaming.config import KafkaConfig
from service.streaming.register import Register


async def registered(config: KafkaConfig, name: str) -> bytes | None:
    """The value of a name, as it is now. Raises what aiokafka raises, and StreamError."""
    register = Register(config, lambda _: None)
    try:
        await register.start()
        return register.value(name)
    finally:
        await register.stop()
