"""The last outcome of a contact is what the reference says of it, whatever happened on the way."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest

from service.partition.engine import Engine
from tests.events.samples import SCHEMAS
from tests.partition.product import definitions
from tests.partition.running import Batch, Record, cut, events_of
from tests.reference.contacts import assemble
from tests.reference.facts import facts_of, millionths, thousandths
from tests.reference.lively_logs import lively_log
from tests.reference.page import Dimensions, readable_events
from tests.reference.partition import Partition
from tests.reference.settings import DAY, HOUR, MINUTE, ReferenceSettings, micro
from tests.rules.notation import answered, evaluated, resolved, started, updated

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tests.reference.contacts import Contact

Told = dict[str, Any]
Names = tuple[str, str]

SCHEMA = json.loads((SCHEMAS / "contact-outcomes.schema.json").read_text())
EXAMPLES = sorted((SCHEMAS / "examples" / "contact-outcomes").rglob("*.json"))

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


@pytest.mark.parametrize("seed", range(12))
def test_the_last_record_of_every_contact_tells_the_truth(seed: int) -> None:
    rng = random.Random(seed)
    lines = lively_log(seed, SETTINGS).lines
    teller = Teller()
    events = events_of(lines, SETTINGS)
    events += rng.sample(events, len(events) // 5)
    for batch in cut(events, rng, (1, 5, 20)):
        # the clock stands still: nothing leaves, and nothing comes too late
        teller.feed(batch, clock=0)
        if rng.random() < 0.1:
            teller.restart()
    clock = teller.engine.latest
    for later in sorted(rng.randrange(micro(3 * DAY)) for _ in range(4)):
        teller.feed([], clock + later)
        assert wrong(teller, lines, teller.engine.clock) == []


@pytest.mark.parametrize("seed", range(12))
def test_nothing_stays_untold_over_a_crash(seed: int) -> None:
    """Told first, and then written: what was not written comes again, with its events."""
    rng = random.Random(seed)
    lines = lively_log(seed, SETTINGS).lines
    teller = Teller()
    uncommitted: Batch = []
    for batch in cut(events_of(lines, SETTINGS), rng, (1, 5, 20)):
        uncommitted += batch
        crashes = rng.random() < 0.3
        teller.feed(batch, clock=0, written=0.0 if crashes else 1.0)
        if crashes:
            teller.restart()
            teller.feed(uncommitted, clock=0)
        if rng.random() < 0.5:
            uncommitted = []
    clock = teller.engine.latest + micro(HOUR)
    teller.feed([], clock, written=0.0)
    teller.restart()
    teller.last.clear()
    teller.feed([], clock - 1)
    told_before = dict(teller.last)
    teller.feed([], clock)
    assert teller.last.keys() >= told_before.keys()
    whole = Teller()
    whole.feed(events_of(lines, SETTINGS), clock=0)
    whole.feed([], clock)
    # whoever has changed by the clock is told again
    for name, told in teller.last.items():
        assert verdicts(told) == verdicts(whole.last[name])


def test_a_verdict_that_changes_by_the_clock_is_told_then() -> None:
    teller = Teller()
    teller.feed(events_of([started("a", "10:00"), resolved("a", "10:05")], SETTINGS))
    assert {it["result"] for it in teller.last["x", "a"]["fcr"]} == {"pending"}
    told = teller.feed([], at("10:15", teller))
    assert [(it["repeat_window"], it["result"], it["final"]) for it in told[0]["fcr"]] == [
        ("10m", "resolved_first_time", False),
        ("1h", "pending", False),
    ]
    told = teller.feed([], at("10:15", teller) + micro(30))
    assert [it["final"] for it in told[0]["fcr"]] == [True, False]
    assert teller.feed([], at("10:30", teller)) == []


def at(clock: str, teller: Teller) -> int:
    """That time of day, on the day of the events."""
    hours, minutes = map(int, clock.split(":"))
    day = teller.engine.latest // micro(DAY) * micro(DAY)
    return day + micro(hours * HOUR + minutes * MINUTE)


def test_a_contact_whose_verdict_a_neighbour_changes_is_told_too() -> None:
    teller = Teller()
    teller.feed(events_of([started("a", "10:00"), resolved("a", "10:05")], SETTINGS))
    told = teller.feed(events_of([started("b", "10:08")], SETTINGS))
    assert [it["contact_id"] for it in told] == ["a", "b"]
    assert {it["result"] for it in told[0]["fcr"]} == {"repeated"}
    assert {it["repeat_window"] for it in told[1]["repeats"]} == {"10m", "1h"}


def test_a_restart_under_the_same_settings_tells_nothing_again() -> None:
    teller = Teller()
    teller.feed(events_of([started("a", "10:00"), resolved("a", "10:05")], SETTINGS))
    teller.restart()
    assert teller.feed([]) == []


def test_turned_on_all_that_is_known_is_told() -> None:
    teller = Teller(tells=False)
    assert teller.feed(events_of([started("a", "10:00"), resolved("a", "10:05")], SETTINGS)) == []
    teller.tells = True
    teller.restart()
    assert [it["contact_id"] for it in teller.feed([])] == ["a"]


def test_changed_settings_tell_every_contact_anew() -> None:
    teller = Teller()
    teller.feed(events_of([started("a", "10:00"), resolved("a", "10:05")], SETTINGS))
    teller.settings = replace(SETTINGS, repeat_windows={"2h": 2 * HOUR})
    teller.restart()
    told = teller.feed([])
    assert [it["repeat_window"] for it in told[0]["fcr"]] == ["2h"]


def test_a_void_contact_has_no_verdicts() -> None:
    teller = Teller()
    lines = [started("a", "10:00"), resolved("a", "10:05", outcome="void")]
    told = teller.feed(events_of([*lines, answered("a", "10:06", "csat", 5)], SETTINGS))
    assert (told[0]["outcome"], verdicts(told[0])) == ("void", [])


def test_an_evaluation_is_told_with_what_it_found_and_once_more_when_final() -> None:
    teller = Teller(replace(SETTINGS, windows={"1h": (HOUR, MINUTE)}, allowed_lateness=MINUTE))
    lines = [started("a", "10:00"), resolved("a", "10:05")]
    judged: Told = {"evaluation_id": "e", "score": 87.5, "nonfatal_errors": 2, "positive": 2.5}
    teller.feed(events_of([*lines, evaluated("a", "12:00", **judged)], SETTINGS))
    (told,) = teller.last["x", "a"]["evaluations"]
    assert told.items() >= {**judged, "result": "nonfatal", "negative": None}.items()
    assert not told["final"]
    teller.feed([], at("12:01", teller))
    assert teller.last["x", "a"]["evaluations"][0]["final"]


def test_a_contact_that_waits_or_is_open_again_says_so() -> None:
    teller = Teller()
    lines = [started("a", "10:00"), resolved("a", "10:05", outcome="resolved")]
    lines += [updated("a", "10:07", status="waiting", by="customer")]
    told = teller.feed(events_of(lines, SETTINGS))
    assert (told[0]["status"], told[0]["outcome"], len(told[0]["closings"])) == ("waiting", None, 1)


def test_an_expiry_is_told_when_it_comes() -> None:
    teller = Teller()
    teller.feed(events_of([started("a", "10:00")], SETTINGS))
    teller.feed([], at("10:00", teller) + micro(2 * DAY))
    assert teller.last["x", "a"]["outcome"] == "expired"


def test_of_two_resolutions_that_differ_by_their_agent_one_stands_in_any_order() -> None:
    lines = [started("a", "10:00")]
    lines += [resolved("a", "10:05", agent_id=agent) for agent in ("x", "y")]
    stands = set()
    for order in (lines, lines[::-1]):
        teller = Teller()
        teller.feed(events_of(order, SETTINGS))
        stands.add(teller.last["x", "a"]["agent_id"])
        teller.restart()
    assert stands == {"y"}


def test_a_contact_that_leaves_was_told_as_final() -> None:
    teller = Teller(replace(SETTINGS, windows={"1h": (HOUR, MINUTE)}))
    teller.feed(events_of([started("a", "10:00"), resolved("a", "10:05")], SETTINGS))
    teller.feed([], at("20:00", teller))
    assert teller.engine.live_contacts == 0
    assert teller.last["x", "a"]["final"]


@pytest.mark.parametrize("seed", range(3))
def test_every_record_is_as_the_schema_says(seed: int) -> None:
    validator = jsonschema.Draft7Validator(SCHEMA)
    teller = Teller()
    for batch in cut(events_of(lively_log(seed, SETTINGS).lines, SETTINGS), random.Random(seed)):
        teller.feed(batch)
    assert teller.last
    for told in teller.last.values():
        validator.validate(told)
        assert told.keys() == SCHEMA["properties"].keys()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_example_is_what_its_place_says(path: Path) -> None:
    example = json.loads(path.read_text())
    valid = jsonschema.Draft7Validator(SCHEMA).is_valid(example)
    assert valid == (path.parent.name == "valid")


def test_the_readme_of_the_schemas_leads_to_the_guide() -> None:
    readme = (SCHEMAS / "README.md").read_text()
    assert "(contact-outcomes.schema.json)" in readme
    assert "(../docs/outcomes.md)" in readme


def test_off_there_are_none() -> None:
    teller = Teller(tells=False)
    teller.feed(events_of([started("a", "10:00"), resolved("a", "10:05")], SETTINGS))
    assert teller.records == 0
