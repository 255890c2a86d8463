"""What is promised, and from where on somebody is told: `contact-metrics rules` reads it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from service.definitions import DAY, HOUR, OTHERS
from service.settings.durations import PositiveDuration
from service.settings.labels import Label
from service.settings.section import Section

Share = Annotated[float, Field(gt=0, lt=1)]
BurnRate = Annotated[float, Field(gt=0)]
BurnRates = tuple[BurnRate, BurnRate, BurnRate, BurnRate]


class Objective(Section):
    """The share of a channel's contacts that shall meet an SLA target, over 30 days."""

    target: Literal["first_response", "resolution"] = Field(description="The SLA target.")
    share: Share = Field(description="Share of the contacts that shall meet it.")
    channel: Label = Field(
        default=OTHERS,
        description="`default`: each channel without an objective of its own for this target.",
    )
    burn_rates: BurnRates | None = Field(
        default=None,
        description=(
            "Burn rates to alert from, over 1h, 6h, 24h and 3d; computed from the share if left"
            " out. One that can never happen is refused."
        ),
    )

    def largest_burn_rate(self) -> float:
        """The burn rate when every contact misses its target."""
        return 1 / (1 - self.share)

    @model_validator(mode="after")
    def _can_happen(self) -> Self:
        largest = self.largest_burn_rate()
        for rate in self.burn_rates or ():
            if rate >= largest:
                raise ValueError(
                    f"burn_rates: a burn rate of {rate:g} can never be exceeded, the largest that"
                    f" can happen is 1 / (1 - {self.share:g}) = {largest:.4g}: give rates below it,"
                    " or leave them out to have them computed"
                )
        return self


class Alerts(Section):
    """Objectives and thresholds of the alerts, for `rules` and the live page."""

    objectives: tuple[Objective, ...] = Field(
        default=(
            Objective(target="first_response", channel="voice", share=0.8),
            Objective(target="first_response", share=0.9),
            Objective(target="resolution", share=0.9),
        ),
        min_length=1,
        description="Shares of contacts that shall meet their SLA targets.",
    )
    minimum_contacts: int = Field(
        default=20,
        ge=1,
        description=(
            "A share of fewer contacts than these, or a satisfaction index of fewer answers, raises"
            " no alert."
        ),
    )
    minimum_answers: int = Field(
        default=200, ge=1, description="Fewer CSAT answers than these raise no alert."
    )
    at_risk_share: Share = Field(
        default=0.25, description="Share of a channel's open contacts that may be at risk."
    )
    breached_share: Share = Field(
        default=0.1,
        description="Share of the contacts without a first response that may be past its target.",
    )
    overdue_growth: float = Field(
        default=1.5,
        gt=1,
        description="Contacts past their resolution target, in multiples of the last day's mean.",
    )
    oldest_contact: PositiveDuration = Field(
        default=14 * DAY, description="Age that no open contact may have."
    )
    abandonment: Share = Field(default=0.1, description="Share of contacts that may be abandoned.")
    fcr_fall: Share = Field(
        default=0.05, description="How far FCR of a day may fall below that of its week."
    )
    csat_target: Share = Field(
        default=0.6, description="Share of the CSAT answers that shall be 4 or 5."
    )
    aspect_fall: Annotated[float, Field(gt=0, lt=100)] = Field(
        default=5.0,
        description=(
            "How far the satisfaction index of an aspect may fall within a day below that of its"
            " week, in points of 100."
        ),
    )
    minimum_evaluations: int = Field(
        default=20, ge=1, description="Fewer evaluations than these raise no alert."
    )
    fatal_errors: Share = Field(
        default=0.1, description="Share of the evaluations that may find a fatal error."
    )
    churn_after_repeats: float = Field(
        default=1,
        ge=1,
        description="How many times as often customers may leave after a repeat contact as after"
        " one that helped at once.",
    )
    gross_margin: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Share of revenue that counts as a customer's lifetime value.",
    )
    target_occupancy: Share = Field(
        default=0.85,
        description="Occupancy that shifts are planned for: schedule fit asks for so many agents.",
    )
    highest_occupancy: Share = Field(
        default=0.85,
        description="Occupancy that agents bear for a day: above it they burn out.",
    )
    lowest_occupancy: Share = Field(
        default=0.5, description="Occupancy of a day below which a team has too many agents."
    )
    lowest_adherence: Share = Field(
        default=0.85, description="Share of a day's schedule that a team shall keep to."
    )
    minimum_agent_time: PositiveDuration = Field(
        default=40 * HOUR,
        description="Less time of a team's agents than this within a day raises no alert.",
    )
    quiet: PositiveDuration = Field(
        default=1_800_000_000, description="How long no event at all may come."
    )
    feed_quiet: PositiveDuration = Field(
        default=DAY, description="How long no record of another system may be about a feed."
    )
    lag_events: int = Field(
        default=10_000, ge=1, description="Events or records of a topic that may wait to be read."
    )
    clock_behind: PositiveDuration = Field(
        default=300_000_000, description="How far a partition's clock may be behind the time."
    )
    dead_letters: int = Field(
        default=10,
        ge=0,
        description="Events of a topic, or records of a feed, that may be refused in 15 minutes.",
    )
    revised_share: Share = Field(
        default=0.01, description="Final facts that may be changed in an hour, of contacts closed."
    )
    unserved: PositiveDuration = Field(
        default=300_000_000, description="How long a partition may be without a worker."
    )
    workers: int = Field(default=1, ge=1, description="Workers that shall be running.")
    runbooks: str = Field(
        default="docs/runbooks",
        min_length=1,
        description="Address at which docs/runbooks is published; alerts link to its pages.",
    )
