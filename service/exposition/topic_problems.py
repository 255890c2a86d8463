"""What is wrong now with what comes in the topics: the centre's numbers cannot be right then."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from service.alerting.topic_alerts import ENOUGH_EVENTS, NEARLY_ALL, NONE_MISPLACED
from service.exposition.agents import AgentGroup
from service.exposition.pipeline import Arrivals, Pipeline
from service.exposition.problems import Problem, worst
from service.settings.alerts import Alerts
from service.view.snapshot import Group

#: Customers' keys and agents' may be placed by different partitioners.
_GROUPS: Final[tuple[tuple[Group, str], ...]] = (("contacts", ""), ("agents", "agents_"))


def topic_problems(
    pipeline: Pipeline,
    looked_at: Collection[Group],
    alerts: Alerts,
    now: float,
    agents: AgentGroup | None,
    shortest_window: str,
) -> list[Problem]:
    """Those of `now` (seconds since 1970), most important first.

    `looked_at`: the groups whose partitions are seen; of others a worker hears nothing. `agents`:
    all of them, None where nothing has been told of any.
    """
    found: list[Problem] = []
    lag = sum(pipeline.lag.values())
    if lag > alerts.lag_events:
        found.append(Problem("lag", "", {"events": lag}))
    for group, prefix in _GROUPS:
        if group not in looked_at:
            continue
        topics = {
            topic: came
            for topic, came in pipeline.arrivals.items()
            if pipeline.group_of(topic) == group
        }
        if group == "contacts" or not _at_home(agents, shortest_window):
            quiet = now - max((came.last for came in topics.values()), default=now)
            if quiet > alerts.quiet / 1e6:
                found.append(Problem(f"{prefix}silent", "", {"quiet": quiet}))
        found += worst(_misplaced(topics, f"{prefix}misplaced"), "share")
    return found


def _at_home(agents: AgentGroup | None, shortest_window: str) -> bool:
    """Whether nobody is at work, nor should be: of them nothing is to be told."""
    if agents is None:
        return False
    there = sum(agents.states.values()) - agents.states["offline"]
    return not there and not agents.windows[shortest_window].scheduled_seconds


def _misplaced(topics: dict[str, Arrivals], kind: str) -> Iterator[Problem]:
    """Topics with events that others of the group place elsewhere, as the alert finds them."""
    shares = {
        topic: came.elsewhere / came.keys
        for topic, came in topics.items()
        if came.keys > ENOUGH_EVENTS
    }
    for topic, share in shares.items():
        nearly_all = NEARLY_ALL * (1 - 1 / topics[topic].partitions)
        if share > NONE_MISPLACED and min(shares.values()) < nearly_all:
            yield Problem(kind, topic, {"share": share})
