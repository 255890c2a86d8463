"""How the service reaches Kafka and what it finds there: the values that the settings fill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from service.streaming.copartitions import AGENTS, CONTACTS, TopicGroup
from service.streaming.security import Security

if TYPE_CHECKING:
    from service.events.agents import AgentEventType
    from service.events.model import EventType
    from service.view.snapshot import Group

_DEFAULT_TOPICS: Mapping[EventType, str] = MappingProxyType(
    {
        "contact-started": "contact-started",
        "contact-resolved": "contact-resolved",
        "survey-answered": "survey-answered",
    }
)


@dataclass(frozen=True, slots=True)
class TopicCreation:
    """How missing topics are created."""

    partitions: int = 4
    #: None: three, or as many as there are brokers.
    replication_factor: int | None = None


@dataclass(frozen=True, slots=True)
class KafkaConfig:
    """One cluster, the topics read and written there, and the consumer group.

    Durations are in seconds.
    """

    bootstrap: str = "localhost:9092"
    #: Topic of each event type that is consumed; all have the same number of partitions.
    topics: Mapping[EventType, str] = field(default_factory=lambda: _DEFAULT_TOPICS)
    changelog_topic: str = "contact-metrics-changelog"
    #: Likewise of the event types about agents, among themselves; none where they are not read.
    agent_topics: Mapping[AgentEventType, str] = field(default_factory=dict)
    agents_changelog_topic: str = "contact-metrics-agents-changelog"
    register_topic: str = "contact-metrics-register"
    dead_letter_topic: str = "contact-metrics-dead-letters"
    #: None: no outcomes are told.
    outcomes_topic: str | None = None
    group_id: str = "contact-metrics"
    #: The number of partitions that the event topics were given, where that has changed.
    accepted_partitions: int | None = None
    #: None: topics must exist already.
    creation: TopicCreation | None = None
    security: Security = field(default_factory=Security)
    #: A worker silent for so long is expelled from the group, and others take its partitions.
    session_timeout: float = 15.0
    #: How long workers may take to give up their partitions when the group changes. The embedded
    #: broker waits half of it at every change.
    rebalance_timeout: float = 20.0
    request_timeout: float = 30.0
    #: Fetched and not yet applied, decompressed: bytes, about.
    fetch_bytes: int = 64 * 1024 * 1024
    #: Those of the addresses that did not answer lately (service.streaming.bootstrap).
    silent: set[str] = field(default_factory=set, compare=False, repr=False)

    @property
    def addresses(self) -> Sequence[str]:
        """Of the brokers to reach first, each `host:port`."""
        return self.bootstrap.split(",")

    @property
    def written_and_read(self) -> str:
        """The names of the topics that hold the state, in words."""
        changelogs = [repr(group.changelog_topic) for group in self.groups.values()]
        return " and ".join([*changelogs, repr(self.register_topic)])

    @property
    def only_written(self) -> str:
        """The names of the topics that `run` writes and does not read, in words."""
        outcomes = "" if self.outcomes_topic is None else f" and {self.outcomes_topic!r}"
        return f"{self.dead_letter_topic!r}{outcomes}"

    @property
    def groups(self) -> Mapping[Group, TopicGroup]:
        """The topics that have their partitions together, by the name of their group."""
        outcomes = () if self.outcomes_topic is None else (self.outcomes_topic,)
        contacts = tuple(self.topics.values())
        groups = [TopicGroup(CONTACTS, contacts, self.changelog_topic, outcomes)]
        if self.agent_topics:
            agents = tuple(self.agent_topics.values())
            groups.append(TopicGroup(AGENTS, agents, self.agents_changelog_topic))
        return {group.name: group for group in groups}

    @property
    def event_topics(self) -> Sequence[tuple[EventType | AgentEventType, str]]:
        """The event types that are consumed, each with its topic, of all groups."""
        return [*self.topics.items(), *self.agent_topics.items()]

    def client_settings(self) -> dict[str, object]:
        """What every aiokafka client is made with."""
        answering = (address for address in self.addresses if address not in self.silent)
        return {
            "bootstrap_servers": ",".join(answering) or self.bootstrap,
            "client_id": "contact-metrics",
            # A join is one request that the broker answers only after the rebalance.
            "request_timeout_ms": int(1000 * max(self.request_timeout, self.rebalance_timeout + 5)),
            **self.security.client_settings(),
        }
