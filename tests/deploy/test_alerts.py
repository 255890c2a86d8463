"""Each alert fires when it should and only then, without data, and over a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.alerting.files import rule_groups
from service.alerting.rules import Alert
from service.definitions import Definitions
from service.settings.alerts import Alerts
from tests.deploy.promtool import Case, promtool

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.prometheus

D = 'channel="voice",queue="support"'
SLA = f'cx_window_sla_contacts{{{D},target="%s",result="%s",window="%s"}}'
SLA_TOTAL = f'cx_sla_contacts_total{{{D},target="%s",result="%s"}}'
OPEN = f'cx_sla_open_contacts{{{D},target="%s",state="%s"}}'
CLOSED = f'cx_window_contacts_closed{{{D},outcome="%s",window="%s"}}'
CSAT = f'cx_window_survey_answers{{{D},survey="csat",score="%s",window="7d"}}'
FCR_TOTAL = f'cx_fcr_contacts_total{{{D},reason="refund",repeat_window="2h",result="%s"}}'
EVENTS = 'cx_pipeline_events_total{instance="%s",topic="contact-started",result="%s"}'
LAG = 'cx_pipeline_lag_events{instance="%s",topic="contact-started",partition="%s"}'
LOST = 'cx_pipeline_lost_events_total{instance="%s",topic="contact-started",partition="%s"}'
CLOCK = 'cx_pipeline_clock_timestamp_seconds{instance="%s",partition="%s"}'
DEFINITIONS = 'cx_pipeline_definitions_info{instance="%s",digest="%s"}'
OVERFLOWS = 'cx_pipeline_label_overflow_total{instance="%s",dimension="%s"}'
OLDEST = 'cx_backlog_oldest_age_seconds{channel="%s",queue="support"}'
WAITING = 'cx_pipeline_waiting_parts{instance="%s",type="contact-resolved"}'
FEED = 'cx_pipeline_feed_records_total{instance="%s",feed="zendesk-solved",result="%s"}'
FEED_LAG = 'cx_pipeline_feed_lag_records{instance="%s",topic="zendesk",partition="%s"}'
REGISTRY = 'cx_pipeline_registry_wait_seconds{instance="%s"}'
#: A worker is there: without one CxWorkerMissing fires in every case.
UP = {'cx_build_info{instance="a"}': "1x600"}

Firing = dict[str, set[str]]


def _burn(first_response: bool, missed: int, **windows: int) -> dict[str, str]:
    """In each of `windows` so many contacts of 100 (or of the number given) missed their target."""
    target = "first_response" if first_response else "resolution"
    series = {}
    for window, judged in windows.items():
        bad = judged * missed // 100
        series[SLA % (target, "met", window[1:])] = f"{judged - bad}x600"
        series[SLA % (target, "breached", window[1:])] = f"{bad}x600"
    return series


BOTH_BURNS = {"CxSlaBudgetBurnsSlowly", "CxSlaBudgetBurnsFast"}


def _placed(partitions: int, **topics: tuple[int, int]) -> dict[str, str]:
    """Of each topic so many events a minute, and so many of them misplaced."""
    series = {LAG % ("a", number): "0x60" for number in range(partitions)}
    for topic, (events, misplaced) in topics.items():
        labels = f'{{instance="a",topic="{topic}"}}'
        series[f"cx_pipeline_misplaced_events_total{labels}"] = f"0+{misplaced}x60"
        labels = f'{{instance="a",topic="{topic}",result="accepted"}}'
        series[f"cx_pipeline_events_total{labels}"] = f"0+{events}x60"
    return series


FIRES: dict[str, tuple[dict[str, str], Firing]] = {
    "11 records of a feed failed": (
        {
            FEED % ("a", "emitted"): "0+5x60",
            FEED % ("a", "failed"): "0x20 11x40",
        },
        {"19m": set(), "22m": {"CxFeedFails"}, "40m": set()},
    ),
    "a topic of another system is not mapped": (
        {
            FEED % ("a", "emitted"): "0+5x60",
            FEED_LAG % ("a", 0): "6000x60",
            FEED_LAG % ("a", 1): "6000x60",
        },
        {"8m": set(), "12m": {"CxFeedLagHigh"}},
    ),
    "the schema registry is away": (
        {
            FEED % ("a", "emitted"): "0+5x60",
            REGISTRY % "a": "0x10 0+60x50",
        },
        {"12m": set(), "16m": {"CxRegistryAway"}},
    ),
    "the only stage is gone": (
        {FEED % ("a", "emitted"): "0+5x20 stale"},
        {"19m": set(), "24m": set(), "27m": {"CxMapMissing"}},
    ),
    "voice: 85 of 100 first responses missed over 1h and 5m": (
        _burn(True, 85, w5m=40, w1h=400),
        {"1m": set(), "5m": {"CxSlaBudgetBurnsFast"}},
    ),
    "resolution: 60 of 100 missed over 24h, and over 2h by the counters": (
        {
            **_burn(False, 60, w24h=400),
            SLA_TOTAL % ("resolution", "met"): "0+4x600",
            SLA_TOTAL % ("resolution", "breached"): "0+6x600",
        },
        # Over 6h too, once there are 6h of history; 3d of it there never are.
        {"5m": set(), "3h": {"CxSlaBudgetBurnsSlowly"}, "7h": BOTH_BURNS},
    ),
    "resolution: 40 of 100 missed over 24h and 2h": (
        {
            **_burn(False, 40, w24h=400),
            SLA_TOTAL % ("resolution", "met"): "0+6x600",
            SLA_TOTAL % ("resolution", "breached"): "0+4x600",
        },
        {"5m": set(), "3h": {"CxSlaBudgetBurnsSlowly"}},
    ),
    "30 of 100 open contacts are at risk": (
        {OPEN % ("resolution", "on_track"): "70x30", OPEN % ("resolution", "at_risk"): "30x30"},
        {"4m": set(), "6m": {"CxContactsAtRisk"}},
    ),
    "15 of 100 waiting customers have waited too long": (
        {
            OPEN % ("first_response", "on_track"): "85x30",
            OPEN % ("first_response", "breached"): "15x30",
        },
        {"4m": set(), "6m": {"CxContactsBreached"}},
    ),
    "40 contacts are overdue where 10 have been": (
        {OPEN % ("resolution", "breached"): "10x120 50x60"},
        {"2h": set(), "130m": set(), "140m": {"CxOverdueGrows"}},
    ),
    "an email waits for 15 days": (
        {OLDEST % "voice": "46800x60", OLDEST % "email": "1296000x60"},
        {"10m": set(), "20m": {"CxBacklogOld"}},
    ),
    "FCR falls from 80 to 50 %": (
        {
            FCR_TOTAL % "resolved_first_time": "0+8x300 2405+5x200",
            FCR_TOTAL % "repeated": "0+2x300 605+5x200",
        },
        # With ten hours of history day and week are the same: nothing can have fallen.
        {"8h": set()},
    ),
    "130 of 200 CSAT answers are good: it may be as low as 58 %": (
        {CSAT % 4: "130x200", CSAT % 2: "70x200"},
        {"20m": set(), "40m": {"CxCsatBelowTarget"}},
    ),
    "a fifth gave up": (
        {
            CLOSED % ("resolved", "1h"): "80x60",
            CLOSED % ("abandoned", "1h"): "20x60",
            CLOSED % ("resolved", "5m"): "8x20 10x40",
            CLOSED % ("abandoned", "5m"): "2x20 0x40",
        },
        # It ends once nobody gave up within 5 minutes, though the hour still shows it.
        {"4m": set(), "8m": {"CxAbandonmentHigh"}, "25m": set()},
    ),
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
    "every topic is published by both": (
        _placed(12, started=(100, 46), resolved=(100, 46)),
        {"12m": {"CxEventsMisplaced"}},
    ),
    "a poison burst within one scrape": (
        {EVENTS % ("a", "accepted"): "0+100x60", EVENTS % ("a", "invalid"): "_x30 5000x30"},
        {"29m": set(), "31m": {"CxDeadLetters"}, "44m": {"CxDeadLetters"}, "50m": set()},
    ),
    "facts change after they were final": (
        {
            'cx_contacts_closed_total{instance="a"}': "0+100x120",
            'cx_revised_total{instance="a",fact="contacts_closed",cause="late"}': "_x30 0+5x90",
        },
        {"30m": set(), "60m": {"CxRevisionsHigh"}},
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
    "a feed has records that are about others, and now and then one of its own": {
        FEED % ("a", "emitted"): "0x30 1x60",
        FEED % ("a", "skipped"): "0+500x90",
        FEED % ("a", "failed"): "0x90",
    },
    "few records fail, and stages restart with what they had counted": {
        FEED % ("a", "emitted"): "0+5x20 0+5x70",
        FEED % ("a", "failed"): "200x20 0+0.2x70",
    },
    "records wait to be mapped for a moment, and for the registry too": {
        FEED % ("m", "emitted"): "0+5x90",
        FEED_LAG % ("a", 0): "0x20 50000x5 0x65",
        REGISTRY % "a": "0x20 60 0x70",
    },
    "one of two stages is gone": {
        FEED % ("a", "emitted"): "0+5x20 stale",
        FEED % ("b", "emitted"): "0+5x90",
    },
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
    "every target is met": _burn(True, 0, w5m=40, w1h=400, w24h=4000),
    "75 of 100 calls missed: a burn rate below 4": _burn(True, 75, w5m=40, w1h=400),
    "all of the last 19 missed": _burn(True, 100, w5m=19, w1h=19),
    "missed in the hour, met again in the last 5 minutes": {
        **_burn(True, 90, w1h=400),
        **_burn(True, 10, w5m=40),
    },
    "at risk in a handful of contacts": {
        OPEN % ("resolution", "on_track"): "9x60",
        OPEN % ("resolution", "at_risk"): "9x60",
    },
    "past the target in a handful": {
        OPEN % ("first_response", "on_track"): "9x60",
        OPEN % ("first_response", "breached"): "9x60",
    },
    "half of the open contacts are overdue, as ever": {
        OPEN % ("resolution", "on_track"): "100x60",
        OPEN % ("resolution", "breached"): "100x60",
    },
    "29 overdue contacts where 10 have been": {OPEN % ("resolution", "breached"): "10x10 29x50"},
    "the oldest email waits for 13 days": {OLDEST % "email": "1123200x60"},
    "CSAT of 65 % with 1000 answers": {CSAT % 5: "650x100", CSAT % 1: "350x100"},
    "CSAT of 50 % with 198 answers": {CSAT % 5: "99x100", CSAT % 1: "99x100"},
    "5 of 100 gave up": {
        CLOSED % ("resolved", "1h"): "95x60",
        CLOSED % ("abandoned", "1h"): "5x60",
        CLOSED % ("resolved", "5m"): "8x60",
        CLOSED % ("abandoned", "5m"): "2x60",
    },
    "4 of 30 gave up, as happens": {
        CLOSED % ("resolved", "1h"): "26x60",
        CLOSED % ("abandoned", "1h"): "4x60",
        CLOSED % ("resolved", "5m"): "1x60",
        CLOSED % ("abandoned", "5m"): "1x60",
    },
    "9 of 19 gave up": {
        CLOSED % ("resolved", "1h"): "10x60",
        CLOSED % ("abandoned", "1h"): "9x60",
        CLOSED % ("resolved", "5m"): "1x60",
        CLOSED % ("abandoned", "5m"): "9x60",
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
    "a restore of four minutes": {
        CLOCK % ("a", 0): "0+60x90",
        CLOCK % ("b", 1): "0+60x20 stale _x3 1500+60x60",
    },
    "no series but that of a worker": {},
}


@pytest.mark.parametrize(("series", "firing"), FIRES.values(), ids=FIRES)
def test_fires(tmp_path: Path, series: dict[str, str], firing: Firing) -> None:
    promtool(tmp_path, Case({**UP, **series}, firing=firing))


@pytest.mark.parametrize("series", STAYS_SILENT.values(), ids=STAYS_SILENT)
def test_stays_silent(tmp_path: Path, series: dict[str, str]) -> None:
    times = ("3m", "10m", "30m", "50m")
    promtool(tmp_path, Case({**UP, **series}, firing={at: set() for at in times}))


def test_a_channel_that_is_new_misses_its_target_from_its_first_contact_on(tmp_path: Path) -> None:
    met = SLA_TOTAL % ("resolution", "met")
    missed = SLA_TOTAL.replace("voice", "whatsapp") % ("resolution", "breached")
    case = Case(
        {**UP, met: "0+5x90", missed: "_x77 40+5x12"},
        interval="5m",
        firing={"6h": set(), "6h20m": set(), "7h": {"CxSlaBudgetBurnsFast"}},
    )
    promtool(tmp_path, case, every="5m")


def test_fcr_that_fell_below_its_own_week_fires(tmp_path: Path) -> None:
    week, day = 7 * 48, 48
    case = Case(
        {
            'cx_build_info{instance="a"}': f"1x{week + day}",
            FCR_TOTAL % "resolved_first_time": f"0+80x{week} {week * 80 + 50}+50x{day}",
            FCR_TOTAL % "repeated": f"0+20x{week} {week * 20 + 50}+50x{day}",
        },
        interval="30m",
        firing={"7d": set(), "8d": {"CxFcrFell"}},
    )
    promtool(tmp_path, case, every="30m")


def test_a_feed_that_is_silent_for_a_day_fires(tmp_path: Path) -> None:
    """Whatever the others of its topic do."""
    day = 48
    other = FEED.replace("zendesk-solved", "zendesk-created")
    case = Case(
        {
            'cx_build_info{instance="a"}': f"1x{3 * day}",
            FEED % ("a", "emitted"): f"0+3x{day} {3 * day}x{2 * day}",
            FEED % ("a", "skipped"): f"0+90x{3 * day}",
            other % ("a", "emitted"): f"0+9x{3 * day}",
        },
        interval="30m",
        firing={"1d": set(), "46h": set(), "50h": {"CxFeedSilent"}},
    )
    promtool(tmp_path, case, every="30m")


def test_fcr_that_fell_by_what_chance_explains_is_silent(tmp_path: Path) -> None:
    """A day of 48 contacts at 70 % after a week at 80 %: less than 3 standard errors."""
    week, day = 7 * 48, 48
    case = Case(
        {
            'cx_build_info{instance="a"}': f"1x{week + day}",
            FCR_TOTAL % "resolved_first_time": f"0+0.8x{week} {week * 0.8}+0.7x{day}",
            FCR_TOTAL % "repeated": f"0+0.2x{week} {week * 0.2}+0.3x{day}",
        },
        interval="30m",
        firing={"7d": set(), "8d": set()},
    )
    promtool(tmp_path, case, every="30m")


def test_an_alert_says_what_is_wrong_and_where_to_read_on(tmp_path: Path) -> None:
    series, _ = FIRES["voice: 85 of 100 first responses missed over 1h and 5m"]
    labels = {
        "alertname": "CxSlaBudgetBurnsFast",
        "severity": "critical",
        "area": "service",
        "channel": "voice",
        "target": "first_response",
        "window": "1h",
        "objective": "voice",
    }
    annotations = {
        "summary": "voice: 85% of contacts missed their first response target within 1h",
        "description": (
            "The objective is 0.8 on target over 30d. More than 0.8 missed theirs within 1h and"
            " within 5m: a burn rate above 4."
        ),
        "runbook_url": "docs/runbooks/CxSlaBudgetBurnsFast.md",
    }
    promtool(
        tmp_path,
        Case({**UP, **series}, alerts=[("CxSlaBudgetBurnsFast", "5m", labels, annotations)]),
    )


def test_every_alert_is_seen_firing_here() -> None:
    groups = rule_groups(Definitions(), Alerts())["alerts.yml"]
    names = {rule.name for group in groups for rule in group.rules if isinstance(rule, Alert)}
    fired = {name for _, firing in FIRES.values() for those in firing.values() for name in those}
    assert fired | {"CxFcrFell", "CxFeedSilent"} == names
