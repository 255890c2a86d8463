"""Records of the vendors with something missing or of another kind: no event that is not sound."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from service.feeds.record import ForeignRecord
from tests.feeds.vendor_samples import SYSTEMS, mapped, records

_ODD: tuple[Any, ...] = (None, "", 0, -1, "0", True, [], {}, [None], "x|y", 1e300, "null")
#: What becomes of a value that is absent where nobody looks: an id of all that have none.
_NOBODY = {"", "null", "none", "None", "undefined", "-", "[]", "{}"}


def _places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for step, value in steps:
        yield (*path, step)
        if isinstance(value, dict | list):
            yield from _places(value, (*path, step))


def _with(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = json.loads(json.dumps(tree))
    within = changed
    for step in path[:-1]:
        within = within[step]
    within[path[-1]] = value
    return changed


def _objects(system: str) -> list[tuple[ForeignRecord, Any]]:
    return [
        (record, json.loads(record.value))
        for record in records(system)
        if record.value is not None and record.value.startswith(b"{")
    ]


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_is_absent_is_nobody_and_no_contact(system: str) -> None:
    changed = [
        record._replace(value=json.dumps(_with(tree, path, None)).encode())
        for record, tree in _objects(system)
        for path in _places(tree)
    ]
    emitted, _ = mapped(system, changed)
    assert emitted
    for event in emitted:
        ids = json.loads(event.value)
        assert not {ids["contact_id"], ids["customer_id"]} & _NOBODY, (event.feed, ids)


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_is_of_another_kind_is_an_event_a_skip_or_a_failure(system: str) -> None:
    rng = Random(system)
    changed = []
    for record, tree in _objects(system):
        paths = list(_places(tree))
        for _ in range(20):
            odd = _with(tree, rng.choice(paths), rng.choice(_ODD))
            changed.append(record._replace(value=json.dumps(odd).encode()))
    mapped(system, changed)
