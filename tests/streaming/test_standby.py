"""A worker that holds nothing, and is given partitions: it begins where their state ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from service.streaming.consumer import BatchConsumer
from tests.streaming.harness import (
    Running,
    config,
    eventually,
    publish,
    running,
    started,
    without_state,
)
from tests.streaming.toy import ToyEngine


@pytest.mark.broker
async def test_a_standby_neither_fetches_nor_is_caught_up_before_it_is_where_it_has_to_begin(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(bootstrap, unique, partitions=1)
    topic = settings.topics["contact-started"]
    # With a changelog of its own it has no state when it takes over, and reads all from the
    # beginning, while the group's offsets are at the end.
    others = without_state(settings, unique)
    async with running(settings) as one, running(others) as two:
        await eventually(lambda: one.service.ready()[0] and two.service.ready()[0], "both ready")

        def holds(it: Running) -> bool:
            return bool(it.service._worker.holdings.held)

        await eventually(lambda: holds(one) != holds(two), "one owner")
        owner, standby = (one, two) if holds(one) else (two, one)
        await publish(bootstrap, topic, (started(f"c{i}") for i in range(10)))
        await owner.until_contacts(10)
        seek, order = BatchConsumer.seek_to_committed, list[str]()

        async def slowly(self: BatchConsumer) -> Mapping[Any, int]:
            assert not self.flow_active
            await asyncio.sleep(1.5)
            return await seek(self)

        apply, caught_up = ToyEngine.apply, ToyEngine.caught_up

        def noted_apply(self: ToyEngine, events: Any) -> Any:
            order.append("applied")
            return apply(self, events)

        def noted_caught_up(self: ToyEngine, type_: Any, wall_us: int) -> None:
            if type_ == "contact-started" and self in standby.engines:
                order.append("caught up")
            caught_up(self, type_, wall_us)

        monkeypatch.setattr(BatchConsumer, "seek_to_committed", slowly)
        monkeypatch.setattr(ToyEngine, "apply", noted_apply)
        monkeypatch.setattr(ToyEngine, "caught_up", noted_caught_up)
        await owner.service.stop()
        await eventually(lambda: {"applied", "caught up"} <= set(order), "taken over")
        assert order[0] == "applied"
        await standby.until_contacts(10)
