from __future__ import annotations

from service.exposition.pipeline import Delays, Pipeline, pipeline_families
from tests.exposition.fakes import PIPELINE, SECOND, snapshot


def series(sample: str, pipeline: Pipeline = PIPELINE) -> dict[tuple[str, ...], float]:
    held = [(0, snapshot(1_700_000_000 * SECOND + 250_000, 41)), (3, snapshot(5 * SECOND, 2))]
    labels, values, _ = pipeline_families(pipeline, held, "1.2.3")[sample]
    return dict(zip(labels, values.tolist(), strict=True))


def test_events_are_counted_by_topic_and_result() -> None:
    assert series("cx_pipeline_events_total") == {
        ("contact-started", "accepted"): 7,
        ("contact-started", "invalid"): 2,
    }


def test_each_result_of_a_topic_that_is_read_is_told_before_there_is_one() -> None:
    pipeline = Pipeline(topics=("nps",), events={("nps", "invalid"): 2})
    assert series("cx_pipeline_events_total", pipeline) == {
        ("nps", "accepted"): 0,
        ("nps", "duplicate"): 0,
        ("nps", "too_late"): 0,
        ("nps", "invalid"): 2,
    }


def test_the_clock_is_in_seconds_by_partition_number() -> None:
    assert series("cx_pipeline_clock_timestamp_seconds") == {
        ("contacts", "0"): 1_700_000_000.25,
        ("contacts", "3"): 5.0,
    }


def test_live_contacts_are_those_of_each_partition() -> None:
    assert series("cx_pipeline_live_contacts") == {("contacts", "0"): 41, ("contacts", "3"): 2}


def test_lag_is_by_topic_and_partition_of_those_that_are_held() -> None:
    lag = {("contact-started", 0): 12, ("contact-started", 1): 9, ("contact-started", 3): 0}
    assert series("cx_pipeline_lag_events", Pipeline(lag=lag)) == {
        ("contact-started", "0"): 12,
        ("contact-started", "3"): 0,
    }


def test_buckets_of_the_delay_add_up() -> None:
    pipeline = Pipeline(delays={"contact-started": Delays((0.1, 1.0), (3, 2, 4), 9.5)})
    assert series("cx_pipeline_event_delay_seconds_bucket", pipeline) == {
        ("contact-started", "0.1"): 3,
        ("contact-started", "1.0"): 5,
        ("contact-started", "+Inf"): 9,
    }
    assert series("cx_pipeline_event_delay_seconds_count", pipeline) == {("contact-started",): 9}
    assert series("cx_pipeline_event_delay_seconds_sum", pipeline) == {("contact-started",): 9.5}


def test_the_version_is_told() -> None:
    assert series("cx_build_info") == {("1.2.3",): 1}
