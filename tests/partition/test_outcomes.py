"""The last outcome of a contact is what the reference says of it, whatever happened on the way."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema
import pytest

from service.aggregates.clock import BEFORE_ALL
from tests.events.samples import SCHEMAS
from tests.partition.running import Batch, cut, events_of
from tests.reference.lively_logs import lively_log
from tests.reference.settings import DAY, HOUR, MINUTE, micro
from tests.rules.notation import answered, evaluated, moment, resolved, started, updated

if TYPE_CHECKING:
    from pathlib import Path

from tests.partition.outcomes_told import SETTINGS, Teller, Told, verdicts, wrong

SCHEMA = json.loads((SCHEMAS / "contact-outcomes.schema.json").read_text())
EXAMPLES = sorted((SCHEMAS / "examples" / "contact-outcomes").rglob("*.json"))


@pytest.mark.parametrize("seed", range(12))
def test_the_last_record_of_every_contact_tells_the_truth(seed: int) -> None:
    rng = random.Random(seed)
    lines = lively_log(seed, SETTINGS).lines
    teller = Teller()
    events = events_of(lines, SETTINGS)
    events += rng.sample(events, len(events) // 5)
    for batch in cut(events, rng, (1, 5, 20)):
        # the clock stands still: nothing leaves, and nothing comes too late
        teller.feed(batch, clock=0)
        if rng.random() < 0.1:
            teller.restart()
    clock = teller.engine.latest
    # Also while some of it lies ahead of the clock.
    for later in sorted(rng.randrange(-micro(5 * DAY), micro(3 * DAY)) for _ in range(6)):
        teller.feed([], clock + later)
        assert wrong(teller, lines, teller.engine.clock) == []


@pytest.mark.parametrize("seed", range(12))
def test_nothing_stays_untold_over_a_crash(seed: int) -> None:
    """Told first, and then written: what was not written comes again, with its events."""
    rng = random.Random(seed)
    lines = lively_log(seed, SETTINGS).lines
    teller = Teller()
    uncommitted: Batch = []
    for batch in cut(events_of(lines, SETTINGS), rng, (1, 5, 20)):
        uncommitted += batch
        crashes = rng.random() < 0.3
        teller.feed(batch, clock=0, written=0.0 if crashes else 1.0)
        if crashes:
            teller.restart()
            teller.feed(uncommitted, clock=0)
        if rng.random() < 0.5:
            uncommitted = []
    clock = teller.engine.latest + micro(HOUR)
    teller.feed([], clock, written=0.0)
    teller.restart()
    teller.last.clear()
    teller.feed([], clock - 1)
    told_before = dict(teller.last)
    teller.feed([], clock)
    assert teller.last.keys() >= told_before.keys()
    whole = Teller()
    whole.feed(events_of(lines, SETTINGS), clock=0)
    whole.feed([], clock)
    # whoever has changed by the clock is told again
    for name, told in teller.last.items():
        assert verdicts(told) == verdicts(whole.last[name])


def test_a_verdict_that_changes_by_the_clock_is_told_then() -> None:
    teller = Teller()
    teller.feed(events_of([started("a", "10:00"), resolved("a", "10:05")], SETTINGS))
    assert {it["result"] for it in teller.last["x", "a"]["fcr"]} == {"pending"}
    told = teller.feed([], at("10:15", teller))
    assert [(it["repeat_window"], it["result"], it["final"]) for it in told[0]["fcr"]] == [
        ("10m", "resolved_first_time", False),
        ("1h", "pending", False),
    ]
    told = teller.feed([], at("10:15", teller) + micro(30))
    assert [it["final"] for it in told[0]["fcr"]] == [True, False]
    assert teller.feed([], at("10:30", teller)) == []


def at(clock: str, teller: Teller, events: Batch | None = None) -> int:
    """That time of day, on the day of the events."""
    hours, minutes = map(int, clock.split(":"))
    latest = max(at for _, at in events) if events else teller.engine.latest
    day = latest // micro(DAY) * micro(DAY)
    return day + micro(hours * HOUR + minutes * MINUTE)


def test_a_contact_whose_verdict_a_neighbour_changes_is_told_too() -> None:
    teller = Teller()
    teller.feed(events_of([started("a", "10:00"), resolved("a", "10:05")], SETTINGS))
    told = teller.feed(events_of([started("b", "10:08")], SETTINGS))
    assert [it["contact_id"] for it in told] == ["a", "b"]
    assert {it["result"] for it in told[0]["fcr"]} == {"repeated"}
    assert {it["repeat_window"] for it in told[1]["repeats"]} == {"10m", "1h"}


@pytest.mark.parametrize("restarts", [False, True])
def test_what_is_known_before_the_clock_begins_is_told_when_it_does(restarts: bool) -> None:
    """As where another topic of a new installation has not been heard of yet."""
    teller = Teller()
    events = events_of([started("a", "10:00"), started("b", "10:01", customer="y")], SETTINGS)
    assert teller.feed(events, clock=BEFORE_ALL) == []
    if restarts:
        teller.restart()
    assert [it["contact_id"] for it in teller.feed([], at("10:30", teller))] == ["a", "b"]
    assert teller.feed([], at("10:30", teller)) == []


def test_a_restart_under_the_same_settings_tells_nothing_again() -> None:
    teller = Teller()
    teller.feed(events_of([started("a", "10:00"), resolved("a", "10:05")], SETTINGS))
    teller.restart()
    assert teller.feed([]) == []


def test_a_neighbour_is_told_again_if_what_the_predecessor_told_of_it_came_to_nothing() -> None:
    teller = Teller()
    teller.feed(events_of([started("a", "10:00"), resolved("a", "10:05")], SETTINGS))
    # Past all that comes by the clock alone.
    teller.feed([], at("10:07", teller))
    first = events_of([started("b", "10:08")], SETTINGS)
    teller.feed(first, written=0.0)
    assert {it["result"] for it in teller.last["x", "a"]["fcr"]} == {"repeated"}
    teller.restart()
    # All at once now, and so nothing has become of the first contact.
    teller.feed(first + events_of([resolved("b", "10:09", outcome="void")], SETTINGS))
    assert {it["result"] for it in teller.last["x", "a"]["fcr"]} == {"pending"}


def test_turned_on_all_that_is_known_is_told() -> None:
    teller = Teller(tells=False)
    assert teller.feed(events_of([started("a", "10:00"), resolved("a", "10:05")], SETTINGS)) == []
    teller.tells = True
    teller.restart()
    assert [it["contact_id"] for it in teller.feed([])] == ["a"]


def test_changed_settings_tell_every_contact_anew() -> None:
    teller = Teller()
    teller.feed(events_of([started("a", "10:00"), resolved("a", "10:05")], SETTINGS))
    teller.settings = replace(SETTINGS, repeat_windows={"2h": 2 * HOUR})
    teller.restart()
    told = teller.feed([])
    assert [it["repeat_window"] for it in told[0]["fcr"]] == ["2h"]


def test_a_void_contact_has_no_verdicts() -> None:
    teller = Teller()
    lines = [started("a", "10:00"), resolved("a", "10:05", outcome="void")]
    told = teller.feed(events_of([*lines, answered("a", "10:06", "csat", 5)], SETTINGS))
    assert (told[0]["outcome"], verdicts(told[0])) == ("void", [])


def test_an_evaluation_is_told_with_what_it_found_and_once_more_when_final() -> None:
    teller = Teller(replace(SETTINGS, windows={"1h": (HOUR, MINUTE)}, allowed_lateness=MINUTE))
    lines = [started("a", "10:00"), resolved("a", "10:05")]
    judged: Told = {"evaluation_id": "e", "score": 87.5, "nonfatal_errors": 2, "positive": 2.5}
    teller.feed(events_of([*lines, evaluated("a", "12:00", **judged)], SETTINGS))
    (told,) = teller.last["x", "a"]["evaluations"]
    assert told.items() >= {**judged, "result": "nonfatal", "negative": None}.items()
    assert not told["final"]
    teller.feed([], at("12:01", teller))
    assert teller.last["x", "a"]["evaluations"][0]["final"]


def test_a_contact_that_waits_or_is_open_again_says_so() -> None:
    teller = Teller()
    lines = [started("a", "10:00"), resolved("a", "10:05", outcome="resolved")]
    lines += [updated("a", "10:07", status="waiting", by="customer")]
    told = teller.feed(events_of(lines, SETTINGS))
    assert (told[0]["status"], told[0]["outcome"], len(told[0]["closings"])) == ("waiting", None, 1)


def test_the_expiry_of_an_outbound_contact_is_told_too() -> None:
    teller = Teller()
    teller.feed(events_of([started("a", "10:00", direction="outbound")], SETTINGS))
    teller.feed([], at("10:00", teller) + micro(2 * DAY))
    assert teller.last["x", "a"]["outcome"] == "expired"


def test_of_an_outbound_contact_is_told_what_is_known_and_it_is_final_as_all_are() -> None:
    teller = Teller()
    known: Told = {"first_response_at": moment("10:01"), "agent_replies": 3}
    teller.feed(
        events_of(
            [started("a", "10:00", direction="outbound"), resolved("a", "10:05", **known)], SETTINGS
        )
    )
    assert teller.last["x", "a"].items() >= {**known, "final": False}.items()
    teller.feed([], teller.engine.latest + micro(SETTINGS.allowed_lateness))
    assert teller.last["x", "a"]["final"]


def test_the_reason_is_as_last_known_and_the_priority_the_one_that_stands_last() -> None:
    teller = Teller()
    later = updated("a", "10:10", queue="r", reason="q", priority="high")
    lines = [started("a", "10:00", reason="p"), resolved("a", "10:05", queue="s"), later]
    teller.feed(events_of(lines, SETTINGS))
    told = teller.last["x", "a"]
    assert (told["queue"], told["reason"], told["priority"]) == ("s", "q", "high")


def test_what_lies_ahead_of_the_clock_is_told_when_the_clock_comes_to_it() -> None:
    teller = Teller()
    lines = [started("a", "10:00"), resolved("a", "10:01", first_response_at=moment("10:30"))]
    events = events_of([*lines, answered("a", "10:20", "csat", 5)], SETTINGS)
    teller.feed(events, at("10:10", teller, events))
    told = teller.last["x", "a"]
    assert (told["first_response"], told["surveys"], told["status"]) == (None, [], "closed")
    teller.feed([], at("10:30", teller))
    told = teller.last["x", "a"]
    assert told["first_response"]["seconds"] == 30 * MINUTE
    assert len(told["surveys"]) == 1


def test_answers_are_in_the_order_of_time() -> None:
    answers = [answered("a", f"10:0{minute}", "csat", 5, survey_id=str(minute)) for minute in "321"]
    teller = Teller()
    teller.feed(events_of([started("a", "10:00"), *answers], SETTINGS))
    assert [it["survey_id"] for it in teller.last["x", "a"]["surveys"]] == ["1", "2", "3"]


def test_an_expiry_is_told_when_it_comes() -> None:
    teller = Teller()
    teller.feed(events_of([started("a", "10:00")], SETTINGS))
    teller.feed([], at("10:00", teller) + micro(2 * DAY))
    assert teller.last["x", "a"]["outcome"] == "expired"


def test_of_two_resolutions_that_differ_by_their_agent_one_stands_in_any_order() -> None:
    lines = [started("a", "10:00")]
    lines += [resolved("a", "10:05", agent_id=agent) for agent in ("x", "y")]
    stands = set()
    for order in (lines, lines[::-1]):
        teller = Teller()
        teller.feed(events_of(order, SETTINGS))
        stands.add(teller.last["x", "a"]["agent_id"])
        teller.restart()
    assert stands == {"y"}


def test_a_contact_that_leaves_was_told_as_final() -> None:
    teller = Teller(replace(SETTINGS, windows={"1h": (HOUR, MINUTE)}))
    teller.feed(events_of([started("a", "10:00"), resolved("a", "10:05")], SETTINGS))
    teller.feed([], at("20:00", teller))
    assert teller.engine.live_contacts == 0
    assert teller.last["x", "a"]["final"]


@pytest.mark.parametrize("seed", range(3))
def test_every_record_is_as_the_schema_says(seed: int) -> None:
    validator = jsonschema.Draft7Validator(SCHEMA)
    teller = Teller()
    for batch in cut(events_of(lively_log(seed, SETTINGS).lines, SETTINGS), random.Random(seed)):
        teller.feed(batch)
    assert teller.last
    for told in teller.last.values():
        validator.validate(told)
        assert told.keys() == SCHEMA["properties"].keys()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_example_is_what_its_place_says(path: Path) -> None:
    example = json.loads(path.read_text())
    valid = jsonschema.Draft7Validator(SCHEMA).is_valid(example)
    assert valid == (path.parent.name == "valid")


def test_the_readme_of_the_schemas_leads_to_the_guide() -> None:
    readme = (SCHEMAS / "README.md").read_text()
    assert "(contact-outcomes.schema.json)" in readme
    assert "(../docs/outcomes.md)" in readme


def test_off_there_are_none() -> None:
    teller = Teller(tells=False)
    teller.feed(events_of([started("a", "10:00"), resolved("a", "10:05")], SETTINGS))
    assert teller.records == 0
