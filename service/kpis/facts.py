"""What KPIs say: facts, one kind at a time, over all rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from service.kpis.rows import Bools, Ints
from service.kpis.tables import Contacts, Evaluations, SurveyAnswers, Turns

TableT = TypeVar("TableT", contravariant=True)  # noqa: PLC0105


@dataclass(slots=True)
class Fact:
    """One kind of fact over all rows of a table; row i states one where `when[i]`.

    Attributes:
        slot: names the fact within its contact: at most one stands at a time.
        name: the fact's name in `cx_revised_total`; of several slots it may be the same.
        cell: where it is added up.
        at: event time by which it belongs to windows.
        total: the amount beside the count of one; None: none.
        since, until: the clock's readings from which on, and up to which, it holds; None: always.
        final: its deadline: from then on, and the allowed lateness, a counter has it.
            None: no counter does.
        windowed: whether windows show it at all.
        shown_as: the slots in which windows show it, one after the other as the clock goes; none:
            its own.
        revises: whether it is no fact of its own, but that one which was counted has changed by
            the clock's own doing.
    """

    slot: str
    name: str
    when: Bools
    cell: Ints
    at: Ints
    total: Ints | None = None
    since: Ints | None = None
    until: Ints | None = None
    final: Ints | None = None
    windowed: bool = True
    shown_as: tuple[str, ...] = ()
    revises: bool = False


class Kpi(Protocol[TableT]):
    """A definition, asked of tables of one kind."""

    def facts(self, table: TableT, /) -> Iterator[Fact]:
        """The KPI's facts: always the same slots in the same order."""
        ...


ContactKpi = Kpi[Contacts]
TurnKpi = Kpi[Turns]
SurveyKpi = Kpi[SurveyAnswers]
EvaluationKpi = Kpi[Evaluations]
