"""Hypothesis strategies of small logs: few ids, few moments, so that counterexamples are short."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.reference.settings import DAY, HOUR, micro
from tests.reference.writing import START, Log, Value, plain_line

#: Seconds before the clock: the boundaries of the default settings, the nearest first.
AGES = (0, 30, 60, 300, 3600, 2 * HOUR, 2 * HOUR + 30, 14400, DAY, DAY + 30, 2 * DAY, 7 * DAY)
OLD_AGES = (7 * DAY + 30, 14 * DAY + 30, 21 * DAY, 30 * DAY, 30 * DAY + 30, 31 * DAY)
#: Seconds between the parts of a contact: targets and bucket bounds.
LENGTHS = (0, 1, 5, 20, 60, 3600, 2 * HOUR, 14400, DAY)


def small_logs(
    *, start: int = START, responded: bool = False, max_events: int = 14
) -> st.SearchStrategy[Log]:
    """Any few events in any order; no event is later than the clock."""
    as_of = start + micro(40 * DAY)
    topics = ["contact-started", "contact-started", "contact-resolved", "survey-answered"]
    topics += ["contact-responded"] * responded
    event = st.sampled_from(topics).flatmap(lambda topic: events(topic, as_of))
    return st.lists(event, min_size=1, max_size=max_events).map(
        lambda told: Log(tuple(plain_line(*one) for one in told), as_of)
    )


def moments(as_of: int) -> st.SearchStrategy[int]:
    ages, lengths = st.sampled_from((*AGES, *OLD_AGES)), st.sampled_from(LENGTHS)
    nudges = st.sampled_from((0, -1, 1))
    return st.builds(
        lambda age, length, nudge: min(as_of, as_of - micro(age) + micro(length) + nudge),
        ages,
        lengths,
        nudges,
    )


def events(topic: str, as_of: int) -> st.SearchStrategy[tuple[str, Value]]:
    at = moments(as_of)
    contact_ids = st.sampled_from(("a", "b", "c"))
    ids = {"contact_id": contact_ids, "customer_id": st.sampled_from(("x", "x", "y"))}
    queues = st.sampled_from((None, "q", "p"))
    reasons = st.sampled_from((None, "r", "s"))
    required: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "contact-started": {"started_at": at, "channel": st.sampled_from(("voice", "chat", "fax"))},
        "contact-resolved": {"resolved_at": at},
        "survey-answered": {
            "answered_at": at,
            "survey": st.sampled_from(("csat", "nps")),
            "score": st.sampled_from((1, 5)),
        },
        "contact-responded": {"responded_at": at},
    }
    optional: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "contact-started": {
            "queue": queues,
            "reason": reasons,
            "direction": st.sampled_from(("inbound", "outbound")),
            "previous_contact_id": contact_ids,
        },
        "contact-resolved": {
            "outcome": st.sampled_from(("resolved", "unresolved", "abandoned")),
            "first_response_at": at,
            "queue": queues,
            "reason": reasons,
            "agent_replies": st.sampled_from((0, 1, 2)),
            "handle_seconds": st.sampled_from((0, 12.5)),
            "transfers": st.sampled_from((0, 1)),
        },
        "survey-answered": {"issue_resolved": st.booleans()},
        "contact-responded": {"responder": st.sampled_from(("agent", "bot"))},
    }
    fields = st.fixed_dictionaries({**ids, **required[topic]}, optional=optional[topic])
    return st.tuples(st.just(topic), fields)
