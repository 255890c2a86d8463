"""Logs whose later lines do not name the customer: what is remembered, and how lines are read."""

from __future__ import annotations

import pytest

from service.events.decoding import Decoder
from service.feeds.definition import FeedDefinition
from service.feeds.mapped import Mapped
from service.feeds.mapper import Mapper
from service.feeds.memory import Memory
from service.feeds.record import ForeignRecord


def _answered(*lines: bytes) -> list[Mapped]:
    feed = FeedDefinition(
        name="answered",
        topic="log",
        emit="contact-responded",
        format="text",
        fields={
            "contact_id": "split(message, ' ')[0]",
            "customer_id": "remember('caller', split(message, ' ')[0], split(message, ' ')[1])",
            "responded_at": "'2026-03-02T10:00:00Z'",
        },
    )
    mapper = Mapper([feed], Decoder(65_536, 0))
    wall_us = 1_800_000_000_000_000
    return [mapper.map(ForeignRecord("log", 0, None, (), line), wall_us) for line in lines]


def test_what_a_line_tells_holds_for_the_later_ones_of_its_key() -> None:
    made = _answered(b"call-1 ann", b"call-2 bob", b"call-1", b"call-2", b"call-1 cy", b"call-1")
    assert [m.emitted[0].key for m in made] == [b"ann", b"bob", b"ann", b"bob", b"cy", b"cy"]


def test_what_nobody_told_is_a_failure_and_not_another_customer() -> None:
    (made,) = _answered(b"call-3")
    assert [failed.reason for failed in made.failed] == ["missing_field"]


def test_a_bare_line_and_a_wrapped_one_are_the_same() -> None:
    lines = (b"call-1 ann\n", b' {"message": "call-1 ann", "host": "x"}', b'"call-1 ann"')
    bare, wrapped, quoted = _answered(*lines)
    assert bare == wrapped == quoted


@pytest.mark.parametrize("line", [b"\xff", b'{"message": ', b'{"message": 1}', b"", b"{}"])
def test_what_is_no_line_makes_no_event(line: bytes) -> None:
    (made,) = _answered(line)
    assert made.emitted == ()
    assert len(made.failed) == 1


def test_the_key_that_was_asked_for_longest_ago_makes_room() -> None:
    memory = Memory(most=2)
    memory.remember("a", "1")
    memory.remember("b", "2")
    assert memory.recall("a") == "1"
    memory.remember("c", "3")
    assert [memory.recall(key) for key in "abc"] == ["1", None, "3"]
