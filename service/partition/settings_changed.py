"""Taking a partition over under other definitions, or labels, than its counters have counted by.

Gauges follow at once: they are functions of the records. Of each fact that counters have,

* what was counted under the former ones stays counted, as it was;
* what was not, and is stated under both, is counted as it is stated now;
* what was not stated before, and whose deadline had passed by then, is never counted: it would tell
  of a past in which nobody could have known. Neither is a verdict by a target that was not in force
  at its deadline.

Where a counter thus has something else than the records state now, that is a revision, of cause
`settings`. No record need be rewritten for it as long as the records, read as they are, count the
fact too: then it is kept with the retired counters what is to be added to that. Only where they
would count it later, once more, does the contact itself remember what was counted.

Of a repeat window that goes only the sums are kept. So a fact of it whose deadline is moved, by
other settings or a late event, before the window returns can count once more.

All of it takes effect with the one clock record that ends it, so it may be broken off and begun
again: contacts that were rewritten by then remember what they would be found to have been counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from service.aggregates.retractions import revision
from service.aggregates.tables import Owner
from service.kpis.rows import Bools, Ints
from service.partition.partition import Partition
from service.state.account import Account
from service.state.customers import Customer
from service.state.record import NOTHING, Contact, Counted, Remembers
from service.store import changelog as state
from service.store.first_rules import FirstView, MayDiffer
from service.store.in_force import InForce
from service.store.views import FormerView, Names, Stated, View

#: The fact that is a verdict by a target.
VERDICT = "sla"
CAUSE = "settings"


def bears_on_counters(former: InForce, partition: Partition) -> bool:
    """Whether counters would have counted other facts, or under other labels."""
    now = partition.definitions
    as_shown_now = replace(
        former.definitions,
        windows=now.windows,
        calendar_windows=now.calendar_windows,
        at_risk_fraction=now.at_risk_fraction,
        backlog_age_buckets=now.backlog_age_buckets,
        agents=now.agents,
        max_label_values=now.max_label_values,
        allowed_labels=now.allowed_labels,
        outcomes=now.outcomes,
    )
    return (
        former.by_first_rules
        or as_shown_now != now
        or partition.labels.may_differ_from(former.labels())
    )


class SettingsChanged:
    """One take-over under changed settings, a few customers at a time."""

    def __init__(self, partition: Partition, former: InForce) -> None:
        names, retractions = Names(), partition.differences.retractions
        self._partition = partition
        self._clock = partition.clock.now
        self._names = names
        self._now = View(
            partition.definitions,
            partition.differences.rows,
            partition.cells,
            retractions,
            partition.differences.turnovers.rows,
            names,
        )
        self._former = (FirstView if former.by_first_rules else FormerView)(former, names)
        #: Whose contacts are to be compared, where nothing but the rules of version 1 has changed.
        self._may_differ: MayDiffer | None = None
        if former.by_first_rules and not bears_on_counters(
            former._replace(by_first_rules=False), partition
        ):
            published = partition.definitions.contact_responded
            self._may_differ = MayDiffer(former.labels(), responses_are_published=published)
        #: The fact of each slot, and the slots that are still known.
        self._facts = self._former.facts() | self._now.facts()
        self._asked = list(self._now.facts())
        self._verdicts = [slot for slot, fact in self._facts.items() if fact == VERDICT]
        #: Slots that are no revisable fact, but are counted as soon as they are known.
        self._nameless = [slot for slot, fact in self._facts.items() if not fact]
        #: What the counters have beside what the records state: weight and total by cell name.
        self._beside: defaultdict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0])
        #: The records of contacts that have come to remember something.
        self._rewritten: list[tuple[bytes, bytes]] = []

    def compare(self, contacts: Sequence[tuple[Customer, Contact]]) -> set[Customer]:
        """Has stay what was counted of these contacts; all of a customer's are among them.

        Returns the customers of which a contact has come to remember something.
        """
        if self._may_differ is not None:
            concerned = {*filter(self._may_differ, {customer for customer, _ in contacts})}
            if not concerned:
                return set()
            contacts = [entry for entry in contacts if entry[0] in concerned]
        former, now = self._former, self._now
        before, its = former.tables(contacts), now.rows.tables(contacts)
        # A turn may be one under one of them only: where updates were not read.
        turns = [*dict.fromkeys((*before.turns, *its.turns))]
        remembering = (
            self._compare(
                its.contacts,
                former.stated(former.contacts, its.contacts, before.contact_table()),
                now.stated(now.contacts, its.contacts, its.contact_table()),
            )
            | self._compare(
                turns,
                former.stated(former.turns, turns, before.turn_table(turns)),
                now.stated(now.turns, turns, its.turn_table(turns)),
            )
            | self._compare(
                its.answers,
                former.stated(former.surveys, its.answers, before.answer_table()),
                now.stated(now.surveys, its.answers, its.answer_table()),
            )
            | self._compare(
                its.evaluations,
                former.stated(former.evaluations, its.evaluations, before.evaluation_table()),
                now.stated(now.evaluations, its.evaluations, its.evaluation_table()),
            )
        )
        kept = [it for it in contacts if it[1] in remembering] if remembering else []
        self._rewritten += state.records_of({contact: customer.id for customer, contact in kept})
        return {customer for customer, _ in kept}

    def compare_accounts(self, accounts: Sequence[tuple[str, Account]]) -> None:
        """Has stay what was counted of these accounts."""
        if self._may_differ is not None or not accounts:
            return
        customers = self._partition.customers
        entries = [(account, customers.customer(customer_id)) for customer_id, account in accounts]
        before, its = self._former.turnover(entries), self._now.turnover(entries)
        owners = [*dict.fromkeys((*before, *its))]
        remembering = self._compare(
            owners,
            self._former.stated_turnover(owners, before),
            self._now.stated_turnover(owners, its),
        )
        self._rewritten += state.records_of(
            {account: of for of, account in accounts if account in remembering}
        )

    def finish(self) -> None:
        """All contacts were compared: counters have what they had."""
        partition = self._partition
        for name, (weight, total) in self._beside.items():
            partition.retired.add(name, weight, total)
            partition.differences.retractions.add_counted(name, weight, total)
        if self._beside:
            partition.retired.generation += 1
            partition.unwritten.retired_changed = True
        partition.unwritten.take_over(self._rewritten)

    def _compare(self, owners: Sequence[Owner], former: Stated, now: Stated) -> set[Remembers]:
        """The contacts that have come to remember something."""
        _, its, ours = np.intersect1d(
            former.slot * len(owners) + former.row,
            now.slot * len(owners) + now.row,
            assume_unique=True,
            return_indices=True,
        )
        labelled = (former.labels[its] == now.labels[ours]) & (former.total[its] == now.total[ours])
        same = _at(its, labelled & (former.at[its] == now.at[ours]), former)
        in_place = _at(its, labelled & (former.cell_name[its] == now.cell_name[ours]), former)
        counts_now = now.counts_from <= self._clock
        is_counted_again = _at(its, counts_now[ours], former)
        counted = former.counts_from <= self._clock
        asked = np.isin(former.slot, self._asked)
        # What was counted stays.
        moved = counted & is_counted_again & ~in_place
        self._add(1, former, moved | (counted & ~asked))
        self._add(-1, now, ours[moved[its]])
        remembered = counted & asked & ~is_counted_again
        revised = counted & asked & ~same
        self._add_revisions(former, revised & ~remembered)
        # What nobody could have known is not counted.
        foreseen = counted | same | ~np.isin(former.slot, self._verdicts)
        unforeseen = ~_at(ours, foreseen[its], now) & ~np.isin(now.slot, self._nameless)
        unforeseen &= now.final <= self._clock
        self._add(-1, now, unforeseen & counts_now)
        self._add_revisions(now, unforeseen & counts_now)
        return self._remember(owners, former, remembered, revised) | self._remember(
            owners, now, unforeseen & ~counts_now, None
        )

    def _add(self, weight: int, stated: Stated, which: Bools | Ints) -> None:
        cells, totals = stated.cell_name[which].tolist(), stated.total[which].tolist()
        for cell, total in zip(cells, totals, strict=True):
            amount = self._beside[self._names[cell]]
            amount[0] += weight
            amount[1] += weight * total

    def _add_revisions(self, stated: Stated, which: Bools) -> None:
        for slot in stated.slot[which].tolist():
            if self._facts[slot]:
                self._beside[revision(f"{self._facts[slot]}:{CAUSE}")][0] += 1

    def _remember(
        self, owners: Sequence[Owner], stated: Stated, which: Bools, revised: Bools | None
    ) -> set[Remembers]:
        """Has contacts remember what was counted of them; `revised` None: that nothing ever is."""
        remembering: set[Remembers] = set()
        for index in np.flatnonzero(which).tolist():
            (contact, part), slot = owners[stated.row[index]], int(stated.slot[index])
            extras = contact.need_extras()
            counted = NOTHING
            if revised is not None:
                name = self._names[stated.cell_name[index]]
                counted = Counted(name, 1, int(stated.total[index]), self._reopenings(contact))
            extras.counted = {**(extras.counted or {}), self._names[slot][0] + part: counted}
            if (revised is None or revised[index]) and self._facts[slot]:
                change = f"{self._facts[slot]}:{CAUSE}"
                revisions = extras.revised or {}
                extras.revised = {**revisions, change: revisions.get(change, 0) + 1}
            remembering.add(contact)
        return remembering

    def _reopenings(self, record: Remembers) -> int:
        if not isinstance(record, Contact):
            return 0
        return len(self._partition.differences.rows.reopened_at(record))


def _at(where: Ints, values: Bools, stated: Stated) -> Bools:
    """These values at these facts, and false at all others."""
    spread = np.zeros(len(stated.row), dtype=np.bool_)
    spread[where] = values
    return spread
