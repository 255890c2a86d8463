from __future__ import annotations

import pytest

from service.definitions import Definitions
from service.exposition.backlog import Standing
from service.exposition.charts import charted
from service.exposition.pipeline import Pipeline
from service.exposition.series import Merger
from service.exposition.stream import stream
from service.exposition.summary import Group, Summarist
from tests.exposition.fakes import PIPELINE, SECOND, snapshot

HELD = [
    (
        0,
        snapshot(
            1_000 * SECOND,
            12,
            cx_backlog_contacts={("voice", "a"): 2, ("chat", "b"): 3},
            cx_backlog_oldest_age_seconds={("voice", "a"): 50, ("chat", "b"): 9},
            cx_backlog_age_seconds_bucket={
                ("voice", "a", "300.0"): 1,
                ("voice", "a", "+Inf"): 2,
                ("chat", "b", "300.0"): 3,
                ("chat", "b", "+Inf"): 3,
            },
            cx_sla_open_contacts={
                ("voice", "a", "resolution", "at_risk"): 1,
                ("chat", "b", "resolution", "breached"): 2,
            },
            cx_window_contacts_started={
                ("voice", "a", "inbound", "1h"): 5,
                ("chat", "b", "inbound", "1h"): 7,
                ("chat", "b", "inbound", "5m"): 100,
            },
            cx_window_contacts_closed={
                ("voice", "a", "resolved", "1h"): 6,
                ("voice", "a", "abandoned", "1h"): 2,
                ("voice", "a", "expired", "1h"): 50,
                ("voice", "a", "void", "1h"): 7,
            },
            cx_backlog_waiting_contacts={("voice", "a"): 1},
            cx_window_contacts_reopened={
                ("voice", "a", "customer", "1h"): 1,
                ("voice", "a", "system", "1h"): 2,
            },
            cx_window_bot_resolved_contacts={("voice", "a", "1h"): 2},
            cx_window_resolution_seconds_count={("voice", "a", "1h"): 5},
            cx_window_resolution_counted_seconds_sum={("voice", "a", "1h"): 90},
            cx_window_resolution_counted_seconds_count={("voice", "a", "1h"): 3},
            cx_window_team_contacts_closed={
                ("front", "resolved", "1h"): 4,
                ("front", "void", "1h"): 9,
                ("back", "unresolved", "1h"): 2,
            },
            cx_window_team_handle_seconds_sum={("front", "1h"): 700},
            cx_window_team_handle_seconds_count={("front", "1h"): 7},
            cx_window_team_fcr_contacts={
                ("front", "24h", "resolved_first_time", "1h"): 3,
                ("front", "24h", "repeated", "1h"): 1,
            },
            cx_window_team_survey_answers={("front", "csat", "5", "1h"): 1},
            cx_window_fcr_contacts={
                ("voice", "a", "login", "24h", "resolved_first_time", "1h"): 3,
                ("voice", "a", "invoice", "24h", "repeated", "1h"): 1,
            },
        ),
    ),
    (1, snapshot(900 * SECOND, 3, cx_backlog_contacts={("voice", "b"): 10})),
]


ALL_ON = Definitions(contact_updated=True, teams=True)


def summarist(definitions: Definitions = ALL_ON) -> Summarist:
    return Summarist(definitions, ces_high_is_easy=True)


def total(definitions: Definitions = ALL_ON) -> Group:
    return summarist(definitions).total(Merger().merge(HELD))


def by_name(scope: str) -> dict[str, Group]:
    merged = Merger().merge(HELD)
    groups = summarist().groups(merged, "channel" if scope == "channel" else "queue")
    return {group.name: group for group in groups}


def test_the_total_adds_channels_queues_and_partitions() -> None:
    assert total().backlog.contacts == 15
    assert total().windows["1h"].started == {"inbound": 12}


def test_each_channel_and_each_queue_has_its_own_numbers() -> None:
    assert {name: group.backlog.contacts for name, group in by_name("channel").items()} == {
        "chat": 3,
        "voice": 12,
    }
    assert {name: group.backlog.contacts for name, group in by_name("queue").items()} == {
        "a": 2,
        "b": 13,
    }


def test_the_oldest_age_of_a_group_is_the_oldest_in_it() -> None:
    assert total().backlog.oldest_age_seconds == 50
    assert by_name("channel")["chat"].backlog.oldest_age_seconds == 9


def test_ages_are_told_by_upper_bound_and_the_last_has_none() -> None:
    assert list(total().backlog.ages) == [(300.0, 4), (None, 5)]


def test_open_contacts_stand_to_their_target() -> None:
    standing = total().backlog.standing["resolution"]
    assert (standing.on_track, standing.at_risk, standing.breached) == (0, 1, 2)


def test_windows_are_kept_apart() -> None:
    assert total().windows["5m"].started == {"inbound": 100}


def test_abandonment_leaves_expired_contacts_out() -> None:
    assert total().windows["1h"].abandonment == 2 / 8


def test_void_contacts_are_not_closed() -> None:
    assert charted(total())["1h:closed"] == 6 + 2 + 50


def test_reopened_contacts_are_told_by_who_opened_them_and_as_a_share_of_closings() -> None:
    kpis = total().windows["1h"]
    assert kpis.reopened == {"customer": 1, "system": 2}
    assert kpis.reopen_rate == 3 / 58


def test_containment_is_of_contacts_resolved() -> None:
    assert total().windows["1h"].containment == 2 / 5


def test_counted_times_and_waiting_contacts_are_told() -> None:
    counted = total().windows["1h"].resolution_counted
    assert counted is not None
    assert (counted.count, counted.mean) == (3, 30)
    assert total().backlog.waiting == 1
    assert by_name("queue")["b"].backlog.waiting == 0


def test_what_is_off_is_not_told_as_nought() -> None:
    kpis, off = total(Definitions()).windows["1h"], total(Definitions()).backlog
    assert (off.waiting, kpis.reopened) == (None, None)
    assert (kpis.first_response_counted, kpis.resolution_counted) == (None, None)
    assert summarist(Definitions()).teams(Merger().merge(HELD)) is None


def test_who_waits_for_a_first_response_is_told_only_where_responses_are() -> None:
    owed: dict[tuple[str, ...], float] = {("chat", "b", "first_response", "at_risk"): 3}
    held = [(0, snapshot(cx_sla_open_contacts=owed))]

    def standing(definitions: Definitions) -> dict[str, Standing]:
        return dict(summarist(definitions).total(Merger().merge(held)).backlog.standing)

    assert standing(Definitions()) == {}
    told = standing(Definitions(contact_responded=True))
    assert told == {"first_response": Standing(on_track=0, at_risk=3, breached=0)}


def test_each_team_has_its_own_numbers() -> None:
    teams = {
        team.name: team.windows["1h"] for team in summarist().teams(Merger().merge(HELD)) or ()
    }
    assert {name: kpis.closed for name, kpis in teams.items()} == {"back": 2, "front": 4}
    front = teams["front"]
    assert (front.handle_mean_seconds, front.csat.top_2) == (100, 1)
    assert front.fcr["24h"].settled == 3 / 4


@pytest.mark.parametrize("scope", ["channel", "queue"])
def test_what_is_told_by_team_makes_no_channel_and_no_queue(scope: str) -> None:
    assert set(by_name(scope)) == {"channel": {"chat", "voice"}, "queue": {"a", "b"}}[scope]


def test_fcr_adds_up_the_reasons() -> None:
    assert total().windows["1h"].fcr["24h"].settled == 3 / 4


def test_a_window_in_which_nothing_happened_is_unknown() -> None:
    assert total().windows["7d"].abandonment is None


def test_the_stream_is_as_far_as_its_slowest_partition() -> None:
    told = stream(Merger().merge(HELD), PIPELINE, (True, {}), now=1_010.0)
    assert (told.clock, told.behind_seconds, told.live_contacts) == (900.0, 110.0, 15)
    assert (told.lag_events, told.dead_letters) == (12, 2)
    assert told.events == {"accepted": 7, "invalid": 2}


def test_a_stream_without_partitions_has_no_clock() -> None:
    told = stream(Merger().merge([]), Pipeline(), (False, {"reason": "starting"}), now=5.0)
    assert (told.clock, told.behind_seconds, told.ready) == (None, None, False)


def test_the_charts_show_the_totals() -> None:
    values = charted(total())
    assert values["backlog"] == 15
    assert values["1h:started"] == 12
    assert values["1h:fcr_settled:24h"] == 0.75
    assert values["breached:resolution"] == 2
