"""Delays, duplicates and bad events: what they add, and what they leave as it was."""

from __future__ import annotations

from collections import Counter

import pytest

from service.definitions import HOUR, SECOND
from service.events.decoding import Decoder
from service.events.refusal import Reason, Refused
from service.simulate.bad_events import KINDS, kinds, spoil
from service.simulate.generator import simulate
from service.simulate.plan import Faults
from service.simulate.publication import Publication
from tests.simulate.observed import MONDAY, plan

Record = tuple[str, bytes, bytes]


def record(item: Publication) -> Record:
    return item.type, item.key, item.value


def run(faults: Faults) -> list[Publication]:
    given = plan(
        start=MONDAY + 6 * HOUR,
        duration=6 * HOUR,
        contact_responded=True,
        contact_updated=True,
        customer_changed=True,
        agents=True,
        faults=faults,
    )
    return list(simulate(given))


@pytest.fixture(scope="module")
def sound() -> list[Publication]:
    return run(Faults())


@pytest.fixture
def decoder() -> Decoder:
    return Decoder(max_event_bytes=65_536, max_future_skew_us=300 * SECOND)


def accepted(decoder: Decoder, item: Publication) -> bool:
    try:
        decoder.decode(item.type, item.key, item.value, wall_us=item.at)
    except Refused:
        return False
    return True


@pytest.fixture(scope="module")
def late() -> list[Publication]:
    """Each by twenty seconds at most."""
    return run(Faults(disorder=20 * SECOND))


def test_disorder_changes_the_order_and_nothing_else(
    sound: list[Publication], late: list[Publication]
) -> None:
    assert Counter(map(record, late)) == Counter(map(record, sound))
    assert list(map(record, late)) != list(map(record, sound))


def test_no_event_is_delayed_by_more_than_the_disorder(
    sound: list[Publication], late: list[Publication]
) -> None:
    happened = {record(item): item.at for item in sound}
    delays = [item.at - happened[record(item)] for item in late]
    assert min(delays) >= 0
    assert 15 * SECOND < max(delays) <= 20 * SECOND


def test_events_are_published_in_the_order_of_their_arrival() -> None:
    times = [item.at for item in run(Faults(20 * SECOND, duplicates=0.1, bad=0.1))]
    assert times == sorted(times)


def test_duplicates_are_the_given_share_and_byte_for_byte_the_same(
    sound: list[Publication],
) -> None:
    counts = Counter(map(record, run(Faults(duplicates=0.1))))
    assert set(counts) == set(map(record, sound))
    assert set(counts.values()) == {1, 2}
    assert counts.total() / len(sound) == pytest.approx(1.1, abs=0.02)


def test_bad_events_come_in_addition_to_the_good_ones(
    sound: list[Publication], decoder: Decoder
) -> None:
    items = run(Faults(bad=0.1))
    good = [record(item) for item in items if accepted(decoder, item)]
    assert Counter(good) == Counter(map(record, sound))
    assert len(items) / len(good) == pytest.approx(1.1, abs=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_every_bad_event_is_refused_for_its_reason(
    kind: Reason, sound: list[Publication], decoder: Decoder
) -> None:
    one_of_each_type = {item.type: item for item in sound}
    assert len(one_of_each_type) == 9
    for item in one_of_each_type.values():
        if kind not in kinds(item.type):
            continue
        bad = spoil(item, kind)
        with pytest.raises(Refused) as refused:
            decoder.decode(bad.type, bad.key, bad.value, wall_us=bad.at)
        assert refused.value.reason is kind


def test_all_kinds_of_bad_events_occur(decoder: Decoder) -> None:
    reasons = set()
    for item in run(Faults(bad=0.2)):
        try:
            decoder.decode(item.type, item.key, item.value, wall_us=item.at)
        except Refused as refused:
            reasons.add(refused.reason)
    assert reasons == set(KINDS)


def test_equal_plans_give_equal_faults() -> None:
    faults = Faults(10 * SECOND, 0.1, 0.1)
    assert run(faults) == run(faults)
