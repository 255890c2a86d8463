"""All rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.rules import (
    flow_cases,
    input_cases,
    output_cases,
    record_cases,
    repeat_cases,
    sla_cases,
    time_cases,
)

if TYPE_CHECKING:
    from tests.rules.notation import Case

CASES: Final[tuple[Case, ...]] = (
    *input_cases.CASES,
    *record_cases.CASES,
    *time_cases.CASES,
    *flow_cases.CASES,
    *repeat_cases.CASES,
    *sla_cases.CASES,
    *output_cases.CASES,
)
