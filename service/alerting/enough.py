"""How much the ratios that alerts ask for rest on: recorded beside them, and held as they are.

A raw sum lacks in a hand-over what is in the partitions that move: the alert would end, though the
ratio that it is about stands.
"""

from __future__ import annotations

from typing import Final

from service.alerting.promql import added
from service.alerting.rules import Recording

#: Answers on how satisfied customers are: NPS and CES ask for something else.
ART: Final = 'survey="csat",aspect=~"access|resolution|treatment"'

CSAT_ANSWERS: Final = Recording(
    "channel:cx_csat_answers:sum",
    added('cx_window_survey_answers{survey="csat"}', ("channel", "window")),
)
ART_ANSWERS: Final = Recording(
    "channel:cx_art_answers:sum",
    added(f"cx_window_survey_index_count{{{ART}}}", ("channel", "survey", "aspect", "window")),
)
#: Closed by an agent, a bot or the customer.
ENDED: Final = Recording(
    "channel:cx_ended_contacts:sum",
    added(
        'cx_window_contacts_closed{outcome=~"resolved|unresolved|abandoned"}',
        ("channel", "window"),
    ),
)
EVALUATIONS: Final = Recording(
    "channel:cx_evaluations:sum", added("cx_window_evaluations", ("channel", "window"))
)
READY: Final = Recording(
    "team:cx_agent_ready_seconds:sum",
    added('cx_window_agent_seconds{state=~"busy|wrap_up|available"}', ("team", "window")),
)
SCHEDULED: Final = Recording(
    "team:cx_agent_scheduled_seconds:sum",
    added("cx_window_agent_scheduled_seconds", ("team", "window")),
)

ENOUGH: Final = (CSAT_ANSWERS, ART_ANSWERS, ENDED, EVALUATIONS, READY, SCHEDULED)
