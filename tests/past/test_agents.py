"""Agents in a file of events: their past is that which a replay of the events up to then tells."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.definitions import HOUR
from service.events.agents import AGENT_PLANS
from service.simulate.generator import simulate
from service.simulate.publication import ndjson_line
from tests.cli.program import run
from tests.simulate.observed import plan

_AGENTS = {"AGENTS": "true"}
_STEP = 2 * HOUR / 1e6
_PATTERNS = ("cx_agent*", "cx_window_agent_*seconds", "cx_window_agents_*")
_SERIES = [word for pattern in _PATTERNS for word in ("--series", pattern)]
_LINES = [
    ndjson_line(it, it.type)
    for it in simulate(plan(rate=20, duration=28 * HOUR, agents=True))
    if it.at >= plan().start + 18 * HOUR or it.type in AGENT_PLANS
]
_LINE = re.compile(
    r"^(cx_(?:window_)?agents?(?:_(?!replies)\w+)?\{.*?\}) (\S+)(?: (\d+))?$", re.MULTILINE
)
Series = dict[str, float]


def event_time(line: bytes) -> float:
    value = json.loads(line)["value"]
    field = next(it for it in value if it.endswith(("ed_at", "_at")))
    return datetime.fromisoformat(value[field]).timestamp()


def known_by(moment: int) -> bytes:
    """The lines of what has happened by then, and of all plans."""
    return b"".join(
        line
        for line in _LINES
        if json.loads(line)["topic"] in AGENT_PLANS or event_time(line) <= moment
    )


def series(page: str) -> dict[int, Series]:
    """What is not 0, by moment; without one, of 0."""
    found: dict[int, Series] = defaultdict(dict)
    for name, value, moment in _LINE.findall(page):
        found[int(moment or 0)] |= {name: float(value)} if float(value) else {}
    return found


def text(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Series]:
    code, page, errors = run(
        *("backfill", "-", "--step", "2h", *_SERIES),
        stdin=b"".join(reversed(_LINES)),
        cwd=tmp_path_factory.mktemp("past"),
        settings=_AGENTS,
    )
    assert code == 0, errors
    return series(page)


def test_the_gauges_of_a_moment_are_those_of_a_replay_of_what_was_known_by_then(
    past: dict[int, Series], tmp_path: Path
) -> None:
    moments = sorted(past)
    for moment in (moments[1], moments[len(moments) // 2], moments[-1]):
        code, page, errors = run(
            *("replay", "-", "--as-of", text(moment)),
            stdin=known_by(moment),
            cwd=tmp_path,
            settings=_AGENTS,
        )
        assert code == 0, errors
        expected = series(page)[0]
        samples = {name.partition("{")[0] for name in expected}
        assert {"cx_agents", "cx_window_agent_adherent_seconds", "cx_agents_employed"} <= samples
        gauges = {name for name in expected if "_total{" not in name}
        assert {name: past[moment][name] for name in gauges} == {it: expected[it] for it in gauges}
        assert {name for name in past[moment] if "_total{" not in name} == gauges


def test_the_counters_of_the_past_never_fall_and_are_of_hours(
    past: dict[int, Series],
) -> None:
    counted: Series = {}
    for _, told in sorted(past.items()):
        now = {name: value for name, value in told.items() if "_total{" in name}
        assert all(now.get(name, 0) >= value for name, value in counted.items())
        counted = now
    assert sum(counted.values()) > _STEP


def test_a_file_begins_and_ends_with_what_happened_not_with_what_was_planned(
    past: dict[int, Series],
) -> None:
    happened = [event_time(it) for it in _LINES if json.loads(it)["topic"] not in AGENT_PLANS]
    assert min(happened) <= min(past) < min(happened) + 2 * _STEP
    assert max(happened) - _STEP < max(past) <= max(happened)


def test_the_page_of_a_file_tells_of_its_agents(tmp_path: Path) -> None:
    code, _, errors = run(
        *("report", "-", "--output", "page.html"),
        stdin=b"".join(_LINES),
        cwd=tmp_path,
        settings=_AGENTS,
    )
    assert code == 0, errors
    page = (tmp_path / "page.html").read_text("utf-8")
    (found,) = re.findall(r'(?s)<script type="application/json" id="contents">(.*?)</script>', page)
    agents = json.loads(found)["agents"]
    assert sum(agents["total"]["states"].values()) > 0
    assert 0 < agents["total"]["windows"]["file"]["adherence"] < 1
    assert len(agents["teams"]) > 1
