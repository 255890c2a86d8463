"""The reference says what the contract says, in examples worked out by hand."""

from __future__ import annotations

import pytest

from tests.reference.compare import differences
from tests.reference.page import NoClockError, page
from tests.reference.settings import ReferenceSettings
from tests.rules.cases import CASES
from tests.rules.notation import Case, expected_page, relevant, started


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_reference(case: Case) -> None:
    told = relevant(case, page(case.lines, case.clock, case.settings))
    assert differences(expected_page(case), told, ("cx_",)) == []


def test_a_clock_before_the_largest_event_time_is_refused() -> None:
    with pytest.raises(NoClockError):
        page([started("a", "10:00")], 0, ReferenceSettings())


def test_every_rule_has_a_name_of_its_own() -> None:
    rules = [case.rule for case in CASES]
    assert sorted(rules) == sorted(set(rules))
