"""CONTRACT 2, finality and changed settings: what counters hold, told step by step.

A fact is counted once, as it was when it was first final, whatever becomes of it afterwards.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from tests.reference.customers import turnover
from tests.reference.facts import facts_of
from tests.reference.page import HISTOGRAMS, Page, Totals, add, bounds, le
from tests.reference.partition import Fact, Partition
from tests.reference.settings import DAY, MICROSECONDS, micro

if TYPE_CHECKING:
    from tests.reference.contacts import ContactKey
    from tests.reference.settings import ReferenceSettings

#: The contact, the fact's name, and which of them: its repeat window, target, closing or survey.
Slot = tuple["ContactKey", str, str, str, tuple[Any, ...]]
#: The facts that counters tell; all others have gauges alone.
COUNTED: Final = (
    *("contacts_started", "contacts_closed", "contacts_reopened", "fcr_contacts"),
    *("repeat_contacts", "sla_contacts", "survey_answers", "evaluations"),
    *("first_response_seconds", "resolution_seconds", "customers_left"),
)
#: As `cx_revised_total` names facts.
REVISED_AS: Final = {
    "first_response_seconds": "first_response",
    "resolution_seconds": "resolution",
    "fcr_contacts": "fcr",
    "repeat_contacts": "repeat",
    "sla_contacts": "sla",
    "survey_answers": "survey",
    "evaluations": "evaluation",
}
#: So far ahead that whatever happens by itself has happened.
FAR: Final = micro(500 * DAY)


@dataclass(frozen=True)
class Counted:
    fact: Fact
    #: Of a duration, the bucket it was counted in; None: above all bounds.
    bound: int | None


@dataclass
class Counters:
    """Of every fact that was ever final, how it was counted; None: never to be."""

    kept: dict[Slot, Counted | None] = field(default_factory=dict)
    revised_by_settings: Counter[str] = field(default_factory=Counter)
    #: By fact, by events and by the clock.
    revised: Counter[str] = field(default_factory=Counter)
    #: As it was at the step before.
    stated: dict[Slot, Fact] = field(default_factory=dict)

    def tell(self, partition: Partition) -> None:
        """After a step of the stream."""
        before, self.stated = self.stated, statements(partition)
        for slot in self.kept:
            was, fact_now = before.get(slot), self.stated.get(slot)
            if not (was and fact_now and means_the_same(was, fact_now)) and (was or fact_now):
                self.revised[REVISED_AS.get(slot[1], slot[1])] += 1
        for slot, fact in self.stated.items():
            if fact.final is not None and fact.final <= partition.clock and slot not in self.kept:
                self.kept[slot] = counted(fact, partition.settings)

    def change(self, former: Partition, now: Partition) -> None:
        """The same contacts at the same clock, from here on under other settings."""
        # also what is still to come by itself, if nothing else happens
        before = statements(replace(former, clock=former.clock + FAR))
        after = statements(replace(now, clock=now.clock + FAR))
        for slot in self.kept:
            was, is_now = before.get(slot), after.get(slot)
            if (
                was
                and is_asked(slot, now.settings)
                and not (is_now and means_the_same(was, is_now))
            ):
                self.revise(slot)
        for slot, fact in after.items():
            if slot in self.kept or fact.final is None or fact.final - now.lateness > now.clock:
                continue
            # its deadline had passed before it was asked for
            is_verdict = fact.name == "sla_contacts"
            if slot not in before or (is_verdict and not means_the_same(before[slot], fact)):
                self.kept[slot] = None
                self.revise(slot)
        self.tell(now)

    def revise(self, slot: Slot) -> None:
        self.revised_by_settings[REVISED_AS.get(slot[1], slot[1])] += 1

    def page(self, settings: ReferenceSettings) -> Page:
        """All counters but the revisions. Of a repeat window that is no more, there are none."""
        totals: Totals = defaultdict(int)
        for slot, it in self.kept.items():
            if it is None or not is_asked(slot, settings):
                continue
            fact = it.fact
            if fact.name in HISTOGRAMS:
                name = f"cx_{fact.name}"
                for bound in bounds(fact.name, settings):
                    if it.bound is not None and it.bound <= bound:
                        add(totals, f"{name}_bucket", fact.labels | {"le": le(bound)})
                add(totals, f"{name}_bucket", fact.labels | {"le": "+Inf"})
                add(totals, f"{name}_sum", fact.labels, Fraction(fact.value, MICROSECONDS))
                add(totals, f"{name}_count", fact.labels)
            else:
                add(totals, f"cx_{fact.name}_total", fact.labels)
        return {key: float(value) for key, value in totals.items()}


def counted(fact: Fact, settings: ReferenceSettings) -> Counted:
    within = bounds(fact.name, settings) if fact.name in HISTOGRAMS else []
    return Counted(fact, next((bound for bound in within if fact.value <= bound), None))


def is_asked(slot: Slot, settings: ReferenceSettings) -> bool:
    repeat_window = slot[2]
    return not repeat_window or repeat_window in settings.repeat_windows


def means_the_same(one: Fact, other: Fact) -> bool:
    return (one.labels, one.at, one.value) == (other.labels, other.at, other.value)


def statements(partition: Partition) -> dict[Slot, Fact]:
    """All facts that counters have, or will have."""
    of_contacts = {
        slot_of(contact.key, fact): fact
        for contact in partition.contacts
        for fact in facts_of(partition, contact)
        if fact.final is not None or fact.name == "repeat_contacts"
    }
    return of_contacts | {
        slot_of((customer.customer_id, ""), fact): fact
        for customer in partition.customers
        for fact in turnover(partition, customer)
        if fact.final is not None
    }


def slot_of(key: ContactKey, fact: Fact) -> Slot:
    """Of a fact of a customer, the contact has no id."""
    repeat_window, target = (fact.labels.get(name, "") for name in ("repeat_window", "target"))
    return key, fact.name, repeat_window, target, fact.which
