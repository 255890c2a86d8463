"""What a contact was like for the customer, and what follows from it."""

from __future__ import annotations

from math import exp, log1p
from typing import TYPE_CHECKING, Final, NamedTuple

from service.definitions import SECOND
from service.events.model import SCORES
from service.simulate.profiles import Spread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from service.events.model import Aspect, Outcome, Scale, Survey
    from service.simulate.case import Case

_AFTER_GIVING_UP: Final = Spread(1200, 1.3)
_AFTER_NO_HELP: Final = Spread(18_000, 1.4)
_AFTER_HELP: Final = Spread(110_000, 1.0)
#: Who has not come back by then does not come back for the same matter.
_FORGOTTEN_AFTER: Final = 9 * 86_400.0

#: Customers who come back about a written answer mostly just write back: so about 6 % of those
#: that were closed as resolved are opened again.
_WRITES_BACK_SHARE: Final = 0.45
#: Answers that cannot be delivered; the mail system says so within minutes.
_BOUNCED_SHARE: Final = 0.004
#: Surveys that ask for aspects too: they are longer, so few do.
_ASPECTS_SHARE: Final = 0.15

#: Most CSAT is asked with five grades; a survey tool of its own asks with ten, a button under a
#: message with two. By the same draw as the kind of survey.
_SCALES: Final[tuple[tuple[float, str | None, Scale | None], ...]] = (
    (0.05, "survey-tool", 10),
    (0.07, "thumbs", 2),
    (1.0, None, None),
)

_SURVEYS: Final[tuple[tuple[float, Survey], ...]] = ((0.55, "csat"), (0.8, "nps"), (1.0, "ces"))


class Answer(NamedTuple):
    """A customer's answer to a survey."""

    survey: Survey
    score: int
    issue_resolved: bool | None = None
    aspect: Aspect = "overall"
    #: Of one that is asked otherwise than usual: who asks, and with how many grades.
    survey_id: str | None = None
    scale: Scale | None = None


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


def writes_back(rng: Random, case: Case) -> bool:
    """Whether a customer who comes back does so on the same contact, which opens it again."""
    answered = case.channel.written and case.outcome == "resolved"
    return answered and rng.random() < _WRITES_BACK_SHARE


def bounces(rng: Random, case: Case) -> bool:
    """Whether the answer does not reach the customer."""
    answered = case.channel.written and case.outcome == "resolved"
    return answered and rng.random() < _BOUNCED_SHARE


def satisfaction(case: Case) -> float:
    """How content the customer is, about -3 to 1.2: help first, then waiting, then bother."""
    content = 1.2 if case.helped else -0.7
    return content - _impatience(case) - 0.3 * min(case.attempt, 3) - 0.3 * case.transfers


def _impatience(case: Case) -> float:
    response = case.first_response_at
    waited = 0.0 if response is None else (response - case.started_at) / SECOND
    return 0.55 * log1p(waited / case.channel.tolerable_wait)


def answers_survey(rng: Random, case: Case) -> tuple[Answer, ...]:
    """The customer's answers, if there are any. Strong feelings answer more often than weak ones.

    The first is about the contact as a whole, those that follow are about aspects of it.
    """
    if case.outcome == "abandoned":
        return ()
    content = satisfaction(case)
    if rng.random() >= case.channel.survey_rate * (0.6 + 0.4 * abs(content)):
        return ()
    overall = _overall(rng, case, content)
    if overall.survey != "csat" or rng.random() >= _ASPECTS_SHARE:
        return (overall,)
    return overall, *_aspects(rng, case, overall)


def _position(rng: Random, content: float) -> float:
    """Where on any scale the answer lies, from 0 to 1."""
    return 1 / (1 + exp(-1.7 * (content + rng.gauss(0, 0.6))))


def _overall(rng: Random, case: Case, content: float) -> Answer:
    position = _position(rng, content)
    draw = rng.random()
    survey = next(name for limit, name in _SURVEYS if draw < limit)
    if survey == "nps":
        return Answer(survey, round(10 * min(1.0, position + 0.03)))
    if survey == "ces":
        return Answer(survey, 1 + round(6 * position))
    told = None
    if rng.random() < 0.7:
        told = rng.random() < (0.96 if case.helped else 0.1)
    survey_id, scale = next((id_, scale) for limit, id_, scale in _SCALES if draw < limit)
    return Answer(survey, _grade(position, scale), told, survey_id=survey_id, scale=scale)


def _grade(position: float, scale: Scale | None) -> int:
    return 1 + round(((scale or SCORES["csat"][1]) - 1) * position)


def _aspects(rng: Random, case: Case, overall: Answer) -> Iterator[Answer]:
    contents: tuple[tuple[Aspect, float], ...] = (
        ("access", 1.0 - _impatience(case)),
        ("resolution", 1.2 if case.helped else -0.9),
        ("treatment", 1.0 - 0.3 * case.transfers),
    )
    for aspect, content in contents:
        score = _grade(_position(rng, content), overall.scale)
        yield overall._replace(score=score, issue_resolved=None, aspect=aspect)
