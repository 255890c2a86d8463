"""Topics of which partition n belongs together: a group of them has one changelog beside it.

Kafka calls topics co-partitioned that have the same keys, the same number of partitions, and each
partition number of all of them at one worker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.events.model import EventType


class Copartition(NamedTuple):
    """Partition `number` of every topic of the group with that name: what one engine counts."""

    group: str
    number: int


@dataclass(frozen=True, slots=True)
class TopicGroup:
    """Topics with the same number of partitions, and the changelog of what is counted of them."""

    name: str
    topics: Mapping[EventType, str]
    changelog_topic: str
