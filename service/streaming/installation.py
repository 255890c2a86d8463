"""Whose state a changelog holds: said by each claim in it, and by the register before any.

Two installations that write to one changelog would take each other's contacts for their own. And
where topics have got more partitions, keys have moved: a partition's state is not that of its
customers any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from service.streaming.copartitions import CONTACTS
from service.streaming.errors import StreamError

if TYPE_CHECKING:
    from service.streaming.config import KafkaConfig
    from service.view.snapshot import Group

#: Its name in the register.
REGISTERED_AS: Final = "installation"


class Installation(msgspec.Struct, frozen=True):
    """The workers that share one state."""

    group: str
    #: Id of the Kafka cluster; empty where the broker has none.
    cluster: str
    #: Event topic of each type.
    topics: dict[str, str]
    #: Of each event topic about contacts and customers.
    partitions: int
    #: Of each event topic about agents; 0: they are not read.
    agent_partitions: int = 0
    #: Changelog of each group of topics; the last release did not say.
    changelogs: dict[str, str] = {}
    #: Topic of what the group agrees on; empty where the last release did not say.
    register: str = ""

    def written(self) -> bytes:
        """As :meth:`check` takes it."""
        return msgspec.json.encode(self)

    def check(self, former: bytes | None, topic: str, accepted: int | None) -> None:
        """Raises StreamError unless `former`, found in `topic`, is ours.

        `accepted`: a number of partitions that event topics may have been given meanwhile.

        None or empty: nobody has said so far whose it is (the last release did not).
        """
        if former:
            self._check(_read(former, topic), topic, accepted)

    def _check(self, other: Installation, topic: str, accepted: int | None) -> None:
        theirs, ours = _whom(other), _whom(self)
        moved = {
            type_
            for type_, topic in other.topics.items()
            if type_ in self.topics and self.topics[type_] != topic
        }
        if moved or (other.group, other.cluster) != (self.group, self.cluster):
            raise StreamError(
                f"the topic {topic!r} holds the state of another installation: {theirs}. This is"
                f" {ours}. {_APART}"
            )
        if other.register and other.register != self.register:
            raise StreamError(
                f"the group {self.group!r} agrees on label values in the register topic"
                f" {other.register!r}, and not in {self.register!r}: by two lists, one partition"
                " would show a queue that the next hides. Name that one as topics.group_register;"
                " or, to start anew, choose another kafka.group and topics.changelog too"
            )
        _require_same("event", other.partitions, self.partitions, accepted)
        if other.agent_partitions and self.agent_partitions:
            _require_same("agents'", other.agent_partitions, self.agent_partitions, accepted)

    def check_registered(self, former: bytes | None, topic: str, accepted: int | None) -> None:
        """Raises StreamError as :meth:`check` does, and where the group has other changelogs.

        Offsets that one worker commits behind its changelog would be lost to all with another.
        """
        if not former:
            return
        other = _read(former, topic)
        self._check(other, topic, accepted)
        for group, theirs in other.changelogs.items():
            ours = self.changelogs.get(group, theirs)
            if ours != theirs:
                raise StreamError(
                    f"the group {self.group!r} keeps its state in the changelog topic {theirs!r},"
                    f" and not in {ours!r}. Name that one; or, to start anew, choose another"
                    " kafka.group too"
                )

    def partitions_of(self, group: Group) -> int:
        """How many each event topic of that group has."""
        return self.partitions if group == CONTACTS else self.agent_partitions

    def counts(self, config: KafkaConfig) -> dict[str, int]:
        """How many partitions each event topic has."""
        return {
            topic: self.partitions_of(group.name)
            for group in config.groups.values()
            for topic in group.topics
        }


def _read(former: bytes, topic: str) -> Installation:
    try:
        return msgspec.json.decode(former, type=Installation)
    except msgspec.DecodeError:
        raise StreamError(
            f"whose state the topic {topic!r} holds cannot be read: something else writes to"
            f" it, or a newer release. {_APART}"
        ) from None


def _require_same(which: str, former: int, now: int, accepted: int | None) -> None:
    if former != now != accepted:
        raise StreamError(
            f"the {which} topics have {now} partitions and had {former}:"
            " keys have moved, so that what comes next of a contact may not meet its"
            " beginning. Start anew with another kafka.group and topics.changelog on topics"
            " that were filled with this number of partitions; or, if the open contacts may be"
            f" wrong until they expire, set kafka.accept_partitions = {now}"
        )


_APART: Final = (
    "Give each installation a topics.changelog of its own; the state is rebuilt from the event"
    " topics where both topics.changelog and kafka.group are new"
)


def _whom(installation: Installation) -> str:
    topics = ", ".join(installation.topics.values())
    cluster = f" in the cluster {installation.cluster}" if installation.cluster else ""
    return f"the group {installation.group!r} on {topics}{cluster}"
