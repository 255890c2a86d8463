"""What became of foreign records, feed by feed, on standard error."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import typer

from service.feeds.mapped import Result

if TYPE_CHECKING:
    from service.events.agents import AnyEventType
    from service.feeds.mapped import Mapped
    from service.settings import Settings

#: Failures of one feed and reason that are told one by one.
_TOLD: Final = 20
_EVERY: Final = 100_000


class Tally:
    """Counts, tells failures with their line, and sums up."""

    def __init__(self, what: str = "lines") -> None:
        self.what = what
        self._results: Counter[tuple[str, str]] = Counter()
        self._events: Counter[AnyEventType] = Counter()
        self._failures: Counter[tuple[str, str]] = Counter()
        self._no_feed: Counter[str] = Counter()
        self.lines = self.failed = 0

    @property
    def events(self) -> int:
        """How many events were made."""
        return self._events.total()

    def add(self, number: int, mapped: Mapped) -> None:
        """What was made of the record on a line."""
        self._line()
        for emitted in mapped.emitted:
            self._events[emitted.type] += 1
        for failed in mapped.failed:
            named = f"feed {failed.feed}: " if failed.feed else ""
            self._failure(
                number, failed.feed, failed.reason, f"{named}{failed.reason}: {failed.detail}"
            )
        for feed, result in mapped.results:
            self._results[feed, result] += 1

    def add_bad(self, number: int, reason: str, what: str) -> None:
        """A line that is no record."""
        self._line()
        self._failure(number, "", reason, what)

    def add_without_feed(self, topic: str) -> None:
        """A record of a topic that no feed has."""
        self._line()
        self._no_feed[topic] += 1

    def _line(self) -> None:
        self.lines += 1
        if self.lines % _EVERY == 0:
            typer.echo(f"{self.lines:,} {self.what}, {self.events:,} events", err=True)

    def _failure(self, number: int, feed: str, reason: str, what: str) -> None:
        self.failed += 1
        self._failures[feed, reason] += 1
        if self._failures[feed, reason] <= _TOLD:
            typer.echo(f"line {number}: {what}", err=True)

    def tell(self, settings: Settings) -> None:
        """The sums; and of events that are off, the setting that turns them on."""
        for (feed, reason), count in sorted(self._failures.items()):
            if count > _TOLD:
                whose = f"of feed {feed} " if feed else ""
                typer.echo(f"{count - _TOLD:,} more {whose}with {reason}", err=True)
        for topic, count in sorted(self._no_feed.items()):
            typer.echo(f"{count:,} {self.what} of the topic {topic}, which no feed has", err=True)
        for feed in dict.fromkeys(feed for feed, _ in self._results):
            told = ", ".join(f"{result} {self._results[feed, result]:,}" for result in Result)
            typer.echo(f"{feed}: {told}", err=True)
        off = settings.unread_topics()
        for type_, topic in settings.all_topics().items():
            if topic in off and self._events[type_]:
                typer.echo(
                    f"{self._events[type_]:,} events are {type_}, which is off: {off[topic]} turns"
                    " it on",
                    err=True,
                )
