"""What follows when a contact was closed: its survey, an evaluation, a customer who leaves."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from service.simulate import experience, loyalty, quality, records
from service.simulate.case import Case, micros

if TYPE_CHECKING:
    from service.simulate.plan import Plan
    from service.simulate.publication import Publication

#: What happens to a contact at a time.
Action = Callable[[int, Case], None]


class Aftermath:
    """Has `later` do at its time what will follow, and publishes it then."""

    def __init__(
        self,
        plan: Plan,
        rng: Random,
        publish: Callable[[Publication], None],
        later: Callable[[int, Action, Case], None],
    ) -> None:
        self._plan = plan
        self._rng = rng
        # With evaluations the same happens as without.
        self._quality_rng = Random(f"quality {plan.seed}")
        self._loyalty_rng = Random(f"loyalty {plan.seed}")
        self._publish = publish
        self._later = later

    def closed(self, now: int, case: Case) -> None:
        """A contact was closed, for the first time or once more."""
        # Nobody is asked twice about one contact.
        if not case.answers and (answers := experience.answers_survey(self._rng, case)):
            case.answers = answers
            delay = case.channel.survey_delay.draw(self._rng)
            self._later(now + micros(delay), self._answer_survey, case)
        if self._plan.contact_evaluated and not case.evaluated:
            case.evaluated = quality.is_listened_to(self._quality_rng, case)
            if case.evaluated:
                delay = quality.DELAY.draw(self._quality_rng)
                self._later(now + micros(delay), self._evaluate, case)
        if self._plan.customer_changed and loyalty.leaves(self._loyalty_rng, case):
            delay = loyalty.DELAY.draw(self._loyalty_rng)
            self._later(now + micros(delay), self._lose, case)

    def _answer_survey(self, now: int, case: Case) -> None:
        for answer in case.answers:
            self._publish(records.answered(case, now, answer))

    def _evaluate(self, now: int, case: Case) -> None:
        findings = quality.findings(self._quality_rng, case)
        self._publish(records.evaluated(case, now, findings))

    def _lose(self, now: int, case: Case) -> None:
        self._publish(records.left(case.customer_id, now))
