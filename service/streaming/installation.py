"""Whose state a changelog holds: said by each claim in it, and by the register before any.

Two installations that write to one changelog would take each other's contacts for their own. And
where topics have got more partitions, keys have moved: a partition's state is not that of its
customers any more.
"""

from __future__ import annotations

from typing import Final

import msgspec

from service.streaming.errors import StreamError

#: Its name in the register.
REGISTERED_AS: Final = "installation"


class Installation(msgspec.Struct, frozen=True):
    """The workers that share one state."""

    group: str
    #: Id of the Kafka cluster; empty where the broker has none.
    cluster: str
    #: Event topic of each type.
    topics: dict[str, str]
    #: Of each event topic.
    partitions: int

    def written(self) -> bytes:
        """As :meth:`check` takes it."""
        return msgspec.json.encode(self)

    def check(self, former: bytes | None, topic: str, accepted: int | None) -> None:
        """Raises StreamError unless `former`, found in `topic`, is ours.

        `accepted`: a number of partitions that event topics may have been given meanwhile.

        None or empty: nobody has said so far whose it is (the last release did not).
        """
        if not former:
            return
        try:
            other = msgspec.json.decode(former, type=Installation)
        except msgspec.DecodeError:
            raise StreamError(
                f"whose state the topic {topic!r} holds cannot be read: something else writes to"
                f" it, or a newer release. {_APART}"
            ) from None
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
        if other.partitions != self.partitions != accepted:
            raise StreamError(
                f"the event topics have {self.partitions} partitions and had {other.partitions}:"
                " keys have moved, so that what comes next of a contact may not meet its"
                " beginning. Start anew with another kafka.group and topics.changelog on topics"
                " that were filled with this number of partitions; or, if the open contacts may be"
                f" wrong until they expire, set kafka.accept_partitions = {self.partitions}"
            )


_APART: Final = (
    "Give each installation a topics.changelog of its own; the state is rebuilt from the event"
    " topics where both topics.changelog and kafka.group are new"
)


def _whom(installation: Installation) -> str:
    topics = ", ".join(installation.topics.values())
    cluster = f" in the cluster {installation.cluster}" if installation.cluster else ""
    return f"the group {installation.group!r} on {topics}{cluster}"
