"""Logs of contacts as they live, of customers who join and leave between them."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Final

from tests.reference.lively_logs import CUSTOMERS, Maker, about_a_turn, shuffled
from tests.reference.lively_settings import CONFIGURATIONS, SHORT
from tests.reference.settings import HOUR, ReferenceSettings, micro
from tests.reference.writing import Log, Value

STATUSES: Final = (*("active",) * 3, *("left",) * 4, None, None, "")
SEGMENTS: Final = (None, None, "gold", " gold", "Gold", "none", "", "silver")
REVENUES: Final = (None, None, 0, 9.99, 0.1, 100, 0.000001, 12345.678901)
#: Customers with contacts that wait and are reopened, in sliding and calendar windows.
WITH_CUSTOMERS: Final[dict[str, ReferenceSettings]] = {
    "plain": ReferenceSettings(customer_changed=True, left_after=12 * HOUR, **SHORT),
    "lives": replace(
        CONFIGURATIONS["lives"],
        customer_changed=True,
        left_after=24 * HOUR,
        repeat_match="customer",
        lowercase_labels=("channel", "segment"),
    ),
    "Berlin": replace(
        CONFIGURATIONS["Berlin"],
        customer_changed=True,
        left_after=6 * HOUR,
        allowed_labels={"segment": frozenset({"gold"})},
    ),
}


def customer_log(seed: int, settings: ReferenceSettings, customers: int = 6) -> Log:
    """Any settings with customers; lines in any order of arrival, some of them twice."""
    rng = random.Random(seed)
    made = Maker(rng, settings, about_a_turn(rng))
    for number in range(customers):
        name = rng.choice((*CUSTOMERS, f"cust-{number}"))
        made.customer(name, number)
        if rng.random() < 0.9:
            changes(made, name)
    return shuffled(made)


def changes(made: Maker, name: str) -> None:
    """Around the contacts of a customer: at their starts and ends, and `left_after` after."""
    rng, settings = made.rng, made.settings
    told = [value for _, value in made.events if value["customer_id"] == name]
    moments = [at for value in told for key, at in value.items() if key.endswith("_at")]
    moments = moments or [made.recent()]
    reach = micro(settings.left_after)
    window = micro(max(settings.repeat_windows.values()))
    first = min(moments) - rng.randrange(micro(HOUR))
    change(made, name, first, {"status": rng.choice(("active", "active", "left", None))})
    for _ in range(rng.choice((0, 1, 1, 2, 3, 5))):
        lengths = (0, reach, reach, rng.randrange(reach), window)
        at = rng.choice(moments) + rng.choice(lengths) + made.nudge()
        change(made, name, made.at_most_now(rng.choice((at, at, made.edge()))), {})
        if rng.random() < 0.2:
            change(made, name, made.at_most_now(at), {})


def change(made: Maker, name: str, at: int, fixed: Value) -> None:
    told = made.some(status=STATUSES, segment=SEGMENTS, monthly_revenue=REVENUES) | fixed
    value = {name: it for name, it in told.items() if it is not None}
    made.tell("customer-changed", {"customer_id": name, "changed_at": at} | value)
