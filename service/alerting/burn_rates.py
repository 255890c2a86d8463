"""From how fast a burn of the error budget somebody is told.

The multi-window multi-burn-rate scheme of the SRE workbook ("Alerting on SLOs"), budget of 30 days:
a burn rate of 1 uses up the budget in exactly 30 days. The workbook's rates suit objectives of
99 % and more. The largest rate that can happen at all is 1 / (1 - objective): 5 at 80 %, where
14.4 and 6 never fire. So each step is also bounded by a share of the way from "just on the
objective" to "every contact misses its target".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from service.settings.alerts import Objective


@dataclass(frozen=True, slots=True)
class Step:
    """Alert when the burn over both windows is above `rate`: the short one ends it soon after."""

    long: str
    short: str
    rate: float
    severity: Literal["critical", "warning"]
    share_of_way: float


#: The workbook's steps: 2 % of the budget in 1 h, 5 % in 6 h, 10 % in a day, 10 % in 3 days.
STANDARD = (
    Step("1h", "5m", 14.4, "critical", 0.75),
    Step("6h", "30m", 6.0, "critical", 0.5),
    Step("24h", "2h", 3.0, "warning", 0.25),
    Step("3d", "6h", 1.0, "warning", 0.0),
)


@dataclass(frozen=True, slots=True)
class Threshold:
    """One step of one objective: `missed` is the share of contacts that must miss their target."""

    step: Step
    rate: float
    missed: float


def thresholds(objective: Objective) -> tuple[Threshold, ...]:
    """The steps for an objective, fastest first."""
    largest = objective.largest_burn_rate()
    rates = objective.burn_rates or [
        min(step.rate, 1 + step.share_of_way * (largest - 1)) for step in STANDARD
    ]
    return tuple(
        Threshold(step, rate, rate * (1 - objective.share))
        for step, rate in zip(STANDARD, rates, strict=True)
    )
