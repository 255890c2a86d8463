"""One ordinary week, simulated once for all the tests that look at it."""

from __future__ import annotations

import pytest

from service.definitions import DAY
from tests.simulate.observed import Contact, contacts_of, plan


@pytest.fixture(scope="session")
def week() -> list[Contact]:
    """The inbound contacts of a week, from Monday, at 600 an hour."""
    return contacts_of(plan(duration=7 * DAY))
