"""Who makes contact, about what, where: new contacts, and those of customers who come back."""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from service.definitions import SECOND
from service.simulate.case import Case
from service.simulate.pool import Pool
from service.simulate.profiles import (
    ANONYMOUS,
    CHANNELS,
    OUTBOUND_SHARE,
    REASONS,
    TRANSFER_SHARE,
    VOICE,
    Channel,
    Reason,
    queue_of,
    team_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from service.simulate.plan import Plan

#: Share of all contacts that are customers coming back (as measured on a normal week).
RETURNING_SHARE: Final = 0.17

_SAME_CHANNEL_SHARE: Final = 0.75
_SAME_REASON_SHARE: Final = 0.9
_KNOWN_PREVIOUS_SHARE: Final = 0.35
_UNSTATED_REASON_SHARE: Final = 0.06
_UNSTATED_QUEUE_SHARE: Final = 0.03
_HURRIED_SHARE: Final = 0.15

_CHANNEL_LIMITS: Final = tuple(accumulate(channel.share for channel in CHANNELS))[:-1]
_REASON_LIMITS: Final = tuple(accumulate(reason.weight for reason in REASONS))[:-1]


def _volume_share(channel: Channel) -> float:
    """The channel's share of all contacts: of those who come back, some change to the phone."""
    moved = RETURNING_SHARE * (1 - _SAME_CHANNEL_SHARE)
    return channel.share * (1 - moved) + (moved if channel is VOICE else 0.0)


class Reception:
    """Makes the contacts of one run, with ids that no other plan's contacts have."""

    def __init__(self, plan: Plan) -> None:
        self._pools = _pools(plan.rate)
        self._run = f"{plan.start // SECOND:x}-{plan.seed:x}"
        self._made = 0
        # A regular customer makes contact about every four weeks.
        self._customers = max(20, round(plan.rate * 24 * 28))

    @property
    def pools(self) -> tuple[Pool, ...]:
        return tuple(self._pools.values())

    def new(self, rng: Random, now: int) -> Case:
        """A contact about a new matter."""
        channel = CHANNELS[bisect(_CHANNEL_LIMITS, rng.random())]
        reason = REASONS[bisect(_REASON_LIMITS, rng.random())]
        # The square makes some customers make contact far more often than others.
        customer = f"customer-{int(rng.random() ** 2 * self._customers)}"
        outbound = rng.random() < OUTBOUND_SHARE
        if not outbound and rng.random() < channel.withheld_share:
            customer = ANONYMOUS
        return self._case(rng, now, customer, channel, reason, outbound=outbound)

    def returning(self, rng: Random, now: int, previous: Case) -> Case:
        """The next attempt of a customer to settle the matter of a previous contact."""
        channel = previous.channel if rng.random() < _SAME_CHANNEL_SHARE else VOICE
        reason = previous.reason
        if rng.random() >= _SAME_REASON_SHARE:
            reason = REASONS[bisect(_REASON_LIMITS, rng.random())]
        case = self._case(rng, now, previous.customer_id, channel, reason)
        case.attempt = previous.attempt + 1
        if rng.random() < _KNOWN_PREVIOUS_SHARE and case.customer_id != ANONYMOUS:
            case.previous_contact_id = previous.contact_id
        return case

    def transfer(self, rng: Random, case: Case) -> None:
        """To another queue of the same channel; the same where there is none."""
        others = [queue for queue in _queues(case.channel) if queue != case.queue] or [case.queue]
        case.queue = others[int(rng.random() * len(others))]
        case.pool = self._pool(case.channel, case.queue)

    def _pool(self, channel: Channel, queue: str) -> Pool:
        return self._pools[team_of(channel, queue), channel.written]

    def _case(
        self,
        rng: Random,
        now: int,
        customer: str,
        channel: Channel,
        reason: Reason,
        *,
        outbound: bool = False,
    ) -> Case:
        self._made += 1
        queue = queue_of(channel, reason)
        pool = self._pool(channel, queue)
        case = Case(f"{self._run}-{self._made}", customer, channel, reason, queue, pool, now)
        if rng.random() >= _UNSTATED_REASON_SHARE:
            case.stated_reason = reason.name
        if rng.random() >= _UNSTATED_QUEUE_SHARE:
            case.stated_queue = queue
        case.hurried = channel.prioritised and rng.random() < _HURRIED_SHARE
        case.outbound = outbound
        case.bot_helps = not outbound and rng.random() < channel.bot_share
        case.junk = not outbound and rng.random() < channel.junk_share
        return case


def _queues(channel: Channel) -> Sequence[str]:
    return list(dict.fromkeys(queue_of(channel, reason) for reason in REASONS))


def _pools(rate: float) -> dict[tuple[str, bool], Pool]:
    """A pool for each team, and for its letters, staffed for the contacts expected there."""
    loads: dict[tuple[str, bool], float] = {}
    for channel in CHANNELS:
        contacts = rate * _volume_share(channel) * (1 - channel.bot_share - channel.junk_share)
        turns = contacts * (1 + channel.further_turn) * (1 + TRANSFER_SHARE)
        load = turns * channel.work.mean / 3600 / channel.occupancy
        for reason in REASONS:
            place = team_of(channel, queue_of(channel, reason)), channel.written
            loads[place] = loads.get(place, 0.0) + load * reason.weight
    return {
        (team, written): Pool(index, team, load, written=written)
        for index, ((team, written), load) in enumerate(loads.items())
    }
