"""A worker that tells outcomes, and what the reference says of the contacts that it tells of."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from service.partition.engine import Engine
from tests.partition.product import definitions
from tests.partition.running import Batch, Record
from tests.reference.contacts import assemble
from tests.reference.events import time
from tests.reference.facts import facts_of, millionths, thousandths
from tests.reference.page import Dimensions, readable_events
from tests.reference.partition import Fact, Partition
from tests.reference.settings import DAY, HOUR, MINUTE, ReferenceSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.reference.contacts import Contact

Told = dict[str, Any]
Names = tuple[str, str]

SETTINGS = ReferenceSettings(
    # Nothing is ever too late, nor leaves.
    windows={"1h": (HOUR, MINUTE), "90d": (90 * DAY, HOUR)},
    repeat_windows={"10m": 10 * MINUTE, "1h": HOUR},
    open_horizon=2 * DAY,
    contact_responded=True,
    contact_updated=True,
    contact_evaluated=True,
    teams=True,
)


@dataclass
class Teller:
    """Workers of one partition, one after the other, and the topic of outcomes."""

    settings: ReferenceSettings = SETTINGS
    tells: bool = True
    changelog: list[Record] = field(default_factory=list)
    last: dict[Names, Told] = field(default_factory=dict)
    records: int = 0

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.engine = Engine(replace(definitions(self.settings), outcomes=self.tells))
        self.engine.restore(self.changelog)
        self.engine.restored()

    def feed(self, batch: Batch, clock: int | None = None, written: float = 1.0) -> list[Told]:
        """One flush, of whose changes only the first share is `written` after all is told."""
        self.engine.apply(batch)
        self.engine.advance(self.engine.latest if clock is None else clock)
        changes = self.engine.changes()
        told = [msgspec.json.decode(value) for _, value in self.engine.outcomes()]
        assert max(Counter(map(name_of, told)).values(), default=1) == 1
        for it in told:
            self.last[name_of(it)] = it
        self.records += len(told)
        self.changelog += changes[: round(len(changes) * written)]
        return told


def name_of(told: Told) -> Names:
    return told["customer_id"], told["contact_id"]


def verdicts(told: Told) -> list[tuple[Any, ...]]:
    """In the terms of the reference's facts: name, labels, value, whether it is final."""
    facts: list[tuple[Any, ...]] = [
        (name, of(it, labels), 1)
        for name, its, labels in (
            ("fcr_contacts", told["fcr"], "channel queue reason repeat_window result"),
            ("repeat_contacts", told["repeats"], "channel queue reason repeat_window"),
            ("sla_contacts", told["sla"], "channel queue target result"),
            ("evaluations", told["evaluations"], "result"),
        )
        for it in its
    ]
    facts += [
        ("survey_index", of(it, "survey aspect"), thousandths(it["survey"], it))
        for it in told["surveys"]
    ]
    for it in told["evaluations"]:
        facts += [
            ("evaluation_errors", of({"severity": severity}, "severity"), it[f"{severity}_errors"])
            for severity in ("fatal", "nonfatal")
        ]
        if it["score"] is not None:
            facts.append(("evaluation_score", (), millionths(it["score"])))
    if counts(told):
        facts += [("contacts_closed", of(it, "outcome"), 1) for it in told["closings"]]
        facts += [("contacts_reopened", of(it, "by"), 1) for it in told["reopenings"]]
    for kind in ("first_response", "resolution"):
        if (it := told[kind]) is not None:
            labels = of(it, "channel queue")
            facts.append((f"{kind}_seconds", labels, round(it["seconds"] * 1_000_000)))
            if it["counted_seconds"] is not None:
                counted = round(it["counted_seconds"] * 1_000_000)
                facts.append((f"{kind}_counted_seconds", labels, counted))
    return sorted(facts)


def of(told: Told, names: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, told[name]) for name in names.split()))


#: What is told of facts of which not all labels are.
FEWER = {
    "survey_index": ("survey", "aspect"),
    "evaluations": ("result",),
    "evaluation_errors": ("severity",),
    "evaluation_score": (),
    "contacts_closed": ("outcome",),
    "contacts_reopened": ("by",),
}
OF_LIVES = {"contacts_closed", "contacts_reopened"}
TOLD = {
    *("fcr_contacts", "repeat_contacts", "sla_contacts", *FEWER),
    *("first_response_seconds", "first_response_counted_seconds"),
    *("resolution_seconds", "resolution_counted_seconds"),
}


def expected(
    lines: Iterable[bytes], clock: int, settings: ReferenceSettings
) -> dict[Names, list[tuple[Any, ...]]]:
    """The same facts of every contact of which the start is known, by the reference."""
    events = readable_events(lines, settings, defaultdict(int))
    contacts, _ = assemble(events, settings)
    partition = Partition(contacts, clock, settings, Dimensions(events, settings).label)
    return {
        contact.key: sorted(
            (
                fact.name,
                tuple(
                    sorted(
                        (name, value)
                        for name, value in fact.labels.items()
                        if name in FEWER.get(fact.name, (name,))
                    )
                ),
                int(fact.value),
            )
            for fact in facts_of(partition, contact)
            if fact.name in TOLD
            and (settings.counts_time or not fact.name.endswith("_counted_seconds"))
            and not is_void(contact, clock, fact.name)
            # The life of a contact is told as it is known; all else as windows show it.
            and (fact.at <= clock or fact.name in OF_LIVES)
        )
        for contact in contacts
        if contact.started is not None
    }


def plain(told: Told) -> Told:
    """What is told of the contact itself, whether or not any number tells of it."""
    names = "direction channel queue reason priority status outcome team transfers final"
    its = {name: told[name] for name in names.split()}
    for name in ("agent_replies", "previous_contact_id", "first_response_at"):
        its[name] = told[name]
    if its["first_response_at"] is not None:
        its["first_response_at"] = time(its["first_response_at"])
    its["surveys"] = [(time(it["answered_at"]), it["survey"]) for it in told["surveys"]]
    return its


def counts(told: Told) -> bool:
    return bool(told["direction"] == "inbound" and told["outcome"] != "void")


def plain_by_the_reference(
    lines: Iterable[bytes], clock: int, settings: ReferenceSettings
) -> dict[Names, Told]:
    events = readable_events(lines, settings, defaultdict(int))
    contacts, _ = assemble(events, settings)
    partition = Partition(contacts, clock, settings, Dimensions(events, settings).label)
    return {contact.key: plainly(partition, contact) for contact in contacts if contact.started}


def plainly(partition: Partition, contact: Contact) -> Told:
    clock = partition.clock
    life = contact.life(clock)
    closing = life.closings[-1] if life.is_closed else None
    its: Told = {name: contact.begin[name] for name in ("direction", "channel")}
    its["previous_contact_id"] = contact.begin["previous_contact_id"]
    its["reason"] = contact.last_known_reason(clock)
    its["priority"] = contact.known_now("priority")
    its["queue"] = contact.known_now("queue")
    if closing is not None:
        its["queue"] = closing.given("queue") or contact.known_at("queue", closing.at)
    its["status"] = "closed" if closing else "waiting" if life.is_waiting else "open"
    its["outcome"] = life.outcome
    for name in ("team", "transfers"):
        its[name] = closing.given(name) if closing else None
    replies = closing.given("agent_replies") if closing else None
    its["agent_replies"] = len(contact.agent_responses) or None if replies is None else replies
    its["first_response_at"] = contact.first_response_at(clock)
    answers = [(it["answered_at"], it["survey"]) for it in contact.surveys.values()]
    is_told = contact.is_contact(clock)
    its["surveys"] = sorted(it for it in answers if is_told and it[0] <= clock)
    facts = facts_of(partition, contact)
    is_final = all(is_settled(fact, clock, partition.lateness) for fact in facts)
    its["final"] = closing is not None and closing.at + partition.lateness <= clock and is_final
    return its


def is_settled(fact: Fact, clock: int, lateness: int) -> bool:
    """Whether it changes no more by the clock."""
    if fact.labels.get("result") == "pending":
        return False
    if fact.name == "survey_index":
        return fact.at + lateness <= clock
    return (fact.at if fact.final is None else fact.final) <= clock


def is_void(contact: Any, clock: int, name: str) -> bool:
    return name == "contacts_closed" and not contact.is_contact(clock)


#: The label that tells facts of one name apart.
KEYS = ("repeat_window", "target", "result")


def final_by_the_reference(
    lines: Iterable[bytes], clock: int, settings: ReferenceSettings
) -> dict[Names, set[tuple[str, str]]]:
    events = readable_events(lines, settings, defaultdict(int))
    contacts, _ = assemble(events, settings)
    partition = Partition(contacts, clock, settings, Dimensions(events, settings).label)
    return {
        contact.key: {
            (fact.name, next(filter(None, map(fact.labels.get, KEYS))))
            for fact in facts_of(partition, contact)
            if fact.name in {"fcr_contacts", "repeat_contacts", "sla_contacts", "evaluations"}
            and fact.final is not None
            and fact.final <= clock
        }
        for contact in contacts
    }


def final(told: Told) -> set[tuple[str, str]]:
    return {
        (name, it[key])
        for name, its, key in (
            ("fcr_contacts", told["fcr"], "repeat_window"),
            ("repeat_contacts", told["repeats"], "repeat_window"),
            ("sla_contacts", told["sla"], "target"),
            ("evaluations", told["evaluations"], "result"),
        )
        for it in its
        if it["final"]
    }


def wrong(teller: Teller, lines: Sequence[bytes], clock: int) -> list[Any]:
    """Contacts of which the last record is not the truth."""
    return untrue(teller.last, lines, clock, teller.settings)


def untrue(
    last: Mapping[Names, Told], lines: Sequence[bytes], clock: int, settings: ReferenceSettings
) -> list[Any]:
    """The same of any last records."""
    truth = expected(lines, clock, settings)
    finals = final_by_the_reference(lines, clock, settings)
    plains = plain_by_the_reference(lines, clock, settings)
    return [
        (name, last.get(name), facts, plains[name])
        for name, facts in truth.items()
        if name not in last
        or verdicts(last[name]) != facts
        or final(last[name]) != finals[name]
        or plain(last[name]) != plains[name]
    ]
