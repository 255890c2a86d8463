"""The centre behaves as contact centres do: one rule each, with room for chance."""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import mean, median

import pytest

from service.definitions import DAY, HOUR
from service.simulate.generator import simulate
from service.simulate.rhythm import demand
from tests.simulate.observed import (
    MONDAY,
    Contact,
    by_hour,
    came_back,
    contacts_of,
    in_office_hours,
    observe,
    plan,
    share,
)

#: Queues in which customers wait for an agent, and may give up.
LIVE = ("voice", "chat")


def on(contacts: list[Contact], *channels: str) -> list[Contact]:
    return [contact for contact in contacts if contact.channel in channels]


def scores(contacts: list[Contact], survey: str) -> list[int]:
    return [
        answer["score"]
        for contact in contacts
        for answer in contact.answers
        if answer["survey"] == survey and not {"aspect", "scale"} & answer.keys()
    ]


@pytest.mark.parametrize("rate", [60, 300])
def test_the_rate_is_that_of_the_second_week_and_later(rate: float) -> None:
    # In the first, few customers have a reason yet to come back.
    contacts = contacts_of(plan(rate=rate, duration=14 * DAY))
    second = sum(contact.started_at >= MONDAY + 7 * DAY for contact in contacts)
    assert second == pytest.approx(rate * 24 * 7 * 0.95, rel=0.06)  # the rest is outbound


def test_monday_noon_has_more_contacts_than_sunday_night(week: list[Contact]) -> None:
    hours = by_hour(week, MONDAY)
    noon, night = len(hours[12]), len(hours[6 * 24 + 3])
    assert noon > 4 * night > 0


def test_weekdays_have_more_contacts_than_weekends(week: list[Contact]) -> None:
    days = Counter((contact.started_at - MONDAY) // DAY for contact in week)
    assert min(days[day] for day in range(5)) > 1.2 * max(days[5], days[6])


def test_every_channel_queue_and_reason_occurs(week: list[Contact]) -> None:
    assert {contact.channel for contact in week} == {"voice", "chat", "email", "social"}
    queues = {contact.start.get("queue") for contact in week}
    assert queues == {None, "billing", "orders", "technical", "contracts", "community"}
    assert len({contact.start.get("reason") for contact in week}) == 10


def test_some_contacts_are_outbound() -> None:
    contacts = observe(simulate(plan()))
    outbound = sum(contact.start.get("direction") == "outbound" for contact in contacts)
    assert 0.02 < outbound / len(contacts) < 0.10


def test_calls_are_answered_in_seconds_and_letters_in_minutes_to_hours(
    week: list[Contact],
) -> None:
    # Letters of the night and the weekend wait for the office to open: test_life.py.
    week = [contact for contact in week if in_office_hours(contact.started_at)]
    typical = {
        channel: median(
            contact.response_seconds
            for contact in on(week, channel)
            if contact.response_seconds is not None
        )
        for channel in ("voice", "chat", "social", "email")
    }
    assert typical["voice"] < typical["chat"] < typical["social"] < typical["email"]
    assert typical["voice"] < 20
    assert typical["chat"] < 60
    assert 120 < typical["social"] < 3600
    assert 300 < typical["email"] < 14_400


def test_about_eighty_percent_of_calls_are_answered_within_twenty_seconds(
    week: list[Contact],
) -> None:
    waits = [c.response_seconds for c in on(week, "voice") if c.response_seconds is not None]
    assert 0.70 < sum(wait <= 20 for wait in waits) / len(waits) < 0.93


def test_between_one_and_ten_percent_of_calls_and_chats_are_abandoned(
    week: list[Contact],
) -> None:
    assert 0.01 < share(on(week, *LIVE), "abandoned") < 0.10


def test_nobody_abandons_a_letter(week: list[Contact]) -> None:
    assert share(on(week, "email", "social"), "abandoned") == 0


def test_abandons_grow_with_waiting(week: list[Contact]) -> None:
    hours = [hour for hour in by_hour(on(week, *LIVE), MONDAY).values() if len(hour) >= 50]

    def waiting(hour: list[Contact]) -> float:
        return mean(c.response_seconds for c in hour if c.response_seconds is not None)

    hours.sort(key=waiting)
    third = len(hours) // 3
    calm = [contact for hour in hours[:third] for contact in hour]
    busy = [contact for hour in hours[-third:] for contact in hour]
    assert share(busy, "abandoned") > 2 * share(calm, "abandoned")


def test_waiting_grows_with_load(week: list[Contact]) -> None:
    # Agents are planned for the usual demand; what counts is how far the hour differs from it.
    hours = by_hour(on(week, *LIVE), MONDAY)

    def load(hour: int) -> float:
        return len(hours[hour]) / demand(MONDAY + hour * HOUR)

    by_load = sorted((hour for hour in hours if len(hours[hour]) >= 50), key=load)
    third = len(by_load) // 3

    def late(some: list[int]) -> float:
        waits = [contact.response_seconds for hour in some for contact in hours[hour]]
        return mean(wait > 60 for wait in waits if wait is not None)

    assert late(by_load[-third:]) > 1.3 * late(by_load[:third])


def test_customers_who_were_not_helped_come_back_more_often(week: list[Contact]) -> None:
    again, settled = came_back(week)
    outcome = {contact.start["contact_id"]: contact.outcome for contact in week}

    def rate(of: str) -> float:
        yes = sum(outcome[contact] == of for contact in again)
        no = sum(outcome[contact] == of for contact in settled)
        return yes / (yes + no)

    assert rate("unresolved") > 2 * rate("resolved")
    assert rate("abandoned") > 2 * rate("resolved")


def test_first_contact_resolution_is_that_of_a_fair_centre(week: list[Contact]) -> None:
    again, settled = came_back([c for c in week if c.outcome != "abandoned"], 3 * DAY)
    assert 0.67 < len(settled) / (len(again) + len(settled)) < 0.88


def test_customers_mostly_come_back_with_the_same_reason_and_often_by_the_same_channel(
    week: list[Contact],
) -> None:
    by_id = {contact.start["contact_id"]: contact for contact in week}
    pairs = [
        (by_id[contact.start["previous_contact_id"]], contact)
        for contact in week
        if contact.start.get("previous_contact_id") in by_id
    ]
    reasons = [
        (before.start["reason"], after.start["reason"])
        for before, after in pairs
        if "reason" in before.start and "reason" in after.start
    ]
    same_reason = sum(before == after for before, after in reasons) / len(reasons)
    same_channel = sum(a.channel == b.channel for a, b in pairs) / len(pairs)
    assert 0.8 < same_reason < 1
    assert 0.6 < same_channel < 0.95
    assert all(before.start["customer_id"] == after.start["customer_id"] for before, after in pairs)


def test_only_some_returning_customers_name_the_previous_contact(week: list[Contact]) -> None:
    again, _ = came_back(week)
    named = sum("previous_contact_id" in contact.start for contact in week)
    assert 0.15 < named / len(again) < 0.7


def test_some_reasons_make_customers_come_back_more_than_others(week: list[Contact]) -> None:
    again, settled = came_back(week)
    counts: dict[str, Counter[bool]] = defaultdict(Counter)
    for contact in week:
        contact_id = contact.start["contact_id"]
        if (contact_id in again or contact_id in settled) and "reason" in contact.start:
            counts[contact.start["reason"]][contact_id in again] += 1
    rates = {reason: count[True] / count.total() for reason, count in counts.items()}
    assert rates["fault"] > 1.5 * rates["password"]


def test_helped_customers_are_more_satisfied(week: list[Contact]) -> None:
    resolved = [contact for contact in week if contact.outcome == "resolved"]
    unresolved = [contact for contact in week if contact.outcome == "unresolved"]
    for survey, margin in (("csat", 0.8), ("nps", 2.0), ("ces", 1.0)):
        assert mean(scores(resolved, survey)) > mean(scores(unresolved, survey)) + margin


def test_customers_who_waited_long_are_less_satisfied(week: list[Contact]) -> None:
    voice = [c for c in on(week, "voice") if c.response_seconds is not None]
    short = [c for c in voice if (c.response_seconds or 0) < 20]
    long = [c for c in voice if (c.response_seconds or 0) > 180]
    assert mean(scores(short, "csat")) > mean(scores(long, "csat")) + 0.2


def test_customers_who_had_to_come_back_are_less_satisfied(week: list[Contact]) -> None:
    first = [contact for contact in week if "previous_contact_id" not in contact.start]
    later = [contact for contact in week if "previous_contact_id" in contact.start]
    assert mean(scores(first, "csat")) > mean(scores(later, "csat")) + 0.15


def test_most_but_not_all_say_that_their_issue_is_resolved(week: list[Contact]) -> None:
    said = [
        answer["issue_resolved"]
        for contact in week
        for answer in contact.answers
        if "issue_resolved" in answer
    ]
    assert 0.6 < mean(said) < 0.95


def test_one_in_ten_to_one_in_three_closed_contacts_has_a_survey_answer(
    week: list[Contact],
) -> None:
    closed = [contact for contact in week if contact.closed_at is not None]
    assert 0.10 < sum(bool(contact.answers) for contact in closed) / len(closed) < 0.33


def test_surveys_are_answered_after_the_contact_was_closed(week: list[Contact]) -> None:
    assert all(contact.closed_at is not None for contact in week if contact.answers)


def test_some_contacts_are_transferred_and_those_take_more_work(week: list[Contact]) -> None:
    handled = [c for c in on(week, *LIVE) if c.end.get("handle_seconds")]
    moved = [c.end["handle_seconds"] for c in handled if c.end["transfers"]]
    stayed = [c.end["handle_seconds"] for c in handled if not c.end["transfers"]]
    assert 0.03 < len(moved) / len(handled) < 0.15
    assert mean(moved) > 1.4 * mean(stayed)


def test_a_transferred_contact_is_closed_in_another_queue(week: list[Contact]) -> None:
    moved = [c for c in on(week, *LIVE) if c.end.get("transfers") == 1 and "queue" in c.start]
    assert all(c.end["queue"] != c.start["queue"] for c in moved)


def test_urgent_letters_are_answered_first(week: list[Contact]) -> None:
    def wait(priority: str) -> float:
        return mean(
            c.response_seconds
            for c in on(week, "email")
            if in_office_hours(c.started_at)
            and c.start["priority"] == priority
            and c.response_seconds is not None
        )

    assert wait("high") < 0.7 * wait("normal")


def test_the_backlog_stays_bounded_over_weeks() -> None:
    contacts = contacts_of(plan(rate=100, duration=28 * DAY))

    def backlog(at: int) -> int:
        return sum(
            c.started_at <= at and (c.closed_at is None or c.closed_at > at) for c in contacts
        )

    # When the office closes for the weekend.
    fridays = [backlog(MONDAY + week * 7 * DAY - 54 * HOUR) for week in range(1, 5)]
    assert max(fridays) < 2 * min(fridays)
    assert max(fridays) < 100 * 24 * 0.25
