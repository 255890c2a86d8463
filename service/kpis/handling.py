"""What closing a contact took: handle time, agent replies, one-touch, transfers; by the end."""

from __future__ import annotations

from collections.abc import Iterator

from service.definitions import SECOND
from service.kpis.facts import Contacts, Fact
from service.kpis.layout import Layout

#: One-touch: resolved with fewer than two agent replies (Zendesk's definition).
ONE_TOUCH_REPLIES = 1


class Handling:
    """Handle time (Genesys: talk + hold + after-call work), replies, one-touch and transfers."""

    def __init__(self, layout: Layout) -> None:
        self._handle = layout.add(
            "handle", "queue", [()], shape="amount", gauge="cx_window_handle_seconds", unit=SECOND
        )
        self._replies = layout.add(
            "replies", "queue", [()], shape="amount", gauge="cx_window_agent_replies"
        )
        self._one_touch = layout.add(
            "one_touch", "queue", [()], gauge="cx_window_one_touch_contacts"
        )
        self._transferred = layout.add(
            "transferred", "queue", [()], gauge="cx_window_transferred_contacts"
        )

    def facts(self, contacts: Contacts) -> Iterator[Fact]:
        yield Fact(
            slot="handle",
            name="handle",
            when=contacts.closed & (contacts.handle >= 0),
            cell=contacts.end_cells + self._handle.offset,
            at=contacts.closed_at,
            total=contacts.handle,
        )
        replies_known = contacts.resolved & (contacts.replies >= 0)
        yield Fact(
            slot="replies",
            name="replies",
            when=replies_known,
            cell=contacts.end_cells + self._replies.offset,
            at=contacts.closed_at,
            total=contacts.replies,
        )
        yield Fact(
            slot="one_touch",
            name="one_touch",
            when=replies_known & (contacts.replies <= ONE_TOUCH_REPLIES),
            cell=contacts.end_cells + self._one_touch.offset,
            at=contacts.closed_at,
        )
        yield Fact(
            slot="transferred",
            name="transferred",
            when=contacts.closed & (contacts.transfers > 0),
            cell=contacts.end_cells + self._transferred.offset,
            at=contacts.closed_at,
        )
