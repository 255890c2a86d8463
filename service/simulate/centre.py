"""The simulated contact centre: a discrete-event simulation that publishes what happens.

Memory holds the open contacts and those whose customers may still come back or answer a survey:
bounded by the rate, however long it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from random import Random
from typing import TYPE_CHECKING, Final

from service.simulate import experience, records, rhythm
from service.simulate.case import Case
from service.simulate.demand import Demand
from service.simulate.profiles import OUTBOUND_SHARE, TRANSFER_SHARE
from service.simulate.reception import RETURNING_SHARE, Reception

if TYPE_CHECKING:
    from service.simulate.plan import Plan
    from service.simulate.pool import Pool
    from service.simulate.publication import Publication

_Action = Callable[[int, Case], None]

#: Some hang up, or close the chat, as soon as they hear that they have to wait.
_BALKING_SHARE: Final = 0.05
_BALKING_PATIENCE: Final = 4.0
#: A bot greets in a chat at once, where responses are published at all.
_BOT_DELAY: Final = 1.0
#: Mean seconds by which those who would come back at night put it off.
_SLEEP: Final = 7200.0


def _micros(seconds: float) -> int:
    """Whole milliseconds, at least one: no two things of one contact happen at once."""
    return max(1, int(seconds * 1000)) * 1000


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
        self._agenda: list[tuple[int, int, _Action, Case]] = []
        self._entries = 0
        self._out: list[Publication] = []

    def publications(self) -> Iterator[Publication]:
        """All that the centre's systems publish, in the order in which it happens."""
        plan, agenda, out = self._plan, self._agenda, self._out
        end = float("inf") if plan.duration is None else plan.start + plan.duration
        change = plan.start
        arrival = plan.start
        while True:
            now = min(change, arrival, agenda[0][0] if agenda else arrival)
            if now >= end:
                return
            if now == change:
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
        if self._arrivals_rng.random() < OUTBOUND_SHARE:
            case.outbound = True
            self._out.append(records.started(case))
            self._work(now, case)
        else:
            self._begin(now, case)

    def _begin(self, now: int, case: Case) -> None:
        self._out.append(records.started(case))
        if self._plan.contact_responded and case.channel.name == "chat":
            self._later(now + _micros(_BOT_DELAY), self._bot_greets, case)
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
            patience = _micros(self._rng.expovariate(1 / willing))
            self._later(now + patience, self._give_up, case)

    def _call_next(self, now: int, pool: Pool) -> None:
        while (case := pool.next_waiting()) is not None:
            pool.busy += 1
            self._work(now, case)

    def _work(self, now: int, case: Case) -> None:
        """An agent takes the contact: a call, a chat, or one written answer."""
        rng, channel = self._rng, case.channel
        case.turns += 1
        work = _micros(channel.work.draw(rng))
        done = now + work
        responds = done
        if channel.greeting is not None:
            responds = now + _micros(1 + rng.expovariate(1 / channel.greeting))
            done = responds + work
        case.handled += work
        messages = 1
        if channel.more_messages:
            messages += int(rng.expovariate(1 / channel.more_messages))
        case.replies += messages
        if case.first_response_at is None:
            case.first_response_at = responds
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
            case.pool = self._reception.colleague(self._rng, case)
            self._queue_up(now, case)
        elif draw > 1 - case.channel.further_turn:
            pause = case.channel.pause.draw(self._rng)
            self._later(self._when_awake(now + _micros(pause)), self._queue_up, case)
        else:
            case.outcome = experience.settle(self._rng, case)
            self._close(now, case)
        self._call_next(now, pool)

    def _give_up(self, now: int, case: Case) -> None:
        if case.waiting and case.turns == 0:
            case.waiting = False
            case.outcome = "abandoned"
            self._close(now, case)

    def _close(self, now: int, case: Case) -> None:
        self._tell_closed(now, case)
        case.answer = experience.answers_survey(self._rng, case)
        if case.answer is not None:
            delay = case.channel.survey_delay.draw(self._rng)
            self._later(now + _micros(delay), self._answer_survey, case)
        delay_or_never = experience.returns_after(self._rng, case)
        if delay_or_never is not None:
            self._later(self._when_awake(now + _micros(delay_or_never)), self._come_back, case)

    def _tell_closed(self, now: int, case: Case) -> None:
        agent = int(self._rng.random() * max(1, case.pool.seats))
        self._out.append(records.resolved(case, now, agent))

    def _answer_survey(self, now: int, case: Case) -> None:
        if case.answer is not None:
            self._out.append(records.answered(case, now, case.answer))

    def _agent_responds(self, now: int, case: Case) -> None:
        self._out.append(records.responded(case, now, "agent"))

    def _bot_greets(self, now: int, case: Case) -> None:
        self._out.append(records.responded(case, now, "bot"))

    def _when_awake(self, at: int) -> int:
        """The same time, or later if it falls where people rather sleep."""
        while self._rng.random() > rhythm.demand(at):
            at += _micros(self._rng.expovariate(1 / _SLEEP))
        return at

    def _later(self, at: int, action: _Action, case: Case) -> None:
        self._entries += 1
        heappush(self._agenda, (at, self._entries, action, case))
