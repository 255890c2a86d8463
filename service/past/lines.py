"""Lines of text, one `{"topic": ..., "value": {...}}` each, read as events."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from service.definitions import DAY
from service.events.agents import AgentEmployed, AgentEvent, AgentEventType, AgentScheduled
from service.events.decoding import Decoder
from service.events.mark import without_mark
from service.events.model import Event, EventType
from service.events.refusal import Reason, Refused

#: The topic under which lines are counted that are of no topic that is read.
NO_TOPIC = "unknown"
#: A file does not say when a plan was made: it is taken to be known so long ahead, so that of a
#: shift that was moved by less only the last word counts.
AHEAD: Final = 7 * DAY
#: How files begin that hold the right thing in another form, and how to mend it.
_OTHER_FORMS: Final = {
    BOM_UTF16_LE: ": the file is UTF-16, save it as UTF-8",
    BOM_UTF16_BE: ": the file is UTF-16, save it as UTF-8",
    b"\x1f\x8b": ": the file is compressed (gzip), unpack it",
    b"\x28\xb5\x2f\xfd": ": the file is compressed (zstd), unpack it",
    b"PK\x03\x04": ": the file is compressed (zip), unpack it",
    b"[": ": it is a list, write each of its objects on a line of its own",
}


class NotRead(Exception):  # noqa: N818 - not wrong by itself
    """The line is of a topic that is not read; the message says why."""


class TopicEvent(NamedTuple):
    """An event, its own time (microseconds since 1970), and the topic that its line names."""

    topic: str
    event: Event | AgentEvent
    at: int

    @property
    def is_plan(self) -> bool:
        """Whether it was made ahead, and so moves no clock."""
        return isinstance(self.event, AgentScheduled | AgentEmployed)

    @property
    def known_at(self) -> int:
        """When it counts as known: with its own time, a plan ahead of it."""
        return self.at - AHEAD if self.is_plan else self.at


class _Line(msgspec.Struct, gc=False):
    topic: str
    value: msgspec.Raw
    key: str | None = None


class Lines:
    """Reads events from lines, and counts those that are none.

    Args:
        decoder: decides what is an event.
        topics: topic names and the event types they hold.
        wall_us: the wall clock, microseconds since the epoch.
        on_bad_line: told the number (from 1), the topic and the reason of each line refused.
        unread: topics that are off, and the setting that turns each on.
    """

    def __init__(
        self,
        decoder: Decoder,
        topics: Mapping[str, EventType | AgentEventType],
        wall_us: int,
        on_bad_line: Callable[[int, str, Exception], None],
        unread: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._decoder = decoder
        self._topics = topics
        self._wall_us = wall_us
        self._on_bad_line = on_bad_line
        self._unread = unread
        self._read = msgspec.json.Decoder(_Line).decode
        self.invalid: Counter[str] = Counter()
        """Lines that are no events, by topic."""
        self.dead_letters: Counter[tuple[str, str]] = Counter()
        """By (topic, reason): what the service would send to the dead-letter topic."""

    def events(self, lines: Iterable[bytes]) -> Iterator[TopicEvent]:
        """The events, in the order of their lines; blank lines are passed over."""
        for number, line in enumerate(without_mark(lines), 1):
            if not line.strip():
                continue
            topic = NO_TOPIC
            try:
                topic, type_, value, key = self._envelope(line)
                if key is None:
                    event, at = self._decoder.decode_without_key(type_, value, self._wall_us)
                else:
                    event, at = self._decoder.decode(type_, key.encode(), value, self._wall_us)
            except NotRead as not_read:
                # The service would see none of it: there is no letter either.
                self.invalid[topic] += 1
                self._on_bad_line(number, topic, not_read)
            except Refused as refused:
                self.invalid[topic] += 1
                self.dead_letters[topic, refused.reason] += 1
                self._on_bad_line(number, topic, refused)
            else:
                yield TopicEvent(topic, event, at)

    def _envelope(self, line: bytes) -> tuple[str, EventType | AgentEventType, bytes, str | None]:
        try:
            read = self._read(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            read = None
        if read is None:
            form = next((it for start, it in _OTHER_FORMS.items() if line.startswith(start)), "")
            raise Refused(
                Reason.NOT_JSON,
                f'the line is not {{"topic": "...", "value": {{...}}}} in JSON{form}',
            )
        type_ = self._topics.get(read.topic)
        if type_ is None:
            switch = self._unread.get(read.topic)
            if switch is not None:
                raise NotRead(f"the topic {read.topic} is off: {switch} turns it on")
            raise NotRead(f"the topic is none of {', '.join(self._topics)}")
        return read.topic, type_, bytes(read.value), read.key
