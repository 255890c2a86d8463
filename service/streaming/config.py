"""How the service reaches Kafka and what it finds there: the values that the settings fill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from service.streaming.copartitions import TopicGroup
from service.streaming.security import Security

if TYPE_CHECKING:
    from service.events.model import EventType

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

    @property
    def only_written(self) -> str:
        """The names of the topics that `run` writes and does not read, in words."""
        outcomes = "" if self.outcomes_topic is None else f" and {self.outcomes_topic!r}"
        return f"{self.dead_letter_topic!r}{outcomes}"

    @property
    def groups(self) -> Mapping[str, TopicGroup]:
        """The topics that have their partitions together, by the name of their group."""
        contacts = TopicGroup("contacts", self.topics, self.changelog_topic)
        return {contacts.name: contacts}

    def client_settings(self) -> dict[str, object]:
        """What every aiokafka client is made with."""
        return {
            "bootstrap_servers": self.bootstrap,
            "client_id": "contact-metrics",
            # A join is one request that the broker answers only after the rebalance.
            "request_timeout_ms": int(1000 * max(self.request_timeout, self.rebalance_timeout + 5)),
            **self.security.client_settings(),
        }
