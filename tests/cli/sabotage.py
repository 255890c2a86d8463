"""`contact-metrics run` in which one part fails as nobody has foreseen.

Arguments: the part (`module:name.name`), and the name of the error that it raises, or `hang`.
"""

from __future__ import annotations

import asyncio
import builtins
import inspect
import sys
import time
from importlib import import_module
from typing import Any

import aiokafka.errors

#: What a start, and the first seconds, come past. Everything that is awaited from another thread
#: or another part is among them.
PARTS = (
    "service.streaming.service:prepare_topics",
    "service.streaming.service:build_app",
    "service.streaming.worker:Worker.start",
    "service.streaming.worker:Worker.take",
    "service.streaming.worker:Worker.release",
    "service.streaming.worker:Worker.consume",
    "service.streaming.worker:Worker.tick",
    "service.streaming.worker:Worker.commit",
    "service.streaming.take_over:changelog_consumer",
    "service.streaming.restore:changelog_consumer",
    "service.streaming.restore:Restore.run",
    "service.streaming.restore:Restore._claim",
    "service.streaming.restore:give_memory_back",
    "service.streaming.dead_letters:DeadLetterSender.start",
    "service.streaming.producer:ChangelogProducer.on_start",
    "service.streaming.producer:ChangelogProducer.append",
    "service.streaming.consumer_thread:BatchConsumerThread._create_worker_consumer",
    "service.streaming.consumer_thread:BatchConsumerThread._fetch",
    "service.streaming.consumer_thread:BatchConsumerThread._ends",
    "service.streaming.consumer_thread:BatchConsumerThread.on_thread_started",
    "service.streaming.consumer:BatchConsumer.perform_seek",
    "service.streaming.writer:ChangelogWriter._write_next",
    "service.partition.engine:Engine.restored",
    "service.partition.engine:Engine.advance",
    "service.partition.engine:Engine.snapshot",
    "service.exposition.server:ExpositionServer.start",
)


def sabotage(part: str, deed: str) -> None:
    """Put something that fails in the place of the part."""
    module_name, _, path = part.partition(":")
    holder: Any = import_module(module_name)
    *holders, name = path.split(".")
    for inner in holders:
        holder = getattr(holder, inner)
    original = getattr(holder, name)

    def fail(*_: Any, **__: Any) -> Any:
        if deed == "hang":
            time.sleep(3600)
        error = getattr(builtins, deed, None) or getattr(aiokafka.errors, deed)
        raise error("sabotage")

    async def fail_or_hang(*arguments: Any, **named: Any) -> Any:
        if deed == "hang":
            await asyncio.sleep(3600)
        fail(*arguments, **named)

    setattr(holder, name, fail_or_hang if inspect.iscoroutinefunction(original) else fail)


if __name__ == "__main__":
    sabotage(sys.argv.pop(1), sys.argv.pop(1))
    from service.cli import main

    main()
