"""What a contact was like for the customer, and what follows from it."""

from __future__ import annotations

from math import exp, log1p
from typing import TYPE_CHECKING, Final, NamedTuple

from service.definitions import SECOND
from service.simulate.profiles import Spread

if TYPE_CHECKING:
    from random import Random

    from service.events.model import Outcome, Survey
    from service.simulate.case import Case

_AFTER_GIVING_UP: Final = Spread(1200, 1.3)
_AFTER_NO_HELP: Final = Spread(18_000, 1.4)
_AFTER_HELP: Final = Spread(110_000, 1.0)
#: Who has not come back by then does not come back for the same matter.
_FORGOTTEN_AFTER: Final = 9 * 86_400.0

_SURVEYS: Final[tuple[tuple[float, Survey], ...]] = ((0.55, "csat"), (0.8, "nps"), (1.0, "ces"))


class Answer(NamedTuple):
    """A customer's answer to a survey."""

    survey: Survey
    score: int
    issue_resolved: bool | None


def settle(rng: Random, case: Case) -> Outcome:
    """Decides whether the customer was helped, and what the agent believes about it."""
    chance = case.reason.solvable - 0.06 * case.transfers - 0.05 * min(case.attempt, 3)
    case.helped = rng.random() < chance
    # Agents close about half of what they could not settle as settled: nobody told them.
    return "resolved" if case.helped or rng.random() < 0.5 else "unresolved"


def returns_after(rng: Random, case: Case) -> float | None:
    """Seconds until the customer makes contact again for the same matter; None: never."""
    if case.outcome == "abandoned":
        chance, delay = 0.55, _AFTER_GIVING_UP
    elif case.helped:
        chance, delay = case.reason.again, _AFTER_HELP
    else:
        chance, delay = 0.62, _AFTER_NO_HELP
    if rng.random() >= chance * 0.85**case.attempt:  # some lose heart
        return None
    seconds = delay.draw(rng)
    return seconds if seconds < _FORGOTTEN_AFTER else None


def satisfaction(case: Case) -> float:
    """How content the customer is, about -3 to 1.2: help first, then waiting, then bother."""
    response = case.first_response_at
    waited = 0.0 if response is None else (response - case.started_at) / SECOND
    content = 1.2 if case.helped else -0.7
    content -= 0.55 * log1p(waited / case.channel.tolerable_wait)
    return content - 0.3 * min(case.attempt, 3) - 0.3 * case.transfers


def answers_survey(rng: Random, case: Case) -> Answer | None:
    """The customer's answer, if there is one. Strong feelings answer more often than weak ones."""
    if case.outcome == "abandoned":
        return None
    content = satisfaction(case)
    if rng.random() >= case.channel.survey_rate * (0.6 + 0.4 * abs(content)):
        return None
    felt = content + rng.gauss(0, 0.6)
    position = 1 / (1 + exp(-1.7 * felt))  # on any scale, from 0 to 1
    draw = rng.random()
    survey = next(name for limit, name in _SURVEYS if draw < limit)
    if survey == "nps":
        return Answer(survey, round(10 * min(1.0, position + 0.03)), None)
    if survey == "ces":
        return Answer(survey, 1 + round(6 * position), None)
    told = None
    if rng.random() < 0.7:
        told = rng.random() < (0.96 if case.helped else 0.1)
    return Answer(survey, 1 + round(4 * position), told)
