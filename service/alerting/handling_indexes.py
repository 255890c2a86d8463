"""How long responses, resolutions and handling took, within the windows."""

from __future__ import annotations

from typing import Final

from service.alerting import promql
from service.alerting.index import Index
from service.alerting.service_indexes import OFFERED

#: Each kind of duration: in the names of its series, and in words.
_DURATIONS: Final = (
    ("first_response", "first responses took"),
    ("resolution", "resolutions took"),
    ("first_response_counted", "first responses took business time of"),
    ("resolution_counted", "resolutions took counted time of"),
)

HANDLING_INDEXES: tuple[Index, ...] = (
    *(
        Index(
            f"cx_{what}_seconds:p{percent}",
            "seconds",
            f"{percent} % of the {said} at most this long, interpolated between buckets. No "
            "value where it is above the last bound: nothing tells by how much.",
            promql.quantile(percent / 100, f"cx_window_{what}_seconds"),
        )
        for what, said in _DURATIONS
        for percent in (50, 90, 95)
    ),
    *(
        Index(
            f"cx_{what}:mean",
            unit,
            meaning,
            promql.ratio(f"cx_window_{what}_sum", f"cx_window_{what}_count"),
        )
        for what, unit, meaning in (
            ("first_response_seconds", "seconds", "Mean time to first response."),
            ("resolution_seconds", "seconds", "Mean time to resolution."),
            (
                "first_response_counted_seconds",
                "seconds",
                "Mean business time to first response: what its target is of.",
            ),
            (
                "resolution_counted_seconds",
                "seconds",
                "Mean counted time to resolution: what its target is of.",
            ),
            ("handle_seconds", "seconds", "AHT: handle time ÷ contacts that have one."),
            ("agent_replies", "replies", "Replies ÷ resolved contacts whose replies are known."),
        )
    ),
    Index(
        "cx_one_touch:ratio",
        "ratio",
        "Resolved with at most one agent reply ÷ resolved contacts whose replies are known.",
        promql.ratio("cx_window_one_touch_contacts", "cx_window_agent_replies_count"),
    ),
    Index(
        "cx_transferred:ratio",
        "ratio",
        "Contacts transferred at least once ÷ closed contacts (expired ones left out).",
        promql.ratio("cx_window_transferred_contacts", OFFERED),
    ),
)
