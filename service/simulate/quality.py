"""What quality monitoring finds when it listens to a contact: it follows from who handled it."""

from __future__ import annotations

from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from service.simulate.experience import satisfaction
from service.simulate.profiles import Spread

if TYPE_CHECKING:
    from service.simulate.case import Case

#: Share of handled contacts that are listened to, and when.
_SHARE: Final = 0.06
DELAY: Final = Spread(3 * 3600, 0.8)
#: Fatal errors are rare, nonfatal ones are not; both double for the weakest agents, and hardly
#: ever happen to the best.
_FATAL: Final = 0.05
_NONFATAL: Final = 0.28
#: Emotions are told of some only: where a recording could be heard to the end.
_EMOTION_SHARE: Final = 0.7


class Findings(NamedTuple):
    """An evaluation: a score of 0 to 100, errors, and emotions of 0 to 10."""

    score: float
    fatal_errors: int
    nonfatal_errors: int
    positive: float | None = None
    negative: float | None = None


@lru_cache(10_000)
def weakness(pool: int, agent: int) -> float:
    """How many times more errors than the usual an agent makes, 0 to 2; always the same."""
    return 2 * Random(f"weakness {pool} {agent}").random()


def is_listened_to(rng: Random, case: Case) -> bool:
    """Whether somebody evaluates the contact, which an agent has closed."""
    return case.turns > 0 and rng.random() < _SHARE


def findings(rng: Random, case: Case) -> Findings:
    """What is found in a contact, by the agent who closed it and how the customer felt."""
    weak = weakness(case.pool.index, case.agent)
    fatal = int(rng.random() < _FATAL * weak)
    nonfatal = sum(rng.random() < _NONFATAL * weak for _ in range(3))
    score = round(max(0.0, min(100.0, rng.gauss(96 - 5 * nonfatal - 35 * fatal, 3))), 1)
    if rng.random() >= _EMOTION_SHARE:
        return Findings(score, fatal, nonfatal)
    content = satisfaction(case)
    positive = round(max(0.0, min(10.0, rng.gauss(5.5 + 2 * content, 1.2))), 1)
    negative = round(max(0.0, min(10.0, rng.gauss(3.0 - 2 * content, 1.2))), 1)
    return Findings(score, fatal, nonfatal, positive, negative)
