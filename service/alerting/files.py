"""The rule files, made from the definitions and the alerts' settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.alerting.fcr import fcr_group
from service.alerting.feed_alerts import feed_alerts
from service.alerting.pipeline_alerts import pipeline_alerts
from service.alerting.recording import index_group
from service.alerting.rules import Group, rule_file
from service.alerting.runbooks import runbooks_group
from service.alerting.service_alerts import service_alerts
from service.alerting.sla_alerts import burn_groups
from service.alerting.topic_alerts import topic_alerts
from service.alerting.totals import totals_group
from service.alerting.webhook_alerts import webhook_alerts
from service.events.agents import AGENT_EVENT_CLASSES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.definitions import Definitions
    from service.settings.alerts import Alerts


def rule_groups(
    definitions: Definitions, alerts: Alerts, agent_topics: Sequence[str] = ()
) -> Mapping[str, tuple[Group, ...]]:
    """Every group, by the name of the file it belongs into; `agent_topics`: those read, if any."""
    return {
        "indexes.yml": (index_group(definitions, alerts),),
        "totals.yml": (
            totals_group(),
            fcr_group(),
            *burn_groups(definitions, alerts),
        ),
        "alerts.yml": (
            Group("contact-metrics-service", "30s", service_alerts(definitions, alerts)),
            Group("contact-metrics-pipeline", "30s", pipeline_alerts(alerts)),
            Group(
                "contact-metrics-topics",
                "30s",
                topic_alerts(alerts, agent_topics or tuple(AGENT_EVENT_CLASSES)),
            ),
            Group("contact-metrics-webhooks", "30s", webhook_alerts()),
            Group("contact-metrics-feeds", "30s", feed_alerts(alerts)),
            runbooks_group(alerts),
        ),
    }


def rule_files(
    definitions: Definitions, alerts: Alerts, agent_topics: Sequence[str] = ()
) -> dict[str, str]:
    """File name -> text, for Prometheus' `rule_files`."""
    return {
        name: rule_file(groups, alerts.runbooks)
        for name, groups in rule_groups(definitions, alerts, agent_topics).items()
    }
