"""Hours of events under settings of minutes: contacts leave the state all along the log.

Nothing that was final changes afterwards, so that what a service has counted on the way is what a
batch counts at the end. Events come up to the lateness late; any of them comes again, also long
after its contact has left; the starts of some contacts never come.
"""

from __future__ import annotations

import random
from typing import Final, NamedTuple

from tests.reference.clean_logs import Told, optional
from tests.reference.settings import HOUR, ReferenceSettings, micro
from tests.reference.writing import START, Value, plain_line

SPAN: Final = 8 * HOUR
LATENESS: Final = micro(30)


class Arrival(NamedTuple):
    """A line, and the clock of a stream that is read as it comes in."""

    at: int
    line: bytes


def short_settings(rng: random.Random) -> ReferenceSettings:
    """Settings under which contacts leave the state within the hour."""
    return ReferenceSettings(
        windows=rng.choice(
            ({"10m": (600, 60)}, {"3m": (180, 15), "20m": (1200, 120)}, {"30m": (1800, 300)})
        ),
        repeat_windows=rng.choice(({"5m": 300}, {"5m": 300, "20m": 1200}, {"1m": 60, "15m": 900})),
        repeat_match=rng.choice(("reason", "customer")),
        sla={"voice": (20, 600), "email": (600, 1200), "default": (200, None)},
        sla_priority={("voice", "high"): (10, None), ("fax", "high"): (None, 100)},
        open_horizon=rng.choice((1800, 3600, 5400)),
        contact_responded=rng.random() < 0.5,
    )


def long_log(rng: random.Random, settings: ReferenceSettings, contacts: int) -> list[Arrival]:
    """In order of arrival."""
    arrivals: list[Arrival] = []
    ends: dict[str, int] = {}
    for number in range(contacts):
        customer = f"cust-{rng.randrange(contacts // rng.choice((1, 4, 30)) + 1)}"
        window = micro(rng.choice(tuple(settings.repeat_windows.values())))
        after = ends.get(customer, START) + window + rng.choice((-1, 0, 1, -micro(60)))
        begin = max(START, rng.choice((START + rng.randrange(micro(SPAN)), after)))
        told = of_contact(rng, settings, customer, number, begin)
        ends[customer] = max(at for at, _, _ in told)
        if rng.random() < 0.07:
            told = told[1:]
        for at, topic, value in told:
            line = plain_line(topic, value)
            late = rng.choice((0, 0, rng.randrange(LATENESS)))
            # One told of late would have been a repeat, and made another contact no success.
            late = 0 if value.get("outcome") == "abandoned" else late
            arrivals.append(Arrival(at + late, line))
            while rng.random() < 0.3:
                again = rng.choice((0, 60, 1800, HOUR, 2 * HOUR, 6 * HOUR))
                arrivals.append(Arrival(at + LATENESS + micro(again), line))
    return sorted(arrivals)


def of_contact(
    rng: random.Random, settings: ReferenceSettings, customer: str, number: int, begin: int
) -> list[Told]:
    ids: Value = {"contact_id": f"k{number}", "customer_id": customer}
    start = {**ids, "started_at": begin, "channel": rng.choice(("voice", "email", "fax"))}
    start |= optional(
        queue=rng.choice((None, "north")),
        reason=rng.choice((None, "bill", "fault")),
        priority=rng.choice((None, "high")),
        direction=rng.choice((None,) * 9 + ("outbound",)),
        previous_contact_id=rng.choice((None, None, f"k{max(0, number - rng.randrange(4))}")),
    )
    told: list[Told] = [(begin, "contact-started", start)]
    kind = rng.choice(("resolved",) * 6 + ("unresolved", "abandoned", "open"))
    if kind == "open":
        return told
    horizon = micro(settings.open_horizon)
    longest = rng.choice((micro(60), micro(1200), horizon - 1))
    # Abandoned before it could count as anything else.
    length = rng.randrange(1, LATENESS // 2 if kind == "abandoned" else longest)
    end = begin + length
    value: Value = {**ids, "resolved_at": end, "outcome": kind}
    if kind != "abandoned":
        value |= optional(
            queue=rng.choice((None, "south")),
            # By which repeats are matched: another one soon, or never.
            reason=rng.choice((None, "other matter")) if length < LATENESS // 2 else None,
            agent_replies=rng.choice((None, 0, 1, 2)),
            handle_seconds=rng.choice((None, 90, 12.5)),
            transfers=rng.choice((None, 0, 2)),
        )
        response = begin + min(length, rng.choice((micro(20), rng.randrange(micro(700)))))
        if settings.contact_responded:
            told.append((response, "contact-responded", {**ids, "responded_at": response}))
        elif rng.random() < 0.8:
            value["first_response_at"] = response
    told.append((end, "contact-resolved", value))
    retention = max(length for length, _ in settings.windows.values())
    retention += max(settings.repeat_windows.values())
    for survey in rng.sample(("csat", "nps"), rng.choice((0, 1, 2))):
        at = end + rng.randrange(1, micro(rng.choice((60, retention))))
        answer = {**ids, "answered_at": at, "survey": survey, "score": rng.randint(1, 5)}
        told.append((at, "survey-answered", answer))
    return told
