"""Logs full of what goes wrong: exact boundaries, ties, amendments, orphans, any order."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from tests.reference.bad_lines import bad_line
from tests.reference.settings import DAY, HOUR, MINUTE, ReferenceSettings, micro
from tests.reference.writing import START, Log, Value, spelled_line

#: From the start of a log to its clock: past the horizon of open contacts and the retention.
SPAN = 40 * DAY
CHANNELS = ("voice", "voice", "chat", "email", "social", "fax")
QUEUES = (None, None, "north", "south", 'Züri "A"\\')
REASONS = (None, None, "bill", "fault")
OUTCOMES = ("resolved",) * 6 + ("unresolved",) * 2 + ("abandoned",) * 2


def random_log(
    seed: int,
    events: int = 400,
    *,
    start: int = START,
    responded: bool = False,
    duplicates: float = 0.10,
    amendments: float = 0.03,
    bad: float = 0.03,
    shuffled: bool = True,
    settings: ReferenceSettings | None = None,
) -> Log:
    """At least `events` lines, whose times crowd at the boundaries that these settings draw.

    `responded` adds the optional topic; it should be what `settings.contact_responded` says.
    """
    rng = random.Random(seed)
    settings = settings or ReferenceSettings(contact_responded=responded)
    as_of = start + micro(SPAN) + rng.choice((0, 1, rng.randrange(micro(DAY))))
    made = Maker(rng, as_of, settings, responded)
    while len(made.events) < events * (1 - duplicates - amendments - bad):
        made.customer()
    good = made.events
    good += [made.amended(*rng.choice(good)) for _ in range(round(events * amendments))]
    if not shuffled:
        good.sort(key=lambda event: made.event_time(*event))
    lines = [spelled_line(*event, rng) for event in good]
    for _ in range(round(events * duplicates)):
        place = rng.randrange(len(lines) + 1)
        lines.insert(place, spelled_line(*rng.choice(good), rng))
    for _ in range(round(events * bad)):
        lines.insert(rng.randrange(len(lines) + 1), bad_line(*rng.choice(good), rng))
    if shuffled:
        rng.shuffle(lines)
    return Log(tuple(lines), as_of)


@dataclass
class Maker:
    rng: random.Random
    as_of: int
    settings: ReferenceSettings
    responded: bool
    events: list[tuple[str, Value]] = field(default_factory=list)
    customers: int = 0

    def customer(self) -> None:
        """A customer with a few contacts, the later ones where a boundary of the earlier is."""
        self.customers += 1
        name = f"cust-{self.customers}"
        # contact ids are unique within their customer only
        prefix = self.rng.choice(("k", f"{name}-"))
        known: list[tuple[int, int | None]] = []
        for number in range(self.rng.choice((1, 2, 3, 5, 8, 13))):
            known.append(self.contact(name, f"{prefix}{number}", number, prefix, known))

    def contact(
        self,
        customer: str,
        contact: str,
        number: int,
        prefix: str,
        earlier: list[tuple[int, int | None]],
    ) -> tuple[int, int | None]:
        rng = self.rng
        ids = {"contact_id": contact, "customer_id": customer}
        channel = rng.choice(CHANNELS)
        started_at = self.at_most_now(self.next_start(earlier))
        start: Value = {**ids, "started_at": started_at, "channel": channel}
        self.maybe(start, "queue", rng.choice(QUEUES))
        self.maybe(start, "reason", rng.choice(REASONS))
        self.maybe(start, "priority", rng.choice((None, None, "high")))
        if rng.random() < 0.1:
            start["direction"] = rng.choice(("outbound", "inbound"))
        if rng.random() < 0.25:
            other = f"{prefix}{rng.randrange(number + 3)}"
            start["previous_contact_id"] = rng.choice((other, other, contact, "k0", "cust-1-0"))
        if rng.random() > 0.04:  # else its other parts are orphans
            self.tell("contact-started", start)
        response = self.response(started_at, channel)
        resolved_at = started_at + self.duration(channel)
        is_open = rng.random() < (0.8 if resolved_at > self.as_of else 0.1)
        resolved_at = min(resolved_at, self.as_of)
        if not is_open:
            self.tell("contact-resolved", self.resolution(ids, resolved_at, response))
        if self.responded:
            self.responses(ids, started_at, channel)
        for survey in rng.sample(("csat", "nps", "ces"), rng.choice((0, 0, 1, 1, 2))):
            self.survey(ids, survey, resolved_at)
        return started_at, None if is_open else resolved_at

    def resolution(self, ids: Value, resolved_at: int, response: int | None) -> Value:
        rng = self.rng
        value: Value = {**ids, "resolved_at": resolved_at}
        self.maybe(value, "outcome", rng.choice((*OUTCOMES, None)))
        self.maybe(value, "first_response_at", response)
        self.maybe(value, "queue", rng.choice((None, *QUEUES)))
        self.maybe(value, "reason", rng.choice((None, *REASONS)))
        self.maybe(value, "agent_replies", rng.choice((None, 0, 1, 2, 7)))
        self.maybe(value, "handle_seconds", rng.choice((None, 0, 90, 12.5, 0.000001, 301.25)))
        self.maybe(value, "transfers", rng.choice((None, 0, 1, 3)))
        return value

    def responses(self, ids: Value, started_at: int, channel: str) -> None:
        for _ in range(self.rng.choice((0, 0, 1, 2, 3))):
            at = self.response(started_at, channel)
            if at is not None:
                value: Value = {**ids, "responded_at": self.at_most_now(at)}
                self.maybe(value, "responder", self.rng.choice((None, "agent", "bot", "bot")))
                self.tell("contact-responded", value)
                if self.rng.random() < 0.2:
                    self.tell("contact-responded", {**value, "responder": "agent"})

    def survey(self, ids: Value, survey: str, resolved_at: int) -> None:
        rng = self.rng
        least, most = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7)}[survey]
        at = rng.choice((resolved_at + rng.randint(-5, 500) * micro(MINUTE), self.edge()))
        value = {**ids, "answered_at": self.at_most_now(at), "survey": survey}
        value["score"] = rng.randint(least, most)
        self.maybe(value, "issue_resolved", rng.choice((None, True, False)))
        self.tell("survey-answered", value)

    # Times

    def next_start(self, earlier: list[tuple[int, int | None]]) -> int:
        rng = self.rng
        if not earlier or rng.random() < 0.3:
            return rng.choice((self.edge(), self.recent()))
        started_at, closed_at = rng.choice(earlier)
        if closed_at is None or rng.random() < 0.2:
            return started_at + rng.choice((0, 1, rng.randrange(micro(HOUR))))
        window = micro(rng.choice(tuple(self.settings.repeat_windows.values())))
        return closed_at + rng.choice((0, window, window, rng.randrange(window))) + self.nudge()

    def response(self, started_at: int, channel: str) -> int | None:
        if self.rng.random() < 0.25:
            return None
        target = self.settings.targets(channel, None)[0] or 1
        lengths = (target, self.rng.choice(self.settings.first_response_buckets), 0)
        length = micro(self.rng.choice(lengths)) + self.nudge()
        length = self.rng.choice((length, self.rng.randrange(micro(HOUR)), -1, 0))
        # a response may be known before the clock has reached it, but not by five minutes
        return min(started_at + length, self.as_of + micro(4 * MINUTE))

    def duration(self, channel: str) -> int:
        target = self.settings.targets(channel, None)[1] or 1
        bucket = self.rng.choice(self.settings.resolution_buckets)
        length = self.rng.choice((target, bucket, self.settings.short_abandon, 0))
        few, many = self.rng.randrange(micro(HOUR)), self.rng.randrange(micro(20 * DAY))
        return self.rng.choice((micro(length) + self.nudge(), few, few, many, -few))

    def edge(self) -> int:
        """A moment at which something changes at the clock: a window, a deadline, a bucket."""
        settings, rng, t = self.settings, self.rng, self.as_of
        length, bucket = (micro(part) for part in rng.choice(tuple(settings.windows.values())))
        window = micro(rng.choice(tuple(settings.repeat_windows.values())))
        lateness = micro(settings.allowed_lateness)
        first_response, resolution = rng.choice(tuple(settings.sla.values()))
        target = micro(rng.choice((first_response, resolution)) or 1)
        return self.nudge() + rng.choice(
            (
                (t // bucket - length // bucket + 1) * bucket,
                t // bucket * bucket,
                t,
                t - lateness,
                t - window,
                t - window - lateness,
                t - target,
                t - target - lateness,
                t - round(target * settings.at_risk_fraction),
                t - micro(rng.choice(settings.backlog_age_buckets)),
                t - micro(settings.open_horizon),
                t - micro(settings.open_horizon) - lateness,
                t - micro(14 * DAY) - lateness,
            )
        )

    def recent(self) -> int:
        spans = (5 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 16 * DAY, 40 * DAY)
        return self.as_of - self.rng.randrange(micro(self.rng.choice(spans)))

    def nudge(self) -> int:
        return self.rng.choice((-1, 0, 0, 1))

    def at_most_now(self, moment: int) -> int:
        return moment if moment <= self.as_of else self.rng.choice((self.as_of, self.recent()))

    # Events

    def tell(self, topic: str, value: Value) -> None:
        self.events.append((topic, value))

    def maybe(self, value: Value, name: str, it: Any) -> None:
        if it is not None:
            value[name] = it

    def event_time(self, topic: str, value: Value) -> int:
        own = ("started_at", "resolved_at", "answered_at", "responded_at")
        return next(int(value[name]) for name in own if name in value)

    def amended(self, topic: str, value: Value) -> tuple[str, Value]:
        """Another event for the same part: later, earlier, or a tie."""
        rng, changed = self.rng, dict(value)
        own = next(name for name in changed if name.endswith("_at") and name[:5] != "first")
        shift = rng.choice((0, 0, 1, -1, micro(MINUTE), -micro(HOUR)))
        changed[own] = self.at_most_now(changed[own] + shift)
        changes: dict[str, tuple[str, tuple[Any, ...]]] = {
            "contact-started": ("queue", QUEUES),
            "contact-resolved": ("outcome", OUTCOMES),
            "survey-answered": ("score", (1, 2, 3, 4, 5)),
            "contact-responded": ("responder", ("agent", "bot")),
        }
        name, choices = changes[topic]
        changed[name] = rng.choice(choices)
        if topic == "contact-started" and rng.random() < 0.5:
            changed |= {"channel": rng.choice(CHANNELS), "reason": rng.choice(REASONS)}
        if topic == "contact-resolved" and rng.random() < 0.5:
            changed |= {"agent_replies": rng.randrange(3), "handle_seconds": rng.randrange(99)}
        return topic, changed
