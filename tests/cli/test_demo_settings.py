"""What `demo` shows of what is off by default, and that the user's word goes before it."""

from __future__ import annotations

from typing import Any

import pytest

from service.cli.demo import _with_all_there_is
from service.settings import Settings


def shown(**given: Any) -> Settings:
    return _with_all_there_is(Settings(**given))


def test_it_shows_responses_updates_teams_calendar_windows_and_office_hours() -> None:
    definitions = shown().definitions()
    assert definitions.contact_responded
    assert definitions.contact_updated
    assert definitions.teams
    names = [window.name for window in definitions.calendar_windows]
    assert names == ["today"]
    assert dict(definitions.sla.calendars) == {"email": "office", "social": "office"}


def test_the_calendar_leaves_the_targets_as_they_were() -> None:
    usual, demo = Settings().definitions().sla, shown().definitions().sla
    assert (demo.by_channel, demo.default) == (usual.by_channel, usual.default)


@pytest.mark.parametrize(
    ("name", "value"),
    [("contact_updated", False), ("teams", False), ("calendar_windows", ["this_month"])],
)
def test_what_the_user_says_goes_before_it(name: str, value: object) -> None:
    assert getattr(shown(**{name: value}), name) == value


def test_what_the_environment_says_goes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACT_METRICS_TEAMS", "false")
    assert not shown().teams


@pytest.mark.parametrize(
    "given",
    [
        {"sla": {"email": {"first_response": "1h"}}},
        {"calendars": {"shop": {"hours": {"monday": ["09:00-12:00"]}}}},
    ],
)
def test_own_targets_or_calendars_are_the_only_ones(given: dict[str, Any]) -> None:
    definitions = shown(**given).definitions()
    assert "office" not in definitions.calendars
    assert not definitions.sla.calendars


def test_schedules_are_measured_by_what_a_small_centre_can_plan_for() -> None:
    assert shown().alerts.target_occupancy == 0.75
    given = {"target_occupancy": 0.9, "minimum_contacts": 7}
    assert shown(alerts=given).alerts == Settings(alerts=given).alerts
    assert shown(alerts={"minimum_contacts": 7}).alerts.minimum_contacts == 7
