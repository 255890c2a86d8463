"""What dashboards have in common: what is chosen at their top, and what is called good."""

from __future__ import annotations

from typing import Any

from deploy.grafana.panels import GREEN, RED, YELLOW, Variable

CHANNEL = Variable("channel", "Channel", "label_values(cx_window_contacts_started, channel)")
QUEUE = Variable(
    "queue", "Queue", 'label_values(cx_window_contacts_started{channel=~"$channel"}, queue)'
)
WINDOW = Variable(
    "window",
    "Window",
    "label_values(cx_window_contacts_started, window)",
    several=False,
    default="24h",
)
SEGMENT = Variable("segment", "Segment", "label_values(cx_customers, segment)")
TODAY, DAYS = "today", "today|yesterday|this_week"
DAY = Variable(
    "day",
    "Day",
    f'label_values(cx_window_contacts_started{{window=~"{DAYS}"}}, window)',
    several=False,
    default=TODAY,
)
TEAM = Variable("team", "Team", "label_values(cx_window_team_contacts_closed, team)")
REPEAT_WINDOW = Variable(
    "repeat_window",
    "Repeat window",
    "label_values(cx_window_fcr_contacts, repeat_window)",
    several=False,
    default="2h",
)
REPEAT = 'repeat_window="$repeat_window"'
SHARE: dict[str, Any] = {"decimals": 1, "high": 1}
GOOD_ABOVE_80 = ((None, RED), (0.7, YELLOW), (0.8, GREEN))
BAD_ABOVE_5 = ((None, GREEN), (0.03, YELLOW), (0.05, RED))
