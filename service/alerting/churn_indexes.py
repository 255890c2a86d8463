"""Customers who stay and leave, what they are worth, and what bad service costs.

Churn, retention and customer lifetime value are Bain's; the customers at the beginning of a window
are those active now without those who joined, with those who left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from service.alerting import promql
from service.alerting.index import Index
from service.alerting.rules import Recording
from service.definitions import DAY, SECOND, Window

if TYPE_CHECKING:
    from service.definitions import Definitions
    from service.settings.alerts import Alerts

MARGIN = "all:cx_gross_margin:ratio"
_MONTH = 30 * DAY
_LEFT, _JOINED = "cx_window_customers_left", "cx_window_customers_joined"
_ACTIVE, _REVENUE = "cx_customers", "cx_customers_monthly_revenue"
_LEVELS = ((), ("segment",))


def margin(alerts: Alerts) -> Recording:
    """The share of revenue that is counted as a customer's worth."""
    return Recording(MARGIN, f"vector({alerts.gross_margin:g})")


def churn_indexes(definitions: Definitions) -> tuple[Index, ...]:
    """Those of these definitions' windows and repeat windows."""
    repeat = max(definitions.repeat_windows, key=lambda window: window.length).name
    return (
        Index(
            "cx_churn:ratio",
            "ratio",
            "Churn: customers who left ÷ (active now - joined + left), those of its beginning.",
            lambda by: f"{_left(by)}\n/ ({_at_first(by)} > 0)",
            levels=_LEVELS,
        ),
        Index(
            "cx_churn:ratio_lower95",
            "ratio",
            "Lower end of the 95 % interval of cx_churn:ratio (Wilson).",
            lambda by: _end("-", by),
            levels=_LEVELS,
        ),
        Index(
            "cx_churn:ratio_upper95",
            "ratio",
            "Upper end of the 95 % interval of cx_churn:ratio (Wilson).",
            lambda by: _end("+", by),
            levels=_LEVELS,
        ),
        Index(
            "cx_retention:ratio",
            "ratio",
            "Retention: 1 - churn.",
            lambda by: f"1 - {_left(by)}\n/ ({_at_first(by)} > 0)",
            levels=_LEVELS,
        ),
        Index(
            "cx_customer_monthly_revenue:mean",
            "money",
            "Monthly revenue of an active customer.",
            promql.ratio(_REVENUE, _ACTIVE),
            (),
            _LEVELS,
        ),
        Index(
            "cx_customer_lifetime_value:mean",
            "money",
            "CLV: mean monthly revenue x gross margin (alerts.gross_margin) ÷ churn in 30 days, at "
            "the rate of the window.",
            _lifetime_value(definitions.windows),
            levels=_LEVELS,
        ),
        *_after("repeated", "repeated", _repeated(repeat), "repeat contacts or had one"),
        *_after(
            "first_time",
            "resolved_first_time|pending",
            f'cx_window_fcr_contacts{{repeat_window="{repeat}",'
            'result=~"resolved_first_time|pending"}',
            "resolved at first contact, those still pending counted as such",
        ),
    )


def _repeated(repeat: str) -> str:
    of_window = f'repeat_window="{repeat}"'
    return (
        f'cx_window_fcr_contacts{{{of_window},result="repeated"}}'
        f" or cx_window_repeat_contacts{{{of_window}}}"
    )


def _after(name: str, after: str, contacts: str, which: str) -> tuple[Index, ...]:
    """Customers who left after such a contact ÷ such contacts, with its interval."""
    left = f'{_LEFT}{{after=~"{after}"}}'

    def parts(by: Sequence[str]) -> tuple[str, str]:
        k, n = promql.added_or_nought(left, contacts, by), promql.added(contacts, by)
        # Who left in a window may have been in touch before it.
        return k, f"(({n} > {k} or {k}) > 0)"

    def end(sign: str, by: Sequence[str]) -> str:
        return promql.wilson_end(sign, *parts(by))

    ratio = f"cx_churn_after_{name}:ratio"
    return (
        Index(
            ratio,
            "ratio",
            f"Customers who left after their last contact ÷ contacts, both of contacts {which}, "
            "under the longest repeat window.",
            lambda by: " / ".join(parts(by)),
            levels=((),),
        ),
        Index(
            f"{ratio}_lower95",
            "ratio",
            f"Lower end of the 95 % interval of {ratio} (Wilson).",
            lambda by: end("-", by),
            levels=((),),
        ),
        Index(
            f"{ratio}_upper95",
            "ratio",
            f"Upper end of the 95 % interval of {ratio} (Wilson).",
            lambda by: end("+", by),
            levels=((),),
        ),
    )


def _turns() -> str:
    return f"{_JOINED} or {_LEFT}"


def _left(by: Sequence[str]) -> str:
    return promql.added_or_nought(_LEFT, _turns(), by)


def _at_first(by: Sequence[str]) -> str:
    """The customers at the beginning of a window; `by` has its label last."""
    own = by[:-1]
    moved = f"{_left(by)} - {promql.added_or_nought(_JOINED, _turns(), by)}"
    return f"(({moved}) + on ({', '.join(own)}) group_left () {promql.added(_ACTIVE, own)})"


def _end(sign: str, by: Sequence[str]) -> str:
    """Of the interval of churn; none where more left than were there as the window began."""
    left = _left(by)
    return promql.wilson_end(sign, left, f"(({_at_first(by)} >= {left}) > 0)")


def _lifetime_value(windows: Sequence[Window]) -> promql.Expression:
    months = "\n  or ".join(
        f"label_replace(vector({_MONTH // SECOND} / {window.length // SECOND}), "
        f'"window", "{window.name}", "", "")'
        for window in windows
    )

    def expr(by: Sequence[str]) -> str:
        own = by[:-1]
        return (
            f"({_at_first(by)} / ({_left(by)} > 0))\n"
            f"* on ({', '.join(own)}) group_left () (\n"
            f"  scalar({MARGIN}) * {promql.ratio(_REVENUE, _ACTIVE)(own)}\n)\n"
            f"/ on (window) group_left () (\n  {months}\n)"
        )

    return expr
