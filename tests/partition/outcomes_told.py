"""A worker that tells outcomes, and what the reference says of the contacts that it tells of."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgspec

from service.partition.engine import Engine
from tests.partition.product import definitions
from tests.partition.running import Batch, Record
from tests.reference.contacts import assemble
from tests.reference.facts import facts_of, millionths, thousandths
from tests.reference.page import Dimensions, readable_events
from tests.reference.partition import Partition
from tests.reference.settings import DAY, HOUR, MINUTE, ReferenceSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
TOLD = {
    *("fcr_contacts", "repeat_contacts", "sla_contacts", *FEWER),
    *("first_response_seconds", "first_response_counted_seconds"),
    *("resolution_seconds", "resolution_counted_seconds"),
}


def expected(
    lines: Iterable[bytes], clock: int, settings: ReferenceSettings
) -> dict[Names, list[tuple[Any, ...]]]:
    """The same facts of every contact of which the start is known, by the reference."""
    events = readable_events(lines, settings, defaultdict(Fraction))
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
            if fact.name in TOLD and not is_void(contact, clock, fact.name)
        )
        for contact in contacts
        if contact.started is not None
    }


def plain(told: Told) -> Told:
    """What is told of the contact itself; replies and the team are those of its last closing."""
    names = "direction channel queue reason priority status outcome team transfers"
    its = {name: told[name] for name in names.split()}
    its["agent_replies"] = told["agent_replies"] if counts(told) and told["outcome"] else None
    its["previous_contact_id"] = told["previous_contact_id"]
    return its


def counts(told: Told) -> bool:
    return bool(told["direction"] == "inbound" and told["outcome"] != "void")


def plain_by_the_reference(
    lines: Iterable[bytes], clock: int, settings: ReferenceSettings
) -> dict[Names, Told]:
    contacts, _ = assemble(readable_events(lines, settings, defaultdict(Fraction)), settings)
    return {contact.key: plainly(contact, clock) for contact in contacts if contact.started}


def plainly(contact: Contact, clock: int) -> Told:
    life = contact.life(clock)
    closing = life.closings[-1] if life.is_closed else None
    its: Told = {name: contact.begin[name] for name in ("direction", "channel")}
    its["previous_contact_id"] = contact.begin["previous_contact_id"]
    for name in ("queue", "reason", "priority"):
        if closing is None:
            its[name] = contact.known_now(name)
        else:
            given = closing.given(name) if name != "priority" else None
            its[name] = given or contact.known_at(name, closing.at)
    its["status"] = "closed" if closing else "waiting" if life.is_waiting else "open"
    its["outcome"] = life.outcome
    for name in ("team", "transfers"):
        its[name] = closing.given(name) if closing else None
    is_told = closing is not None and contact.is_contact(clock)
    its["agent_replies"] = contact.agent_replies(clock) if is_told else None
    return its


def is_void(contact: Any, clock: int, name: str) -> bool:
    return name == "contacts_closed" and not contact.is_contact(clock)


#: The label that tells facts of one name apart.
KEYS = ("repeat_window", "target", "result")


def final_by_the_reference(
    lines: Iterable[bytes], clock: int, settings: ReferenceSettings
) -> dict[Names, set[tuple[str, str]]]:
    events = readable_events(lines, settings, defaultdict(Fraction))
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
    truth = expected(lines, clock, teller.settings)
    finals = final_by_the_reference(lines, clock, teller.settings)
    plains = plain_by_the_reference(lines, clock, teller.settings)
    return [
        (name, teller.last.get(name), facts, plains[name])
        for name, facts in truth.items()
        if name not in teller.last
        or verdicts(teller.last[name]) != facts
        or final(teller.last[name]) != finals[name]
        or plain(teller.last[name]) != plains[name]
    ]
