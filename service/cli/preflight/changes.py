"""What these settings would change for a group that has counted under others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Final

from service.cli.preflight.finding import Finding
from service.cli.preflight.registered import registered
from service.store.settings_told import differences, read
from service.streaming.config import KafkaConfig
from service.streaming.definitions_in_force import REGISTERED_AS

_COUNTERS_KEEP: Final = (
    "Gauges follow at once. Counters keep what was final and go on by the new value; where they"
    ' differ from it, cx_revised_total{cause="settings"} rises.'
)
_GAUGES_ONLY: Final = "Gauges follow at once; no counter depends on it."
_WINDOWS: Final = (
    "Gauges follow at once, and series of windows that go vanish. A longer window lacks what has"
    " left the state: cx_pipeline_window_complete_timestamp_seconds will tell until when."
)
_BUCKETS: Final = (
    "Buckets of bounds that go vanish, and what they counted goes on in the next greater one; those"
    " of new bounds begin with what is counted from then on."
)
_UNKNOWN: Final = "It is not known to this release: the other one's reference says what it means."
#: What follows, by the setting or the table that it is in.
CONSEQUENCES: Final[Mapping[str, str]] = {
    "windows": _WINDOWS,
    "calendar_windows": _WINDOWS,
    "repeat_windows": "Gauges follow at once. Counters of a window that goes vanish, and are as"
    " they were should it return; those of a new one count what becomes final from then on.",
    "repeat_match": _COUNTERS_KEEP,
    "sla": f"{_COUNTERS_KEEP} A contact that is past a new target already is no miss of it. Write"
    " the rules of Prometheus anew: contact-metrics rules.",
    "short_abandon": _COUNTERS_KEEP,
    "at_risk_fraction": _GAUGES_ONLY,
    "first_response_buckets": _BUCKETS,
    "resolution_buckets": _BUCKETS,
    "backlog_age_buckets": _GAUGES_ONLY,
    "allowed_lateness": "Counters keep what was final; all else becomes so by the new value.",
    "open_horizon": _COUNTERS_KEEP,
    "contact_responded": _COUNTERS_KEEP,
    "contact_updated": f"{_COUNTERS_KEEP} Updates that were read stay in the state while they are"
    " off, and say nothing.",
    "contact_evaluated": "Evaluations are read, or no longer read, from now on; those that were"
    " read stay in the state while they are off, and say nothing.",
    "agents": "Series of agents come, or go, at once; counters go on where they were.",
    "calendars": _COUNTERS_KEEP,
    "queue_calendars": _COUNTERS_KEEP,
    "teams": "Series by team come, or go, at once: of all contacts that are in the state.",
    "anonymous_customers": _COUNTERS_KEEP,
    "lowercase_labels": "Events from now on are read so; what was read before keeps its labels.",
    "max_label_values": "Labels that get a place, or lose it, change in gauges at once; counters"
    " keep what they counted under the former ones.",
    "allowed_labels": "Labels that get a place, or lose it, change in gauges at once; counters keep"
    " what they counted under the former ones.",
}


async def changes(config: KafkaConfig, now: Mapping[str, str]) -> AsyncIterator[Finding]:
    """A finding for each setting of which the group's workers have another value.

    `now`: the definitions as :mod:`service.store.settings_told` tells them.
    """
    former = await registered(config, REGISTERED_AS)
    if former is None:
        yield Finding(True, "settings: no worker of this group has counted by any")
        return
    try:
        differing = differences(read(former), now)
    except ValueError:
        yield Finding(
            True,
            f"topic {config.register_topic}: the group's settings in it cannot be read",
            "They are of another release; what a start changes, its log will tell.",
            certain=False,
        )
        return
    if not differing:
        yield Finding(True, "settings: numbers are made as the group makes them")
    for setting, before, after in differing:
        yield Finding(
            True,
            f"{setting} changes for the group: {before} -> {after}",
            CONSEQUENCES.get(setting.partition(".")[0], _UNKNOWN),
        )
