"""Closing never hangs, never raises, and never cancels whoever closes."""

from __future__ import annotations

import asyncio

import pytest
import structlog

from service.streaming.closing import close
from tests.patience import PATIENCE_S


async def _hang() -> None:
    await asyncio.Event().wait()


async def _swallow_the_cancelling() -> None:
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            await asyncio.sleep(1)
            return


async def _fail() -> None:
    raise RuntimeError("no")


async def _cancel_who_closes() -> None:
    # As aiokafka does while a request waits to be tried again.
    raise asyncio.CancelledError


@pytest.mark.parametrize(
    ("closing", "told"),
    [
        (_hang, "left behind, as it did not close in time"),
        (_swallow_the_cancelling, "left behind, as it did not close in time"),
        (_fail, "closed with an error"),
        (_cancel_who_closes, None),
    ],
)
async def test_whatever_closing_does_it_is_over_in_time(closing: object, told: str | None) -> None:
    with structlog.testing.capture_logs() as lines:
        async with asyncio.timeout(PATIENCE_S):
            await close("it", closing(), 0.01)  # type: ignore[operator]
    assert [line["event"] for line in lines] == ([told] if told else [])
