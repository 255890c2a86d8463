"""When the clock of this host is believed, and what time it is meanwhile."""

from __future__ import annotations

import random

import pytest

from service.streaming.wall_clock import FRESH_US, TOLERANCE_US, WallClock

SECOND = 1_000_000
DAY = 86_400 * SECOND
JUMPS = (400 * DAY, 3_000 * SECOND, 20 * SECOND, -20 * SECOND, -3_000 * SECOND, -400 * DAY)


class Host:
    """A host whose wall clock can be wrong, and a broker whose clock is right."""

    def __init__(self) -> None:
        self.now = 1_767_225_600 * SECOND
        self.wrong_by = 0
        self.steady_from = self.now - 1_000 * SECOND
        self.clock = WallClock(
            lambda: 1000 * (self.now + self.wrong_by), lambda: 1000 * (self.now - self.steady_from)
        )

    def ask(self, there: int = SECOND // 100, back: int = SECOND // 100) -> None:
        asked_at = self.clock.steady_us()
        self.now += there
        taken_at = self.now
        self.now += back
        self.clock.heard(taken_at, asked_at)

    def believed(self) -> bool:
        return self.clock.right_us() is not None


@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_is_believed_only_while_it_agrees_with_the_brokers(jump: int) -> None:
    host = Host()
    assert not host.believed()
    host.ask()
    assert host.clock.right_us() == host.now
    host.wrong_by = jump
    assert not host.believed()
    host.now += 15 * SECOND
    host.ask()
    assert not host.believed()
    assert host.clock.off_us() == pytest.approx(jump, abs=SECOND)
    assert ("ahead" if jump > 0 else "behind") in str(host.clock.trouble())
    assert host.clock.likely_us() == pytest.approx(host.now, abs=SECOND)
    host.wrong_by = 0
    assert host.clock.right_us() == host.now
    assert host.clock.trouble() is None


@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_is_wrong_from_the_start_is_not_believed(jump: int) -> None:
    host = Host()
    host.wrong_by = jump
    host.ask()
    assert not host.believed()
    assert host.clock.likely_us() == pytest.approx(host.now, abs=SECOND)


def test_a_clock_without_an_answer_for_long_is_not_believed() -> None:
    host = Host()
    host.ask()
    host.now += FRESH_US + SECOND
    assert not host.believed()
    assert "not compared" in str(host.clock.trouble())
    assert host.clock.likely_us() == pytest.approx(host.now, abs=SECOND)
    host.ask()
    assert host.believed()


def test_an_answer_that_was_long_on_its_way_tells_nothing() -> None:
    host = Host()
    host.ask(there=40 * SECOND)
    assert not host.believed()
    host.ask(back=40 * SECOND)
    assert not host.believed()


@pytest.mark.parametrize("counted", [True, False], ids=["counted", "not counted"])
@pytest.mark.parametrize("slept", [31 * SECOND, 3_000 * SECOND, 400 * DAY])
def test_a_host_that_was_suspended_is_believed_after_the_next_answer(
    slept: int, counted: bool
) -> None:
    """The steady clock counts that time, or does not, as systems differ."""
    host = Host()
    host.ask()
    host.now += slept
    if not counted:
        host.steady_from += slept
    assert not host.believed()
    host.ask()
    assert host.believed()


@pytest.mark.parametrize("seed", range(200))
def test_no_time_that_is_far_from_the_right_one_is_ever_believed(seed: int) -> None:
    rng = random.Random(seed)
    host = Host()
    for _ in range(300):
        match rng.randrange(6):
            case 0:
                host.wrong_by = rng.choice([0, 0, rng.choice(JUMPS), rng.randrange(-DAY, DAY)])
            case 1:
                host.wrong_by += rng.randrange(-SECOND, SECOND)
            case 2:
                host.ask(rng.randrange(9 * SECOND), rng.randrange(9 * SECOND))
            case 3:
                host.ask()
                assert host.believed() == (abs(host.wrong_by) <= TOLERANCE_US) or (
                    TOLERANCE_US < abs(host.wrong_by) < TOLERANCE_US + SECOND
                )
                assert abs(host.clock.likely_us() - host.now) <= TOLERANCE_US + SECOND
            case _:
                host.now += rng.randrange(20 * SECOND)
        right = host.clock.right_us()
        if right is not None:
            assert abs(right - host.now) <= 2 * TOLERANCE_US


# Where the broker tells nothing


@pytest.mark.parametrize("jump", JUMPS)
def test_without_the_brokers_time_a_jump_is_not_believed_until_it_is_undone(jump: int) -> None:
    host = Host()
    host.clock.heard_nothing()
    assert host.believed()
    host.wrong_by = jump
    host.clock.heard_nothing()
    assert not host.believed()
    assert host.clock.likely_us() == host.now
    host.now += DAY
    assert not host.believed()
    host.wrong_by = 0
    assert host.clock.right_us() == host.now


@pytest.mark.parametrize("jump", JUMPS)
def test_without_the_brokers_time_a_clock_that_was_set_right_is_believed_with_a_record(
    jump: int,
) -> None:
    host = Host()
    host.wrong_by = jump
    host.clock.heard_nothing()
    host.wrong_by = 0
    assert not host.believed()
    host.clock.seen(host.now + jump)
    assert not host.believed()
    host.clock.seen(host.now - SECOND)
    assert host.clock.right_us() == host.now


def test_without_the_brokers_time_a_clock_that_is_set_right_slowly_stays_believed() -> None:
    host = Host()
    host.clock.heard_nothing()
    for _ in range(1_000):
        host.now += SECOND
        host.wrong_by += SECOND // 20
        assert host.believed()
