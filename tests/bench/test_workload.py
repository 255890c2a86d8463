"""The benchmarks' events: the same every time, of the size they claim, and all of them sound."""

from __future__ import annotations

from statistics import mean

from bench.workload import TOPICS, past, steady
from service.definitions import SECOND
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


def test_a_steady_load_has_about_the_rate_that_was_asked_for() -> None:
    seconds = 120
    records = steady(_NOW, seconds * SECOND, 100, customers=1_000)
    later = [record for record in records if record.at >= _NOW + seconds * SECOND // 2]
    assert 90 < len(later) / (seconds / 2) < 115
    assert all(_NOW <= record.at < _NOW + seconds * SECOND for record in records)
