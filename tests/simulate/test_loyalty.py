"""Customers of the simulated centre: most were there before, few come, few leave."""

from __future__ import annotations

from datetime import datetime

import orjson

from service.definitions import DAY
from service.events.model import CUSTOMER_CHANGED
from service.simulate.generator import simulate
from service.simulate.profiles import ANONYMOUS
from tests.simulate.observed import MONDAY, plan


def test_most_customers_were_there_before_and_about_as_many_leave_as_come() -> None:
    told = [
        orjson.loads(item.value)
        for item in simulate(plan(rate=200, duration=4 * DAY, customer_changed=True))
        if item.type == CUSTOMER_CHANGED
    ]
    since: dict[str, float] = {}
    left = set()
    for value in told:
        at = datetime.fromisoformat(value["changed_at"]).timestamp() * 1e6
        since.setdefault(value["customer_id"], at)
        if value["status"] == "left":
            left.add(value["customer_id"])
    new = {customer for customer, at in since.items() if at >= MONDAY}
    assert len(since) > 5_000
    assert 0.005 < len(new) / len(since) < 0.02
    assert len(new) / 3 < len(left) < len(new) * 3
    assert ANONYMOUS not in since
