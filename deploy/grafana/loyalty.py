"""Whether customers stay, what they are worth, and what it costs that they had to come back."""

from __future__ import annotations

from typing import Any

from deploy.grafana.choices import SHARE
from deploy.grafana.panels import INDEXES, Panel, Query, Row, Runbook, unit_of
from service.alerting.partitions import outside_handover

_OF_CUSTOMERS = "Only with customer_changed."
_CHURN = "cx_churn:ratio"
_AFTER = (
    ("repeated", "after repeats"),
    ("first_time", "after contacts that helped at once"),
)


def _recorded(name: str, level: str = "segment") -> str:
    """As recorded: customers have no channel and no queue to be chosen by."""
    segment = ',segment=~"$segment"' if level == "segment" else ""
    return f'{level}:{name}{{window="$window"{segment}}}'


def _by_segment(title: str, name: str, **more: Any) -> Panel:
    return Panel(
        title,
        f"{INDEXES[name].meaning} {_OF_CUSTOMERS}",
        [Query(_recorded(name), "{{segment}}")],
        **{"unit": unit_of(name), **more},
    )


CUSTOMERS = Row(
    "Customers",
    (
        _by_segment("Churn", _CHURN, **SHARE),
        _by_segment("Retention", "cx_retention:ratio", **SHARE),
        _by_segment("Customer lifetime value", "cx_customer_lifetime_value:mean", low=0),
        Panel(
            "Customers who left",
            f"By how their last contact before had turned out, within the window. {_OF_CUSTOMERS}",
            [
                Query(
                    outside_handover(
                        "sum by (after) (cx_window_customers_left"
                        '{window="$window",segment=~"$segment"})'
                    ),
                    "{{after}}",
                )
            ],
            "bargauge",
            width=12,
            low=0,
        ),
        Panel(
            "Churn by segment",
            f"{INDEXES[_CHURN].meaning} Its 95 % interval is Wilson's. {_OF_CUSTOMERS}",
            [
                Query(_recorded(f"{_CHURN}_lower95"), "from"),
                Query(_recorded(_CHURN), "is"),
                Query(_recorded(f"{_CHURN}_upper95"), "to"),
                Query(
                    outside_handover('sum by (segment) (cx_customers{segment=~"$segment"})'),
                    "Customers",
                    "none",
                ),
            ],
            "table",
            "percentunit",
            width=12,
        ),
    ),
)
COST = Row(
    "What it costs that customers have to come back",
    (
        Panel(
            "Customers who left after a contact",
            "\n\n".join(
                f"{legend}: {INDEXES[f'cx_churn_after_{name}:ratio'].meaning}"
                for name, legend in _AFTER
            )
            + f"\n\nOf all channels and segments. {_OF_CUSTOMERS}",
            [
                Query(_recorded(f"cx_churn_after_{name}:ratio{end}", "all"), f"{legend}{told}")
                for name, legend in _AFTER
                for end, told in (
                    ("", ""),
                    ("_lower95", ", from (95 %)"),
                    ("_upper95", ", to (95 %)"),
                )
            ],
            unit="percentunit",
            width=24,
            height=9,
            low=0,
            links=(Runbook("CxChurnAfterRepeats"),),
        ),
    ),
)
