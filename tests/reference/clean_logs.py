"""Logs in order of event time in which nothing that was final changes afterwards.

A service that consumes them with its clock moving counts what a batch counts at the end. What
that forbids: an outcome or a label that changes after the 30 s of lateness. So the reason found
at the end, by which repeats are matched, is another one only of contacts that lasted less.
"""

from __future__ import annotations

import random

from tests.reference.logs import CHANNELS, QUEUES, REASONS
from tests.reference.settings import DAY, HOUR, MINUTE, micro
from tests.reference.writing import START, Log, Value, plain_line

TOPICS = ("contact-started", "contact-responded", "contact-resolved", "survey-answered")
WINDOWS = (2 * HOUR, DAY, 7 * DAY)
Told = tuple[int, str, Value]


def clean_log(
    seed: int, contacts: int = 200, *, start: int = START, responded: bool = False
) -> Log:
    """Contacts of a few dozen customers over about a month."""
    rng = random.Random(seed)
    told: list[Told] = []
    ends: dict[str, int] = {}
    for number in range(contacts):
        customer = f"cust-{rng.randrange(contacts // 5 + 1)}"
        window = micro(rng.choice(WINDOWS)) + rng.choice((-1, 0, 1, rng.randrange(micro(DAY))))
        first = start + rng.randrange(micro(20 * DAY))
        begin = rng.choice((first, ends.get(customer, first) + window))
        of_contact = contact_events(rng, customer, f"k{number}", begin, responded)
        ends[customer] = max(at for at, topic, _ in of_contact if topic != "survey-answered")
        told += of_contact
    told.sort(key=lambda event: (event[0], TOPICS.index(event[1])))
    # late enough for all that was breached or answered by the last event to be final
    as_of = told[-1][0] + micro(rng.choice((MINUTE, HOUR, 3 * DAY, 9 * DAY)))
    return Log(tuple(plain_line(topic, value) for _, topic, value in told), as_of)


def contact_events(
    rng: random.Random, customer: str, contact: str, begin: int, responded: bool
) -> list[Told]:
    ids: Value = {"contact_id": contact, "customer_id": customer}
    start = {**ids, "started_at": begin, "channel": rng.choice(CHANNELS)}
    start |= optional(queue=rng.choice(QUEUES), reason=rng.choice(REASONS))
    if rng.random() < 0.05:
        start["direction"] = "outbound"
    if rng.random() < 0.1:
        start["previous_contact_id"] = f"k{rng.randrange(200)}"
    told: list[Told] = [(begin, "contact-started", start)]
    kind = rng.choice(("resolved",) * 6 + ("unresolved", "abandoned", "open"))
    if kind == "open":
        return told
    if kind == "abandoned":  # within the lateness, before it could count as anything else
        end = begin + rng.randrange(micro(25))
        abandoned = {**ids, "resolved_at": end, "outcome": "abandoned"}
        return [*told, (end, "contact-resolved", abandoned)]
    lengths = (5 * MINUTE, HOUR, DAY, 10 * DAY, 29 * DAY)
    length = rng.choice(
        (micro(14400), 1 + rng.randrange(micro(25)), 1 + rng.randrange(micro(rng.choice(lengths))))
    )
    end = begin + length
    value = {**ids, "resolved_at": end, "outcome": kind}
    value |= optional(
        queue=rng.choice((None, *QUEUES)),
        reason=rng.choice((None, *REASONS)) if length < micro(25) else None,
        agent_replies=rng.choice((None, 0, 1, 2)),
        handle_seconds=rng.choice((None, 90, 12.5)),
        transfers=rng.choice((None, 0, 2)),
    )
    if rng.random() < 0.8:
        response = begin + min(length, rng.choice((micro(20), rng.randrange(micro(HOUR)))))
        if responded:
            said = {**ids, "responded_at": response}
            told.append((response, "contact-responded", said))
        else:
            value["first_response_at"] = response
    told.append((end, "contact-resolved", value))
    if rng.random() < 0.4:
        at = end + rng.randrange(1, micro(3 * DAY))
        answer = {**ids, "answered_at": at, "survey": "csat", "score": rng.randint(1, 5)}
        answer |= optional(issue_resolved=rng.choice((None, True, False)))
        told.append((at, "survey-answered", answer))
    return told


def optional(**fields: object) -> Value:
    return {name: it for name, it in fields.items() if it is not None}
