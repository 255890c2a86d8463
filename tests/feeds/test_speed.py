"""The measurement of feeds runs, and measures a feed that makes an event."""

from __future__ import annotations

from tests.feeds.speed import main


def test_the_speed_of_feeds_can_be_measured() -> None:
    assert min(main(seconds=0.01).values()) > 0
