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

    def started(self, contacts: Contacts, contact: str, at: str, channel: str, queue: str) -> None:
        """A contact began; it is a repeat if one before it ended less than a window ago."""
        start = datetime.fromisoformat(at).timestamp()
        known = contacts.get(contact)
        contacts[contact] = [start, known[1] if known else None, channel, queue]
        self.counts["started", channel, queue] += 1
        for other, (began, ended, _, _) in contacts.items():
            before = other != contact and began is not None and began < start
            if before and (ended is None or start <= ended + _REPEAT_WINDOW):
                self.counts["repeat", channel, queue] += 1
                break

    def resolved(self, contacts: Contacts, contact: str, at: str, outcome: str) -> None:
        """A contact ended; its duration is known if its start is."""
        end = datetime.fromisoformat(at).timestamp()
        known = contacts.get(contact)
        if known is None:
            contacts[contact] = [None, end, "unknown", "unknown"]
            return
        known[1] = end
        self.counts[outcome, known[2], known[3]] += 1
        self.resolution[bisect_left(_BOUNDS, end - known[0])] += 1

    def answered(self, contacts: Contacts, contact: str, score: int) -> None:
        """A survey answer counts under its contact's labels."""
        _, _, channel, queue = contacts.get(contact, (None, None, "unknown", "unknown"))
        self.counts[f"csat {score}", channel, queue] += 1

    def apply(self, topic: str, contacts: Contacts, event: dict[str, Any]) -> None:
        """Any event, decoded to a dict."""
        contact = event["contact_id"]
        if topic == "contact-started":
            self.started(contacts, contact, event["started_at"], event["channel"], event["queue"])
        elif topic == "contact-resolved":
            self.resolved(contacts, contact, event["resolved_at"], event["outcome"])
        else:
            self.answered(contacts, contact, event["score"])
