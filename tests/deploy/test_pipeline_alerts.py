"""Alerts on the service itself: each fires when it should and only then, and over a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.deploy.alert_cases import CLOCK, DEFINITIONS, EVENTS, LAG, Firing, fires, stays_silent

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.prometheus


FIRES: dict[str, tuple[dict[str, str], Firing]] = {
    "events stop": (
        {EVENTS % ("a", "accepted"): "0+100x60 6000x120"},
        {"60m": set(), "80m": set(), "100m": {"CxNoEvents"}},
    ),
    "a new installation to which no event comes": (
        {EVENTS % ("a", "accepted"): "0x120"},
        {"25m": set(), "40m": {"CxNoEvents"}},
    ),
    "20,000 events wait, over two partitions": (
        {LAG % ("a", 0): "12000x30", LAG % ("b", 1): "8000x30"},
        {"9m": set(), "11m": {"CxLagHigh"}},
    ),
    "one partition stands still": (
        {CLOCK % ("a", 0): "0+60x60", CLOCK % ("a", 1): "0+60x10 600x50"},
        {"12m": set(), "16m": set(), "22m": {"CxClockBehind"}},
    ),
    "the clock of a worker's host is wrong for a quarter of an hour, ahead and then behind": (
        {
            'cx_pipeline_wall_clock_offset_seconds{instance="a"}': "0x10 3000x14 0x15 -60x20",
            'cx_pipeline_wall_clock_offset_seconds{instance="b"}': "0x60",
        },
        {
            "10m": set(),
            "14m": {"CxWallClockWrong"},
            "30m": set(),
            "45m": {"CxWallClockWrong"},
        },
    ),
    "clocks differ by as much as the service bears": (
        {'cx_pipeline_wall_clock_offset_seconds{instance="a"}': "14x30 -14x30"},
        {"20m": set(), "50m": set()},
    ),
    "facts change after they were final": (
        {
            'cx_contacts_closed_total{instance="a"}': "0+100x120",
            'cx_revised_total{instance="a",fact="contacts_closed",cause="late"}': "_x30 0+5x90",
        },
        {"30m": set(), "60m": {"CxRevisionsHigh"}},
    ),
    "a roll-out of other settings stops half-way": (
        {
            DEFINITIONS % ("a", "1f"): "1x90",
            DEFINITIONS % ("b", "1f"): "1x10 stale",
            DEFINITIONS % ("b", "2e"): "_x11 1x40 stale",
        },
        {"20m": set(), "28m": {"CxDefinitionsDiffer"}, "55m": set()},
    ),
    "a worker leaves and its partition is restored for ten minutes": (
        {
            'cx_build_info{instance="a"}': "1x60",
            CLOCK % ("a", 0): "0+60x60",
            CLOCK % ("b", 1): "0+60x20 stale _x9 1860+60x30",
        },
        {"20m": set(), "25m": set(), "29m": {"CxRestoreTooLong"}, "35m": set()},
    ),
    "a partition stays without a worker for hours": (
        {
            'cx_build_info{instance="a"}': "1x300",
            CLOCK % ("a", 0): "0+60x300",
            CLOCK % ("b", 1): "0+60x20 stale",
        },
        {"20m": set(), "29m": {"CxRestoreTooLong"}, "4h": {"CxRestoreTooLong"}},
    ),
    "a worker is asked in vain by the two others, from a wrong password until it is mended": (
        {
            f'cx_pipeline_silent_workers_total{{instance="{name}"}}': "0x10 0+4x30 120x30"
            for name in ("a", "b")
        },
        {"25m": set(), "32m": {"CxPagesIncomplete"}, "60m": set()},
    ),
    "the only worker is gone": (
        {'cx_build_info{instance="a"}': "1x20 stale"},
        {"20m": set(), "24m": {"CxWorkerMissing"}},
    ),
    "there is no worker, and never was": (
        {'cx_build_info{instance="a"}': "stale"},
        {"1m": set(), "4m": {"CxWorkerMissing"}},
    ),
}

STAYS_SILENT: dict[str, dict[str, str]] = {
    "workers get other settings one after the other": {
        DEFINITIONS % ("a", "1f"): "1x10 stale",
        DEFINITIONS % ("b", "1f"): "1x20 stale",
        DEFINITIONS % ("a", "2e"): "_x11 1x49",
        DEFINITIONS % ("b", "2e"): "_x21 1x39",
    },
    "other settings make other numbers of a thousand facts": {
        'cx_contacts_closed_total{instance="a"}': "0+100x120",
        'cx_revised_total{instance="a",fact="sla",cause="settings"}': "0x30 1000x90",
    },
    "a worker hangs for five minutes and is thrown out of the group": {
        'cx_pipeline_silent_workers_total{instance="a"}': "0x10 0+4x5 20x60"
    },
    "one event in 20 minutes": {EVENTS % ("a", "accepted"): "1x20 2x20 3x20 4x20 5x20"},
    "a worker restarts and counts its events from 0": {
        EVENTS % ("a", "accepted"): "500+10x40 0+10x40",
        EVENTS % ("a", "invalid"): "500x40 0x40",
    },
    "9,999 events wait": {LAG % ("a", 0): "9999x30"},
    "a partition that moves is told by both workers": {
        LAG % ("a", 0): "6000x30",
        LAG % ("b", 0): "6000x30",
        CLOCK % ("a", 0): "0+60x10 600x5 stale",
        CLOCK % ("b", 0): "_x10 600+60x80",
    },
    "a clock four minutes late": {CLOCK % ("a", 0): "_x4 0+60x90"},
    "a worker that Prometheus had not seen has read all there was": {
        EVENTS % ("a", "accepted"): "500x60",
        EVENTS % ("b", "accepted"): "_x40 300x20",
    },
    "one fact in 200 is revised": {
        'cx_contacts_closed_total{instance="a"}': "0+200x120",
        'cx_revised_total{instance="a",fact="contacts_closed",cause="late"}': "0+1x120",
    },
    "facts are reopened, or differ by settings": {
        'cx_contacts_closed_total{instance="a"}': "0+100x120",
        'cx_revised_total{instance="a",fact="contacts_closed",cause="reopened"}': "0+50x120",
        'cx_revised_total{instance="a",fact="contacts_closed",cause="settings"}': "0x20 900x100",
    },
    "a partition moves, with all its revisions, from one worker to the other": {
        'cx_contacts_closed_total{instance="a"}': "9000x30 4000x60",
        'cx_contacts_closed_total{instance="b"}': "1000x30 6000x60",
        'cx_revised_total{instance="a",fact="contacts_closed",cause="late"}': "900x30 100x60",
        'cx_revised_total{instance="b",fact="contacts_closed",cause="late"}': "100x30 900x60",
    },
    "a restore of four minutes": {
        CLOCK % ("a", 0): "0+60x90",
        CLOCK % ("b", 1): "0+60x20 stale _x3 1500+60x60",
    },
    "no series but that of a worker": {},
}


@pytest.mark.parametrize(("series", "firing"), FIRES.values(), ids=FIRES)
def test_fires(tmp_path: Path, series: dict[str, str], firing: Firing) -> None:
    fires(tmp_path, series, firing)


@pytest.mark.parametrize("series", STAYS_SILENT.values(), ids=STAYS_SILENT)
def test_stays_silent(tmp_path: Path, series: dict[str, str]) -> None:
    stays_silent(tmp_path, series)
