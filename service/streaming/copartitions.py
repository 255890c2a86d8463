"""Topics of which partition n belongs together: a group of them has one changelog beside it.

Kafka calls topics co-partitioned that have the same keys, the same number of partitions, and each
partition number of all of them at one worker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from service.view.snapshot import Group, place

if TYPE_CHECKING:
    from collections.abc import Iterable

CONTACTS: Final[Group] = "contacts"
AGENTS: Final[Group] = "agents"


class Copartition(NamedTuple):
    """Partition `number` of every topic of the group with that name: what one engine counts."""

    group: Group
    number: int


@dataclass(frozen=True, slots=True)
class TopicGroup:
    """Topics with the same number of partitions, and the changelog of what is counted of them."""

    name: Group
    topics: tuple[str, ...]
    changelog_topic: str
    #: Topics beside them that are only written, partition n with what comes of partition n.
    written: tuple[str, ...] = ()

    @property
    def partitioned(self) -> list[str]:
        """All that have the same number of partitions."""
        return [*self.topics, self.changelog_topic, *self.written]


def told(partitions: Iterable[Copartition]) -> list[int | str]:
    """As logs and messages have them, in order."""
    ordered = sorted(partitions, key=lambda it: (it.group != CONTACTS, it.number))
    return [place(it.group, it.number) for it in ordered]
