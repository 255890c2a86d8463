"""The simulated centre's channels, queues and reasons. Times are seconds.

The figures are chosen so that the published targets (80 % of calls within 20 s, 3-5 % abandons,
FCR of 70-79 %) are about met on a normal day, and missed on a bad one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True, slots=True)
class Spread:
    """A log-normal time: its median in seconds and the standard deviation of its logarithm."""

    median: float
    sigma: float

    def draw(self, rng: Random) -> float:
        return rng.lognormvariate(log(self.median), self.sigma)

    @property
    def mean(self) -> float:
        return self.median * exp(self.sigma**2 / 2)


@dataclass(frozen=True, slots=True)
class Channel:
    """How customers and agents behave on one channel."""

    name: str
    share: float
    #: An agent's work on one turn of a contact, after-contact work included.
    work: Spread
    #: Seconds until an agent who took the contact says the first word; None: an answer is
    #: written, and goes out when the work is done.
    greeting: float | None
    #: Mean time a customer is willing to wait in the queue; None: does not know of it.
    patience: float | None
    #: Share of contacts that need a further turn, and the time until it comes up.
    further_turn: float
    pause: Spread
    #: Mean number of an agent's messages in one turn, beyond the first.
    more_messages: float
    #: A wait that customers still find normal.
    tolerable_wait: float
    #: Share of closed contacts with a survey answer, and the time it takes.
    survey_rate: float
    survey_delay: Spread
    prioritised: bool = True
    #: Share of their time that agents who write answers are to be busy: the less, the sooner they
    #: are through with what the night has brought. Others are planned by how long callers wait.
    occupancy: float = 1.0
    #: Share of contacts that a bot settles alone, that are no real contact (spam, or sent twice),
    #: and whose customer cannot be told.
    bot_share: float = 0.0
    junk_share: float = 0.0
    withheld_share: float = 0.0

    @property
    def written(self) -> bool:
        """Whether customer and agent write to each other in turn, each in their own time."""
        return self.greeting is None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why customers make contact, and how well the centre can help."""

    name: str
    weight: float
    queue: str
    #: Share of first attempts that really help.
    solvable: float
    #: Share of helped customers who come back with the same reason all the same.
    again: float


VOICE: Final = Channel(
    "voice", 0.46, Spread(230, 0.55), 2.0, 420, 0.08, Spread(9000, 0.9), 0.0, 45, 0.20,
    Spread(240, 1.0), prioritised=False, withheld_share=0.02,
)  # fmt: skip
CHANNELS: Final = (
    VOICE,
    Channel(
        "chat", 0.24, Spread(420, 0.5), 8.0, 300, 0.05, Spread(7200, 0.9), 1.2, 75, 0.24,
        Spread(90, 1.0), bot_share=0.12,
    ),
    Channel(
        "email", 0.22, Spread(300, 0.6), None, None, 0.28, Spread(10800, 1.0), 0.0, 14400, 0.14,
        Spread(14400, 1.1), occupancy=0.86, junk_share=0.02,
    ),
    Channel(
        "social", 0.08, Spread(170, 0.6), None, None, 0.24, Spread(3600, 1.0), 0.0, 5400, 0.08,
        Spread(3600, 1.1), occupancy=0.7,
    ),
)  # fmt: skip

REASONS: Final = (
    Reason("invoice", 0.17, "billing", 0.83, 0.08),
    Reason("payment", 0.11, "billing", 0.86, 0.05),
    Reason("delivery", 0.19, "orders", 0.78, 0.13),
    Reason("return", 0.10, "orders", 0.85, 0.06),
    Reason("fault", 0.15, "technical", 0.66, 0.14),
    Reason("how-to", 0.10, "technical", 0.89, 0.06),
    Reason("password", 0.08, "technical", 0.96, 0.03),
    Reason("contract", 0.06, "contracts", 0.84, 0.05),
    Reason("cancellation", 0.04, "contracts", 0.74, 0.08),
)

#: Social media are answered by one team, all the others by a team for each group of reasons.
SOCIAL_QUEUE: Final = "community"

TRANSFER_SHARE: Final = 0.07
OUTBOUND_SHARE: Final = 0.06

#: Calls from a withheld number; one of the default `anonymous_customers`.
ANONYMOUS: Final = "anonymous"


def queue_of(channel: Channel, reason: Reason) -> str:
    """The queue a contact belongs to."""
    return SOCIAL_QUEUE if channel.name == "social" else reason.queue


def team_of(channel: Channel, queue: str) -> str:
    """The team that answers a queue on a channel: specialists, or all-rounders by the medium."""
    if queue in (SOCIAL_QUEUE, "technical"):
        return queue
    return "back-office" if channel.written else "front-office"
