"""A contact as the simulated centre knows it, with what no system ever knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.events.model import Outcome
    from service.simulate.experience import Answer
    from service.simulate.pool import Pool
    from service.simulate.profiles import Channel, Reason


def micros(seconds: float) -> int:
    """Whole milliseconds, at least one: no two things of one contact happen at once."""
    return max(1, int(seconds * 1000)) * 1000


class Case:
    """One contact from its start to the end of its consequences. Times: µs since the epoch."""

    __slots__ = (
        "agent",
        "answers",
        "attempt",
        "bot_helps",
        "channel",
        "closings",
        "contact_id",
        "customer_id",
        "evaluated",
        "first_response_at",
        "handled",
        "helped",
        "hurried",
        "junk",
        "outbound",
        "outcome",
        "pool",
        "previous_contact_id",
        "queue",
        "reason",
        "replies",
        "started_at",
        "stated_queue",
        "stated_reason",
        "transfers",
        "turns",
        "updates",
        "waiting",
    )

    def __init__(
        self,
        contact_id: str,
        customer_id: str,
        channel: Channel,
        reason: Reason,
        queue: str,
        pool: Pool,
        started_at: int,
    ) -> None:
        self.contact_id = contact_id
        self.customer_id = customer_id
        self.channel = channel
        self.reason = reason
        self.queue = queue
        self.pool = pool
        self.started_at = started_at
        self.outbound = False
        self.hurried = False
        #: A bot can settle the matter; nobody wants an answer (spam, or a letter sent twice).
        self.bot_helps = False
        self.junk = False
        #: What has been told so far; None where only an agent finds it out.
        self.stated_queue: str | None = None
        self.stated_reason: str | None = None
        self.previous_contact_id: str | None = None
        #: How often the customer has tried before to settle the same matter.
        self.attempt = 0
        self.waiting = False
        self.first_response_at: int | None = None
        #: Turns taken by an agent, messages and transfers so far; the agents' work (µs) since the
        #: contact was opened last.
        self.turns = 0
        self.handled = 0
        self.replies = 0
        self.transfers = 0
        #: Events told of it so far.
        self.updates = 0
        self.closings = 0
        #: Who closed it last.
        self.agent = 0
        self.outcome: Outcome | None = None
        #: Whether the matter is really settled: what the customer knows, and the centre does not.
        self.helped = False
        self.evaluated = False
        self.answers: tuple[Answer, ...] = ()
