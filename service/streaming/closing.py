"""Closing what talks to a broker that may not answer any more."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import Coroutine

log = structlog.get_logger(__name__)


async def close(what: str, closing: Coroutine[Any, Any, None], seconds: float) -> None:
    """Close it, or leave it behind after so many seconds; never raises."""
    # A task of its own: aiokafka lets a request that waits to be tried again cancel who closes it.
    task = asyncio.create_task(closing)
    await asyncio.wait({task}, timeout=seconds)
    if not task.done():
        task.cancel()
        log.warning("left behind, as it did not close in time", what=what)
    elif not task.cancelled() and (error := task.exception()) is not None:
        log.warning("closed with an error", what=what, error=repr(error))
