"""What of the libraries' talk is passed on."""

from __future__ import annotations

import logging

import pytest
from aiokafka import AIOKafkaConsumer
from mode.timers import Timer

from service.streaming import logs
from service.streaming.logs import Sparing, tame_libraries


class Clock:
    """The monotonic clock, moved by hand."""

    def __init__(self) -> None:
        self.now = 5.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(logs, "time", clock)
    return clock


def said(sparing: Sparing, text: str, *args: object) -> str | None:
    record = logging.LogRecord("aiokafka", logging.ERROR, "", 1, text, args, None)
    return record.getMessage() if sparing.filter(record) else None


def test_a_message_is_passed_at_once_and_its_like_later_with_their_number(clock: Clock) -> None:
    sparing = Sparing()
    text = "Unable connect to node with id %s: %s"
    assert said(sparing, text, 1, "refused") == "Unable connect to node with id 1: refused"
    for _ in range(199):
        clock.now += 0.05
        assert said(sparing, text, 2, "refused") is None
    clock.now += 0.1
    assert said(sparing, text, 3, "late") == (
        "Unable connect to node with id 3: late (and 199 more like it)"
    )
    clock.now += 11
    assert said(sparing, text, 1, "refused") == "Unable connect to node with id 1: refused"


@pytest.mark.usefixtures("clock")
def test_another_message_is_not_held_up() -> None:
    sparing = Sparing()
    assert said(sparing, "one") == "one"
    assert said(sparing, "another") == "another"


def test_every_logger_of_aiokafka_is_sparing_once() -> None:
    tame_libraries()
    tame_libraries()
    for name in ("aiokafka", AIOKafkaConsumer.__module__):
        filters = logging.getLogger(name).filters
        assert [type(it) for it in filters] == [Sparing]


async def test_a_timer_that_a_slow_machine_keeps_waiting_is_not_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tame_libraries()
    now = [0.0]

    async def sleep(seconds: float) -> None:
        now[0] += seconds

    timer = Timer(1.0, name="commit", clock=lambda: now[0], sleep=sleep)
    rounds = 0
    async for _ in timer:
        now[0] += 60
        rounds += 1
        if rounds == 5:
            break
    assert timer.overlaps
    assert not caplog.records


def test_no_library_says_what_the_service_itself_would_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.root, "level", logging.ERROR)
    tame_libraries()
    for name in ("faust", "mode", "mode.timers", "aiokafka"):
        assert not logging.getLogger(name).isEnabledFor(logging.WARNING)
