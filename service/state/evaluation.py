"""What quality monitoring said of a contact: one part for each evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import msgspec

if TYPE_CHECKING:
    from service.state.record import Contact

#: The latest of so many are kept, for the reason that responses are bounded.
EVALUATIONS = 1_000


@final
class Evaluation(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The part set by `contact-evaluated`: one for each id, having none being an id of its own.

    Score and emotions are in millionths.
    """

    at: int
    score: int | None = None
    fatal: int = 0
    nonfatal: int = 0
    positive: int | None = None
    negative: int | None = None
    evaluation_id: str | None = None
    version: int = 0

    @property
    def key(self) -> str:
        """Names the evaluation within its contact."""
        return self.evaluation_id or ""

    @property
    def result(self) -> int:
        """What it came to: one of :data:`service.kpis.evaluations.RESULTS` by its number."""
        return 0 if self.fatal else 1 if self.nonfatal else 2

    def standing(self, contact: Contact) -> Evaluation | None:
        """The evaluation of the same id as the record has it."""
        return next((it for it in evaluations(contact) if it.key == self.key), None)

    def put_into(self, contact: Contact) -> None:
        known = [it for it in evaluations(contact) if it.key != self.key]
        # A new list: the one before may still be read as the record's former state.
        ordered = sorted([*known, self], key=lambda it: (it.at, it.key))
        contact.need_extras().evaluations = ordered[-EVALUATIONS:]


def evaluations(contact: Contact) -> list[Evaluation]:
    """All evaluations that a record has, in the order of time, then of their ids."""
    return (contact.extras is not None and contact.extras.evaluations) or []
