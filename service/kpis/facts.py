"""What KPIs read (tables of contacts and survey answers) and what they say (facts).

A table has a row a contact and a column a property; a KPI states its definition once, over whole
columns. Columns are int64; times and durations are microseconds, and what is not known has the
value that makes comparisons come out as "not yet": `NEVER` for a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from service.contacts.place import NEVER as NEVER  # noqa: PLC0414 - KPIs have it from here
from service.contacts.record import Outcome

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
TableT = TypeVar("TableT", contravariant=True)  # noqa: PLC0105

ALWAYS = -NEVER
UNKNOWN = -1


class ContactRow(NamedTuple):
    """One contact as KPIs see it. A contact whose start is not known is the default row."""

    #: NEVER: not known.
    started_at: int = NEVER
    outbound: int = 0
    #: When it was resolved or, with nothing known of its end, when it will have expired.
    closed_at: int = NEVER
    outcome: int = Outcome.OPEN
    first_response_at: int = NEVER
    handle: int = UNKNOWN
    replies: int = UNKNOWN
    transfers: int = UNKNOWN
    #: Targets of its SLA; NEVER: not judged.
    response_target: int = NEVER
    resolution_target: int = NEVER
    #: First cells of the blocks of its start labels and its end labels.
    start_cells: int = 0
    end_cells: int = 0
    start_reason_cells: int = 0
    end_reason_cells: int = 0
    #: The latest end of the contacts it repeats if it started soon enough after.
    covered_until: int = ALWAYS
    #: The earliest start of the contacts that repeat it if they started soon enough.
    followed_at: int = NEVER
    #: Which set of open contacts it belongs to; UNKNOWN: it is not open.
    open_class: int = UNKNOWN


class SurveyRow(NamedTuple):
    """One standing survey answer. An answer that is not there is the default row."""

    answered_at: int = NEVER
    kind: int = UNKNOWN
    score: int = 0
    #: 1: yes, 0: no.
    issue_resolved: int = UNKNOWN
    #: First cell of the block of its labels.
    cells: int = 0


def _columns(rows: Sequence[tuple[int, ...]], width: int) -> Ints:
    # Three times as fast as np.array(rows): numpy looks at each tuple to find out what it is.
    flat = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * width)
    return np.ascontiguousarray(flat.reshape(len(rows), width).T)


class Contacts:
    """A table of contacts: the columns of :class:`ContactRow`, and what follows from them."""

    def __init__(self, rows: Sequence[tuple[int, ...]]) -> None:
        columns = _columns(rows, len(ContactRow._fields))
        self.rows = len(rows)
        self.started_at: Ints = columns[0]
        self.outbound: Ints = columns[1]
        self.closed_at: Ints = columns[2]
        self.outcome: Ints = columns[3]
        self.first_response_at: Ints = columns[4]
        self.handle: Ints = columns[5]
        self.replies: Ints = columns[6]
        self.transfers: Ints = columns[7]
        self.response_target: Ints = columns[8]
        self.resolution_target: Ints = columns[9]
        self.start_cells: Ints = columns[10]
        self.end_cells: Ints = columns[11]
        self.start_reason_cells: Ints = columns[12]
        self.end_reason_cells: Ints = columns[13]
        self.covered_until: Ints = columns[14]
        self.followed_at: Ints = columns[15]
        self.open_class: Ints = columns[16]

        self.started: Bools = self.started_at != NEVER
        self.inbound: Bools = self.started & (self.outbound == 0)
        self.open: Bools = self.inbound & (self.outcome == Outcome.OPEN)
        self.closed: Bools = self.inbound & (self.outcome != Outcome.OPEN)
        self.resolved: Bools = self.inbound & (self.outcome == Outcome.RESOLVED)
        self.abandoned: Bools = self.inbound & (self.outcome == Outcome.ABANDONED)
        #: From the start to the end; negative where a publisher's clock was wrong.
        self.duration: Ints = self.closed_at - self.started_at
        self.responded: Bools = self.inbound & (self.first_response_at != NEVER)
        self.response_time: Ints = self.first_response_at - self.started_at


class SurveyAnswers:
    """A table of survey answers: the columns of :class:`SurveyRow`."""

    def __init__(self, rows: Sequence[tuple[int, ...]]) -> None:
        columns = _columns(rows, len(SurveyRow._fields))
        self.rows = len(rows)
        self.answered_at: Ints = columns[0]
        self.kind: Ints = columns[1]
        self.score: Ints = columns[2]
        self.issue_resolved: Ints = columns[3]
        self.cells: Ints = columns[4]


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


class Kpi(Protocol[TableT]):
    """A definition, asked of tables of one kind."""

    def facts(self, table: TableT, /) -> Iterator[Fact]:
        """The KPI's facts: always the same slots in the same order."""
        ...


ContactKpi = Kpi[Contacts]
SurveyKpi = Kpi[SurveyAnswers]
