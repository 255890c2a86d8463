"""CONTRACT 3: repeat contacts and first contact resolution (FCR)."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.notation import Case, resolved, started

FCR: Final = "cx_window_fcr_contacts"
REPEATS: Final = "cx_window_repeat_contacts"


def contact(name: str, begin: str, end: str | None = None, **fields: Any) -> list[bytes]:
    """A contact and, with an end, its closing, with the `outcome` and the `end_reason`."""
    outcome, end_reason = fields.pop("outcome", None), fields.pop("end_reason", None)
    lines = [started(name, begin, **fields)]
    if end is not None:
        customer = fields.get("customer", "x")
        lines.append(resolved(name, end, customer=customer, outcome=outcome, reason=end_reason))
    return lines


def repeats(rule: str, lines: list[bytes], count: int, **given: Any) -> Case:
    """How many repeats there are, under two hours, at 18:00."""
    return Case(rule, lines, "18:00", {REPEATS: count}, given)


C: Final = contact("c", "09:00", "10:00")
BOUNDS: Final = (
    repeats("what starts exactly R after the end is a repeat", [*C, *contact("r", "12:00")], 1),
    repeats(
        "what starts a microsecond later than R after the end is none",
        [*C, *contact("r", "12:00:00.000001")],
        0,
    ),
    repeats("what starts at the end is a repeat", [*C, *contact("r", "10:00")], 1),
    repeats("what starts before the end is a repeat", [*C, *contact("r", "09:30")], 1),
    repeats(
        "what starts a microsecond after the start is a repeat",
        [*C, *contact("r", "09:00:00.000001")],
        1,
    ),
    repeats(
        "contacts that start at once repeat neither the other", [*C, *contact("r", "09:00")], 0
    ),
    repeats(
        "what starts while the other is open is a repeat, however late",
        [*contact("c", "09:00"), *contact("r", "17:59")],
        1,
    ),
    repeats(
        "what starts long before the other ends is a repeat",
        [*contact("c", "09:00", "17:00"), *contact("r", "12:30", "12:40")],
        1,
    ),
    repeats(
        "an end before the start counts as it is told",
        [*contact("c", "11:00", "10:00"), *contact("r", "12:00"), *contact("s", "12:00:00.000001")],
        # r repeats c; s repeats the open r alone
        2,
    ),
    Case(
        "under each repeat window it is judged anew",
        [*C, *contact("r", "13:00")],
        "18:00",
        {f"{REPEATS} repeat_window=24h": 1, f"{REPEATS} repeat_window=7d": 1},
        {"repeat_windows": {"2h": 7200, "24h": 86_400, "7d": 604_800}},
    ),
    Case(
        "a repeat belongs to the window by its own start",
        [
            *contact("c", "03 09:00", "04 12:00"),
            *contact("r", "04 12:14"),
            *contact("s", "04 12:15"),
        ],
        "12:07",
        {REPEATS: 1},
    ),
    Case(
        "what started within R after an expiry is a repeat",
        [*contact("c", "09:00"), *contact("r", "12:00", reason=None), *contact("s", "14:00:00.1")],
        "14:30",
        # c expired at 10:00, r at 13:00: r repeats c exactly at R, s repeats r
        {REPEATS: 2},
        {"open_horizon": 3600},
    ),
    Case(
        "what started later than R after an expiry is none",
        [*contact("c", "09:00"), *contact("r", "12:00:00.000001")],
        "14:30",
        {REPEATS: 0},
        {"open_horizon": 3600},
    ),
    Case(
        "an expired contact may be a repeat, final by its expiry",
        [*C, *contact("r", "11:00")],
        "12:00:30",
        {"cx_repeat_contacts_total": 1, "cx_window_contacts_closed outcome=expired": 1}
        | {"cx_window_contacts_closed outcome=resolved": 1},
        {"open_horizon": 3600},
    ),
)
MATCHES: Final = (
    repeats(
        "other customers' contacts are no repeats",
        [*C, *contact("r", "11:00", customer="y")],
        0,
    ),
    repeats(
        "another reason is no repeat",
        [*contact("c", "09:00", "10:00", reason="bill"), *contact("r", "11:00", reason="fault")],
        0,
    ),
    Case(
        "the same reason is a repeat, on any channel and queue, with the repeat's labels",
        [
            *contact("c", "09:00", "10:00", reason="bill", channel="chat", queue="q"),
            *contact("r", "11:00", reason="bill", queue="p"),
        ],
        "18:00",
        {f"{REPEATS} queue=p reason=bill": 1},
    ),
    repeats(
        "no reason does not match a reason",
        [*C, *contact("r", "11:00", reason="bill")],
        0,
    ),
    repeats(
        "reasons are told apart by case",
        [*contact("c", "09:00", "10:00", reason="Bill"), *contact("r", "11:00", reason="bill")],
        0,
    ),
    Case(
        "the reason as last known decides the match",
        [
            *contact("c", "09:00", "10:00", reason="bill", end_reason="fault"),
            *contact("r", "11:00", reason="fault"),
        ],
        "18:00",
        {f"{REPEATS} reason=fault": 1},
    ),
    Case(
        "matching by customer leaves the reason aside",
        [
            *contact("c", "09:00", "10:00", reason="bill"),
            *contact("r", "11:00", reason="fault"),
            *contact("s", "11:00", customer="y", reason="fault"),
        ],
        "18:00",
        {f"{REPEATS} reason=fault": 1},
        {"repeat_match": "customer"},
    ),
    repeats(
        "one that repeats several contacts is one repeat",
        [*contact("c", "09:00", "10:00"), *contact("d", "09:00", "10:30"), *contact("r", "11:00")],
        1,
    ),
    repeats(
        "a contact amended to another reason is no repeat any more",
        [*C, *contact("r", "11:00"), started("r", "11:00:01", reason="fault")],
        0,
    ),
)
BILL: Final = contact("c", "09:00", "10:00", reason="bill")


def linked(rule: str, to: str, begin: str, count: int, *others: bytes) -> Case:
    """A contact about a fault that names `to` as the one before it, beside c about a bill."""
    line = started("r", begin, reason="fault", previous_contact_id=to)
    expected = {f"{REPEATS} reason=fault": count} if count else {REPEATS: 0}
    return Case(rule, [line, *BILL, *others], "18:00", expected)


LINKS: Final = (
    linked("a linked contact is a repeat whatever the reasons", "c", "11:00", 1),
    linked("a link holds up to exactly R", "c", "12:00", 1),
    linked("a link does not hold beyond R", "c", "12:00:00.000001", 0),
    linked("a link to a later contact does not hold", "c", "08:59", 0),
    linked("a link to one of the same start does not hold", "c", "09:00", 0),
    linked("a link to itself is none", "r", "11:00", 0),
    linked("a link to nobody knows what is none", "nobody", "11:00", 0),
    linked(
        "a link names a contact of the same customer only",
        "k",
        "11:00",
        0,
        *contact("k", "10:00", "10:30", customer="y"),
    ),
    linked(
        "a link to an outbound contact is none",
        "k",
        "11:00",
        0,
        started("k", "10:00", direction="outbound", reason="call"),
    ),
    linked(
        "a link to an abandoned contact is none",
        "k",
        "11:00",
        0,
        *contact("k", "10:00", "10:30", outcome="abandoned", reason="other"),
    ),
    linked(
        "a link to a contact whose start is not known is none",
        "k",
        "11:00",
        0,
        resolved("k", "10:30"),
    ),
    Case(
        "a linked contact makes the one before it repeated",
        [*BILL, started("r", "11:00", reason="fault", previous_contact_id="c")],
        "18:00",
        {f"{FCR} reason=bill result=repeated": 1},
    ),
    Case(
        "several contacts may name the same one before them",
        [
            *BILL,
            started("r", "11:00", reason="fault", previous_contact_id="c"),
            started("s", "11:00", reason="order", previous_contact_id="c"),
        ],
        "18:00",
        {f"{REPEATS} reason=fault": 1, f"{REPEATS} reason=order": 1},
    ),
)
ABANDONED: Final = (
    repeats(
        "an abandoned contact is never a repeat",
        [*C, *contact("r", "11:00", "11:01", outcome="abandoned")],
        0,
    ),
    Case(
        "an abandoned contact never has a repeat, nor does it repeat its own follower",
        [
            *contact("c", "09:00", "10:00", outcome="abandoned"),
            *contact("r", "11:00", "11:10"),
        ],
        "18:00",
        {REPEATS: 0, f"{FCR} result=resolved_first_time": 1},
    ),
    Case(
        "an abandoned contact between two does not part them",
        [
            *C,
            *contact("a", "10:30", "10:31", outcome="abandoned"),
            *contact("r", "11:00", "11:10"),
        ],
        "18:00",
        {REPEATS: 1, f"{FCR} result=repeated": 1},
    ),
    Case(
        "an abandonment that is amended to a resolution has repeats",
        [
            *contact("c", "09:00", "10:00", outcome="abandoned"),
            *contact("r", "11:00", "11:10"),
            resolved("c", "10:05"),
        ],
        "18:00",
        {REPEATS: 1, f"{FCR} result=repeated": 1},
    ),
    repeats(
        "an outbound contact is no repeat and has none",
        [
            *C,
            *contact("o", "10:30", "10:40", direction="outbound"),
            *contact("p", "13:00", "13:10", customer="y", direction="outbound"),
            *contact("q", "13:30", customer="y"),
        ],
        0,
    ),
)


def fcr(rule: str, lines: list[bytes], as_of: str, *results: str, **given: Any) -> Case:
    """FCR with these results, one contact each; without any: no subject at all."""
    expected = {f"{FCR} result={result}": results.count(result) for result in results}
    return Case(rule, lines, as_of, expected or {FCR: 0}, given)


DECIDED: Final = (
    fcr("FCR is pending until R has passed", C, "11:59:59.999999", "pending"),
    fcr("FCR is settled when R has passed", C, "12:00", "resolved_first_time"),
    fcr("a repeat settles FCR at once", [*C, *contact("r", "10:30")], "10:30", "repeated"),
    fcr(
        "a repeat of exactly R settles FCR as repeated",
        [*C, *contact("r", "12:00")],
        "12:00",
        "repeated",
    ),
    fcr(
        "a contact after R changes nothing",
        [*C, *contact("r", "12:00:00.000001")],
        "18:00",
        "resolved_first_time",
    ),
    fcr(
        "unresolved goes before pending",
        contact("c", "09:00", "10:00", outcome="unresolved"),
        "10:00",
        "unresolved",
    ),
    fcr(
        "unresolved goes before repeated",
        [*contact("c", "09:00", "10:00", outcome="unresolved"), *contact("r", "11:00")],
        "18:00",
        "unresolved",
    ),
    fcr("an open contact is no subject of FCR", contact("c", "09:00"), "18:00"),
    fcr(
        "an abandoned contact is no subject of FCR",
        contact("c", "09:00", "10:00", outcome="abandoned"),
        "18:00",
    ),
    fcr(
        "a repeat is no subject of FCR, resolved or not",
        [
            *C,
            *contact("r", "11:00", "11:10"),
            *contact("s", "12:00", "12:10", outcome="unresolved"),
        ],
        "18:00",
        "repeated",
    ),
    fcr(
        "in a chain only the first is a subject, each other one repeats the one before",
        [*C, *contact("r", "11:30", "11:40"), *contact("s", "13:30", "13:35")],
        "18:00",
        "repeated",
    ),
    fcr(
        "after a chain a new subject begins",
        [*C, *contact("r", "11:30", "11:40"), *contact("s", "13:40:00.000001", "14:00")],
        "18:00",
        "repeated",
        "resolved_first_time",
    ),
    fcr(
        "the earlier contact's late start makes a repeat of the later",
        [*contact("r", "11:00", "11:10"), *C],
        "18:00",
        "repeated",
    ),
    fcr(
        "contacts that start at once are both subjects, and both repeated by a third",
        [
            *contact("c", "09:00", "10:00"),
            *contact("d", "09:00", "10:30"),
            *contact("r", "11:00"),
        ],
        "18:00",
        "repeated",
        "repeated",
    ),
    fcr(
        "FCR belongs to the window by the end of the contact, not of the repeat",
        [*contact("c", "04 09:00", "04 12:14"), *contact("r", "04 13:00", "04 13:10")],
        "12:07",
    ),
    Case(
        "the later windows of an unhelped customer differ",
        [*C, *contact("r", "13:00", "13:10")],
        "18:00",
        {
            f"{FCR} repeat_window=2h result=resolved_first_time": 2,
            f"{FCR} repeat_window=24h result=repeated": 1,
        },
        {"repeat_windows": {"2h": 7200, "24h": 86_400}},
    ),
    Case(
        "FCR counters tell each settled result",
        [
            *contact("a", "09:00", "10:00", customer="1"),
            *contact("b", "09:00", "10:00", customer="2", outcome="unresolved"),
            *contact("c", "09:00", "10:00", customer="3"),
            *contact("r", "11:00", "11:10", customer="3"),
        ],
        "18:00",
        {
            "cx_fcr_contacts_total result=resolved_first_time": 1,
            "cx_fcr_contacts_total result=unresolved": 1,
            "cx_fcr_contacts_total result=repeated": 1,
            "cx_repeat_contacts_total": 1,
        },
    ),
)
CASES: Final = (*BOUNDS, *MATCHES, *LINKS, *ABANDONED, *DECIDED)
