"""No alert is without a case that makes it fire."""

from __future__ import annotations

from service.alerting.files import rule_groups
from service.alerting.rules import Alert
from service.definitions import Definitions
from service.settings.alerts import Alerts
from tests.deploy import (
    test_feed_alerts,
    test_pipeline_alerts,
    test_service_alerts,
    test_topic_alerts,
    test_webhook_alerts,
)

#: They need days of history, and have tests of their own.
_OF_DAYS = {"CxFcrFell", "CxOverdueGrows", "CxFeedSilent"}


def test_every_alert_is_seen_firing() -> None:
    groups = rule_groups(Definitions(), Alerts())["alerts.yml"]
    names = {rule.name for group in groups for rule in group.rules if isinstance(rule, Alert)}
    of = (
        test_service_alerts,
        test_pipeline_alerts,
        test_topic_alerts,
        test_webhook_alerts,
        test_feed_alerts,
    )
    cases = [firing for module in of for _, firing in module.FIRES.values()]
    fired = {name for firing in cases for those in firing.values() for name in those}
    assert fired | _OF_DAYS == names
