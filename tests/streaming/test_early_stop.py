"""Stopping a service that has only begun to start, as when its HTTP port is taken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.streaming.harness import config, make

pytestmark = pytest.mark.broker

#: More than all that a stop waits for, taken together.
_SECONDS = 120.0


@pytest.mark.parametrize("after", [0.0, 0.01, 0.1, 0.5])
async def test_a_stop_right_after_the_start_ends_in_time(
    bootstrap: str, unique: Callable[[str], str], after: float
) -> None:
    service = make(config(bootstrap, unique)).service
    await service.start()
    await asyncio.sleep(after)
    stopping = asyncio.create_task(service.stop())
    # Not wait_for: a stop that is cancelled may end well, and the test with it.
    await asyncio.wait({stopping}, timeout=_SECONDS)
    assert stopping.done()
