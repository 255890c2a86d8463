"""Which of the totals the page draws over time."""

from __future__ import annotations

from service.exposition.summary import Group, Kpis, closings


def charted(total: Group) -> dict[str, float | None]:
    """The values of one moment, by the name under which the history keeps them.

    Those of a window are named `window:value`, those of a repeat window `window:value:repeat`.
    """
    backlog = total.backlog
    values: dict[str, float | None] = {
        "backlog": backlog.contacts,
        "oldest_age_seconds": backlog.oldest_age_seconds,
    }
    for target, standing in backlog.standing.items():
        values[f"at_risk:{target}"] = standing.at_risk
        values[f"breached:{target}"] = standing.breached
    for window, kpis in total.windows.items():
        values |= {f"{window}:{name}": value for name, value in _of_window(kpis).items()}
    return values


def charted_whole(total: Group) -> dict[str, float | None]:
    """As :func:`charted`, with what the live page shows without its past."""
    values = charted(total)
    for window, kpis in total.windows.items():
        more: dict[str, float | None] = {
            "resolved_in_time": _rounded(kpis.sla["resolution"].share),
            "resolution_p50": _rounded(kpis.resolution.p50),
            "resolution_p90": _rounded(kpis.resolution.p90),
            "handle": _rounded(kpis.handle_mean_seconds),
            "one_touch": _rounded(kpis.one_touch),
            "replies": _rounded(kpis.replies_mean),
            "transferred": _rounded(kpis.transferred),
            "nps": _rounded(kpis.nps.score),
            "ces": _rounded(kpis.ces.easy),
            "issue_resolved": _rounded(kpis.issue_resolved),
        }
        more |= {f"repeats:{repeat}": count for repeat, count in kpis.repeats.items()}
        values |= {f"{window}:{name}": value for name, value in more.items()}
    return values


def _of_window(kpis: Kpis) -> dict[str, float | None]:
    values: dict[str, float | None] = {
        "started": kpis.started.get("inbound", 0),
        "closed": closings(kpis.closed),
        "abandonment": _rounded(kpis.abandonment),
        "service_level": _rounded(kpis.sla["first_response"].share),
        "first_response_p50": _rounded(kpis.first_response.p50),
        "first_response_p90": _rounded(kpis.first_response.p90),
        "csat": _rounded(kpis.csat.top_2),
    }
    for repeat, fcr in kpis.fcr.items():
        values[f"fcr_settled:{repeat}"] = _rounded(fcr.settled)
        values[f"fcr_provisional:{repeat}"] = _rounded(fcr.provisional)
    return values


def _rounded(value: float | None) -> float | None:
    """Four digits are more than a chart shows, and keep the history small on the wire."""
    return None if value is None else round(value, 4)
