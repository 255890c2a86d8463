"""Any settings at all, odd ones included: windows of a second, no targets, a short horizon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.reference.settings import DAY, HOUR, ReferenceSettings, Targets

if TYPE_CHECKING:
    import random


def any_settings(rng: random.Random) -> ReferenceSettings:
    def targets() -> Targets:
        lengths = (None, 1, 5, 20, 60, HOUR, DAY)
        return rng.choice(lengths), rng.choice(lengths)

    windows = {}
    for _ in range(rng.choice((1, 2, 3))):
        step = rng.choice((1, 7, 15, 60, 900, HOUR))
        length = step * rng.choice((1, 2, 10, 100))
        windows[f"{length}s"] = (length, step)
    repeat_lengths = rng.sample((1, 60, 300, HOUR, DAY, 5 * DAY), rng.choice((1, 2, 3)))
    channels = rng.sample(("voice", "chat", "email", "social"), rng.choice((0, 1, 3)))
    return ReferenceSettings(
        windows=windows,
        repeat_windows={f"{length}s": length for length in repeat_lengths},
        repeat_match=rng.choice(("reason", "customer")),
        sla={channel: targets() for channel in (*channels, "default")},
        sla_priority={("voice", "high"): targets()} if rng.random() < 0.5 else {},
        short_abandon=rng.choice((0, 5, 60)),
        at_risk_fraction=rng.choice((0.01, 0.33, 0.75, 0.999, 1.0)),
        first_response_buckets=rng.choice(((5, 10), (1, 60, HOUR), (0.5, 20))),
        resolution_buckets=rng.choice(((60,), (1, HOUR, DAY))),
        backlog_age_buckets=rng.choice(((300,), (60, DAY, 7 * DAY))),
        allowed_lateness=rng.choice((0, 1, 30, HOUR)),
        open_horizon=rng.choice((60, HOUR, DAY, 30 * DAY)),
        contact_responded=rng.random() < 0.6,
        allowed_labels=rng.choice(
            (
                {},
                {"queue": frozenset({"north"})},
                {"reason": frozenset({"bill"}), "channel": frozenset({"voice", "chat"})},
            )
        ),
    )
