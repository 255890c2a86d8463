"""What a broker's answer can hold: read, or told to be unreadable; nothing else comes of it."""

from __future__ import annotations

import random
import struct
import tracemalloc
from typing import TYPE_CHECKING, Any, Final

import pytest
from aiokafka import TopicPartition
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder

from service.streaming.fetching.answer import Answer
from service.streaming.fetching.unreadable import Unreadable
from tests.streaming.raw_batches import CODECS, Raw, batch, compressed, record_bytes, sealed

if TYPE_CHECKING:
    from collections.abc import Sequence

TP: Final = TopicPartition("contact-started", 3)
_MIB: Final = 1024 * 1024
_LIMIT: Final = 4 * _MIB
_TRANSACTIONAL, _CONTROL = 0x10, 0x20
#: A header's name that is no UTF-8, and how it is told.
BAD_NAME: Final = b"\xff\xfe"


def answer(raw: bytes, offset: int = 0, end: int = 1_000, **options: Any) -> Answer:
    settings = {"aborted": (), "limit": _LIMIT, "is_certain": lambda _: True, **options}
    return Answer(TP, raw, offset, end=end, **settings)


def read(raw: bytes, offset: int = 0, **options: Any) -> list[Any]:
    """All of it, taken in portions as a fetch does."""
    it = answer(raw, offset, **options)
    records: list[Any] = []
    rng = random.Random(len(raw))
    while not it.exhausted:
        records += it.take(rng.choice((1, 2, 7, 1000)), rng.choice((1, _LIMIT)))[0]
    return records


def offsets(records: Sequence[Any]) -> list[tuple[int, bool]]:
    return [(record.offset, isinstance(record, Unreadable)) for record in records]


def some(count: int, **fields: Any) -> list[Raw]:
    return [Raw(value=b"%d" % number, **fields) for number in range(count)]


@pytest.mark.parametrize("codec", CODECS)
def test_batches_of_every_codec_are_read(codec: str) -> None:
    headers = [(b"trace", b"1"), (b"none", None)]
    records = some(5, headers=headers, timestamp_delta=7)
    read_back = read(batch(records, codec=codec) + batch(records, codec=codec, base_offset=5))
    assert [record.value for record in read_back] == [b"0", b"1", b"2", b"3", b"4"] * 2
    assert [record.offset for record in read_back] == list(range(10))
    assert {tuple(record.headers) for record in read_back} == {(("trace", b"1"), ("none", None))}
    assert {record.timestamp for record in read_back} == {1_767_225_600_007}


@pytest.mark.parametrize("codec", CODECS)
def test_a_header_whose_name_is_no_text_costs_its_own_record_only(codec: str) -> None:
    bad = Raw(b"k", b"v", [(b"trace", b"1"), (BAD_NAME, b"2")])
    records = [*some(2), bad, *some(2)]
    read_back = read(batch(records, codec=codec, base_offset=40), 40)
    assert offsets(read_back) == [(40, False), (41, False), (42, True), (43, False), (44, False)]
    unreadable = read_back[2]
    assert (unreadable.key, unreadable.value) == (None, None)
    assert (unreadable.original_key, unreadable.original_value) == (b"k", b"v")
    assert unreadable.headers == [("trace", b"1"), ("\\xff\\xfe", b"2")]
    assert (unreadable.refused.reason, unreadable.count) == ("unreadable", 1)


@pytest.mark.parametrize(
    ("timestamp", "delta"), [(2**63 - 1, 1), (-(2**63), -1), (0, 2**62), (2**63 - 1, 2**62)]
)
def test_times_beyond_64_bits_beside_a_header_whose_name_is_no_text_cost_nothing_more(
    timestamp: int, delta: int
) -> None:
    bad, far = Raw(headers=[(BAD_NAME, b"1")]), Raw(value=b"far", timestamp_delta=delta)
    for records in ([bad, far], [far, bad]):
        told = [(number, record is bad) for number, record in enumerate(records)]
        assert offsets(read(batch(records, timestamp=timestamp))) == told


def test_odd_records_are_read_as_they_are() -> None:
    odd = [
        Raw(None, None),
        Raw(b"", b""),
        Raw(b"\0" * 100_000, b"\xff"),
        Raw(headers=[(b"", b"")] * 5_000),
        Raw(headers=[(b"same", None)] * 2),
    ]
    for timestamp in (-1, 0, 2**62):
        assert offsets(read(batch(odd, timestamp=timestamp))) == [(n, False) for n in range(5)]


def test_a_batch_that_is_no_compressed_data_is_told_whole_and_the_next_one_is_read() -> None:
    for codec in CODECS[1:]:
        packed = compressed(codec, b"".join(record_bytes(Raw(), n) for n in range(4)))
        for payload in (b"", b"garbage" * 20, packed[: len(packed) // 2], b"\x82SNAPPY\0" + packed):
            bad = batch(some(4), codec=codec, payload=payload)
            first, *rest = read(bad + batch(some(2), base_offset=4))
            if isinstance(first, Unreadable) and first.original_value == bad:
                assert (first.first_offset, first.offset, first.count) == (0, 3, 4)
                assert offsets(rest) == [(4, False), (5, False)]


@pytest.mark.parametrize("attribute", [5, 6, 7])
def test_a_codec_that_there_is_not_costs_its_batch_only(attribute: int) -> None:
    raw = batch(some(2), attributes=attribute) + batch(some(1), base_offset=2)
    assert offsets(read(raw)) == [(1, True), (2, False)]


@pytest.mark.parametrize("codec", CODECS[1:])
def test_a_batch_that_expands_too_far_is_refused_without_taking_the_room(codec: str) -> None:
    bomb = batch([Raw(value=b" " * 16 * _LIMIT)], codec=codec)
    tracemalloc.start()
    first, second = read(bomb + batch(some(1), base_offset=1))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (first.refused.reason, first.original_value) == ("too_large", bomb)
    assert second.value == b"0"
    assert peak < 3 * _LIMIT + len(bomb)


def test_no_batch_is_opened_beyond_the_room_given() -> None:
    raw = b"".join(batch([Raw(value=b" " * _MIB)], codec="zstd", base_offset=n) for n in range(50))
    it = answer(raw)
    taken = []
    while not it.exhausted:
        records, charged = it.take(1_000, 3 * _MIB)
        assert charged <= 4 * _MIB + 100
        assert it.held_bytes <= len(raw)
        taken += records
    assert [record.offset for record in taken] == list(range(50))


def test_what_seems_corrupt_is_passed_over_only_when_asking_again_does_not_help() -> None:
    good = batch(some(3), base_offset=3)
    bad = bytearray(batch(some(3)))
    bad[-1] ^= 1
    tries = iter((False, False, True))
    for _ in range(2):
        it = answer(bytes(bad) + good, is_certain=lambda _: next(tries))
        assert it.take(100, _LIMIT) == ([], 0)
        assert (it.exhausted, it.next_fetch_offset) == (True, 0)
    read_back = read(bytes(bad) + good, is_certain=lambda _: next(tries))
    # How far it reached is believed of the next batch.
    assert offsets(read_back) == [(2, True), (3, False), (4, False), (5, False)]
    assert read_back[0].count == 3


def test_an_unknown_format_costs_its_batch_only() -> None:
    for magic in (3, 100, 255):
        odd = bytearray(batch(some(2)))
        odd[16] = magic
        assert offsets(read(bytes(odd) + batch(some(1), base_offset=2))) == [(1, True), (2, False)]


def test_a_batch_longer_than_what_was_sent_moves_on_by_itself() -> None:
    cut = batch(some(3))[:-5]
    it = answer(cut)
    assert offsets(it.take(10, _LIMIT)[0]) == [(0, True)]
    # Behind another one it is what the answer had no room for.
    assert offsets(read(batch(some(1)) + batch(some(3), base_offset=1)[:-5])) == [(0, False)]


@pytest.mark.parametrize("magic", [0, 1])
@pytest.mark.parametrize("codec", [0, 1, 2, 3])
def test_messages_of_former_formats_are_read_and_their_bombs_are_not(
    magic: int, codec: int
) -> None:
    if (magic, codec) == (0, 3):
        pytest.skip("lz4 was framed wrongly then")

    def built(value: bytes) -> bytes:
        builder = LegacyRecordBatchBuilder(magic=magic, compression_type=codec, batch_size=10**9)
        builder.append(0, timestamp=1, key=b"k", value=value)
        return bytes(builder.build())

    [record] = read(built(b"v" * 300))
    assert (record.key, record.value) == (b"k", b"v" * 300)
    # The first format has no time; the service's readers reckon with that of each record.
    assert record.timestamp == (-1 if magic == 0 else 1)
    [record] = read(built(b" " * 2 * _LIMIT))
    assert isinstance(record, Unreadable) == bool(codec)


def test_aborted_transactions_are_skipped_and_the_position_gets_past_them() -> None:
    def of(producer: int, first: int, count: int = 2) -> bytes:
        records = some(count)
        return batch(records, base_offset=first, attributes=_TRANSACTIONAL, producer_id=producer)

    def mark(producer: int, offset: int) -> bytes:
        # Brokers write more into it; no word of that matters.
        attributes = _TRANSACTIONAL | _CONTROL
        marker = [Raw(b"\0\0\0\0", b"")]
        return batch(marker, base_offset=offset, attributes=attributes, producer_id=producer)

    raw = b"".join(
        (
            of(7, 0),  # aborted at 6
            of(8, 2),  # committed at 7
            batch(some(2), base_offset=4),
            mark(7, 6),
            mark(8, 7),
            of(7, 8),  # committed at 10
            mark(7, 10),
            of(7, 11),  # aborted at 13
            mark(7, 13),
        )
    )
    aborted = [(7, 11), (7, 0)]
    assert [n for n, _ in offsets(read(raw, aborted=aborted))] == [2, 3, 4, 5, 8, 9]
    it = answer(raw, aborted=aborted)
    it.take(100, _LIMIT)
    it.take(1, _LIMIT)
    assert (it.exhausted, it.next_fetch_offset) == (True, 14)


def test_whatever_bytes_come_each_offset_is_read_or_told_once_and_the_next_batch_is_read() -> None:
    rng = random.Random(20)
    for _ in range(4_000):
        codec = rng.choice(CODECS)
        raw = bytearray(batch(some(rng.randrange(1, 6)), codec=codec, base_offset=10))
        for _ in range(rng.choice((1, 1, 2, 8))):
            # The length stays: without it no batch is found at all.
            raw[rng.choice((*range(8), *range(12, len(raw))))] = rng.randrange(256)
        broken = sealed(bytes(raw)) if rng.random() < 0.9 else bytes(raw)
        if struct.unpack_from(">q", broken)[0] != 10:
            continue
        following = 10 + 50
        records = read(broken + batch(some(2), base_offset=following), 10, end=following + 2)
        reached = 10
        for record in records:
            first = record.first_offset if isinstance(record, Unreadable) else record.offset
            assert reached <= first <= record.offset
            reached = record.offset + 1
        if reached <= following + 2:
            assert offsets(records)[-2:] == [(following, False), (following + 1, False)]
