"""Between start and end contacts live as in helpdesks: one rule each, with room for chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import pairwise
from math import inf
from statistics import mean
from typing import Any

from service.definitions import DAY, HOUR, SECOND, Definitions
from tests.simulate.observed import MONDAY, Contact, in_office_hours

Event = dict[str, Any]
WRITTEN = ("email", "social")


def on(contacts: Iterable[Contact], *channels: str) -> list[Contact]:
    return [contact for contact in contacts if contact.channel in channels]


def micros(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1000) * SECOND // 1000


def at(event: Event) -> int:
    return micros(event.get("updated_at") or event["resolved_at"])


def is_closing(event: Event) -> bool:
    return "resolved_at" in event


def reopenings(contact: Contact) -> list[Event]:
    """The status updates that follow a closing."""
    told = [event for event in contact.life if is_closing(event) or "status" in event]
    return [
        event for before, event in pairwise(told) if is_closing(before) and not is_closing(event)
    ]


def closings(contacts: Iterable[Contact], outcome: str = "resolved") -> list[Event]:
    return [
        event
        for contact in contacts
        for event in contact.life
        if is_closing(event) and event.get("outcome", "resolved") == outcome
    ]


def place_on_scale(answer: Event) -> float:
    """Where on its scale, from 0 to 100."""
    score, scale = int(answer["score"]), int(answer.get("scale", 5))
    return 100 * (score - 1) / (scale - 1)


def of_aspect(contacts: Iterable[Contact], aspect: str) -> list[Event]:
    return [a for c in contacts for a in c.answers if a.get("aspect") == aspect]


def rate(contacts: list[Contact], is_so: Callable[[Contact], bool]) -> float:
    return sum(map(is_so, contacts)) / len(contacts)


def test_no_contact_is_told_of_before_its_start_or_out_of_order(lives: list[Contact]) -> None:
    for contact in lives:
        times = [at(event) for event in contact.life]
        assert times == sorted(times)
        assert not times or times[0] >= contact.started_at


def test_a_contact_closes_once_and_once_more_for_each_reopening(lives: list[Contact]) -> None:
    for contact in lives:
        told = [event for event in contact.life if is_closing(event) or "status" in event]
        assert not any(is_closing(before) and is_closing(after) for before, after in pairwise(told))


def test_only_letters_are_opened_again_mostly_by_customers_and_within_days(
    lives: list[Contact],
) -> None:
    assert not any(reopenings(contact) for contact in on(lives, "voice", "chat"))
    letters = on(lives, *WRITTEN)
    again = [event for contact in letters for event in reopenings(contact)]
    by = Counter(event.get("by") for event in again)
    assert 0.03 < len(again) / len(closings(letters)) < 0.09
    assert set(by) == {"customer", "system"}
    assert 0.01 < by["system"] / by.total() < 0.2
    assert max(at(event) for event in again) < MONDAY + 14 * DAY


def test_what_is_opened_again_is_worked_on_and_closed_again(lives: list[Contact]) -> None:
    early = [c for c in on(lives, *WRITTEN) if c.started_at < MONDAY + 3 * DAY and reopenings(c)]
    again = [c for c in early if is_closing(c.life[-1]) or c.life[-1].get("status") != "open"]
    assert len(again) > 0.9 * len(early) > 0
    assert all(event["handle_seconds"] > 0 for event in closings(again))


def test_about_one_letter_in_four_waits_for_the_customer_and_goes_on_by_his_answer(
    lives: list[Contact],
) -> None:
    waited = 0
    for contact in lives:
        statuses = [event for event in contact.life if "status" in event or is_closing(event)]
        for event, after in pairwise(statuses):
            if event.get("status") == "waiting":
                assert (after.get("status"), after.get("by")) == ("open", "customer")
        waited += any(event.get("status") == "waiting" for event in statuses)
        assert contact.channel in WRITTEN or not any("status" in event for event in statuses)
    assert 0.15 < waited / len(on(lives, *WRITTEN)) < 0.4


def test_some_contacts_move_and_no_closing_says_again_what_an_update_has_said(
    lives: list[Contact],
) -> None:
    moved = rate(
        lives, lambda c: any("queue" in event for event in c.life if "updated_at" in event)
    )
    assert 0.02 < moved < 0.12
    for contact in lives:
        known = contact.start.get("queue"), contact.start.get("reason")
        for event in contact.life:
            told = event.get("queue"), event.get("reason")
            assert all(new is None or new != old for new, old in zip(told, known, strict=True))
            if not is_closing(event):  # what a closing gives is the closing's alone
                known = told[0] or known[0], told[1] or known[1]


def test_some_reasons_become_known_while_the_contact_is_worked_on_others_at_its_end(
    lives: list[Contact],
) -> None:
    unstated = [c for c in lives if "reason" not in c.start and c.end.get("agent_id")]
    noted = rate(unstated, lambda c: any("reason" in e for e in c.life if "updated_at" in e))
    assert 0.3 < noted < 0.8
    assert all(any("reason" in event for event in contact.life) for contact in unstated)


def test_a_few_priorities_are_raised_and_none_is_lowered(lives: list[Contact]) -> None:
    raised = [
        contact
        for contact in lives
        if contact.start.get("priority") == "normal"
        and any(event.get("priority") for event in contact.life)
    ]
    assert 0 < len(raised) / len(lives) < 0.03
    assert {e.get("priority") for c in lives for e in c.life} == {None, "high"}


def test_some_letters_are_void_and_nobody_answered_them(lives: list[Contact]) -> None:
    void = [contact for contact in lives if contact.outcome == "void"]
    assert {contact.channel for contact in void} == {"email"}
    assert 0.01 < len(void) / len(on(lives, "email")) < 0.04
    assert not any(c.answers or "first_response_at" in c.end or "team" in c.end for c in void)


def test_about_one_chat_in_eight_is_settled_by_a_bot_alone_and_no_call(
    lives: list[Contact],
) -> None:
    bots = [contact for contact in lives if contact.end.get("resolved_by") == "bot"]
    assert {contact.channel for contact in bots} == {"chat"}
    assert 0.08 < len(bots) / len(on(lives, "chat")) < 0.16
    of_agents = {"agent_id", "team", "handle_seconds", "agent_replies", "first_response_at"}
    assert not any(of_agents & set(contact.end) for contact in bots)
    assert all(contact.outcome == "resolved" for contact in bots)


def test_a_few_callers_withhold_their_number(lives: list[Contact]) -> None:
    nobody = [c for c in lives if c.start["customer_id"] in Definitions().anonymous_customers]
    assert {contact.channel for contact in nobody} == {"voice"}
    assert 0.01 < len(nobody) / len(on(lives, "voice")) < 0.04
    assert not any("previous_contact_id" in contact.start for contact in nobody)


def test_whoever_closed_has_a_team_and_one_team_only(lives: list[Contact]) -> None:
    teams: dict[str, set[str]] = {}
    for event in closings(lives):
        if event.get("resolved_by") != "bot":
            teams.setdefault(event["agent_id"], set()).add(event["team"])
    assert all(len(of_agent) == 1 for of_agent in teams.values())
    assert 3 <= len(set().union(*teams.values())) <= 8


def test_a_few_surveys_ask_for_aspects_beside_the_whole(lives: list[Contact]) -> None:
    aspects = Counter(a.get("aspect", "overall") for c in lives for a in c.answers)
    assert set(aspects) == {"overall", "access", "resolution", "treatment"}
    assert 0.03 < aspects["access"] / aspects["overall"] < 0.2
    assert 25 < mean(place_on_scale(a) for a in of_aspect(lives, "resolution")) < 95


def test_a_few_surveys_are_asked_on_scales_of_their_own_and_say_whose_they_are(
    lives: list[Contact],
) -> None:
    csat = [a for c in lives for a in c.answers if a["survey"] == "csat"]
    own = [answer for answer in csat if "scale" in answer]
    assert 0.06 < len(own) / len(csat) < 0.25
    assert {answer["scale"] for answer in own} == {2, 10}
    assert all(("scale" in answer) == ("survey_id" in answer) for answer in csat)
    assert all(1 <= answer["score"] <= answer.get("scale", 5) for answer in csat)


def test_each_aspect_follows_what_happened_to_the_customer(lives: list[Contact]) -> None:
    """Access the waiting, resolution the help, treatment the transfers."""

    def mean_of(aspect: str, contacts: list[Contact]) -> float:
        return mean(map(place_on_scale, of_aspect(contacts, aspect)))

    quick, slow = (
        [
            contact
            for contact in on(lives, "voice")
            if contact.response_seconds is not None and least <= contact.response_seconds < most
        ]
        for least, most in ((0, 20), (60, inf))
    )
    assert mean_of("access", quick) > mean_of("access", slow) + 5
    resolved, unresolved = (
        [c for c in lives if c.outcome == outcome] for outcome in ("resolved", "unresolved")
    )
    assert mean_of("resolution", resolved) > mean_of("resolution", unresolved) + 20


def test_letters_are_answered_in_office_hours_only(lives: list[Contact]) -> None:
    responses = [c.end["first_response_at"] for c in on(lives, *WRITTEN) if c.response_seconds]
    # What was begun before the office closes is brought to its end.
    assert all(
        in_office_hours(micros(time)) or in_office_hours(micros(time) - HOUR) for time in responses
    )


def test_a_letter_of_the_weekend_waits_for_monday(lives: list[Contact]) -> None:
    weekend = [
        contact
        for contact in on(lives, *WRITTEN)
        if MONDAY + 5 * DAY <= contact.started_at < MONDAY + 7 * DAY
    ]
    monday = MONDAY + 7 * DAY + 8 * HOUR
    assert weekend
    assert all(
        contact.started_at + contact.response_seconds * SECOND >= monday
        for contact in weekend
        if contact.response_seconds is not None
    )
