"""One ordinary week, simulated once for all the tests that look at it."""

from __future__ import annotations

import pytest

from service.definitions import DAY
from tests.simulate.observed import Contact, contacts_of, plan


@pytest.fixture(scope="session")
def week() -> list[Contact]:
    """The inbound contacts of a week, from Monday, at 600 an hour."""
    return contacts_of(plan(duration=7 * DAY))


@pytest.fixture(scope="session")
def lives() -> list[Contact]:
    """The inbound contacts of two weeks, from Monday, whose systems tell of updates too."""
    return contacts_of(plan(rate=300, duration=14 * DAY, contact_updated=True))
