"""What fails while a service stops leaves nothing of it behind."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from mode.threads import WorkerThread

from service.streaming.worker import Worker
from tests.streaming.harness import config, make

pytestmark = pytest.mark.broker


def consumers() -> list[threading.Thread]:
    """The threads in which they live."""
    return [thread for thread in threading.enumerate() if isinstance(thread, WorkerThread)]


async def test_its_consumer_ends_though_partitions_cannot_be_given_up(
    bootstrap: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = make(config(bootstrap, unique, partitions=1))
    await stream.service.start()
    await stream.until_ready()

    async def fail(_: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(Worker, "release", fail)
    assert consumers()
    await stream.service.stop()
    assert consumers() == []
