"""The reduced job that peers do: far less than the service does, and not exact.

Each customer's contacts, one repeat window, counters by channel and queue, one histogram. No
windows that slide, no SLA, no finality, no amendments; the repeats depend on which topic's events
come first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from datetime import datetime
from typing import Any, Final

TOPICS: Final = ("contact-started", "contact-resolved", "survey-answered")
_REPEAT_WINDOW: Final = 24 * 3600.0
_BOUNDS: Final = (60, 300, 900, 1800, 3600, 7200, 14400, 28800, 86400, 172800, 345600, 604800)

#: One customer's contacts by id: start, end, channel, queue; JSON can hold it.
Contacts = dict[str, list[Any]]


class Numbers:
    """The counters and the histogram."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str, str]] = Counter()
        self.resolution = [0] * (len(_BOUNDS) + 1)

    def apply(self, topic: str, contacts: Contacts, event: dict[str, Any]) -> None:
        """Any event, decoded to a dict."""
        unknown = [None, None, "unknown", "unknown"]
        if topic == "survey-answered":
            _, _, channel, queue = contacts.get(event["contact_id"], unknown)
            self.counts[f"csat {event['score']}", channel, queue] += 1
            return
        contact = contacts.setdefault(event["contact_id"], unknown)
        if topic == "contact-started":
            self._started(contacts, contact, event)
        else:
            self._resolved(contact, event)

    def _started(self, contacts: Contacts, contact: list[Any], event: dict[str, Any]) -> None:
        """A contact began; it is a repeat if one before it ended less than a window ago."""
        start = contact[0] = datetime.fromisoformat(event["started_at"]).timestamp()
        channel, queue = contact[2:] = event["channel"], event["queue"]
        self.counts["started", channel, queue] += 1
        for other in contacts.values():
            began, ended, _, _ = other
            before = other is not contact and began is not None and began < start
            if before and (ended is None or start <= ended + _REPEAT_WINDOW):
                self.counts["repeat", channel, queue] += 1
                break

    def _resolved(self, contact: list[Any], event: dict[str, Any]) -> None:
        """A contact ended; its duration is known if its start is."""
        start, _, channel, queue = contact
        end = contact[1] = datetime.fromisoformat(event["resolved_at"]).timestamp()
        if start is not None:
            self.counts[event["outcome"], channel, queue] += 1
            self.resolution[bisect_left(_BOUNDS, end - start)] += 1
