"""The benchmarks' events: the same every time, of the size they claim, and all of them sound."""

from __future__ import annotations

from collections import Counter
from statistics import mean

from bench.broker import partition_of
from bench.workload import PARTITIONS, TOPICS, past
from service.events.decoding import Decoder

_NOW = 1_700_000_000_000_000
_RECORDS = past(5_000, _NOW)


def test_equal_workloads_give_equal_bytes() -> None:
    assert past(5_000, _NOW) == _RECORDS


def test_there_are_as_many_events_as_asked_for_in_the_order_of_their_times() -> None:
    assert len(_RECORDS) == 5_000
    assert sorted(_RECORDS, key=lambda record: record.at) == _RECORDS
    assert {record.topic for record in _RECORDS} == set(TOPICS)


def test_an_event_has_about_250_bytes() -> None:
    assert 230 < mean(len(record.value) for record in _RECORDS) < 270


def test_every_event_is_accepted_now_and_tells_the_time_it_is_published_under() -> None:
    decoder = Decoder(max_event_bytes=65_536, max_future_skew_us=0)
    for record in _RECORDS:
        _, at = decoder.decode(record.topic, record.key, record.value, _NOW)  # type: ignore[call-overload]
        assert 0 <= record.at - at < 1_000


def test_the_partitions_share_the_events_evenly() -> None:
    shares = Counter(partition_of(record.key) for record in _RECORDS)
    assert len(shares) == PARTITIONS
    assert max(shares.values()) < 1.1 * min(shares.values())
