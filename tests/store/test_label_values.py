"""Which label values the records of a changelog are found to have."""

from __future__ import annotations

import pytest

from service.definitions import Definitions
from service.state.record import Contact, Extras, Outcome
from service.state.resolution import Resolution
from service.state.update import Update
from service.store import changelog as state
from service.store import label_values as module
from service.store.label_values import label_values


def found(contacts: list[Contact], *, teams: bool = False) -> list[tuple[str, str]]:
    records = dict(state.records_of(dict.fromkeys(contacts, "customer")))
    values = label_values(records, (), Definitions(teams=teams))
    return [(dimension, value) for dimension, value in values if value is not None]


CONTACTS = [
    Contact("1", 1, "chat", "billing", "bill", end_queue="second line", team="north"),
    Contact("2", 2, "chat", "billing", "bill", end_queue="second line", team="north"),
    Contact("3", 3, "voice", None, "moved", outcome=Outcome.LEFT),
    Contact("4", 4, "voice", "sales", end_reason="contract"),
]
VALUES = [
    ("channel", "chat"),
    ("channel", "voice"),
    ("queue", "billing"),
    ("queue", "second line"),
    ("queue", "sales"),
    ("reason", "bill"),
    ("reason", "contract"),
]


def test_each_value_is_found_once_in_the_order_of_the_log() -> None:
    assert found(CONTACTS) == VALUES
    assert found(CONTACTS, teams=True) == [*VALUES, ("team", "north")]


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_however_many_records_are_looked_through_together(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Also where all of those together have left."""
    monkeypatch.setattr(module, "_AT_ONCE", at_once)
    assert found(CONTACTS) == VALUES


def test_values_of_updates_and_former_resolutions_are_found_too() -> None:
    resolution = Resolution(
        5, Outcome.RESOLVED, None, "night", "other", None, None, None, team="south"
    )
    update = Update(4, None, 0, "day", None, None)
    extras = Extras(resolutions=[resolution], updates=[update])
    contact = Contact("1", 1, "chat", extras=extras)
    assert found([contact], teams=True) == [
        ("channel", "chat"),
        ("queue", "night"),
        ("queue", "day"),
        ("reason", "other"),
        ("team", "south"),
    ]


def test_a_part_without_its_start_has_no_channel() -> None:
    assert found([Contact("1", resolved_at=5, end_queue="night")]) == [("queue", "night")]
