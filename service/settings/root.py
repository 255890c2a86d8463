"""The whole configuration, and the domain's definitions made from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from service.definitions import Definitions, RepeatWindow, Window
from service.events.model import CONTACT_RESPONDED, EVENT_CLASSES, EventType
from service.settings.alerts import Alerts
from service.settings.durations import Duration, PositiveDuration, parse_duration
from service.settings.environment import DELIMITER, PREFIX, Environment
from service.settings.http import Http
from service.settings.kafka import Kafka, Topics
from service.settings.lists import decoded
from service.settings.logging import Log
from service.settings.sla import Label, SlaTable, sla, sla_table
from service.settings.windows import RepeatWindows, Windows

_DEFAULTS = Definitions()
#: The event types that are read only if they are asked for, and by which setting.
_SWITCHES: Final[Mapping[EventType, str]] = {CONTACT_RESPONDED: "contact_responded"}

Dimension = Literal["channel", "queue", "reason"]


def _ascending(bounds: list[int]) -> list[int]:
    if not bounds or any(low >= high for low, high in pairwise(bounds)):
        raise ValueError("buckets are one or more bounds, each larger than the one before")
    return bounds


Buckets = Annotated[
    list[PositiveDuration], NoDecode, BeforeValidator(decoded), AfterValidator(_ascending)
]
AllowedLabels = Annotated[
    dict[Dimension, Annotated[list[Label], NoDecode, BeforeValidator(decoded)]],
    NoDecode,
    BeforeValidator(decoded),
]


class Settings(BaseSettings):
    """All settings. The environment wins over what is passed in (the file's content)."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=DELIMITER,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=False,
        nested_model_default_partial_update=False,
    )

    windows: Windows = Field(
        default={window.name: window.step for window in _DEFAULTS.windows},
        description="Windows of the gauges: length to step. A list takes the default steps.",
    )
    repeat_windows: RepeatWindows = Field(
        default=[window.name for window in _DEFAULTS.repeat_windows],
        description="How long after its end a contact can have a repeat.",
    )
    repeat_match: Literal["reason", "customer"] = Field(
        default=_DEFAULTS.repeat_match,
        description="A repeat is of the same customer and reason, or of the same customer.",
    )
    sla: SlaTable = Field(
        default=sla_table(_DEFAULTS.sla),
        description="Targets by channel; `default` is for the other channels. A table of your own"
        " replaces the default one whole: name every channel, and `default`, that is to be judged.",
    )
    short_abandon: Duration = Field(
        default=_DEFAULTS.short_abandon,
        description="A contact abandoned sooner than this is counted apart.",
    )
    at_risk_fraction: float = Field(
        default=_DEFAULTS.at_risk_fraction,
        gt=0,
        le=1,
        description="Share of a target after which an open contact is at risk.",
    )
    first_response_buckets: Buckets = Field(
        default=list(_DEFAULTS.first_response_buckets),
        description="Histogram bounds of the first response time; SLA targets are added.",
    )
    resolution_buckets: Buckets = Field(
        default=list(_DEFAULTS.resolution_buckets),
        description="Histogram bounds of the resolution time; SLA targets are added.",
    )
    backlog_age_buckets: Buckets = Field(
        default=list(_DEFAULTS.backlog_age_buckets),
        description="Bounds of the age of open contacts.",
    )
    allowed_lateness: Duration = Field(
        default=_DEFAULTS.allowed_lateness,
        description="How long counters wait for late events.",
    )
    open_horizon: PositiveDuration = Field(
        default=_DEFAULTS.open_horizon,
        description="After this time an open contact is closed as expired.",
    )
    contact_responded: bool = Field(
        default=_DEFAULTS.contact_responded,
        description="Read the topic of single responses too.",
    )
    ces_high_is_easy: bool = Field(
        default=True, description="Whether a CES of 7 means little effort (true) or much."
    )
    max_label_values: int = Field(
        default=_DEFAULTS.max_label_values,
        ge=1,
        le=10_000,
        description="Distinct values of a label that the whole group keeps, those that came first;"
        " further ones become `other`.",
    )
    allowed_labels: AllowedLabels = Field(
        default={},
        description="The values of a label to keep, instead of those that came first.",
    )
    max_event_bytes: int = Field(
        default=65_536, ge=1, le=16_777_216, description="Larger events are refused."
    )
    max_future_skew: Duration = Field(
        default=300_000_000,
        description="Events further ahead of the wall clock than this are refused.",
    )
    topics: Topics = Topics()
    kafka: Kafka = Kafka()
    http: Http = Http()
    log: Log = Log()
    alerts: Alerts = Alerts()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then the file; no other place."""
        return Environment(settings_cls), init_settings

    def event_topics(self) -> dict[EventType, str]:
        """The topic of each event type that is read."""
        return {type_: name for type_, name in self._topics() if self._reads(type_)}

    def unread_topics(self) -> dict[str, str]:
        """The topics that are off, and the setting that turns each on."""
        return {
            name: f"{_SWITCHES[type_]} = true"
            for type_, name in self._topics()
            if not self._reads(type_)
        }

    def _topics(self) -> Iterator[tuple[EventType, str]]:
        for type_ in EVENT_CLASSES:
            yield type_, getattr(self.topics, type_.replace("-", "_"))

    def _reads(self, type_: EventType) -> bool:
        return type_ not in _SWITCHES or bool(getattr(self, _SWITCHES[type_]))

    def definitions(self) -> Definitions:
        """What the numbers mean, as the engine takes it."""
        targets = sla(self.sla)
        every = targets.all_targets()
        return Definitions(
            windows=tuple(
                Window(name, parse_duration(name), step) for name, step in self.windows.items()
            ),
            repeat_windows=tuple(
                RepeatWindow(name, parse_duration(name)) for name in self.repeat_windows
            ),
            repeat_match=self.repeat_match,
            sla=targets,
            short_abandon=self.short_abandon,
            at_risk_fraction=self.at_risk_fraction,
            first_response_buckets=_with(
                self.first_response_buckets, [kind.first_response for kind in every]
            ),
            resolution_buckets=_with(self.resolution_buckets, [kind.resolution for kind in every]),
            backlog_age_buckets=tuple(self.backlog_age_buckets),
            allowed_lateness=self.allowed_lateness,
            open_horizon=self.open_horizon,
            contact_responded=self.contact_responded,
            max_label_values=self.max_label_values,
            allowed_labels=MappingProxyType(
                {name: frozenset(values) for name, values in self.allowed_labels.items()}
            ),
        )


def _with(bounds: list[int], targets: list[int | None]) -> tuple[int, ...]:
    """The bounds and every target: so that "within the target" can be read off exactly."""
    return tuple(sorted({*bounds, *(target for target in targets if target is not None)}))
