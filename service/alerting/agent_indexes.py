"""How agents' time is used, how it fits the plan, and whether they stay, within the windows.

Shares of seconds: of those in states, and of those scheduled. What the field says of them, and what
else it calls so: docs/kpis.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.alerting import promql
from service.alerting.index import BY_TEAM, Index
from service.alerting.rules import Recording
from service.definitions import SECOND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.definitions import Definitions, Window
    from service.settings.alerts import Alerts

TARGET_OCCUPANCY = "all:cx_target_occupancy:ratio"
_LEVELS = ((), *BY_TEAM)
_SECONDS = "cx_window_agent_seconds"
_HANDLING = _SECONDS + '{state=~"busy|wrap_up"}'
_READY = _SECONDS + '{state=~"busy|wrap_up|available"}'
_PRESENT = _SECONDS + '{state!="offline"}'
_SCHEDULED = "cx_window_agent_scheduled_seconds"
_WORK = _SCHEDULED + '{activity="work"}'
_MEAN_EMPLOYED = "cx_agents_employed:mean"
_LEFT, _EMPLOYED = "cx_window_agents_left", "cx_window_agents_employed_seconds"


def target_occupancy(alerts: Alerts) -> Recording:
    """The occupancy by which so many agents are needed as there is work."""
    return Recording(TARGET_OCCUPANCY, f"vector({alerts.target_occupancy:g})")


def agent_indexes(definitions: Definitions) -> tuple[Index, ...]:
    """Those of these definitions' windows."""
    return (
        Index(
            "cx_occupancy:ratio",
            "ratio",
            "Occupancy: seconds busy and in wrap-up ÷ those and seconds available.",
            promql.ratio(_HANDLING, _READY),
            levels=_LEVELS,
        ),
        Index(
            "cx_utilisation:ratio",
            "ratio",
            "Utilisation: seconds busy, in wrap-up and available ÷ seconds in all states but "
            "offline.",
            promql.ratio(_READY, _PRESENT),
            levels=_LEVELS,
        ),
        Index(
            "cx_adherence:ratio",
            "ratio",
            "Adherence: seconds in conformity with the schedule ÷ seconds scheduled.",
            promql.ratio("cx_window_agent_adherent_seconds", _SCHEDULED),
            levels=_LEVELS,
        ),
        Index(
            "cx_schedule_fit:ratio",
            "ratio",
            "Schedule fit: 1 - |scheduled work - needed| ÷ needed, where needed = seconds busy and "
            "in wrap-up ÷ alerts.target_occupancy. Below 0 where more than twice as much is "
            "scheduled. No value where nothing is scheduled.",
            _schedule_fit,
            levels=_LEVELS,
        ),
        Index(
            _MEAN_EMPLOYED,
            "agents",
            "Agents employed in the mean of a sliding window, which covers its length less half a "
            "step in the mean.",
            lambda by: _mean_employed(by, definitions.windows),
            levels=_LEVELS,
        ),
        Index(
            "cx_attrition:ratio",
            "ratio",
            "Attrition: agents whose employment ended ÷ mean employed. Of sliding windows.",
            lambda by: f"{_left(by)}\n/ ({_employed(by)} > 0)",
            levels=_LEVELS,
        ),
        *(
            Index(
                f"cx_attrition:ratio_{name}95",
                "ratio",
                f"{name.title()} end of the 95 % interval of cx_attrition:ratio (Wilson).",
                _attrition_end(sign),
                levels=_LEVELS,
            )
            for name, sign in (("lower", "-"), ("upper", "+"))
        ),
    )


def _schedule_fit(by: Sequence[str]) -> str:
    needed = f"({promql.added(_HANDLING, by)} / scalar({TARGET_OCCUPANCY}) > 0)"
    return f"1 - abs(({promql.added(_WORK, by)} > 0) - {needed})\n/ {needed}"


def _mean_employed(by: Sequence[str], windows: Sequence[Window]) -> str:
    covered = "\n  or ".join(
        f'label_replace(vector({(window.length - window.step / 2) / SECOND:.15g}), "window", '
        f'"{window.name}", "", "")'
        for window in windows
    )
    return f"{promql.added(_EMPLOYED, by)}\n/ on (window) group_left () (\n  {covered}\n)"


def _employed(by: Sequence[str]) -> str:
    """As recorded for the level of these labels."""
    return f"{'_'.join(by[:-1]) or 'all'}:{_MEAN_EMPLOYED}"


def _left(by: Sequence[str]) -> str:
    return promql.added_or_nought(_LEFT, _EMPLOYED, by)


def _attrition_end(sign: str) -> promql.Expression:
    return lambda by: promql.wilson_end(sign, _left(by), _at_least_left(by))


def _at_least_left(by: Sequence[str]) -> str:
    """Who left soon after a window began was employed for little of it."""
    mean, left = _employed(by), _left(by)
    return f"(({mean} > {left} or {left} and {mean}) > 0)"
