"""What is promised, and from where on somebody is told: the settings of the alerts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(gt=0, lt=1)]
TargetName = Literal["first_response", "resolution"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Objective(_Section):
    """The share of a channel's contacts that shall meet an SLA target over 30 days."""

    target: TargetName
    share: Share
    channel: str = Field(
        default="default",
        min_length=1,
        max_length=64,
        description="`default`: every channel that has no objective of its own for this target.",
    )
    burn_rates: tuple[float, float, float, float] | None = Field(
        default=None,
        description=(
            "From which burn rates on to alert, over 1h, 6h, 24h and 3d. Left out, they are "
            "computed from the share."
        ),
    )


class Alerts(_Section):
    """Objectives and thresholds that `contact-metrics rules` makes the alerts from."""

    objectives: tuple[Objective, ...] = (
        Objective(target="first_response", channel="voice", share=0.8),
        Objective(target="first_response", share=0.9),
        Objective(target="resolution", share=0.9),
    )
    minimum_contacts: int = Field(
        default=20, ge=1, description="Below this many contacts a share says nothing: no alert."
    )
    minimum_answers: int = Field(
        default=100, ge=1, description="Below this many survey answers: no alert on them."
    )
    at_risk_share: Share = Field(
        default=0.25, description="Share of a channel's open contacts that may be at risk."
    )
    breached_share: Share = Field(
        default=0.1, description="Share of a channel's open contacts that may be past a target."
    )
    oldest_contact: float = Field(
        default=3.0,
        gt=1,
        description="Age of the oldest open contact, in multiples of its resolution target.",
    )
    abandonment: Share = Field(default=0.1, description="Share of contacts that may be abandoned.")
    fcr_fall: Share = Field(
        default=0.05, description="Fall of a day's settled FCR below that of its own week."
    )
    csat_target: Share = Field(
        default=0.75, description="Share of CSAT answers that shall be 4 or 5."
    )
    quiet_minutes: int = Field(
        default=30, ge=5, description="How long no event at all may come, in minutes."
    )
    lag_events: int = Field(default=10_000, ge=1, description="Unread events of a topic.")
    clock_behind_seconds: int = Field(
        default=300, ge=60, description="How far a partition's clock may be behind the wall clock."
    )
    dead_letters: int = Field(default=10, ge=1, description="Refused events in 15 minutes.")
    revised_share: Share = Field(
        default=0.01, description="Share of events that may change a number already final."
    )
    unserved_minutes: int = Field(
        default=5, ge=1, description="How long a partition may be without worker, in minutes."
    )
    workers: int = Field(default=1, ge=1, description="Workers that shall be running.")
    runbooks: str = Field(
        default="docs/runbooks",
        description="Address at which docs/runbooks is published; the alerts link to it.",
    )
