"""The service keeps every rule of the contract."""

from __future__ import annotations

import pytest

from tests.reference.compare import differences
from tests.rules.cases import CASES
from tests.rules.notation import Case, expected_page, relevant
from tests.rules.product import replay


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_service(case: Case) -> None:
    told = relevant(case, replay(case.lines, case.clock, case.settings))
    assert differences(expected_page(case), told, ("cx_",)) == []
