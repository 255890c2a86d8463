"""How long responses, resolutions and handling took, within the windows."""

from __future__ import annotations

from service.alerting import promql
from service.alerting.index import Index
from service.alerting.service_indexes import OFFERED

HANDLING_INDEXES: tuple[Index, ...] = (
    *(
        Index(
            f"cx_{what}_seconds:p{percent}",
            "seconds",
            f"{percent} % of the {said} took at most this long, interpolated between buckets. No "
            "value where it is above the last bound: nothing tells by how much.",
            promql.quantile(percent / 100, f"cx_window_{what}_seconds"),
        )
        for what, said in (("first_response", "first responses"), ("resolution", "resolutions"))
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
