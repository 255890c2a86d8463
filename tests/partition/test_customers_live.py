"""Customers who join and leave, told of as it comes in, over restarts and take-overs."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from service.state import account, accounts, neighbours
from service.state.loyalty import loyalty
from service.store import changelog as state
from service.store import pieces
from tests.partition.running import (
    DURABLE,
    GAUGES,
    SIZES,
    Run,
    compacted,
    cut,
    events_of,
    expected_at,
    fallen,
)
from tests.reference.compare import differences
from tests.reference.customer_logs import WITH_CUSTOMERS, customer_log
from tests.reference.events import time
from tests.reference.seeds import seeds
from tests.reference.settings import DAY, HOUR, micro
from tests.rules.notation import changed

if TYPE_CHECKING:
    from tests.reference.page import Page

#: Nothing leaves the state, and nothing is final: gauges are functions of the records.
LATENESS: Final = 60 * DAY


@pytest.mark.parametrize("seed", seeds(4))
@pytest.mark.parametrize("name", WITH_CUSTOMERS)
def test_gauges_after_every_batch_in_any_order_are_those_of_the_reference(
    name: str, seed: int
) -> None:
    rng = random.Random(seed)
    settings = replace(WITH_CUSTOMERS[name], allowed_lateness=LATENESS)
    log = customer_log(seed, WITH_CUSTOMERS[name], 3)
    lines, run, done = list(log.lines), Run(settings), 0
    for batch in cut(lines, rng, (1, 3, 10)):
        done += len(batch)
        run.feed(events_of(batch, settings))
        if rng.random() < 0.3:
            run = run.successor()
        expected = expected_at(lines[:done], run.engine.clock, settings)
        assert differences(expected, run.page(), GAUGES) == []
    run.feed([], log.as_of)
    assert differences(expected_at(lines, log.as_of, settings), run.page(), GAUGES) == []


@pytest.mark.parametrize("seed", seeds(4))
@pytest.mark.parametrize("name", WITH_CUSTOMERS)
@pytest.mark.parametrize("few", [neighbours.FEW, 1])
def test_counters_never_fall_and_a_successor_tells_the_same(
    name: str, seed: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also as contacts leave, and as leavings are summed up, and from any prefix of the log."""
    monkeypatch.setattr(neighbours, "FEW", few)
    rng = random.Random(seed)
    settings = WITH_CUSTOMERS[name]
    log = customer_log(seed, settings)
    events = events_of(log.lines, settings)
    if rng.random() < 0.5:
        events.sort(key=lambda event: event[1])
    run = Run(settings)
    told: Page = {}
    for batch in cut(events, rng, (1, 5, 20)):
        run.feed(batch, rng.choice(batch)[1])
        page = run.page()
        assert fallen(told, page) == []
        told = page
        if rng.random() < 0.3:
            run = run.successor()
            assert differences(page, run.page(), DURABLE) == []
    for days in (1, 3, 60):
        run.feed([], log.as_of + micro(days * DAY))
        assert fallen(told, run.page()) == []
        told = run.page()
        assert differences(told, run.successor().page(), DURABLE) == []


@pytest.mark.parametrize("seed", seeds(4))
@pytest.mark.parametrize("name", WITH_CUSTOMERS)
def test_a_successor_of_any_prefix_comes_to_the_same_counters(
    name: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events that its clock does not cover come again, as the stream has it."""
    rng = random.Random(seed)
    piece, part = rng.choice(SIZES)
    monkeypatch.setattr(pieces, "PIECE_BYTES", piece)
    monkeypatch.setattr(state, "PART_BYTES", part)
    settings = WITH_CUSTOMERS[name]
    log = customer_log(seed, settings)
    events = sorted(events_of(log.lines, settings), key=lambda event: event[1])
    run = Run(settings)
    for batch in cut(events, rng, (5, 20)):
        before = list(run.changelog)
        written = run.feed(batch)
        prefix = before + written[: rng.randrange(len(written) + 1)]
        # Values are agreed on before an event that brings them is applied.
        broken_off = Run(settings, prefix, agreed=run.engine.labels.given)
        broken_off.feed(batch)
        assert differences(run.page(), broken_off.page(), GAUGES) == []


@pytest.mark.parametrize("seed", seeds(4))
@pytest.mark.parametrize("reach", [0, 2 * HOUR, 24 * HOUR])
def test_under_another_reach_gauges_follow_and_counters_keep_what_they_had(
    reach: int, seed: int
) -> None:
    rng = random.Random(seed)
    settings = WITH_CUSTOMERS["lives"]
    log = customer_log(seed, settings)
    run = Run(settings)
    lines = list(log.lines)
    half = len(lines) // 2
    run.feed(events_of(lines[:half], settings), log.as_of - micro(rng.choice((0, 1, 2)) * DAY))
    told = run.page()
    other = replace(settings, left_after=reach)
    run = run.successor(other)
    assert fallen(told, run.page()) == []
    assert differences(told, run.page(), ("cx_customers_left_total",)) == []
    run.feed(events_of(lines[half:], other), log.as_of)
    assert fallen(told, run.page()) == []
    assert differences(run.page(), run.successor().page(), DURABLE) == []


@pytest.mark.parametrize("seed", seeds(3))
def test_what_is_off_says_nothing_and_returns_as_it_was(seed: int) -> None:
    settings = WITH_CUSTOMERS["plain"]
    log = customer_log(seed, settings)
    run = Run(settings)
    run.feed(events_of(log.lines, settings), log.as_of)
    told = run.page()
    off = run.successor(replace(settings, customer_changed=False))
    off.feed([], log.as_of + 1)
    assert not [name for name, _ in off.page() if "customers" in name]
    back = off.successor(settings)
    assert fallen(told, back.page()) == []
    assert differences(told, back.page(), ("cx_customers", "cx_window_customers")) == []


@pytest.mark.parametrize("seed", seeds(3))
def test_an_account_of_thousands_of_changes_stays_small_and_tells_what_the_customer_is(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "CHANGES", 5)
    rng = random.Random(seed)
    changes = [
        account.Change(
            at, rng.choice((None, 0, 1)), rng.choice((None, "a", "b")), rng.choice((None, 7))
        )
        for at in range(200)
    ]
    whole, bounded = account.Account(), account.Account()
    for change in changes:
        change.put_into(bounded)
        whole.changes = [*whole.changes, change]
        told, its = loyalty(whole.changes), loyalty(bounded.changes)
        assert told[1:] == its[1:]
        assert [turn for turn in told[0] if turn.at > change.at - 4] == [
            turn for turn in its[0] if turn.at > change.at - 4
        ]
    assert len(bounded.changes) <= 5 + account.SUMMARY


@pytest.mark.parametrize("seed", seeds(200))
def test_what_is_summed_up_of_an_account_does_not_depend_on_the_order_of_arrival(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "CHANGES", 5)
    rng = random.Random(seed)
    changes = [
        account.Change(
            at, rng.choice((None, 0, 1)), rng.choice((None, "a", "b")), rng.choice((None, 7, 8))
        )
        for at in rng.sample(range(40), rng.randrange(1, 14))
    ]
    #: As where turns up to a moment are told of no more.
    until = rng.choice((-1, rng.randrange(20)))
    accounts = []
    for _ in range(4):
        its = account.Account()
        for change in rng.sample(changes, len(changes)):
            change.put_into(its)
            if rng.random() < 0.3:
                its.changes = account.summed_up(its.changes, rng.randrange(-1, until + 1))
        accounts.append(account.summed_up(its.changes, until))
    in_order = sorted(changes, key=lambda change: change.at)
    assert accounts == [accounts[0]] * 4
    told, whole = loyalty(accounts[0]), loyalty(in_order)
    assert told[1:] == whole[1:]
    begin = max(until, in_order[-5:][0].at - 1 if len(changes) > 5 else -1)
    assert [it for it in told.turns if it.at > begin] == [it for it in whole.turns if it.at > begin]


@pytest.mark.parametrize("seed", seeds(20))
def test_whoever_left_longest_ago_is_known_however_often_that_changes(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "SPARE", 3)
    rng = random.Random(seed)
    its, left_at = accounts.Accounts(), dict[str, int]()

    def note(name: str, at: int | None) -> None:
        changes = [account.Change(0)] if at is None else [account.Change(0), account.Change(at, 1)]
        its.note(name, account.Account(changes))
        left_at.pop(name, None)
        left_at.update({} if at is None else {name: at})

    for _ in range(60):
        note(rng.choice("abcde"), rng.choice((None, *range(1, 9))))
        until = rng.randrange(10)
        assert its.have_left(until) == any(at <= until for at in left_at.values())
        if rng.random() < 0.1:
            due = {name for name, at in left_at.items() if at <= until}
            for name in its.take_leavers(until):
                due.remove(name)
                note(name, rng.choice((None, until + 1)))
            assert due == set()
    assert len(its._by_leaving) <= 2 * 5 + 3


@pytest.mark.parametrize("have_joined", [False, True])
@pytest.mark.parametrize("restarts", [False, True])
def test_of_those_who_left_long_ago_the_last_ones_are_remembered(
    restarts: bool, have_joined: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few come back without a status, and are not active; all of them would be ever more."""
    monkeypatch.setattr(accounts, "FORMER", 3)
    settings = WITH_CUSTOMERS["plain"]
    run = Run(settings)
    names = [f"c{number}" for number in range(8)]
    for number, name in enumerate(names):
        day = f"{number + 1:02}"
        lines = [changed(f"{day} 09:00", customer=name, status="left")]
        if have_joined:
            lines.append(changed(f"{day} 08:00", customer=name))
        run.feed(events_of(lines, settings))
        run = run.successor() if restarts else run
    for at in ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"):
        run.feed([], time(at))
    told = run.page()
    kept = {key for key, value in compacted(run.changelog, tombstones=False) if is_account(key)}
    assert kept == {state.account_key(name) for name in names[-3:]}
    run = run.successor()
    late = [changed("2026-01-02T00:00:00Z", customer=name, segment="a") for name in names[-3:]]
    run.feed(events_of(late, settings))
    assert fallen(told, run.page()) == []
    assert not [key for key, value in run.page().items() if key[0] == "cx_customers" and value]


def is_account(key: bytes) -> bool:
    name = state.read_key(key)
    return not isinstance(name, str) and len(name) == 1
