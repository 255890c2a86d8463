"""Rooms import only downwards, and the domain knows nothing of the world around it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICE: Final = Path(__file__).parent.parent / "service"
#: What each room may import of the others, besides itself.
EVENTS: Final = {"events", "definitions"}
STATE: Final = {"state", "calendars", *EVENTS}
KPIS: Final = {"kpis", *STATE}
AGGREGATES: Final = {"aggregates", *KPIS}
STORE: Final = {"store", *AGGREGATES}
VIEW: Final = {"view", *AGGREGATES}
OUTCOMES: Final = {"outcomes", *AGGREGATES}
PARTITION: Final = {"partition", "outcomes", *STORE, *VIEW}
AGENTS: Final = {"agents", *STORE, *VIEW}
MAY: Final[dict[str, set[str]]] = {
    "definitions": set(),
    "events": EVENTS,
    "state": STATE,
    "calendars": {"calendars", "definitions"},
    "feeds": {"feeds", "calendars", *EVENTS},
    "kpis": KPIS,
    "aggregates": AGGREGATES,
    "store": STORE,
    "view": VIEW,
    "outcomes": OUTCOMES,
    "partition": PARTITION,
    "agents": AGENTS,
    "past": {"past", *AGENTS, *PARTITION},
    "replay": {"past", *AGENTS, *PARTITION},
    "simulate": {"simulate", *PARTITION},
}
PURE: Final = (
    "definitions",
    "events",
    "state",
    "calendars",
    "feeds",
    "kpis",
    "aggregates",
    "store",
    "view",
    "outcomes",
    "partition",
    "agents",
    "past",
    "replay",
)
#: What the domain is kept from: the stream, the page, other tasks, and the wall clock.
WORLD: Final = {
    *("faust", "mode", "aiokafka", "kafka", "prometheus_client", "aiohttp", "asyncio"),
    *("threading", "time", "socket", "os", "structlog", "logging"),
}


def modules(room: str) -> list[Path]:
    single = SERVICE / f"{room}.py"
    return [single] if single.exists() else sorted((SERVICE / room).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            module = node.module or ""
            yield module
            if module == "service":
                yield from (f"service.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", MAY)
def test_a_room_imports_only_what_lies_below_it(room: str) -> None:
    paths = modules(room)
    assert paths
    upward = [
        (path.name, name)
        for path in paths
        for name in imports(path)
        if name.startswith("service.") and name.split(".")[1] not in MAY[room]
    ]
    assert upward == []


@pytest.mark.parametrize("room", PURE)
def test_the_domain_is_pure(room: str) -> None:
    impure = [
        (path.name, name)
        for path in modules(room)
        for name in imports(path)
        if name.split(".")[0] in WORLD
    ]
    assert impure == []


@pytest.mark.parametrize(
    ("room", "never"),
    [
        ("exposition", {"streaming", "cli", "receiving"}),
        ("receiving", {"streaming", "cli", "settings"}),
        ("streaming", {"cli"}),
        ("settings", {"cli", "streaming", "exposition", "partition", "receiving"}),
        ("alerting", {"cli", "streaming"}),
    ],
)
def test_a_room_at_the_edge_does_not_reach_up(room: str, never: set[str]) -> None:
    upward = [
        (path.name, name)
        for path in modules(room)
        for name in imports(path)
        if name.startswith("service.") and name.split(".")[1] in never
    ]
    assert upward == []


def test_no_file_is_longer_than_a_few_screens() -> None:
    lengths = {file: len(file.read_text().splitlines()) for file in SERVICE.rglob("*.py")}
    assert not {file.name: lines for file, lines in lengths.items() if lines > 300}
