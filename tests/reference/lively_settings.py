"""Settings of contact centres in several zones, with offices, calendar windows and teams."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from tests.reference.settings import DAY, HOUR, ReferenceCalendar, ReferenceSettings

if TYPE_CHECKING:
    import random

NINE_TO_FIVE: Final = ((9 * 60, 17 * 60 + 30),)
#: With a break, and a Saturday.
BERLIN: Final = ReferenceCalendar(
    timezone="Europe/Berlin",
    hours=(((9 * 60, 12 * 60), (13 * 60, 18 * 60)),) * 5 + (((10 * 60, 14 * 60),), ()),
    holidays="DE-BY",
    closed=frozenset({"2024-12-30", "2025-10-27"}),
    open=(("2025-03-30", ((1 * 60, 4 * 60),)), ("2025-05-01", NINE_TO_FIVE)),
)
#: Over midnight, also into Sundays on which the clocks are changed.
NIGHTS: Final = ReferenceCalendar(
    timezone="America/New_York",
    hours=(((22 * 60, 30 * 60),),) * 7,
    holidays="US",
    closed=frozenset({"2025-11-03", "2025-06-29"}),
)
KOLKATA: Final = ReferenceCalendar(
    timezone="Asia/Kolkata", hours=(NINE_TO_FIVE,) * 5 + ((), ((0, 24 * 60),)), holidays="IN"
)
ALL_WINDOWS: Final = ("today", "yesterday", "this_week", "this_month")
SHORT: Final[dict[str, Any]] = {
    "windows": {"1h": (HOUR, 60), "24h": (DAY, 900)},
    "repeat_windows": {"2h": 2 * HOUR, "24h": DAY},
}
#: The whole of version 2 without calendars.
LIVES: Final = ReferenceSettings(
    contact_updated=True, contact_responded=True, contact_evaluated=True, **SHORT
)
CONFIGURATIONS: Final[dict[str, ReferenceSettings]] = {
    "version 2 by default": ReferenceSettings(),
    "lives": LIVES,
    "Berlin": ReferenceSettings(
        contact_updated=True,
        contact_evaluated=True,
        contact_responded=True,
        teams=True,
        calendar_windows=ALL_WINDOWS,
        timezone="Europe/Berlin",
        calendars={"office": BERLIN},
        queue_calendars={"north": "office"},
        sla_calendars={"email": "office", "default": "office"},
        sla_priority={("voice", "high"): (10, HOUR)},
        **SHORT,
    ),
    "New York, responses unread": ReferenceSettings(
        contact_updated=True,
        contact_evaluated=True,
        teams=True,
        calendar_windows=ALL_WINDOWS,
        timezone="America/New_York",
        week_starts="sunday",
        calendars={"nights": NIGHTS, "office": BERLIN},
        queue_calendars={"south": "office"},
        sla_calendars={"voice": "nights", "chat": "nights", "email": "nights"},
        repeat_match="customer",
        open_horizon=DAY,
        **SHORT,
    ),
    "Kolkata, a short horizon": ReferenceSettings(
        contact_updated=True,
        contact_responded=True,
        calendar_windows=("this_week", "today"),
        timezone="Asia/Kolkata",
        week_starts="thursday",
        calendars={"office": KOLKATA},
        sla_calendars={"voice": "office", "default": "office"},
        open_horizon=2 * HOUR,
        allowed_lateness=0,
        at_risk_fraction=0.33,
        **SHORT,
    ),
    "updates unread": ReferenceSettings(
        contact_responded=True,
        teams=True,
        calendars={"office": BERLIN},
        sla_calendars={"voice": "office", "email": "office"},
        anonymous_customers=("nobody",),
        **SHORT,
    ),
    "labels": ReferenceSettings(
        contact_updated=True,
        contact_evaluated=True,
        contact_responded=True,
        teams=True,
        lowercase_labels=("channel", "queue", "reason", "priority", "team"),
        max_label_values=1,
        allowed_labels={"team": frozenset({"red"}), "reason": frozenset({"bill", "fault"})},
        sla_priority={("voice", "high"): (10, HOUR)},
        **SHORT,
    ),
}
#: Settings that are taken from one configuration each, with what they are of no use without.
TOGETHER: Final = (
    *(("contact_updated",), ("contact_responded",), ("teams",), ("repeat_match",)),
    *(("calendars", "queue_calendars", "sla_calendars"), ("sla_priority",)),
    *(("calendar_windows",), ("timezone",), ("week_starts",), ("anonymous_customers",)),
    ("contact_evaluated",),
    *(("lowercase_labels",), ("open_horizon",), ("at_risk_fraction",), ("allowed_lateness",)),
)


def mixed(rng: random.Random, settings: ReferenceSettings, how_many: int) -> ReferenceSettings:
    """So many of the settings, each as it is in one configuration or another."""
    for names in rng.sample(TOGETHER, how_many):
        other = rng.choice([*CONFIGURATIONS.values()])
        settings = replace(settings, **{name: getattr(other, name) for name in names})
    return settings
