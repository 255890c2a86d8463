"""The whole configuration, and the domain's definitions made from it."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from service.definitions import CalendarWindow, Definitions, RepeatWindow, Window
from service.events.agents import AGENT_EVENT_CLASSES, AgentEventType, AnyEventType
from service.events.model import EVENT_CLASSES, OPTIONAL, EventType
from service.settings.alerts import Alerts
from service.settings.buckets import Buckets, with_targets
from service.settings.calendars import WEEKDAYS, CalendarTables, TimeZone, Weekday
from service.settings.durations import Duration, PositiveDuration, parse_duration
from service.settings.environment import DELIMITER, PREFIX, Environment
from service.settings.feeds import Feeds
from service.settings.http import Http
from service.settings.kafka import Kafka, Topics
from service.settings.labels import (
    AllowedLabels,
    AnonymousCustomers,
    LabelForms,
    LowercaseLabels,
    QueueCalendars,
)
from service.settings.logging import Log
from service.settings.receive import Receive
from service.settings.registry import Registry
from service.settings.section import no_truth_for_a_number
from service.settings.sla import SlaTable, sla, sla_table
from service.settings.windows import CalendarWindows, RepeatWindows, Windows

_DEFAULTS = Definitions()


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
        allow_inf_nan=False,
    )
    _numbers = field_validator("*", mode="before")(classmethod(no_truth_for_a_number))

    windows: Windows = Field(
        default={window.name: window.step for window in _DEFAULTS.windows},
        description="Windows of the gauges: length to step. A list takes the default steps.",
    )
    calendar_windows: CalendarWindows = Field(
        default=[],
        description="Windows of local days beside them: `today`, `yesterday`, `this_week`,"
        " `this_month`.",
    )
    timezone: TimeZone = Field(
        default="UTC",
        description='Where the days of calendar windows begin, an IANA name: "Europe/Berlin".',
    )
    week_starts: Weekday = Field(
        default="monday", description="The day with which `this_week` begins."
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
    calendars: CalendarTables = Field(
        default={},
        description="Office hours by a name of your own. Where a calendar is named by"
        " `queue_calendars` or by an SLA table, its hours alone count for the targets.",
    )
    queue_calendars: QueueCalendars = Field(
        default={},
        description="The calendar of a queue; it goes before that of the channel's SLA table.",
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
    contact_updated: bool = Field(
        default=_DEFAULTS.contact_updated,
        description="Read the topic of updates too: contacts reopened, waiting, corrected.",
    )
    contact_evaluated: bool = Field(
        default=_DEFAULTS.contact_evaluated,
        description="Read the topic of evaluations too: errors, scores and emotions of contacts.",
    )
    agents: bool = Field(
        default=_DEFAULTS.agents,
        description="Read the topics of agents too: their states, shifts and employments.",
    )
    customer_changed: bool = Field(
        default=_DEFAULTS.customer_changed,
        description="Read the topic of customers too: who joined and left, of which segment and"
        " worth.",
    )
    left_after: Duration = Field(
        default=_DEFAULTS.left_after,
        description="How long before a customer left his last contact may have started, to be told"
        " of with it; at most the longest window.",
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
    lowercase_labels: LowercaseLabels = Field(
        default=["channel"],
        description="Labels that count without capitals: `Voice` and `voice` are one channel.",
    )
    anonymous_customers: AnonymousCustomers = Field(
        default=sorted(_DEFAULTS.anonymous_customers),
        description="Customer ids that stand for callers nobody knows, compared without case:"
        " they have no repeats, and first contact resolution does not ask them.",
    )
    teams: bool = Field(default=_DEFAULTS.teams, description="Tell numbers by team of agents too.")
    outcomes: bool = Field(
        default=_DEFAULTS.outcomes,
        description="Publish what is known of each contact's verdicts, contact by contact.",
    )
    max_event_bytes: int = Field(
        default=65_536, ge=1, le=16_777_216, description="Larger events are refused."
    )
    max_future_skew: Duration = Field(
        default=300_000_000,
        description="Events further ahead of the wall clock than this are refused; at most the"
        " longest window, or 5 minutes.",
    )
    topics: Topics = Topics()
    kafka: Kafka = Kafka()
    registry: Registry = Registry()
    http: Http = Http()
    receive: Receive = Receive()
    log: Log = Log()
    feeds: Feeds = Feeds()
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

    def agent_topics(self) -> dict[AgentEventType, str]:
        """The topic of each event type about agents, if they are read."""
        return dict(self._agent_topics()) if self.agents else {}

    def types_of_topics(self) -> dict[str, AnyEventType]:
        """The event type of each topic that is read, of contacts' and of agents'."""
        types: dict[str, AnyEventType] = {it: type_ for type_, it in self.event_topics().items()}
        types.update((it, type_) for type_, it in self.agent_topics().items())
        return types

    def unread_topics(self) -> dict[str, str]:
        """The topics that are off, and the setting that turns each on."""
        agents = {} if self.agents else {name: "agents = true" for _, name in self._agent_topics()}
        return agents | {
            name: f"{OPTIONAL[type_]} = true"
            for type_, name in self._topics()
            if not self._reads(type_)
        }

    def all_topics(self) -> dict[AnyEventType, str]:
        """The topic of each event type, whether it is read or not."""
        return {**dict(self._topics()), **dict(self._agent_topics())}

    def _topics(self) -> Iterator[tuple[EventType, str]]:
        for type_ in EVENT_CLASSES:
            yield type_, getattr(self.topics, type_.replace("-", "_"))

    def _agent_topics(self) -> Iterator[tuple[AgentEventType, str]]:
        for type_ in AGENT_EVENT_CLASSES:
            yield type_, getattr(self.topics, type_.replace("-", "_"))

    def _reads(self, type_: EventType) -> bool:
        return type_ not in OPTIONAL or bool(getattr(self, OPTIONAL[type_]))

    def definitions(self) -> Definitions:
        """What the numbers mean, as the engine takes it."""
        forms = LabelForms(self.lowercase_labels)
        targets = sla(self.sla, forms)
        every = targets.all_targets()
        return Definitions(
            windows=tuple(
                Window(name, parse_duration(name), step) for name, step in self.windows.items()
            ),
            calendar_windows=tuple(
                CalendarWindow(name, self.timezone, WEEKDAYS.index(self.week_starts))
                for name in self.calendar_windows
            ),
            repeat_windows=tuple(
                RepeatWindow(name, parse_duration(name)) for name in self.repeat_windows
            ),
            repeat_match=self.repeat_match,
            sla=targets,
            short_abandon=self.short_abandon,
            at_risk_fraction=self.at_risk_fraction,
            first_response_buckets=with_targets(
                self.first_response_buckets, [kind.first_response for kind in every]
            ),
            resolution_buckets=with_targets(
                self.resolution_buckets, [kind.resolution for kind in every]
            ),
            backlog_age_buckets=tuple(self.backlog_age_buckets),
            allowed_lateness=self.allowed_lateness,
            open_horizon=self.open_horizon,
            contact_responded=self.contact_responded,
            contact_updated=self.contact_updated,
            agents=self.agents,
            contact_evaluated=self.contact_evaluated,
            customer_changed=self.customer_changed,
            left_after=self.left_after,
            max_label_values=self.max_label_values,
            allowed_labels=MappingProxyType(
                {name: forms.all(name, values) for name, values in self.allowed_labels.items()}
            ),
            lowercase_labels=frozenset(self.lowercase_labels),
            anonymous_customers=frozenset(map(str.lower, self.anonymous_customers)),
            teams=self.teams,
            outcomes=self.outcomes,
            calendars=MappingProxyType(
                {name: table.calendar() for name, table in self.calendars.items()}
            ),
            queue_calendars=MappingProxyType(
                {forms.one("queue", queue): name for queue, name in self.queue_calendars.items()}
            ),
        )
