"""The service tells of contacts as they really live what the reference tells, over all series."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Final

import pytest

from tests.reference.compare import differences
from tests.reference.lively_logs import lively_log
from tests.reference.lively_settings import CONFIGURATIONS
from tests.reference.page import page
from tests.reference.seeds import seeds
from tests.reference.settings import DAY, micro
from tests.reference.writing import plain_line
from tests.rules.product import replay, replay_text
from tests.rules.test_generated_logs import COMPARED, wrong

#: Not `labels`: which of them are kept is a matter of which came first.
SHUFFLED: Final = ("Berlin", "New York, responses unread")


@pytest.mark.parametrize("seed", seeds(6))
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_contacts_that_are_reopened_wait_and_are_corrected(name: str, seed: int) -> None:
    of = CONFIGURATIONS[name]
    assert wrong(lively_log(seed, of), of) == []


@pytest.mark.parametrize("seed", seeds(6))
def test_agents_among_them_whose_teams_share_the_places_in_the_order_of_arrival(seed: int) -> None:
    of = replace(CONFIGURATIONS["Berlin"], teams=True, agents=True, max_label_values=2)
    rng = random.Random(seed)
    log = lively_log(seed, of)
    lines = list(log.lines)
    for number in range(12):
        state = {
            "agent_id": str(number % 5),
            "changed_at": log.as_of - rng.randrange(micro(DAY)),
            "state": rng.choice(("available", "busy", "paused", "offline")),
            "team": rng.choice(("red", "green", "black")),
        }
        lines.insert(rng.randrange(len(lines)), plain_line("agent-state-changed", state))
    told = replay(lines, log.as_of, of)
    assert differences(page(lines, log.as_of, of), told, (*COMPARED, "cx_agent")) == []


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", SHUFFLED)
def test_the_same_lines_in_any_other_order_give_the_same_page(name: str, seed: int) -> None:
    of = CONFIGURATIONS[name]
    log = lively_log(seed, of)
    lines = list(log.lines)
    random.Random(seed).shuffle(lines)
    assert replay_text(lines, log.as_of, of) == replay_text(log.lines, log.as_of, of)
