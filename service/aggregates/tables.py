"""The rows of contacts as tables, and which contact each row is of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from service.aggregates.lives import TURN_ABSENT as TURN_ABSENT  # noqa: PLC0414
from service.aggregates.lives import Lived
from service.calendars.business_time import BusinessTime
from service.kpis.tables import Contacts, Evaluations, SurveyAnswers, Turns
from service.state.record import Contact, Remembers

Row = tuple[int, ...]


#: Whose a row is: a contact, or an account. The part tells several rows of one in one table apart,
#: the first has none. A plain tuple: there is one for every row.
Owner = tuple[Remembers, str]


class Drawn(msgspec.Struct, frozen=True, gc=False):
    """A contact as drawn up: its row and, if it was updated, what else its life has to tell."""

    row: Row
    lived: Lived | None = None


class Tables:
    """The tables, and their owners."""

    def __init__(
        self, contacts: Sequence[Contact], drawn: Sequence[Drawn], lines: Sequence[BusinessTime]
    ) -> None:
        self._lines = lines
        self.contacts: list[Owner] = [(contact, "") for contact in contacts]
        self.turns: list[Owner] = []
        self.answers: list[Owner] = []
        self.evaluations: list[Owner] = []
        self.drawn = drawn
        self._turns: list[Row] = []
        self._answers: list[Row] = []
        self._evaluations: list[Row] = []
        for contact, its in zip(contacts, drawn, strict=True):
            if its.lived is not None:
                for number, row in enumerate(its.lived.turns):
                    self.turns.append((contact, turn_part(number)))
                    self._turns.append(row)

    def add_answer(self, contact: Contact, key: str, row: Row) -> None:
        self.answers.append((contact, answer_part(key)))
        self._answers.append(row)

    def add_evaluation(self, contact: Contact, key: str, row: Row) -> None:
        self.evaluations.append((contact, evaluation_part(key)))
        self._evaluations.append(row)

    def contact_table(self) -> Contacts:
        return contact_table(self.drawn, self._lines)

    def turn_table(self, owners: Sequence[Owner] | None = None) -> Turns:
        """Those of these owners; by default, of all that there are."""
        if owners is None:
            return Turns(self._turns)
        rows = dict(zip(self.turns, self._turns, strict=True))
        return Turns([rows.get(owner, TURN_ABSENT) for owner in owners])

    def answer_table(self) -> SurveyAnswers:
        return SurveyAnswers(self._answers)

    def evaluation_table(self) -> Evaluations:
        return Evaluations(self._evaluations)


def contact_table(drawn: Sequence[Drawn], lines: Sequence[BusinessTime]) -> Contacts:
    """The table of contacts drawn up."""
    lives = {number: it.lived.life for number, it in enumerate(drawn) if it.lived is not None}
    return Contacts([it.row for it in drawn], lives, lines)


def turns_of(drawn: Drawn) -> Sequence[Row]:
    """The reopenings and further closings of a contact, in turn."""
    return () if drawn.lived is None else drawn.lived.turns


def reopened_at(drawn: Drawn) -> Sequence[int]:
    """When a contact was opened again, in turn."""
    return () if drawn.lived is None else drawn.lived.reopened_at


def single_of(drawn: Sequence[Drawn]) -> Iterator[Row]:
    """The rows of open contacts that stand by themselves."""
    for it in drawn:
        if it.lived is not None and it.lived.open is not None:
            yield it.lived.open


def turn_part(number: int) -> str:
    """Tells the turns of a contact apart."""
    return f"#{number}"


def answer_part(key: str) -> str:
    """Tells the answers of a contact to surveys of one type apart; the plain one has none."""
    _, slash, rest = key.partition("/")
    return slash + rest


def evaluation_part(key: str) -> str:
    """Tells the evaluations of a contact apart; the one without an id has none."""
    return key and f"/{key}"
