"""Alerts on topics, and what comes in them: each fires when it should, and only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.deploy.alert_cases import (
    CLOCK,
    EVENTS,
    LOST,
    OVERFLOWS,
    WAITING,
    Firing,
    fires,
    stays_silent,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.prometheus


def _placed(partitions: int, **topics: tuple[int, int]) -> dict[str, str]:
    """Of each topic so many events a minute, and so many of them misplaced."""
    series: dict[str, str] = {}
    for topic, (events, misplaced) in topics.items():
        for number in range(partitions):
            lag = f'{{instance="a",topic="{topic}",partition="{number}"}}'
            series[f"cx_pipeline_lag_events{lag}"] = "0x60"
        labels = f'{{instance="a",topic="{topic}"}}'
        series[f"cx_pipeline_misplaced_events_total{labels}"] = f"0+{misplaced}x60"
        labels = f'{{instance="a",topic="{topic}",result="accepted"}}'
        series[f"cx_pipeline_events_total{labels}"] = f"0+{events}x60"
    return series


FIRES: dict[str, tuple[dict[str, str], Firing]] = {
    "a publisher sends nonsense": (
        {EVENTS % ("a", "accepted"): "0+100x60", EVENTS % ("a", "invalid"): "0x20 0+5x40"},
        {"20m": set(), "26m": {"CxDeadLetters"}},
    ),
    "a worker finds events gone as it starts, and once more while it reads": (
        {LOST % ("a", 0): "_x30 700x60 702x60", LOST % ("a", 1): "0x150"},
        {
            "29m": set(),
            "31m": {"CxEventsLost"},
            "89m": {"CxEventsLost"},
            "100m": {"CxEventsLost"},
        },
    ),
    "ends are placed by another partitioner than starts": (
        _placed(12, started=(100, 0), resolved=(100, 92)),
        {"4m": set(), "12m": {"CxEventsMisplaced"}},
    ),
    "one of two publishers of a topic has another partitioner": (
        _placed(3, started=(100, 0), resolved=(100, 33)),
        {"12m": {"CxEventsMisplaced"}},
    ),
    "agents' shifts are placed by another partitioner than what they do": (
        _placed(12, **{"agent-state-changed": (100, 0), "agent-scheduled": (100, 92)}),
        {"12m": {"CxEventsMisplaced"}},
    ),
    "every topic is published by both": (
        _placed(12, started=(100, 46), resolved=(100, 46)),
        {"12m": {"CxEventsMisplaced"}},
    ),
    "a publisher places keys its own way while nobody scrapes the new worker that reads them": (
        {
            **_placed(12, started=(10, 0), resolved=(10, 0)),
            EVENTS % ("b", "accepted"): "_x30 200x60",
            'cx_pipeline_misplaced_events_total{instance="b",topic="contact-started"}': (
                "_x30 100x60"
            ),
        },
        {"29m": set(), "37m": {"CxEventsMisplaced"}, "50m": set()},
    ),
    "a poison burst within one scrape": (
        {EVENTS % ("a", "accepted"): "0+100x60", EVENTS % ("a", "invalid"): "_x30 5000x30"},
        {"29m": set(), "31m": {"CxDeadLetters"}, "44m": {"CxDeadLetters"}, "50m": set()},
    ),
    "a queue comes for which there is no place": (
        {
            OVERFLOWS % ("a", "queue"): "0x30 1+1x10 11x120",
            OVERFLOWS % ("a", "reason"): "0x160",
        },
        {"30m": set(), "37m": {"CxLabelOverflow"}, "2h": set()},
    ),
    "half of the ends come where their starts do not": (
        {EVENTS % ("a", "accepted"): "0+20x90", WAITING % "a": "3x30 3+5x60"},
        {"30m": set(), "45m": {"CxWaitingParts"}},
    ),
}

STAYS_SILENT: dict[str, dict[str, str]] = {
    "all of agents is placed by another partitioner than all of contacts": _placed(
        12, **{"agent-state-changed": (100, 92), "agent-scheduled": (100, 91)}, started=(100, 0)
    ),
    "ten refused events": {
        EVENTS % ("a", "accepted"): "0+9x90",
        EVENTS % ("a", "invalid"): "0x5 10x85",
    },
    "refused events from before Prometheus began": {
        EVENTS % ("a", "accepted"): "900000+9x90",
        EVENTS % ("a", "invalid"): "5000x90",
    },
    "a worker with refused events of long ago is reached again": {
        EVENTS % ("a", "accepted"): "0+9x90",
        EVENTS % ("b", "invalid"): "5000x20 _x20 5000x20",
    },
    "queues overflowed long ago, and workers restart": {
        OVERFLOWS % ("a", "queue"): "500x20 0x40",
        OVERFLOWS % ("b", "queue"): "40x10 stale",
    },
    "ends overtake their starts, and some starts never come": {
        EVENTS % ("a", "accepted"): "0+100x90",
        WAITING % "a": " ".join(str(minute + 60 * (minute % 3)) for minute in range(90)),
    },
    "a partition where much waits moves from one worker to the other": {
        EVENTS % ("a", "accepted"): "0+20x90",
        WAITING % "a": "4x90",
        CLOCK % ("a", 0): "0+60x90",
        WAITING % "b": "900x20 stale",
        CLOCK % ("b", 1): "0+60x20 stale",
        WAITING % "c": "_x23 900x60",
        CLOCK % ("c", 1): "_x23 1380+60x60",
    },
    "another partitioner everywhere": _placed(12, started=(100, 93), resolved=(60, 54)),
    "another partitioner everywhere, of two partitions": _placed(2, started=(80, 41)),
    "one partition": _placed(1, started=(80, 0), resolved=(80, 0)),
    "a handful of events by another partitioner": _placed(12, started=(80, 0), resolved=(1, 1)),
}


@pytest.mark.parametrize(("series", "firing"), FIRES.values(), ids=FIRES)
def test_fires(tmp_path: Path, series: dict[str, str], firing: Firing) -> None:
    fires(tmp_path, series, firing)


@pytest.mark.parametrize("series", STAYS_SILENT.values(), ids=STAYS_SILENT)
def test_stays_silent(tmp_path: Path, series: dict[str, str]) -> None:
    stays_silent(tmp_path, series)
