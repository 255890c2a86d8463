"""Hours of events under settings of minutes, amended as long as their contacts are in the state.

Contacts stay open for longer than the others are kept, and all that is known of one may change
after its neighbours have left: when it started and ended, how, about what, what it continues.
Parts arrive in any order, and as late as a service still takes them for what they are: a start no
later than the longest window, all else before its contact leaves. Any line comes again at any time.
"""

from __future__ import annotations

import random
from typing import Final

from tests.reference.clean_logs import Told, optional
from tests.reference.long_logs import Arrival
from tests.reference.settings import HOUR, ReferenceSettings, micro
from tests.reference.writing import START, Value, plain_line

SPAN: Final = 5 * HOUR
CUSTOMERS: Final = (2, 8, 20)


def retention(settings: ReferenceSettings) -> int:
    longest = longest_window(settings) + micro(max(settings.repeat_windows.values()))
    return longest + micro(settings.allowed_lateness)


def longest_window(settings: ReferenceSettings) -> int:
    return max(micro(length) for length, _ in settings.windows.values())


def amended_log(rng: random.Random, settings: ReferenceSettings, contacts: int) -> list[Arrival]:
    """In order of arrival; `at` is when a line arrives."""
    customers = rng.choice(CUSTOMERS)
    arrivals: list[Arrival] = []
    begins: dict[str, int] = {}
    ends: dict[str, int] = {}
    for number in range(contacts):
        customer = f"cust-{number * customers // contacts}"
        window = micro(rng.choice(tuple(settings.repeat_windows.values())))
        after = ends.get(customer, START) + window + rng.choice((-1, 0, 1, -micro(60)))
        beside = begins.get(customer, START) + rng.randrange(1, micro(120))
        anywhere = START + rng.randrange(micro(SPAN))
        begin = max(START, rng.choice((anywhere, after, *(beside,) * 6)))
        told = of_contact(rng, settings, customer, number, begin)
        begins[customer] = begin
        ends[customer] = max((at for at, topic, _ in told if "resolved" in topic), default=begin)
        for at, line in arriving(rng, settings, told):
            arrivals.append(Arrival(at, line))
            while rng.random() < 0.2:
                again = rng.choice((0, 60, 1800, HOUR, 2 * HOUR))
                arrivals.append(Arrival(at + micro(again), line))
    return sorted(arrivals)


def of_contact(
    rng: random.Random, settings: ReferenceSettings, customer: str, number: int, begin: int
) -> list[Told]:
    """Its events, and amendments of them: of two for a part, the later time stands."""
    ids: Value = {"contact_id": f"k{number}", "customer_id": customer}
    told: list[Told] = []
    for _ in range(rng.choice((1, 1, 1, 1, 2, 3))):
        begin += rng.choice((0, 0, 1, rng.randrange(micro(900))))
        told.append((begin, "contact-started", {**ids, "started_at": begin, **start(rng, number)}))
    horizon = micro(settings.open_horizon)
    # Many are open until their neighbours have left.
    least, most = rng.choice(((-1, micro(200)), (horizon - micro(600), horizon + micro(600))))
    end = begin + rng.randrange(least, most)
    for _ in range(rng.choice((0, 1, 1, 1, 1, 1, 2, 3))):
        told.append((end, "contact-resolved", {**ids, "resolved_at": end, **resolution(rng, end)}))
        end += rng.choice((0, 1, rng.randrange(retention(settings))))
    for survey in rng.sample(("csat", "nps"), rng.choice((0, 0, 1, 2))):
        at = end + rng.randrange(retention(settings))
        answer = {"answered_at": at, "survey": survey, "score": rng.randint(1, 5)}
        told.append((at, "survey-answered", {**ids, **answer}))
    if settings.contact_responded:
        for _ in range(rng.choice((0, 1, 2))):
            at = begin + rng.randrange(micro(700))
            told.append((at, "contact-responded", {**ids, "responded_at": at}))
    return told


def start(rng: random.Random, number: int) -> Value:
    return optional(
        channel=rng.choice(("voice", "email")),
        queue=rng.choice((None, "north")),
        reason=rng.choice((None, None, None, "bill")),
        priority=rng.choice((None, "high")),
        direction=rng.choice((None,) * 9 + ("outbound",)),
        previous_contact_id=rng.choice((None,) * 3 + (f"k{max(0, number - rng.randrange(4))}",)),
    )


def resolution(rng: random.Random, end: int) -> Value:
    return optional(
        outcome=rng.choice(("resolved",) * 3 + ("unresolved", "abandoned", "abandoned")),
        queue=rng.choice((None, "south")),
        reason=rng.choice((None, "other matter")),
        first_response_at=rng.choice((None, end - micro(rng.choice((0, 1, 60))))),
        handle_seconds=rng.choice((None, 90, 12.5)),
    )


def arriving(
    rng: random.Random, settings: ReferenceSettings, told: list[Told]
) -> list[tuple[int, bytes]]:
    """When each arrives; those that would be too late are left out."""
    kept_for, window = retention(settings), longest_window(settings)
    late = rng.choice((0, 0, micro(30), window, kept_for))
    order = sorted(
        (at + rng.randrange(min(late, window) + 1 if "started" in topic else late + 1), at, topic)
        for at, topic, _ in told
    )
    values = {(at, topic): value for at, topic, value in told}
    known: list[tuple[int, str]] = []
    kept: list[tuple[int, bytes]] = []
    for arrival, at, topic in order:
        waits = all("started" not in other for _, other in known)
        if known and arrival >= leaves_at(known, settings):
            continue
        if waits and "started" not in topic and arrival >= at + kept_for:
            continue
        known.append((at, topic))
        kept.append((arrival, plain_line(topic, values[at, topic])))
    return kept


def leaves_at(known: list[tuple[int, str]], settings: ReferenceSettings) -> int:
    """When a contact of which these parts are known may leave at the soonest."""
    starts = [at for at, topic in known if "started" in topic]
    ends = [at for at, topic in known if "resolved" in topic]
    if not starts:
        return min(at for at, _ in known) + retention(settings)
    closed = max(ends) if ends else max(starts) + micro(settings.open_horizon)
    return max(closed, *starts) + retention(settings)
