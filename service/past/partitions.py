"""A file's partition of contacts and, where agents are told, theirs beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from service.agents.engine import AgentsEngine
from service.events.agents import AgentEvent
from service.partition.engine import Engine

if TYPE_CHECKING:
    from service.definitions import Definitions
    from service.past.lines import TopicEvent
    from service.view.snapshot import Snapshot


class Partitions:
    """One engine of each, led by one clock; agents' teams share the contacts' list of labels."""

    def __init__(self, definitions: Definitions) -> None:
        self.contacts = Engine(definitions)
        self._agents = AgentsEngine(definitions, labels=self.contacts.labels)
        self._tells_agents = definitions.agents

    @property
    def latest(self) -> int:
        """The largest event time seen of those that move a clock."""
        return max(self.contacts.latest, self._agents.latest)

    def apply(self, batch: Iterable[TopicEvent]) -> Iterator[tuple[str, str]]:
        """What became of the events, each with its topic."""
        # In runs: places of labels are given in the order of arrival.
        for is_agents, run in groupby(batch, lambda it: isinstance(it.event, AgentEvent)):
            topics, *events = zip(*run, strict=True)
            engine = self._agents if is_agents else self.contacts
            yield from zip(topics, engine.apply([*zip(*events, strict=True)]), strict=True)

    def advance(self, clock: int) -> None:
        """Moves the clock; never back."""
        self.contacts.advance(clock)
        self._agents.advance(clock)

    def overflowed(self) -> Counter[str]:
        """How many labels became `other` since this was last asked, by dimension."""
        return Counter(self.contacts.overflowed()) + Counter(self._agents.overflowed())

    def snapshots(self) -> tuple[Snapshot, ...]:
        """The numbers of the contacts, then the agents' where they are told."""
        contacts = self.contacts.snapshot()
        return (contacts, self._agents.snapshot()) if self._tells_agents else (contacts,)
