"""What KPIs read of contacts: a row each, and one more where a life has more to tell.

Times and durations are microseconds. What is not known has the value that makes comparisons come
out as "not yet": `NEVER` for a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import starmap
from struct import Struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.state.place import NEVER as NEVER  # noqa: PLC0414 - KPIs have it from here
from service.state.record import Outcome

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

ALWAYS = -NEVER
UNKNOWN = -1
#: Instead of the moments of a target by which an open contact is not judged.
NOT_JUDGED = ALWAYS

#: What `ContactRow.flags` can say.
OUTBOUND, ANONYMOUS, BY_BOT = 1, 2, 4


class ContactRow(NamedTuple):
    """One contact as KPIs see it. A contact whose start is not known is the default row."""

    #: NEVER: not known.
    started_at: int = NEVER
    flags: int = 0
    #: When it was closed last or, while it is open, when it will have expired.
    closed_at: int = NEVER
    outcome: int = Outcome.OPEN
    first_response_at: int = NEVER
    handle: int = UNKNOWN
    replies: int = UNKNOWN
    transfers: int = UNKNOWN
    #: Targets of its SLA; NEVER: not judged.
    response_target: int = NEVER
    resolution_target: int = NEVER
    #: The number of its calendar; UNKNOWN: all time is business time.
    calendar: int = UNKNOWN
    #: First cells of the blocks of its start labels, and of its last closing's or the labels now.
    start_cells: int = 0
    end_cells: int = 0
    #: The same with a reason: of its start labels the reason is the one last known.
    start_reason_cells: int = 0
    end_reason_cells: int = 0
    #: First cell of the block of its last closing's team.
    team_cells: int = 0
    #: The latest end of the contacts it repeats if it started soon enough after.
    covered_until: int = ALWAYS
    #: The earliest start of the contacts that repeat it if they started soon enough.
    followed_at: int = NEVER
    #: Which set of open contacts it belongs to; UNKNOWN: it is not open, or stands by itself.
    open_class: int = UNKNOWN


class LifeRow(NamedTuple):
    """What else is true of a contact that was updated or opened again."""

    #: Its first closing: NEVER where that is not stated, as another one is void.
    first_closed_at: int
    first_outcome: int
    #: Whether that is the expiry of a contact that is open still.
    first_is_ahead: int
    first_handle: int
    first_cells: int
    first_reason_cells: int
    first_team_cells: int
    #: When the customer first opened it again.
    reopened_by_customer_at: int
    #: Counted time until its last closing, and the last moment at which it is not above the target.
    resolution_counted: int
    resolution_due: int
    #: Whether it was closed at the moment at which its first response was due.
    closed_at_response_due: int
    #: First cells of the blocks of its labels at its first response, and when that was due;
    #: when its resolution was due, and at its last closing, whatever the resolution says.
    response_cells: int
    response_due_cells: int
    resolution_due_cells: int
    closing_cells: int


class OpenRow(NamedTuple):
    """An open contact whose counted time does not simply go on since its start.

    The moments from which on it is at risk and, after, breached: NEVER if, as things are, it will
    not be; NOT_JUDGED if it is not judged by that target (any more).
    """

    cells: int
    started_at: int
    expires_at: int
    waits: int
    response_at_risk: int
    response_due: int
    resolution_at_risk: int
    resolution_due: int


class TurnRow(NamedTuple):
    """A closing after the first, or a reopening. One that is not there is the default row."""

    at: int = NEVER
    #: How it was closed; UNKNOWN: it was opened.
    outcome: int = UNKNOWN
    #: Who opened it; UNKNOWN: it was closed.
    by: int = UNKNOWN
    #: Whether it is the expiry of a contact that is open still.
    is_ahead: int = 0
    handle: int = UNKNOWN
    cells: int = 0
    #: UNKNOWN: no team is told of it, as the contact was none.
    team_cells: int = UNKNOWN


class SurveyRow(NamedTuple):
    """One standing survey answer. An answer that is not there is the default row."""

    answered_at: int = NEVER
    kind: int = UNKNOWN
    #: Which aspect it is about.
    aspect: int = 0
    #: UNKNOWN: of a scale that is not its type's.
    score: int = UNKNOWN
    #: The score on a scale of 0 to 100, in thousandths.
    points: int = 0
    #: 1: yes, 0: no.
    issue_resolved: int = UNKNOWN
    #: First cells of the blocks of its labels, and of its team.
    cells: int = 0
    team_cells: int = 0
    #: When its contact, opened again, will have expired, and first cell of the block of no team.
    expires_at: int = NEVER
    no_team_cells: int = 0


class EvaluationRow(NamedTuple):
    """One standing evaluation. One that is not there is the default row."""

    evaluated_at: int = NEVER
    #: What it came to, by its number; and the errors found.
    result: int = 0
    fatal: int = 0
    nonfatal: int = 0
    #: Millionths.
    score: int = UNKNOWN
    positive: int = UNKNOWN
    negative: int = UNKNOWN
    #: First cell of the block of its labels; when its contact, opened again, will have expired,
    #: and the block in which it is from then on; and when the contact was opened again last.
    cells: int = 0
    expires_at: int = NEVER
    expired_cells: int = 0
    reopened_at: int = NEVER


def columns(rows: Sequence[tuple[int, ...]], width: int) -> Ints:
    # Four times as fast as np.array(rows): numpy looks at each tuple to find out what it is.
    packed = b"".join(starmap(Struct(f"{width}q").pack, rows))
    return np.frombuffer(packed, np.int64).reshape(len(rows), width).T.copy()
