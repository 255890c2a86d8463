"""First contact resolution and repeat contacts, within the windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.alerting import promql
from service.alerting.index import BY_REASON, USUAL, Index

if TYPE_CHECKING:
    from service.definitions import Definitions

_FCR = "cx_window_fcr_contacts"
_FIRST_TIME = _FCR + '{result="resolved_first_time"}'
_DECIDED = _FCR + '{result=~"resolved_first_time|repeated|unresolved"}'
_STARTED = 'cx_window_contacts_started{direction="inbound"}'
_REPEATS = "cx_window_repeat_contacts"
_KEEPS = ("repeat_window", "window")


def fcr_indexes(definitions: Definitions) -> tuple[Index, ...]:
    """Those of each repeat window of the definitions."""
    repeat_windows = [window.name for window in definitions.repeat_windows]
    return (
        Index(
            "cx_fcr:ratio_settled",
            "ratio",
            "FCR of the contacts of the window that are decided. Contacts still pending are left "
            "out, so it reads low in a window that is not much longer than the repeat window, "
            "where mostly failures can be decided.",
            promql.ratio(_FIRST_TIME, _DECIDED),
            _KEEPS,
            (*USUAL, *BY_REASON),
        ),
        Index(
            "cx_fcr:ratio_settled_lower95",
            "ratio",
            "Lower end of the 95 % interval of cx_fcr:ratio_settled (Wilson).",
            promql.wilson_lower(_FIRST_TIME, _DECIDED),
            _KEEPS,
        ),
        Index(
            "cx_fcr:ratio_settled_upper95",
            "ratio",
            "Upper end of the 95 % interval of cx_fcr:ratio_settled (Wilson).",
            promql.wilson_upper(_FIRST_TIME, _DECIDED),
            _KEEPS,
        ),
        Index(
            "cx_fcr:ratio_provisional",
            "ratio",
            "FCR with the pending contacts counted as resolved: what it will be at best.",
            promql.ratio(_FCR + '{result=~"resolved_first_time|pending"}', _FCR),
            _KEEPS,
            (*USUAL, *BY_REASON),
        ),
        Index(
            "cx_repeat_contacts:ratio",
            "ratio",
            "Repeat contacts ÷ contacts started.",
            promql.ratio_to_shared(
                _REPEATS, _STARTED, "repeat_window", dict.fromkeys(repeat_windows, _STARTED)
            ),
            _KEEPS,
        ),
        Index(
            "cx_repeat_contacts:excess",
            "contacts",
            "Repeats minus volume x overall repeat rate: how many more repeats a reason has than "
            "if it were like all others; where to look first. Volume = contacts judged for FCR + "
            "repeats.",
            promql.excess(_REPEATS, _FCR),
            _KEEPS,
            BY_REASON,
        ),
    )
