"""What is remembered of how contacts that were updated were last stated."""

from __future__ import annotations

import pytest

from service.aggregates.tables import Drawn
from service.partition import stated
from service.partition.stated import StatedLately
from service.state.record import Contact


def test_what_was_stated_is_handed_out_once() -> None:
    lately, contact = StatedLately(), Contact("c")
    former, latest = Drawn((1,)), Drawn((2,))
    lately.note(contact, former)
    lately.note(contact, latest)
    assert lately.take(contact) is latest
    assert lately.take(contact) is None


def test_a_contact_that_was_packed_meanwhile_is_another_one() -> None:
    lately = StatedLately()
    lately.note(Contact("c"), Drawn((1,)))
    assert lately.take(Contact("c")) is None


def test_only_those_stated_last_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stated, "LATELY", 2)
    lately, contacts = StatedLately(), [Contact(str(number)) for number in range(8)]
    for number, contact in enumerate(contacts):
        lately.note(contact, Drawn((number,)))
        lately.forget_oldest()
    assert [lately.take(contact) for contact in contacts] == [
        *[None] * 3,
        *(Drawn((number,)) for number in range(3, 8)),
    ]


def test_what_was_stated_last_counts_also_while_older_statements_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stated, "LATELY", 0)
    lately, contact = StatedLately(), Contact("c")
    lately.note(contact, Drawn((1,)))
    lately.forget_oldest()
    assert lately.take(contact) == Drawn((1,))
    lately.note(contact, Drawn((2,)))
    lately.forget_oldest()
    assert lately.take(contact) == Drawn((2,))
    assert lately.take(contact) is None
