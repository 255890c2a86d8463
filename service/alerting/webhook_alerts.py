"""Alerts for the people who run `contact-metrics receive`: what vendors send does not arrive.

Its counters count since their process began, each from 0, so increase() of each, added up, is
right.
"""

from __future__ import annotations

from typing import Final

from service.alerting.rules import Alert

_REQUESTS: Final = "cx_receive_requests_total"
#: Of these vendors hear that it is of no use to try again.
_FOR_GOOD: Final = (
    "missing_signature|wrong_signature|old_timestamp|too_large|encoded|empty|broken_off"
)
_FOR_NOW: Final = "unavailable|failed|too_many"
#: A stranger who tries an address is no fault of a vendor's set-up.
_ENOUGH: Final = 5
_SHARE: Final = 0.1
_ALIVE: Final = "count(cx_receive_waiting_bytes%s)"


def webhook_alerts() -> tuple[Alert, ...]:
    """Every alert on what vendors send."""
    return (_refused(), _unavailable(), _receiver_missing())


def _refused() -> Alert:
    refused = f'sum by (webhook, result) (increase({_REQUESTS}{{result=~"{_FOR_GOOD}"}}[15m]))'
    return Alert(
        name="CxWebhooksRefused",
        expr=(
            f"{refused} > {_ENOUGH}\n"
            f"and {refused}\n"
            f"  / on (webhook) group_left () sum by (webhook) (increase({_REQUESTS}[15m]))"
            f" > {_SHARE:g}"
        ),
        for_="0m",
        severity="warning",
        area="pipeline",
        summary=(
            "{{ $labels.webhook }}: {{ $value | humanize }} requests were refused within 15"
            " minutes ({{ $labels.result }})"
        ),
        description=(
            "The vendor does not send them again: what they told is missing from every number. "
            "Secret, clock or size are not what they have to be; or a stranger tries the address."
        ),
    )


def _unavailable() -> Alert:
    return Alert(
        name="CxWebhooksUnavailable",
        expr=f'sum by (webhook) (increase({_REQUESTS}{{result=~"{_FOR_NOW}"}}[5m])) > 0',
        for_="1m",
        severity="critical",
        area="pipeline",
        summary=(
            "{{ $labels.webhook }}: {{ $value | humanize }} requests could not be taken within 5"
            " minutes"
        ),
        description=(
            "They were answered 503, 500 or 429. Vendors try again for seconds to hours, and then "
            "what they told is lost."
        ),
    )


def _receiver_missing() -> Alert:
    return Alert(
        name="CxReceiverMissing",
        expr=f"{_ALIVE % ' offset 1h'} unless {_ALIVE % ''}",
        for_="2m",
        severity="critical",
        area="pipeline",
        summary="No receiver of webhooks can be scraped; an hour ago there was one",
        description=(
            "Vendors find nobody. They try again for seconds to hours, and then what they told is "
            "lost."
        ),
    )
