"""CONTRACT 1.1 and 3, customers: who joins, who leaves, and after which contact."""

from __future__ import annotations

from typing import Any, Final

from tests.reference.settings import HOUR
from tests.rules.notation import Case, changed, reopened, resolved, started

ON: Final[dict[str, Any]] = {"customer_changed": True, "contact_updated": True}
NOW: Final = "cx_customers"
REVENUE: Final = "cx_customers_monthly_revenue"
JOINED: Final = "cx_window_customers_joined"
LEFT: Final = "cx_window_customers_left"
COUNTED: Final = "cx_customers_left_total"
EVENTS: Final = "cx_pipeline_events_total topic=customer-changed result="


def told(
    rule: str, lines: list[bytes], expected: dict[str, float], at: str = "12:00", **given: Any
) -> Case:
    return Case(rule, lines, at, expected, ON | given)


def after(how: str, rule: str, lines: list[bytes], at: str = "12:00", **given: Any) -> Case:
    """The customer's only leaving, and how it is told of."""
    return told(rule, lines, {f"{LEFT} after={how}": 1}, at, **given)


PARTS: Final = (
    told(
        "of two changes of one time the higher version stands, whatever the order",
        [
            changed("09:00", segment="a", version=2),
            changed("09:00", segment="z", status="left", version=1),
        ],
        {f"{NOW} segment=a": 1, f"{JOINED} segment=a": 1, LEFT: 0},
    ),
    told(
        "of two changes of one time and version the greater in the fixed order stands",
        [changed("09:00", segment="b"), changed("09:00", segment="a")],
        {f"{NOW} segment=b": 1},
    ),
    told(
        "of two changes of one time and version, one of which leaves, the leaving stands",
        [changed("08:00"), changed("09:00", status="left"), changed("09:00", status="active")],
        {NOW: 0, f"{LEFT} after=none": 1},
    ),
    told(
        "the same change again is a duplicate",
        [changed("09:00"), changed("09:00", event_id="again")],
        {f"{EVENTS}accepted": 1, f"{EVENTS}duplicate": 1, NOW + " segment=none": 1},
    ),
    told(
        "a change of long ago is not too late: it is about no contact",
        [changed("2020-01-01T00:00:00Z")],
        {f"{EVENTS}accepted": 1, f"{EVENTS}too_late": 0, f"{NOW} segment=none": 1, JOINED: 0},
    ),
    told(
        "a status that is none of the two, and a revenue below nothing, are refused",
        [changed("09:00", status="gone"), changed("10:00", monthly_revenue=-1)],
        {f"{EVENTS}invalid": 2, NOW: 0},
    ),
    told(
        "where customers are off, nothing is told of them",
        [changed("09:00")],
        {NOW: 0, REVENUE: 0, JOINED: 0, LEFT: 0, COUNTED: 0},
        customer_changed=False,
    ),
)
TURNS: Final = (
    told(
        "a customer without any status is active, and joined with his first change",
        [changed("09:00")],
        {f"{NOW} segment=none": 1, f"{JOINED} segment=none": 1, LEFT: 0},
    ),
    told(
        "active again, without having left, is no joining",
        [changed("09:00"), changed("10:00", status="active")],
        {f"{NOW} segment=none": 1, f"{JOINED} segment=none": 1, LEFT: 0},
    ),
    told(
        "a status that is absent is as before, also after a leaving",
        [changed("08:00"), changed("09:00", status="left"), changed("10:00", segment="a")],
        {NOW: 0, f"{JOINED} segment=none": 1, f"{LEFT} segment=none after=none": 1},
    ),
    told(
        "who has left and is active joins again",
        [
            changed("08:00"),
            changed("09:00", status="left"),
            changed("10:00", status="active"),
            changed("11:00", status="left"),
        ],
        {NOW: 0, f"{JOINED} segment=none": 2, f"{LEFT} after=none": 2},
    ),
    told(
        "left as the first that is known is no leaving, and left twice is one",
        [
            changed("08:00", status="left"),
            changed("09:00", status="active"),
            changed("10:00", status="left"),
            changed("11:00", status="left"),
        ],
        {NOW: 0, f"{JOINED} segment=none": 1, f"{LEFT} after=none": 1},
    ),
    told(
        "a leaving that comes late takes its place in the order of time",
        [changed("08:00"), changed("10:00", status="active"), changed("09:00", status="left")],
        {f"{NOW} segment=none": 1, f"{JOINED} segment=none": 2, f"{LEFT} after=none": 1},
    ),
    told(
        "who left long ago and comes back without a status is not active",
        [
            changed("2023-01-01T00:00:00Z"),
            changed("2023-02-01T00:00:00Z", status="left"),
            changed("10:00", segment="a"),
        ],
        {NOW: 0, JOINED: 0, LEFT: 0, f"{COUNTED} after=none": 1},
    ),
)
SEGMENTS: Final = (
    told(
        "segment and revenue are those of the latest change that has them",
        [
            changed("08:00", segment="a", monthly_revenue=10),
            changed("10:00", segment="b"),
            changed("09:00", monthly_revenue=7.25),
        ],
        {f"{NOW} segment=b": 1, f"{REVENUE} segment=b": 7.25, f"{JOINED} segment=a": 1},
    ),
    told(
        "a customer comes to be of no segment again by that label",
        [changed("08:00", segment="a"), changed("09:00", segment=" none "), changed("10:00")],
        {f"{NOW} segment=none": 1, f"{NOW} segment=a": 0, f"{JOINED} segment=a": 1},
    ),
    told(
        "a joining and a leaving have the segment of their moment",
        [
            changed("08:00", segment="a"),
            changed("09:00", segment="b", status="left"),
            changed("10:00", segment="c"),
        ],
        {f"{JOINED} segment=a": 1, f"{LEFT} segment=b after=none": 1, NOW: 0, REVENUE: 0},
    ),
    told(
        "revenue is added up by segment, exactly, and is nothing where it is not known",
        [
            changed("08:00", customer="x", segment="a", monthly_revenue=0.1),
            changed("08:00", customer="y", segment="a", monthly_revenue=0.2),
            changed("08:00", customer="z", segment="a"),
            changed("08:00", customer="w", segment="b"),
        ],
        {f"{NOW} segment=a": 3, f"{NOW} segment=b": 1, f"{REVENUE} segment=a": 0.3},
    ),
    told(
        "segments not allowed are told as other, and case is kept unless told otherwise",
        [
            changed("08:00", customer="x", segment="Gold"),
            changed("08:00", customer="y", segment="silver"),
        ],
        {f"{NOW} segment=gold": 1, f"{NOW} segment=other": 1},
        lowercase_labels=("segment",),
        allowed_labels={"segment": frozenset({"gold"})},
    ),
)
JOIN: Final = changed("01 08:00")


def leaves(at: str) -> bytes:
    return changed(at, status="left")


AFTER: Final = (
    after(
        "repeated",
        "who left after a contact that was a repeat left after a repeat",
        [
            JOIN,
            started("a", "08:00"),
            resolved("a", "08:10"),
            started("b", "09:00"),
            resolved("b", "09:10", outcome="unresolved"),
            leaves("10:00"),
        ],
    ),
    after(
        "repeated",
        "a repeat after the leaving makes of its last contact a repeated one",
        [
            JOIN,
            started("a", "08:00"),
            resolved("a", "08:10"),
            leaves("08:30"),
            started("b", "09:00"),
        ],
    ),
    after(
        "repeated",
        "a contact that the customer had reopened is a repeated one",
        [
            JOIN,
            started("a", "08:00"),
            resolved("a", "08:10"),
            reopened("a", "09:00"),
            leaves("10:00"),
        ],
    ),
    after(
        "unresolved",
        "who left after an unresolved contact, by its verdict",
        [
            JOIN,
            started("a", "08:00"),
            resolved("a", "08:10", outcome="unresolved"),
            leaves("09:00"),
        ],
    ),
    after(
        "pending",
        "until the contact's repeat window is over its verdict is pending",
        [JOIN, started("a", "10:00"), resolved("a", "10:30"), leaves("11:00")],
        at="12:29",
    ),
    after(
        "resolved_first_time",
        "when the contact's repeat window is over it is resolved at first contact",
        [JOIN, started("a", "10:00"), resolved("a", "10:30"), leaves("11:00")],
        at="12:30",
    ),
    after(
        "abandoned",
        "who left after an abandoned contact",
        [JOIN, started("a", "08:00"), resolved("a", "08:05", outcome="abandoned"), leaves("09:00")],
    ),
    after(
        "none",
        "an open contact is not judged",
        [JOIN, started("a", "08:00"), leaves("09:00")],
    ),
    after(
        "none",
        "neither an outbound nor a void contact is a contact",
        [
            JOIN,
            started("a", "08:00", direction="outbound"),
            resolved("a", "08:05", outcome="unresolved"),
            started("b", "08:10"),
            resolved("b", "08:15", outcome="void"),
            leaves("09:00"),
        ],
    ),
    after(
        "unresolved",
        "a contact that started just `left_after` before still counts",
        [
            JOIN,
            started("a", "06:00"),
            resolved("a", "06:05", outcome="unresolved"),
            leaves("09:00"),
        ],
        left_after=3 * HOUR,
    ),
    after(
        "none",
        "a contact that started more than `left_after` before does not",
        [
            JOIN,
            started("a", "06:00"),
            resolved("a", "06:05", outcome="unresolved"),
            leaves("09:00:01"),
        ],
        left_after=3 * HOUR,
    ),
    after(
        "unresolved",
        "a contact that started at the leaving counts, one after it does not",
        [
            JOIN,
            started("a", "09:00"),
            resolved("a", "09:05", outcome="unresolved"),
            leaves("09:00"),
            started("b", "11:30", customer="x"),
            resolved("b", "11:31", outcome="abandoned"),
        ],
    ),
    after(
        "abandoned",
        "of two contacts that started at one time the greater id counts",
        [
            JOIN,
            started("b", "08:00"),
            resolved("b", "08:05", outcome="abandoned"),
            started("a", "08:00"),
            resolved("a", "08:05", outcome="unresolved"),
            leaves("09:00"),
        ],
    ),
    after(
        "none",
        "contacts of others do not matter",
        [
            JOIN,
            started("a", "08:00", customer="y"),
            resolved("a", "08:05", customer="y", outcome="unresolved"),
            leaves("09:00"),
        ],
    ),
    told(
        "the repeat window asked is the longest one",
        [
            JOIN,
            started("a", "04:00"),
            resolved("a", "04:10"),
            started("b", "09:00"),
            resolved("b", "09:10", outcome="unresolved"),
            leaves("09:30"),
        ],
        {f"{LEFT} after=repeated": 1},
        repeat_windows={"1h": HOUR, "6h": 6 * HOUR},
    ),
)
FINAL: Final = (
    told(
        "a leaving is counted a repeat window and the lateness after it",
        [JOIN, started("a", "07:00"), resolved("a", "07:05"), leaves("09:00")],
        {f"{COUNTED} after=resolved_first_time": 1},
        at="12:00",
        allowed_lateness=HOUR,
    ),
    told(
        "before that it is in the windows alone",
        [JOIN, started("a", "07:00"), resolved("a", "07:05"), leaves("09:00")],
        {f"{LEFT} after=resolved_first_time": 1, COUNTED: 0},
        at="11:59",
        allowed_lateness=HOUR,
    ),
    told(
        "a leaving before the contact's first closing is final after that closing",
        [
            JOIN,
            started("a", "07:00"),
            leaves("07:30"),
            resolved("a", "10:00", outcome="unresolved"),
        ],
        {f"{LEFT} after=unresolved": 1, COUNTED: 0},
        at="12:59",
        allowed_lateness=HOUR,
    ),
    told(
        "and then with what that contact came to",
        [
            JOIN,
            started("a", "07:00"),
            leaves("07:30"),
            resolved("a", "10:00", outcome="unresolved"),
        ],
        {f"{COUNTED} after=unresolved": 1},
        at="13:00",
        allowed_lateness=HOUR,
    ),
    told(
        "while its last contact was never closed a leaving is not final",
        [JOIN, started("a", "07:00"), leaves("07:30")],
        {f"{LEFT} after=none": 1, COUNTED: 0},
        at="23:00",
    ),
)
CASES: Final = (*PARTS, *TURNS, *SEGMENTS, *AFTER, *FINAL)
