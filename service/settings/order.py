"""Settings of which one has to stay below another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from service.definitions import duration_text
from service.settings.contradiction import Contradiction
from service.settings.durations import parse_duration

if TYPE_CHECKING:
    from service.settings.root import Settings


def out_of_order(settings: Settings) -> Iterator[Contradiction]:
    """What was given and is above what bounds it."""
    yield from _lateness(settings)
    yield from _skew(settings)
    yield from _ages(settings)
    yield from _occupancies(settings)
    yield from _unserved(settings)
    yield from _sizes_and_rates(settings)


def _lateness(settings: Settings) -> Iterator[Contradiction]:
    given = settings.model_fields_set
    longest = max(settings.windows, key=parse_duration)
    if "allowed_lateness" in given and settings.allowed_lateness > parse_duration(longest):
        yield Contradiction(
            ("allowed_lateness",),
            f"counters would wait {duration_text(settings.allowed_lateness)}, longer than the"
            f" longest window ({longest}): shorten it, or add a longer window",
        )
    reach = max(window.length for window in settings.definitions().all_windows)
    if "left_after" in given and settings.left_after > reach:
        yield Contradiction(
            ("left_after",),
            f"contacts leave the state before, as the longest window is {duration_text(reach)}:"
            " shorten it, or add a longer window",
        )


def _skew(settings: Settings) -> Iterator[Contradiction]:
    """An event moves the clock of its partition, and the windows with it."""
    longest = max(map(parse_duration, settings.windows))
    usual = type(settings).model_fields["max_future_skew"].default
    bound = max(min(longest, settings.open_horizon), usual)
    if settings.max_future_skew > bound and "max_future_skew" in settings.model_fields_set:
        yield Contradiction(
            ("max_future_skew",),
            "one publisher whose clock is so far ahead would empty every window"
            f" ({duration_text(longest)}), or let open contacts expire"
            f" ({duration_text(settings.open_horizon)}): at most {duration_text(bound)}, and the"
            " clocks of publishers have to be right",
        )


def _ages(settings: Settings) -> Iterator[Contradiction]:
    horizon = duration_text(settings.open_horizon)
    if "short_abandon" in settings.model_fields_set and (
        settings.short_abandon >= settings.open_horizon
    ):
        yield Contradiction(
            ("short_abandon",),
            "every abandoned contact would be a short one: it has to be shorter than open_horizon"
            f" ({horizon})",
        )
    alerts = settings.alerts
    if "oldest_contact" in alerts.model_fields_set and (
        alerts.oldest_contact >= settings.open_horizon
    ):
        yield Contradiction(
            ("alerts", "oldest_contact"),
            f"no open contact gets so old: it has to be shorter than open_horizon ({horizon})",
        )


def _occupancies(settings: Settings) -> Iterator[Contradiction]:
    alerts = settings.alerts
    given = alerts.model_fields_set
    lowest, target, highest = (
        alerts.lowest_occupancy,
        alerts.target_occupancy,
        alerts.highest_occupancy,
    )
    if lowest >= highest:
        name = "lowest_occupancy" if "lowest_occupancy" in given else "highest_occupancy"
        yield Contradiction(
            ("alerts", name),
            "a team would have too many agents and too few at once: lowest_occupancy"
            f" ({lowest:g}) has to be below highest_occupancy ({highest:g})",
        )
    elif "target_occupancy" in given and (
        ("lowest_occupancy" in given and target < lowest)
        or ("highest_occupancy" in given and target > highest)
    ):
        yield Contradiction(
            ("alerts", "target_occupancy"),
            "shifts that are planned for it would raise an alert: it has to be from"
            f" lowest_occupancy ({lowest:g}) to highest_occupancy ({highest:g})",
        )


def _unserved(settings: Settings) -> Iterator[Contradiction]:
    hand_over = settings.kafka.session_timeout + settings.kafka.rebalance_timeout
    alerts = settings.alerts
    if "unserved" in alerts.model_fields_set and alerts.unserved < hand_over:
        yield Contradiction(
            ("alerts", "unserved"),
            "each hand-over may take so long: it has to be kafka.session_timeout and"
            f" kafka.rebalance_timeout together ({duration_text(hand_over)}), or more",
        )


def _sizes_and_rates(settings: Settings) -> Iterator[Contradiction]:
    half = settings.kafka.fetch_bytes // 2
    if settings.max_event_bytes > half:
        yield Contradiction(
            ("max_event_bytes",),
            "an event so large would be refused with its batch: it may be half of"
            f" kafka.fetch_bytes ({half}) at most. Lower it, or raise kafka.fetch_bytes",
        )
    receive = settings.receive
    each, all_of_them = receive.requests_per_second, receive.total_requests_per_second
    if "requests_per_second" in receive.model_fields_set and each > all_of_them:
        yield Contradiction(
            ("receive", "requests_per_second"),
            f"a webhook can have no more than all together: at most {all_of_them:g}, or raise"
            " total_requests_per_second",
        )
