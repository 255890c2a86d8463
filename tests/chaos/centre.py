"""A contact centre whose counters are known at every moment, not only at the end.

Each fact is decided by events that arrive before it is final, so a counter at a clock is a function
of the log and that clock alone, whatever else has been consumed. What that takes: everything that
could change a fact is told within a third of the lateness after the fact's own time; the other two
thirds are for the publisher's delays.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.reference.settings import ReferenceSettings, micro
from tests.reference.writing import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Event time (microseconds), type, value.
Told = tuple[int, str, Value]

CHANNELS = ("voice", "voice", "chat", "email", "fax")
QUEUES = (None, "north", "south")
REASONS = (None, "bill", "fault")
_KINDS = ("resolved",) * 12 + ("unresolved",) * 3 + ("abandoned",) * 2 + ("open",)
#: What the ids of customers and contacts look like, and the keys of records with a wrong one.
ID_PATTERN = r"customer-\d+-\d+|contact-\d+|agent-\d+-\d+|somebody-else"
_SECOND = 1_000_000
#: Customers are replaced after this time, so that nobody has ever more contacts.
_GENERATION = 90 * _SECOND
_CUSTOMERS = 60
_LONGEST = 45 * _SECOND
_SEGMENTS = ("gold", "silver", None)
#: Sums of these are exact in floating point.
_REVENUES = (0, 9.5, 100)
_SURVEYS = (("csat", 5), ("csat", 2), ("csat", 10), ("ces", 7), ("ces", 4), ("nps", None))
_ASPECTS = (None, None, None, "access", "resolution", "treatment")


class Centre:
    """Makes contacts, one after another; the same seed and moments make the same ones."""

    def __init__(self, seed: int, settings: ReferenceSettings) -> None:
        self._rng = random.Random(seed)
        self._settings = settings
        # Who has left is forgotten after a minute, and of him nothing is to be told after that.
        self._soon = micro(min(settings.allowed_lateness, 120)) // 3
        self._number = 0
        self._latest: dict[str, str] = {}
        #: By customer, whether they are active after the last change told of, and when that is.
        self._accounts: dict[str, tuple[bool, int]] = {}

    def contact(self, begin: int) -> list[Told]:
        """All events of a contact that starts at `begin`, in the order of their times."""
        rng = self._rng
        self._number += 1
        generation = begin // _GENERATION
        customer = f"customer-{generation}-{rng.randrange(_CUSTOMERS)}"
        contact = f"contact-{self._number}"
        ids: Value = {"contact_id": contact, "customer_id": customer}
        channel = rng.choice(CHANNELS)
        start: Value = {**ids, "started_at": begin, "channel": channel}
        start |= _given(queue=rng.choice(QUEUES), reason=rng.choice(REASONS))
        if rng.random() < 0.05:
            start["direction"] = "outbound"
        if rng.random() < 0.15 and customer in self._latest:
            start["previous_contact_id"] = self._latest[customer]
        self._latest[customer] = contact
        told = [
            (begin, "contact-started", start),
            *self._rest(ids, begin, channel, start.get("reason")),
            *self._changes(customer, begin),
        ]
        return sorted(told, key=lambda event: event[0])

    def _changes(self, customer: str, begin: int) -> Iterator[Told]:
        """Who has left comes back with all that is to be known: the state may have none of it."""
        rng = self._rng
        active, since = self._accounts.get(customer, (False, -1))
        if begin <= since:
            return
        changed: Value = {"customer_id": customer, "changed_at": begin}
        changed |= {"monthly_revenue": rng.choice(_REVENUES)}
        changed |= _given(segment=rng.choice(_SEGMENTS))
        if not active:
            yield begin, "customer-changed", {**changed, "status": "active"}
        elif rng.random() < 0.3:
            yield begin, "customer-changed", changed
        active = True
        if rng.random() < 0.3:
            active, begin = False, begin + rng.randrange(1, 40 * _SECOND)
            left: Value = {"customer_id": customer, "changed_at": begin, "status": "left"}
            yield begin, "customer-changed", left
        self._accounts[customer] = active, begin

    def _rest(self, ids: Value, begin: int, channel: str, reason: object) -> Iterator[Told]:
        rng = self._rng
        kind = rng.choice(_KINDS)
        if kind == "abandoned":
            end = begin + rng.choice(
                (micro(self._settings.short_abandon), rng.randrange(self._soon))
            )
            yield end, "contact-resolved", {**ids, "resolved_at": end, "outcome": kind}
            return
        first_response, resolution = self._settings.targets(channel, None)
        target = micro(resolution or 1)
        length = rng.choice(
            (target, target + 1, rng.randrange(_LONGEST), rng.randrange(5 * _SECOND))
        )
        if rng.random() < 0.8:
            # Later than that, the breach would have been final before it.
            latest = min(micro(first_response or 1) + self._soon, length)
            at = begin + rng.choice(
                (min(latest, micro(first_response or 1)), rng.randint(0, latest))
            )
            said = {**ids, "responded_at": at}
            yield at, "contact-responded", said
            if rng.random() < 0.2:
                yield (
                    at + 1,
                    "contact-responded",
                    {**ids, "responded_at": at + 1, "responder": "bot"},
                )
        if rng.random() < 0.3:
            yield from self._updates(ids, begin, length)
        if kind == "open":
            return
        end = begin + length
        yield end, "contact-resolved", self._resolution(ids, end, kind, reason)
        if rng.random() < 0.1:
            end += rng.randrange(1, self._soon)
            amended = rng.choice(("resolved", "unresolved"))
            yield end, "contact-resolved", self._resolution(ids, end, amended, reason)
        if rng.random() < 0.4:
            yield from self._answers(ids, end + rng.randrange(1, 15 * _SECOND))
        if rng.random() < 0.3:
            yield from self._evaluations(ids, end + rng.randrange(1, 15 * _SECOND))

    def _updates(self, ids: Value, begin: int, length: int) -> Iterator[Told]:
        """Within the contact's time: it waits, goes on, and moves to another queue."""
        for at in sorted(begin + self._rng.randrange(length + 1) for _ in range(3)):
            if begin < at < begin + length:
                status = self._rng.choice(("waiting", "open", None))
                updated: Value = {**ids, "updated_at": at}
                updated |= _given(status=status, queue=self._rng.choice(QUEUES))
                if "status" in updated or "queue" in updated:
                    yield at, "contact-updated", updated

    def _resolution(self, ids: Value, end: int, outcome: str, reason: object) -> Value:
        """One of the contact's first reason: by another it would repeat others than before, whose
        counters may be final."""
        rng = self._rng
        return {**ids, "resolved_at": end, "outcome": outcome} | _given(
            queue=rng.choice((None, *QUEUES)),
            reason=rng.choice((None, reason)),
            agent_replies=rng.choice((None, 0, 1, 2)),
            handle_seconds=rng.choice((None, 90, 12.5)),
            team=rng.choice((None, "red", "green")),
            transfers=rng.choice((None, 0, 2)),
        )

    def _answers(self, ids: Value, at: int) -> Iterator[Told]:
        rng = self._rng
        for survey, scale in rng.sample(_SURVEYS, rng.choice((1, 1, 2))):
            answer: Value = {**ids, "survey": survey, "score": rng.randint(1, scale or 10)}
            answer |= _given(
                issue_resolved=rng.choice((None, True, False)),
                aspect=rng.choice(_ASPECTS),
                scale=scale,
            )
            yield at, "survey-answered", {**answer, "answered_at": at}
            if rng.random() < 0.1:
                at += rng.randrange(1, self._soon)
                amended = {**answer, "answered_at": at, "score": rng.randint(1, scale or 10)}
                yield at, "survey-answered", amended

    def _evaluations(self, ids: Value, at: int) -> Iterator[Told]:
        rng = self._rng
        for evaluation_id in (None, "second")[: rng.choice((1, 1, 2))]:
            found: Value = {**ids, "evaluated_at": at, "score": rng.randint(0, 100)}
            found |= _given(
                evaluation_id=evaluation_id,
                fatal_errors=rng.choice((None, 0, 1)),
                nonfatal_errors=rng.choice((None, 0, 2)),
                positive=rng.choice((None, 7.5)),
                negative=rng.choice((None, 2)),
            )
            yield at, "contact-evaluated", found
            if rng.random() < 0.1:
                at += rng.randrange(1, self._soon)
                yield at, "contact-evaluated", {**found, "evaluated_at": at, "fatal_errors": 2}


def _given(**fields: object) -> Value:
    return {name: it for name, it in fields.items() if it is not None}
