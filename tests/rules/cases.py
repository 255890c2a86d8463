"""All rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.rules import (
    agent_cases,
    business_time_cases,
    calendar_window_cases,
    counted_time_cases,
    customer_cases,
    evaluation_cases,
    first_contact_cases,
    flow_cases,
    input_cases,
    label_cases,
    life_cases,
    output_cases,
    record_cases,
    repeat_cases,
    sla_cases,
    survey_cases,
    team_cases,
    time_cases,
    version_cases,
    void_cases,
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
    *life_cases.CASES,
    *version_cases.CASES,
    *label_cases.CASES,
    *counted_time_cases.CASES,
    *business_time_cases.CASES,
    *calendar_window_cases.CASES,
    *void_cases.CASES,
    *first_contact_cases.CASES,
    *survey_cases.CASES,
    *team_cases.CASES,
    *evaluation_cases.CASES,
    *agent_cases.CASES,
    *customer_cases.CASES,
)
