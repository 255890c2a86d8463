"""Numbers are told only by whom the group knows as their owner."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from service.embedded_broker import EmbeddedBroker
from service.streaming import consumer_thread
from tests.streaming.harness import config, eventually, publish, running, started

pytestmark = pytest.mark.broker


async def test_a_worker_that_the_group_has_not_heard_of_for_long_tells_nothing(
    own_broker: EmbeddedBroker, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(own_broker.bootstrap, unique, partitions=1)
    async with running(settings) as stream:
        topic = settings.topics["contact-started"]
        await publish(own_broker.bootstrap, topic, [started("c1")])
        await stream.until_contacts(1)
        # Nobody is there to commit to; how a stop waits for that is not looked at here.
        monkeypatch.setattr(consumer_thread, "_COMMIT_SECONDS", 0.1)
        own_broker.stop()

        async def nothing_told() -> bool:
            return not await stream.snapshots()

        # Others may have been given its partitions by now, and count them.
        await eventually(nothing_told, "no numbers without membership")
