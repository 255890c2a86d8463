"""A changelog that was only begun: no state has come yet that would move the clock."""

from __future__ import annotations

from service.agents.engine import AgentsEngine
from service.definitions import CalendarWindow, Definitions


def test_before_the_first_state_there_are_no_days_and_no_numbers() -> None:
    names = ("today", "yesterday", "this_week", "this_month")
    windows = tuple(map(CalendarWindow, names))
    engine = AgentsEngine(Definitions(agents=True, calendar_windows=windows))
    engine.restore(())
    engine.restored()
    engine.advance()
    families = engine.snapshot().families
    assert all(not family.values.any() for family in families.values())
