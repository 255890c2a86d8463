"""CONTRACT 3: SLA, and open contacts at risk. Voice: 20 s to respond, 4 h to resolve."""

from __future__ import annotations

from typing import Any, Final

from tests.rules.notation import Case, resolved, responded, started

SLA: Final = "cx_window_sla_contacts"
OPEN: Final = "cx_sla_open_contacts"
RESPONSES: Final[dict[str, Any]] = {"contact_responded": True}


def judged(
    rule: str,
    end: tuple[str, dict[str, Any]] | None,
    as_of: str,
    *verdicts: str,
    **given: Any,
) -> Case:
    """A contact of 10:00, its end if any, and how it is judged."""
    lines = [started("a", "10:00")]
    if end is not None:
        lines.append(resolved("a", end[0], **end[1]))
    expected = {}
    for verdict in verdicts:
        target, result = verdict.split()
        expected[f"{SLA} target={target} result={result}"] = 1
    return Case(rule, lines, as_of, expected or {SLA: 0}, given)


UNRESOLVED: Final = {"outcome": "unresolved"}
ABANDONED: Final = {"outcome": "abandoned"}
RESOLUTION: Final = (
    judged("resolved exactly on target is met", ("14:00", {}), "15:00", "resolution met"),
    judged(
        "resolved a microsecond past the target is breached",
        ("14:00:00.000001", {}),
        "15:00",
        "resolution breached",
    ),
    judged("unresolved on target is met", ("14:00", UNRESOLVED), "15:00", "resolution met"),
    judged(
        "unresolved past the target is breached",
        ("14:01", UNRESOLVED),
        "15:00",
        "resolution breached",
    ),
    judged(
        "abandoned before the target is not judged as to resolution",
        ("13:59", ABANDONED),
        "15:00",
        "first_response abandoned",
    ),
    judged(
        "abandoned exactly on target is not judged as to resolution",
        ("14:00", ABANDONED),
        "15:00",
        "first_response abandoned",
    ),
    judged(
        "abandoned after the target is a breach of the resolution",
        ("14:01", ABANDONED),
        "15:00",
        "resolution breached",
        "first_response abandoned",
    ),
    judged("open at the moment of the target is not judged", None, "14:00"),
    judged("open a microsecond later is breached", None, "14:00:00.000001", "resolution breached"),
    judged("expired before the target is not judged", None, "15:00", open_horizon=14_399),
    judged("expired on target is not judged", None, "15:00", open_horizon=14_400),
    judged(
        "expired after the target is breached",
        None,
        "15:00",
        "resolution breached",
        open_horizon=14_401,
    ),
    Case(
        "a breach belongs to the moment of the target, not to the end",
        [started("a", "04 08:00"), resolved("a", "11:00")],
        "12:07",
        # the target was the 4th, 12:00
        {SLA: 0, "cx_window_contacts_closed outcome=resolved": 1}
        | {"cx_sla_contacts_total target=resolution result=breached": 1},
    ),
    Case(
        "a breach at the window's edge counts",
        [started("a", "04 08:15"), resolved("a", "11:00")],
        "12:07",
        {f"{SLA} target=resolution result=breached": 1},
    ),
    Case(
        "what is met belongs to the end",
        [started("a", "04 12:00"), resolved("a", "04 12:15")],
        "12:07",
        {f"{SLA} target=resolution result=met": 1},
    ),
)
FIRST_RESPONSE: Final = (
    judged(
        "a response exactly on target is met",
        ("10:10", {"first_response_at": "10:00:20"}),
        "12:00",
        "first_response met",
        "resolution met",
    ),
    judged(
        "a response a microsecond past the target is breached",
        ("10:10", {"first_response_at": "10:00:20.000001"}),
        "12:00",
        "first_response breached",
        "resolution met",
    ),
    judged(
        "without the topic of responses nothing is said of an unknown one",
        ("10:10", {}),
        "12:00",
        "resolution met",
    ),
    judged(
        "abandoned without a response is abandoned",
        ("10:00:05", ABANDONED),
        "12:00",
        "first_response abandoned",
    ),
    judged(
        "abandoned in less than short_abandon is short",
        ("10:00:04.999999", ABANDONED),
        "12:00",
        "first_response short_abandoned",
    ),
    judged(
        "abandoned before it started is not judged",
        ("09:59:59", ABANDONED),
        "15:00",
    ),
    judged(
        "abandoned with a response is judged by the response",
        ("10:01", {**ABANDONED, "first_response_at": "10:00:21"}),
        "12:00",
        "first_response breached",
    ),
    judged(
        "short_abandon is a setting",
        ("10:00:09", ABANDONED),
        "12:00",
        "first_response short_abandoned",
        short_abandon=10,
    ),
    Case(
        "without the topic a breach belongs to the response",
        [started("a", "04 12:10"), resolved("a", "11:00", first_response_at="04 12:15")],
        "12:07",
        {f"{SLA} target=first_response result=breached": 1}
        | {f"{SLA} target=resolution result=breached": 1},
    ),
    Case(
        "an abandonment belongs to the end",
        [started("a", "04 12:00"), resolved("a", "04 12:15", outcome="abandoned")],
        "12:07",
        {f"{SLA} target=first_response result=abandoned": 1},
    ),
)
PUBLISHED: Final = (
    judged("a response that is not late yet", None, "10:00:20", **RESPONSES),
    judged(
        "silence past the target is a breach while the contact is open",
        None,
        "10:00:20.000001",
        "first_response breached",
        **RESPONSES,
    ),
    judged(
        "silence past the target is no breach of a contact that was closed by then",
        ("10:00:10", {}),
        "10:00:21",
        "resolution met",
        **RESPONSES,
    ),
    judged(
        "abandoned before the target is no breach",
        ("10:00:10", ABANDONED),
        "10:00:21",
        "first_response abandoned",
        **RESPONSES,
    ),
    judged(
        "abandoned exactly on the target is no breach",
        ("10:00:20", ABANDONED),
        "10:00:21",
        "first_response abandoned",
        **RESPONSES,
    ),
    judged(
        "silence past the target stays a breach when the customer gives up later",
        ("10:10", ABANDONED),
        "12:00",
        "first_response breached",
        **RESPONSES,
    ),
    Case(
        "a bot does not keep the target",
        [started("a", "10:00"), responded("a", "10:00:10", responder="bot")],
        "10:01",
        {f"{SLA} target=first_response result=breached": 1},
        RESPONSES,
    ),
    Case(
        "an agent's response on target is met",
        [started("a", "10:00"), responded("a", "10:00:20")],
        "10:01",
        {f"{SLA} target=first_response result=met": 1},
        RESPONSES,
    ),
    Case(
        "a late response is one breach",
        [started("a", "10:00"), responded("a", "10:20")],
        "12:00",
        {
            f"{SLA} target=first_response result=breached": 1,
            "cx_sla_contacts_total target=first_response result=breached": 1,
        },
        RESPONSES,
    ),
    Case(
        "a response that is told later than others, but was earlier, decides",
        [started("a", "10:00"), responded("a", "10:20"), responded("a", "10:00:15")],
        "12:00",
        {f"{SLA} target=first_response result=met": 1},
        RESPONSES,
    ),
)
VOICE_HIGH: Final = {("voice", "high"): (10, None)}
TARGETS: Final = (
    Case(
        "each channel has its own targets",
        [
            started("a", "10:00", channel="chat"),
            resolved("a", "11:00", first_response_at="10:01"),
            started("b", "10:00", channel="email", customer="y"),
            resolved("b", "14:30", first_response_at="14:00:01", customer="y"),
            started("c", "10:00", channel="social", customer="z"),
            resolved("c", "14:30", first_response_at="11:00", customer="z"),
        ],
        "15:00",
        {
            f"{SLA} channel=chat target=first_response result=met": 1,
            f"{SLA} channel=chat target=resolution result=met": 1,
            f"{SLA} channel=email target=first_response result=breached": 1,
            f"{SLA} channel=email target=resolution result=met": 1,
            f"{SLA} channel=social target=first_response result=met": 1,
            f"{SLA} channel=social target=resolution result=met": 1,
        },
    ),
    Case(
        "any other channel has the default's",
        [
            started("a", "10:00", channel="fax"),
            resolved("a", "11:00:01", first_response_at="11:00:00.000001"),
        ],
        "15:00",
        {
            f"{SLA} channel=fax target=first_response result=breached": 1,
            f"{SLA} channel=fax target=resolution result=met": 1,
        },
    ),
    Case(
        "a priority may have its own target, and the channel's where it has none",
        [
            started("a", "10:00", priority="high"),
            resolved("a", "14:00", first_response_at="10:00:11"),
            started("b", "10:00", priority="low", customer="y"),
            resolved("b", "14:00", first_response_at="10:00:11", customer="y"),
        ],
        "15:00",
        {
            f"{SLA} target=first_response result=breached": 1,
            f"{SLA} target=first_response result=met": 1,
            f"{SLA} target=resolution result=met": 2,
        },
        {"sla_priority": VOICE_HIGH},
    ),
    Case(
        "a priority of one channel is none of another",
        [
            started("a", "10:00", priority="high", channel="chat"),
            resolved("a", "10:10", first_response_at="10:00:11"),
        ],
        "15:00",
        {
            f"{SLA} channel=chat target=first_response result=met": 1,
            f"{SLA} channel=chat target=resolution result=met": 1,
        },
        {"sla_priority": VOICE_HIGH},
    ),
    Case(
        "a channel without a target is not judged by it",
        [
            started("a", "10:00"),
            resolved("a", "10:10", first_response_at="10:09"),
            started("b", "10:00", customer="y"),
        ],
        "23:00",
        {SLA: 0, f"{OPEN} target=resolution state=breached": 0, "cx_sla_contacts_total": 0},
        {"sla": {"voice": (None, None), "default": (5, 5)}},
    ),
)


def at_risk(
    rule: str, as_of: str, *states: str, lines: tuple[bytes, ...] = (), **given: Any
) -> Case:
    """A contact of 10:00 that is open, and how it stands."""
    expected = {}
    for told in states:
        target, state = told.split()
        expected[f"{OPEN} target={target} state={state}"] = 1
    return Case(rule, [started("a", "10:00"), *lines], as_of, expected or {OPEN: 0}, given)


AT_RISK: Final = (
    at_risk("a new contact is on track", "10:00", "resolution on_track"),
    at_risk("below the fraction it is on track", "12:59:59.999999", "resolution on_track"),
    at_risk("at the fraction of the target it is at risk", "13:00", "resolution at_risk"),
    at_risk("exactly on target it is at risk", "14:00", "resolution at_risk"),
    at_risk("past the target it is breached", "14:00:00.000001", "resolution breached"),
    at_risk(
        "the fraction is a setting, and exact",
        "13:12",
        "resolution at_risk",
        at_risk_fraction=0.8,
    ),
    at_risk(
        "a microsecond below another fraction it is on track",
        "13:11:59.999999",
        "resolution on_track",
        at_risk_fraction=0.8,
    ),
    at_risk(
        "with the topic of responses the first response is at risk too",
        "10:00:15",
        "resolution on_track",
        "first_response at_risk",
        **RESPONSES,
    ),
    at_risk(
        "the first response on target is at risk",
        "10:00:20",
        "resolution on_track",
        "first_response at_risk",
        **RESPONSES,
    ),
    at_risk(
        "the first response past the target is breached",
        "10:00:20.000001",
        "resolution on_track",
        "first_response breached",
        **RESPONSES,
    ),
    at_risk(
        "once an agent has responded only the resolution is at risk",
        "10:01",
        "resolution on_track",
        lines=(responded("a", "10:00:30"),),
        **RESPONSES,
    ),
    at_risk(
        "a bot's response leaves the first response at risk",
        "10:00:12",
        "resolution on_track",
        "first_response on_track",
        lines=(responded("a", "10:00:10", responder="bot"),),
        **RESPONSES,
    ),
    at_risk("a closed contact is at no risk", "12:00", lines=(resolved("a", "11:00"),)),
    at_risk("an expired contact is at no risk", "12:00", open_horizon=7200),
)
CASES: Final = (*RESOLUTION, *FIRST_RESPONSE, *PUBLISHED, *TARGETS, *AT_RISK)
