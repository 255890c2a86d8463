"""Hearing from the broker what time it is, often enough to believe our own clock or not to."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog
from aiokafka.errors import KafkaError

if TYPE_CHECKING:
    from service.streaming.register import Register
    from service.streaming.wall_clock import WallClock

log = structlog.get_logger(__name__)

_ASK_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 10.0


class BrokerTime:
    """Asks the register's broker; a record of its own name, which compaction keeps one of."""

    def __init__(self, register: Register, clock: WallClock) -> None:
        self._register = register
        self._clock = clock
        self._asking: asyncio.Task[None] | None = None
        self._was_wrong = False

    async def start(self) -> None:
        """Ask once, then again and again."""
        await self._ask()
        if self._clock.off_us() is not None and not self._register.tells_time:
            log.warning(
                "the register topic does not tell the broker's time: a wrong clock of this host is"
                " noticed only when it jumps. Set message.timestamp.type=LogAppendTime on it, if"
                " the broker knows that setting",
                register_topic=self._register.topic,
            )
        self._asking = asyncio.create_task(self._go_on(), name="broker-time")

    def stop(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(_ASK_SECONDS)
            await self._ask()
            self._tell()

    async def _ask(self) -> None:
        asked_at = self._clock.steady_us()
        # While the broker is away nobody moves a clock.
        with suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(_ANSWER_SECONDS):
                taken_us = await self._register.ask_time()
            if taken_us is None:
                self._clock.heard_nothing()
            else:
                self._clock.heard(taken_us, asked_at)

    def _tell(self) -> None:
        off = self._clock.off_us()
        if off is None:
            return
        is_wrong = self._clock.right_us() is None
        if is_wrong and not self._was_wrong:
            log.error(
                "the clock of this host is wrong: it moves no partition's clock until it is right."
                " Set it by the time service that the brokers use",
                ahead_seconds=round(off / 1e6, 1),
            )
        elif self._was_wrong and not is_wrong:
            log.info("the clock of this host is right again")
        self._was_wrong = is_wrong
