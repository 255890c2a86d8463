"""The demo's office is closed at weekends: a letter of Saturday is late on Monday, not before."""

from __future__ import annotations

import time
from collections import Counter
from typing import Final

import pytest

from service.cli.demo import _with_all_there_is
from service.definitions import DAY, HOUR, MINUTE
from service.events.decoding import Decoder
from service.replay import Replay
from service.settings import Settings
from service.simulate.generator import simulate
from service.simulate.publication import Publication, ndjson_line
from tests.simulate.observed import MONDAY, plan

#: With office hours from 8 to 18, letters are to be answered within four of them.
OPENS: Final = MONDAY + 8 * HOUR
FRIDAY_EVENING: Final = OPENS - 2 * DAY - 14 * HOUR
Letters = dict[str, int]


@pytest.fixture(scope="module")
def published() -> list[Publication]:
    start = FRIDAY_EVENING - 6 * HOUR
    given = plan(rate=120, start=start, duration=OPENS + 5 * HOUR - start, contact_responded=True)
    return list(simulate(given))


def letters(published: list[Publication], as_of: int) -> Letters:
    """Those that wait for a first response, by how they stand to its target."""
    settings = _with_all_there_is(Settings())
    lines = [ndjson_line(item, item.type) for item in published if item.at <= as_of]
    replay = Replay(
        settings.definitions(),
        Decoder(65_536, 0),
        settings.types_of_topics(),
        wall_us=time.time_ns() // 1000,
        on_bad_line=lambda *_: None,
    )
    family = replay.run(lines, as_of).snapshot.families["cx_sla_open_contacts"]
    told: Counter[str] = Counter()
    for (channel, _, target, state), count in zip(
        family.labels, family.values.tolist(), strict=False
    ):
        if (channel, target) == ("email", "first_response"):
            told[state] += int(count)
    return dict(told)


@pytest.mark.parametrize("as_of", [MONDAY - 36 * HOUR, MONDAY - 4 * HOUR, OPENS - MINUTE])
def test_while_the_office_is_closed_letters_pile_up_and_none_is_late(
    published: list[Publication], as_of: int
) -> None:
    told = letters(published, as_of)
    assert told["on_track"] > 100
    assert told["at_risk"] == told["breached"] == 0


def test_what_is_not_answered_on_monday_morning_is_at_risk_then_late(
    published: list[Publication],
) -> None:
    assert letters(published, OPENS + 3 * HOUR - MINUTE)["at_risk"] == 0
    before, after = OPENS + 4 * HOUR - MINUTE, OPENS + 4 * HOUR + MINUTE
    assert letters(published, before)["at_risk"] > 0
    assert letters(published, before)["breached"] == 0
    assert letters(published, after)["breached"] > 0
