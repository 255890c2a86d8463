"""The simulated contact centre: a discrete-event simulation that publishes what happens.

Memory holds the open contacts and those whose customers may still come back or answer a survey:
bounded by the rate, however long it runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from random import Random
from typing import TYPE_CHECKING, Final

from service.simulate import experience, loyalty, records, rhythm
from service.simulate.aftermath import Action, Aftermath
from service.simulate.case import Case, micros
from service.simulate.demand import Demand
from service.simulate.profiles import TRANSFER_SHARE, Spread
from service.simulate.reception import RETURNING_SHARE, Reception
from service.simulate.staff import Staff

if TYPE_CHECKING:
    from service.events.model import By
    from service.simulate.plan import Plan
    from service.simulate.pool import Pool
    from service.simulate.publication import Publication


#: Some hang up, or close the chat, as soon as they hear that they have to wait.
_BALKING_SHARE: Final = 0.05
_BALKING_PATIENCE: Final = 4.0
#: A bot greets in a chat at once, where responses are published at all.
_BOT_DELAY: Final = 1.0
#: How long a customer talks to a bot that can help.
_BOT_TALK: Final = Spread(80, 0.6)
#: How long an agent looks at what needs no answer.
_GLANCE: Final = Spread(20, 0.5)
#: Reasons that were not stated are noted while the contact goes on, or not before its end.
_NOTED_SHARE: Final = 0.5
#: Who had to come back about the same letter goes first, often enough.
_RAISED_SHARE: Final = 0.3
_UNDELIVERABLE: Final = Spread(420, 0.8)
#: Now and then the switch tells later, by so many seconds at most, that it began earlier.
_CORRECTED_SHARE: Final = 0.003
_CORRECTION: Final = Spread(10, 0.4)
_EARLIER_BY: Final = 15.0
#: Mean seconds by which those who would come back at night put it off.
_SLEEP: Final = 7200.0


class Centre:
    """One run of a plan. Iterate over :meth:`publications` once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        # New contacts have their own random numbers: an outage changes what becomes of them, not
        # how many there are.
        self._arrivals_rng = Random(f"arrivals {plan.seed}")
        self._rng = Random(f"service {plan.seed}")
        self._demand = Demand(self._arrivals_rng, plan.rate * (1 - RETURNING_SHARE))
        self._reception = Reception(plan)
        self._clientele = loyalty.Clientele(plan.start)
        self._agenda: list[tuple[int, int, Action, Case]] = []
        self._entries = 0
        self._out: list[Publication] = []
        self._aftermath = Aftermath(plan, self._rng, self._out.append, self._later)
        pools = self._reception.pools
        self._staff = Staff(plan, pools, self._out.append) if plan.agents else None

    def publications(self) -> Iterator[Publication]:
        """All that the centre's systems publish, in the order in which it happens."""
        plan, agenda, out, staff = self._plan, self._agenda, self._out, self._staff
        end = float("inf") if plan.duration is None else plan.start + plan.duration
        change = plan.start
        arrival = plan.start
        while True:
            now = min(change, arrival, agenda[0][0] if agenda else arrival)
            if staff is not None:
                now = min(now, staff.next_at)
            if now >= end:
                return
            if staff is not None and now == staff.next_at:
                # First of all: whoever is free now can take what comes now.
                staff.act(now)
            elif now == change:
                change = self._change_plans(now)
                arrival = self._demand.next_after(now)
            elif now == arrival:
                self._arrive(now)
                arrival = self._demand.next_after(now)
            else:
                _, _, action, case = heappop(agenda)
                action(now, case)
            if out:
                yield from out
                out.clear()

    def _change_plans(self, now: int) -> int:
        """A new quarter of an hour, or an outage's edge; returns when the next one is."""
        outage = self._plan.outage
        self._demand.plan_quarter(now)
        for pool in self._reception.pools:
            pool.staff(now)
            if outage is not None and outage.covers(now):
                pool.seats = 0
            self._call_next(now, pool)
        edges = () if outage is None else (outage.start, outage.start + outage.length)
        return min([rhythm.next_quarter(now), *(edge for edge in edges if edge > now)])

    def _arrive(self, now: int) -> None:
        case = self._reception.new(self._arrivals_rng, now)
        if self._plan.customer_changed:
            self._out.extend(self._clientele.meet(case.customer_id, now))
        if case.outbound:
            self._out.append(records.started(case))
            self._work(now, case)
        else:
            self._begin(now, case)

    def _begin(self, now: int, case: Case) -> None:
        self._out.append(records.started(case))
        if self._plan.contact_responded and case.channel.name == "chat":
            self._later(now + micros(_BOT_DELAY), self._bot_greets, case)
        if self._plan.contact_updated and self._rng.random() < _CORRECTED_SHARE:
            self._later(now + micros(_CORRECTION.draw(self._rng)), self._correct_start, case)
        if case.bot_helps:
            talk = _BOT_TALK.draw(self._rng)
            self._later(now + micros(_BOT_DELAY + talk), self._bot_settles, case)
        else:
            self._queue_up(now, case)

    def _come_back(self, now: int, previous: Case) -> None:
        self._begin(now, self._reception.returning(self._rng, now, previous))

    def _queue_up(self, now: int, case: Case) -> None:
        case.pool.wait(case)
        self._call_next(now, case.pool)
        # Whoever has been answered once stays; who waits for a written answer knows no queue.
        if case.waiting and case.turns == 0 and case.channel.patience is not None:
            balks = self._rng.random() < _BALKING_SHARE
            willing = _BALKING_PATIENCE if balks else case.channel.patience
            patience = micros(self._rng.expovariate(1 / willing))
            self._later(now + patience, self._give_up, case)

    def _call_next(self, now: int, pool: Pool) -> None:
        while (case := pool.next_waiting()) is not None:
            pool.busy += 1
            if case.junk:
                done = now + micros(_GLANCE.draw(self._rng))
                self._staff_is_busy(now, case, done)
                self._later(done, self._discard, case)
            else:
                self._work(now, case)

    def _work(self, now: int, case: Case) -> None:
        """An agent takes the contact: a call, a chat, or one written answer."""
        rng, channel = self._rng, case.channel
        case.turns += 1
        work = micros(channel.work.draw(rng))
        done = now + work
        responds = done
        if channel.greeting is not None:
            responds = now + micros(1 + rng.expovariate(1 / channel.greeting))
            done = responds + work
        self._staff_is_busy(now, case, done)
        case.handled += work
        messages = 1
        if channel.more_messages:
            messages += int(rng.expovariate(1 / channel.more_messages))
        case.replies += messages
        if case.first_response_at is None:
            case.first_response_at = responds
        unstated = case.stated_reason is None and not case.outbound
        if unstated and self._plan.contact_updated and rng.random() < _NOTED_SHARE:
            self._later(responds, self._note_reason, case)
        if self._plan.contact_responded and not case.outbound:
            for message in range(messages):
                at = responds + (done - responds) * message // messages // 1000 * 1000
                self._later(at, self._agent_responds, case)
        self._later(done, self._turn_done, case)

    def _turn_done(self, now: int, case: Case) -> None:
        if case.outbound:
            case.outcome = "resolved" if self._rng.random() < 0.8 else "unresolved"
            self._tell_closed(now, case)
            return
        pool, draw = case.pool, self._rng.random()
        pool.busy -= 1
        if draw < TRANSFER_SHARE and case.transfers < 2:
            case.transfers += 1
            queue = case.queue
            self._reception.transfer(self._rng, case)
            if self._plan.contact_updated and case.queue != queue:
                self._out.append(records.moved(case, now))
            self._queue_up(now, case)
        elif draw > 1 - case.channel.further_turn:
            self._await_customer(now, case)
        else:
            case.outcome = experience.settle(self._rng, case)
            self._close(now, case)
        self._call_next(now, pool)

    def _await_customer(self, now: int, case: Case) -> None:
        at = self._when_awake(now + micros(case.channel.pause.draw(self._rng)))
        if self._plan.contact_updated and case.channel.written:
            self._out.append(records.waits(case, now))
            self._later(at, self._customer_replies, case)
        else:
            self._later(at, self._queue_up, case)

    def _customer_replies(self, now: int, case: Case) -> None:
        self._out.append(records.opened(case, now, "customer"))
        self._queue_up(now, case)

    def _give_up(self, now: int, case: Case) -> None:
        if case.waiting and case.turns == 0:
            case.waiting = False
            case.outcome = "abandoned"
            self._close(now, case)

    def _close(self, now: int, case: Case) -> None:
        self._tell_closed(now, case)
        self._aftermath.closed(now, case)
        reopens = self._plan.contact_updated
        if reopens and experience.bounces(self._rng, case):
            self._later(now + micros(_UNDELIVERABLE.draw(self._rng)), self._bounce, case)
            return
        delay_or_never = experience.returns_after(self._rng, case)
        if delay_or_never is not None:
            same = reopens and experience.writes_back(self._rng, case)
            returns = self._write_back if same else self._come_back
            self._later(self._when_awake(now + micros(delay_or_never)), returns, case)

    def _write_back(self, now: int, case: Case) -> None:
        case.attempt += 1
        case.hurried = case.hurried or self._rng.random() < _RAISED_SHARE
        self._reopen(now, case, "customer")

    def _bounce(self, now: int, case: Case) -> None:
        self._reopen(now, case, "system")

    def _reopen(self, now: int, case: Case, by: By) -> None:
        case.outcome = None
        case.handled = 0
        self._out.append(records.opened(case, now, by))
        self._queue_up(now, case)

    def _tell_closed(self, now: int, case: Case) -> None:
        anybody = int(self._rng.random() * max(1, case.pool.seats))
        if self._staff is None:
            case.agent = anybody
        self._out.append(records.resolved(case, now, case.agent))

    def _staff_is_busy(self, now: int, case: Case, until: int) -> None:
        if self._staff is not None:
            case.agent = self._staff.take(now, case.pool, until)

    def _agent_responds(self, now: int, case: Case) -> None:
        self._out.append(records.responded(case, now, "agent"))

    def _bot_greets(self, now: int, case: Case) -> None:
        self._out.append(records.responded(case, now, "bot"))

    def _bot_settles(self, now: int, case: Case) -> None:
        experience.settle(self._rng, case)
        case.outcome = "resolved"  # a bot believes that it has helped
        self._close(now, case)

    def _discard(self, now: int, case: Case) -> None:
        case.outcome = "void"
        self._tell_closed(now, case)
        case.pool.busy -= 1
        self._call_next(now, case.pool)

    def _note_reason(self, now: int, case: Case) -> None:
        self._out.append(records.understood(case, now))

    def _correct_start(self, now: int, case: Case) -> None:
        earlier = case.started_at - micros(self._rng.random() * _EARLIER_BY)
        case.started_at = max(earlier, self._plan.start)
        self._out.append(records.corrected(case, now))

    def _when_awake(self, at: int) -> int:
        """The same time, or later if it falls where people rather sleep."""
        while self._rng.random() > rhythm.demand(at):
            at += micros(self._rng.expovariate(1 / _SLEEP))
        return at

    def _later(self, at: int, action: Action, case: Case) -> None:
        self._entries += 1
        heappush(self._agenda, (at, self._entries, action, case))
