"""What closing a contact took: handle time, agent replies, one-touch, transfers, bots; by the end.

Handle time is of every closing, all else of the last one.
"""

from __future__ import annotations

from collections.abc import Iterator

from service.definitions import SECOND
from service.kpis.facts import Fact
from service.kpis.layout import Layout, Run
from service.kpis.rows import BY_BOT
from service.kpis.tables import Contacts, Turns

#: One-touch: resolved with fewer than two agent replies (Zendesk's definition).
ONE_TOUCH_REPLIES = 1


def handle_run(layout: Layout) -> Run:
    """The cells of handle time."""
    return layout.add(
        "handle", "queue", [()], shape="amount", gauge="cx_window_handle_seconds", unit=SECOND
    )


class Handling:
    """Handle time (Genesys: talk + hold + after-call work), replies, one-touch and transfers."""

    def __init__(self, layout: Layout, handle: Run) -> None:
        self._handle = handle
        self._replies = layout.add(
            "replies", "queue", [()], shape="amount", gauge="cx_window_agent_replies"
        )
        self._one_touch = layout.add(
            "one_touch", "queue", [()], gauge="cx_window_one_touch_contacts"
        )
        self._transferred = layout.add(
            "transferred", "queue", [()], gauge="cx_window_transferred_contacts"
        )
        self._by_bot = layout.add(
            "bot_resolved", "queue", [()], gauge="cx_window_bot_resolved_contacts"
        )

    def facts(self, contacts: Contacts) -> Iterator[Fact]:
        yield Fact(
            slot="handle",
            name="handle",
            when=contacts.inbound & contacts.ends & (contacts.first_handle >= 0),
            cell=contacts.first_cells + self._handle.offset,
            at=contacts.first_closed_at,
            total=contacts.first_handle,
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
        yield Fact(
            slot="bot_resolved",
            name="bot_resolved",
            when=contacts.resolved & ((contacts.flags & BY_BOT) != 0),
            cell=contacts.end_cells + self._by_bot.offset,
            at=contacts.closed_at,
        )


class HandledAgain:
    """The handle time of closings after the first."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def facts(self, turns: Turns) -> Iterator[Fact]:
        yield Fact(
            slot="handle",
            name="handle",
            when=turns.closed & (turns.handle >= 0),
            cell=turns.cells + self._run.offset,
            at=turns.at,
            total=turns.handle,
        )
