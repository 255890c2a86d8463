"""What a stage reads and writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.events.agents import AnyEventType
    from service.feeds.mapped import Mapped
    from service.feeds.record import ForeignRecord
    from service.feeds.schemas import Schema, SchemaRef
    from service.streaming.config import KafkaConfig


@dataclass(frozen=True, slots=True)
class StageConfig:
    """One stage of a cluster."""

    kafka: KafkaConfig
    """With the stage's own group; its topics are those of the events that feeds emit."""
    inputs: tuple[str, ...]
    """The topics of other systems."""
    feeds: tuple[str, ...]
    """The names of the feeds."""
    remembering: frozenset[str] = frozenset()
    """Inputs whose records are understood only after those before them."""

    def output(self, type_: AnyEventType) -> str:
        """The topic of events of this type."""
        return dict(self.kafka.event_topics)[type_]

    @property
    def groups(self) -> list[list[str]]:
        """The topics of events, those together that have the same number of partitions."""
        kafka = self.kafka
        groups = (list(kafka.topics.values()), list(kafka.agent_topics.values()))
        return [group for group in groups if group]

    @property
    def outputs(self) -> list[str]:
        """The topics that are written."""
        return [*(topic for group in self.groups for topic in group), self.kafka.dead_letter_topic]


class RecordMapper(Protocol):
    """What the stage needs of :class:`service.feeds.mapper.Mapper`."""

    def schemas_needed(self, record: ForeignRecord) -> Sequence[SchemaRef]: ...
    def map(
        self, record: ForeignRecord, wall_us: int, schemas: Mapping[SchemaRef, Schema]
    ) -> Mapped: ...
