from __future__ import annotations

import asyncio
import random

import aiohttp
import pytest
from aiohttp import encode_basic_auth
from structlog.testing import capture_logs

from service.exposition import guesses, sparing
from service.exposition.guesses import Guesses
from service.exposition.protection import Credentials
from service.exposition.sparing import SparingLog
from tests.exposition.conftest import Serve
from tests.exposition.fakes import FakeSource, snapshot
from tests.patience import PATIENCE_S

CREDENTIALS = Credentials("prometheus", "right-battery")


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        for module in (guesses, sparing):
            monkeypatch.setattr(module, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_each_wrong_password_of_an_address_is_answered_later_up_to_a_limit(clock: Clock) -> None:
    wrong = Guesses(SparingLog())
    waits = [wrong.seconds_to_wait("192.0.2.1") for _ in range(3000)]
    assert waits == sorted(waits)
    assert waits[0] < 0.5
    assert 3.0 <= waits[-1] <= 5.0
    assert wrong.seconds_to_wait("192.0.2.2") == waits[0]


def test_an_address_without_wrong_passwords_for_long_begins_anew(clock: Clock) -> None:
    wrong = Guesses(SparingLog())
    first, *_ = [wrong.seconds_to_wait("192.0.2.1") for _ in range(9)]
    clock.now += 3600
    assert wrong.seconds_to_wait("192.0.2.1") == first


def test_addresses_of_one_subscriber_are_one_address(clock: Clock) -> None:
    wrong = Guesses(SparingLog())
    waits = [wrong.seconds_to_wait(f"2001:db8:1:2::{number:x}") for number in range(1, 9)]
    assert waits[-1] > 10 * waits[0]


def test_what_is_remembered_of_addresses_is_bounded(clock: Clock) -> None:
    rng = random.Random(1)
    wrong = Guesses(SparingLog())
    for _ in range(20_000):
        wrong.seconds_to_wait(".".join(str(rng.randrange(256)) for _ in range(4)))
    assert len(wrong._wrong) <= 1_000


async def test_wrong_passwords_are_told_sparingly_and_without_what_was_given(
    serve: Serve, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guesses, "_LONGEST_SECONDS", 0.0)
    monkeypatch.setattr(sparing, "_SECONDS", 3600.0)
    server = await serve(FakeSource(snapshot()), credentials=CREDENTIALS)
    with capture_logs() as told:
        for number in range(30):
            secret = encode_basic_auth("someone", f"hunter{number}", encoding="utf-8")
            url = f"http://127.0.0.1:{server.port}/metrics?token=hunter"
            async with http.get(url, headers={"Authorization": secret}) as response:
                assert response.status == 401
        async with http.get(f"http://127.0.0.1:{server.port}/metrics") as response:
            assert response.status == 401
    lines = [line for line in told if "password" in line["event"]]
    assert len(lines) == 1
    assert lines[0]["remote"] == "127.0.0.1"
    assert "hunter" not in str(told)
    assert "someone" not in str(told)


async def test_the_right_password_is_answered_at_once_while_others_guess(
    serve: Serve, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No guess is answered during the test.
    monkeypatch.setattr(guesses, "_LONGEST_SECONDS", 1e9)
    monkeypatch.setattr(guesses, "_FIRST_SECONDS", 1e6)
    server = await serve(FakeSource(snapshot()), credentials=CREDENTIALS)
    url = f"http://127.0.0.1:{server.port}/metrics"

    async def ask(password: str) -> int:
        given = encode_basic_auth("prometheus", password, encoding="utf-8")
        async with http.get(url, headers={"Authorization": given}) as response:
            return response.status

    with capture_logs() as told:
        guessing = [asyncio.create_task(ask(f"wrong{number}")) for number in range(12)]
        async with asyncio.timeout(PATIENCE_S):
            while not told:
                await asyncio.sleep(0.01)
            assert await ask("right-battery") == 200
    assert not any(guess.done() for guess in guessing)
    for guess in guessing:
        guess.cancel()
    await asyncio.wait(guessing)
