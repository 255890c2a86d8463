"""CONTRACT 3, repeats and FCR of contacts that were opened again, and of anonymous customers."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.notation import Case, reopened, resolved, started

FCR: Final = "cx_window_fcr_contacts"
REPEATS: Final = "cx_window_repeat_contacts"
C: Final = (started("c", "08:00"), resolved("c", "09:00"))


def first(rule: str, lines: list[bytes], result: str | None, as_of: str = "18:00") -> Case:
    """How a contact that was first closed at 09:00 is judged under two hours."""
    expected = {FCR: 0.0} if result is None else {f"{FCR} result={result}": 1.0}
    return Case(rule, lines, as_of, expected, {"contact_updated": True})


OPENED_AGAIN: Final = (
    first(
        "opened again by the customer within the window, the first contact did not help",
        [*C, reopened("c", "11:00")],
        "repeated",
    ),
    first(
        "opened again by the customer after the window, it did",
        [*C, reopened("c", "11:00:00.000001")],
        "resolved_first_time",
    ),
    first(
        "opened again by an agent it did, also if it is closed as unresolved later",
        [*C, reopened("c", "10:00", "agent"), resolved("c", "10:30", outcome="unresolved")],
        "resolved_first_time",
    ),
    first(
        "any reopening by the customer counts, not the first alone",
        [
            *(*C, reopened("c", "09:30", "system"), resolved("c", "10:00")),
            reopened("c", "10:30"),
        ],
        "repeated",
    ),
    first(
        "closed as unresolved first, it stays unresolved",
        [
            *(started("c", "08:00"), resolved("c", "09:00", outcome="unresolved")),
            *(reopened("c", "10:00"), resolved("c", "10:30")),
        ],
        "unresolved",
    ),
    first(
        "closed as abandoned first, it is not judged",
        [
            *(started("c", "08:00"), resolved("c", "09:00", outcome="abandoned")),
            *(reopened("c", "10:00"), resolved("c", "10:30")),
        ],
        None,
    ),
    first(
        "it is pending until the window after the first closing has passed, open or not",
        [*C, reopened("c", "10:00", "agent")],
        "pending",
        "10:59:59.999999",
    ),
    first(
        "it belongs to the window by its first closing",
        [started("c", "03 08:00"), resolved("c", "03 09:00"), reopened("c", "10:00", "agent")],
        None,
    ),
)
LAST_CLOSING: Final = (
    Case(
        "a repeat is one by the last closing, FCR by the first",
        [
            *(*C, reopened("c", "11:30", "agent"), resolved("c", "12:00")),
            *(started("r", "14:00"), resolved("r", "14:10")),
        ],
        "18:00",
        {REPEATS: 1, f"{FCR} result=resolved_first_time": 1},
        {"contact_updated": True},
    ),
    Case(
        "what starts while it is open again is a repeat",
        [*C, reopened("c", "12:00", "agent"), started("r", "17:00")],
        "18:00",
        {REPEATS: 1},
        {"contact_updated": True},
    ),
    Case(
        "a repeat is not final while it is open again",
        [
            *(started("c", "08:00"), started("r", "08:30"), resolved("r", "09:00")),
            reopened("r", "09:00:01"),
        ],
        "18:00",
        {"cx_repeat_contacts_total": 0, REPEATS: 1},
        {"contact_updated": True},
    ),
    Case(
        "abandoned last, it neither is a repeat nor has one",
        [
            *(*C, reopened("c", "10:00", "agent"), resolved("c", "10:30", outcome="abandoned")),
            *(started("r", "10:40"), resolved("r", "10:50")),
        ],
        "18:00",
        {REPEATS: 0, f"{FCR} result=resolved_first_time": 2},
        {"contact_updated": True},
    ),
)


def nobody(rule: str, customer: str, repeats: float, **given: Any) -> Case:
    lines = [
        *(started("c", "08:00", customer=customer), resolved("c", "09:00", customer=customer)),
        *(started("r", "10:00", customer=customer), resolved("r", "10:10", customer=customer)),
    ]
    return Case(rule, lines, "18:00", {REPEATS: repeats, f"{FCR} result=repeated": repeats}, given)


ANONYMOUS: Final = (
    nobody(
        "an anonymous customer's contacts are no repeats, and not judged by FCR", "anonymous", 0
    ),
    nobody("anonymous customers are named without regard to case", "Restricted", 0),
    nobody("who is anonymous is a setting", "anonymous", 1, anonymous_customers=("nobody",)),
    nobody("set, others are", "NoBody", 0, anonymous_customers=("nobody",)),
    Case(
        "an anonymous contact that names another is no repeat of it either",
        [
            *(
                started("c", "08:00", customer="private"),
                resolved("c", "09:00", customer="private"),
            ),
            started("r", "10:00", customer="private", previous_contact_id="c"),
        ],
        "18:00",
        {REPEATS: 0, FCR: 0, "cx_window_contacts_started": 2},
    ),
)
CASES: Final = (*OPENED_AGAIN, *LAST_CLOSING, *ANONYMOUS)
