"""Service level, SLA compliance, abandonment and backlog, within the windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.alerting import promql
from service.alerting.index import Index
from service.definitions import OTHERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.definitions import Definitions, Sla

_SLA = "cx_window_sla_contacts"
_CLOSED = "cx_window_contacts_closed"
OFFERED = _CLOSED + '{outcome=~"resolved|unresolved|abandoned"}'
ANSWERED = _CLOSED + '{outcome=~"resolved|unresolved"}'
#: Every closing but those of contacts that never were any.
_CLOSINGS = _CLOSED + '{outcome!="void"}'
_REOPENED = "cx_window_contacts_reopened"
#: Contacts, not closings: who is solved twice is resolved once.
_RESOLVED = "cx_window_resolution_seconds_count"
_STARTED = 'cx_window_contacts_started{direction="inbound"}'


def service_indexes(definitions: Definitions) -> tuple[Index, ...]:
    """Those of the targets of the definitions."""
    return (
        Index(
            "cx_service_level:ratio_answered",
            "ratio",
            "First responses on target ÷ first responses. Who has had none, abandons among them, "
            "is left out. Where only some priorities of a channel have a target, contacts judged "
            "by it stand for its first responses.",
            promql.ratio(_judged("met"), _responses(definitions.sla)),
        ),
        Index(
            "cx_service_level:ratio_offered",
            "ratio",
            "First responses on target ÷ all contacts judged: first responses, all abandons and, "
            "with `contact_responded`, whoever waits past the target.",
            promql.ratio(_judged("met"), _judged("met|breached|abandoned|short_abandoned")),
        ),
        Index(
            "cx_service_level:ratio_without_short_abandons",
            "ratio",
            "As ratio_offered, but short abandons are left out.",
            promql.ratio(_judged("met"), _judged("met|breached|abandoned")),
        ),
        Index(
            "cx_service_level:ratio_short_abandons_met",
            "ratio",
            "As ratio_offered, but a short abandon counts as served on target.",
            promql.ratio(
                _judged("met|short_abandoned"), _judged("met|breached|abandoned|short_abandoned")
            ),
        ),
        Index(
            "cx_sla:ratio",
            "ratio",
            "SLA compliance: contacts that met the target ÷ those that met or missed it.",
            promql.ratio(_SLA + '{result="met"}', _SLA + '{result=~"met|breached"}'),
            ("target", "window"),
        ),
        Index(
            "cx_abandonment:ratio",
            "ratio",
            "Abandoned contacts ÷ closed contacts (expired ones left out).",
            promql.ratio(_CLOSED + '{outcome="abandoned"}', OFFERED),
        ),
        Index(
            "cx_answered:ratio",
            "ratio",
            "Answer rate: contacts closed as resolved or unresolved ÷ closed contacts (expired "
            "ones left out).",
            promql.ratio(ANSWERED, OFFERED),
        ),
        Index(
            "cx_reopened:ratio",
            "ratio",
            "Reopen rate: contacts opened again ÷ contacts closed, each as often as it was (void "
            "ones left out). It can be above 1 in short windows: either counts by its own time.",
            promql.ratio(_REOPENED, _CLOSINGS),
        ),
        Index(
            "cx_containment:ratio",
            "ratio",
            "Contacts that a bot resolved ÷ contacts resolved, each once, by its last closing.",
            promql.ratio("cx_window_bot_resolved_contacts", _RESOLVED),
        ),
        Index(
            "cx_backlog_waiting:ratio",
            "ratio",
            "Open contacts that wait for the customer ÷ open contacts, now.",
            promql.ratio("cx_backlog_waiting_contacts", "cx_backlog_contacts"),
            (),
        ),
        Index(
            "cx_backlog:growth",
            "contacts",
            "Contacts started plus contacts opened again minus contacts closed within the window; "
            "void ones are neither.",
            promql.growth(_STARTED, _REOPENED, _CLOSINGS),
        ),
    )


def _judged(results: str, channels: Sequence[str] = ()) -> str:
    matchers = ('target="first_response"', f'result=~"{results}"', *channels)
    return f"{_SLA}{{{','.join(matchers)}}}"


def _responses(sla: Sla) -> str:
    """The first responses that have a target.

    `breached` cannot tell them: with `contact_responded` it has those without a response as well.
    So all first responses are counted, in the channels where each has a target.
    """
    named = {channel: _having_target(sla, channel) for channel in sla.by_channel}
    others = _having_target(sla, OTHERS)

    def channels(having: str) -> list[str] | None:
        """Matchers of the channels in which so many contacts have a target; None: there is none."""
        if others == having:
            not_these = [channel for channel, own in named.items() if own != having]
            return [f'channel!~"{promql.any_of(not_these)}"'] if not_these else []
        these = [channel for channel, own in named.items() if own == having]
        return [f'channel=~"{promql.any_of(these)}"'] if these else None

    every, some = channels("all"), channels("some")
    selected = []
    if every is not None:
        matchers = f"{{{','.join(every)}}}" if every else ""
        selected.append(f"cx_window_first_response_seconds_count{matchers}")
    if some is not None or every is None:
        selected.append(_judged("met|breached", some or ()))
    return " or ".join(selected)


def _having_target(sla: Sla, channel: str) -> str:
    """How many of a channel's contacts have a target for their first response: all, some, none."""
    if sla.targets(channel, None).first_response is not None:
        return "all"
    priorities = [own for of, own in sla.by_priority if of == channel]
    judged = (sla.targets(channel, own).first_response is not None for own in priorities)
    return "some" if any(judged) else "none"
