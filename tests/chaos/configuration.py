"""Settings under which everything happens within minutes: said to the service and the reference.

Windows, repeat windows, targets and the horizon are seconds long, so that facts become final,
contacts expire and records leave the state while the faults strike.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from tests.reference.events import AGENTS
from tests.reference.settings import ReferenceSettings

#: Event topics by type: those of contacts, and those of agents.
CONTACT_TYPES: Final = (
    *("contact-started", "contact-responded", "contact-updated", "contact-resolved"),
    *("survey-answered", "contact-evaluated", "customer-changed"),
)
TYPES: Final = (*CONTACT_TYPES, *AGENTS)
#: Of all topics of contacts, and of those of agents.
PARTITIONS: Final = 6
AGENT_PARTITIONS: Final = 4

#: A partition of all topics of one group: the group's name, and the number.
Copartition = tuple[str, int]
COPARTITIONS: Final[frozenset[Copartition]] = frozenset(
    (group, number)
    for group, count in (("contacts", PARTITIONS), ("agents", AGENT_PARTITIONS))
    for number in range(count)
)

#: Of a configuration file: keys by table.
Tables = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Names:
    """Topics and group of one run: several runs share a broker."""

    run: str

    def topic(self, type_: str) -> str:
        return f"{type_}-{self.run}"

    @property
    def events(self) -> dict[str, str]:
        """Type by topic."""
        return {self.topic(type_): type_ for type_ in TYPES}

    def copartition(self, topic: str, number: int) -> Copartition:
        """What a partition of an event topic is a part of."""
        return ("agents" if self.events[topic] in AGENTS else "contacts"), number

    def partitions(self, topic: str) -> int:
        """Of a topic of events, or of dead letters."""
        return AGENT_PARTITIONS if self.events.get(topic) in AGENTS else PARTITIONS

    @property
    def changelogs(self) -> tuple[str, str]:
        """Of contacts, and of agents."""
        return self.topic("changelog"), self.topic("agents-changelog")

    @property
    def register(self) -> str:
        return self.topic("register")

    @property
    def dead_letters(self) -> str:
        return self.topic("dead-letters")

    @property
    def outcomes(self) -> str:
        return self.topic("outcomes")


def reference(lateness: int = 20) -> ReferenceSettings:
    """What the numbers mean in these runs."""
    windows = {"10s": (10, 1), "1m": (60, 5)}
    if lateness > 60:
        # Counters may wait for as long as the longest window at most.
        minutes = lateness // 60 + 1
        windows[f"{minutes}m"] = (minutes * 60, 15)
    return ReferenceSettings(
        windows=windows,
        repeat_windows={"5s": 5, "20s": 20},
        sla={
            "voice": (2, 8),
            "chat": (4, 10),
            "email": (6, 20),
            "default": (5, 15),
        },
        short_abandon=1,
        first_response_buckets=(1, 3, 10),
        resolution_buckets=(2, 5, 30),
        backlog_age_buckets=(5, 30),
        allowed_lateness=lateness,
        open_horizon=60,
        contact_responded=True,
        contact_updated=True,
        contact_evaluated=True,
        customer_changed=True,
        left_after=60,
        agents=True,
        teams=True,
    )


def config_file(
    bootstrap: str,
    names: Names,
    settings: ReferenceSettings,
    http_port: int,
    extra: Tables,
) -> str:
    """`contact-metrics.toml` of one worker; `extra` adds keys to tables."""
    changelog, agents_changelog = names.changelogs
    tables: Tables = {
        "": {
            "windows": {name: f"{step}s" for name, (_, step) in settings.windows.items()},
            "repeat_windows": list(settings.repeat_windows),
            "sla": {
                channel: {"first_response": first_response, "resolution": resolution}
                for channel, (first_response, resolution) in settings.sla.items()
            },
            "short_abandon": settings.short_abandon,
            "first_response_buckets": list(settings.first_response_buckets),
            "resolution_buckets": list(settings.resolution_buckets),
            "backlog_age_buckets": list(settings.backlog_age_buckets),
            "allowed_lateness": settings.allowed_lateness,
            "open_horizon": settings.open_horizon,
            "contact_responded": settings.contact_responded,
            "contact_updated": settings.contact_updated,
            "contact_evaluated": settings.contact_evaluated,
            "customer_changed": settings.customer_changed,
            "left_after": settings.left_after,
            "agents": settings.agents,
            "teams": settings.teams,
        },
        "topics": {
            **{type_.replace("-", "_"): names.topic(type_) for type_ in TYPES},
            "changelog": changelog,
            "agents_changelog": agents_changelog,
            "group_register": names.register,
            "dead_letters": names.dead_letters,
            "outcomes": names.outcomes,
        },
        "kafka": {
            "bootstrap_servers": bootstrap,
            "group": names.topic("group"),
            "create_topics": True,
            "partitions": PARTITIONS,
            "rebalance_timeout": 6,
        },
        "http": {"host": "127.0.0.1", "port": http_port},
        "log": {"level": "info", "format": "json"},
    }
    for table, keys in extra.items():
        tables[table] |= keys
    lines = []
    for table, keys in tables.items():
        lines += [f"[{table}]"] if table else []
        lines += [f"{key} = {_toml(value)}" for key, value in keys.items()]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    """JSON is TOML but for tables."""
    if isinstance(value, dict):
        inside = ", ".join(f"{json.dumps(key)} = {_toml(it)}" for key, it in value.items())
        return f"{{ {inside} }}"
    return json.dumps(value)
