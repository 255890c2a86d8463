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
    VOICE,
    Channel,
    Reason,
    queue_of,
)

if TYPE_CHECKING:
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

    def colleague(self, rng: Random, case: Case) -> Pool:
        """Another queue of the same channel, to transfer to; the same where there is none."""
        others = [pool for pool in self._pools.values() if pool.channel is case.channel]
        others = [pool for pool in others if pool is not case.pool] or [case.pool]
        return others[int(rng.random() * len(others))]

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
        pool = self._pools[channel.name, queue_of(channel, reason)]
        case = Case(f"{self._run}-{self._made}", customer, channel, reason, pool, now)
        if rng.random() >= _UNSTATED_REASON_SHARE:
            case.stated_reason = reason.name
        if rng.random() >= _UNSTATED_QUEUE_SHARE:
            case.stated_queue = pool.queue
        case.hurried = channel.prioritised and rng.random() < _HURRIED_SHARE
        case.outbound = outbound
        case.bot_helps = not outbound and rng.random() < channel.bot_share
        case.junk = not outbound and rng.random() < channel.junk_share
        return case


def _pools(rate: float) -> dict[tuple[str, str], Pool]:
    """A pool for each queue of each channel, staffed for the contacts expected there."""
    expected: dict[tuple[str, str], tuple[Channel, float]] = {}
    for channel in CHANNELS:
        for reason in REASONS:
            place = channel.name, queue_of(channel, reason)
            before = expected[place][1] if place in expected else 0.0
            for_agents = 1 - channel.bot_share - channel.junk_share
            contacts = rate * _volume_share(channel) * for_agents * reason.weight
            expected[place] = channel, before + contacts
    return {
        place: Pool(index, channel, place[1], contacts)
        for index, (place, (channel, contacts)) in enumerate(expected.items())
    }
