from __future__ import annotations

from service.definitions import Definitions
from service.exposition.charts import charted
from service.exposition.pipeline import Pipeline
from service.exposition.series import Merger
from service.exposition.summary import Group, Summarist, stream
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
            },
            cx_window_fcr_contacts={
                ("voice", "a", "login", "24h", "resolved_first_time", "1h"): 3,
                ("voice", "a", "invoice", "24h", "repeated", "1h"): 1,
            },
        ),
    ),
    (1, snapshot(900 * SECOND, 3, cx_backlog_contacts={("voice", "b"): 10})),
]


def summarist() -> Summarist:
    return Summarist(Definitions(), ces_high_is_easy=True)


def total() -> Group:
    return summarist().total(Merger().merge(HELD))


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
