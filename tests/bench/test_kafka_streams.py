"""Kafka Streams counts in the comparison only if it has found what the reduced job finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import kafka_streams as peer
from bench.processes import FailedError
from bench.workload import past

_RECORDS = past(2_000, 1_700_000_000_000_000, customers=100)
_FIGURES = {"events": 2_000, "seconds": 1.0, "cpu_seconds": 1.0}


@pytest.fixture(autouse=True)
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(peer, "_BUILT", tmp_path)
    (tmp_path / ".complete").touch()
    return tmp_path / ".complete"


def _run(monkeypatch: pytest.MonkeyPatch, numbers: dict[str, Any]) -> list[float]:
    monkeypatch.setattr(peer, "answer_of", lambda *_: {**_FIGURES, **numbers})
    contenders = peer.kafka_streams(_RECORDS)
    return [contender.run("", 2_000).rate for contender in contenders]


def test_every_start_end_and_repeat_of_the_workload_is_in_the_numbers() -> None:
    numbers = peer.numbers_of(_RECORDS)
    kinds = {label.partition("|")[0] for label in numbers["counts"]}
    assert {"started", "repeat", "resolved", "unresolved", "abandoned", "csat 5"} <= kinds
    started = [record for record in _RECORDS if record.topic == "contact-started"]
    counted = [n for label, n in numbers["counts"].items() if label.startswith("started|")]
    assert sum(counted) == len(started)


def test_both_guarantees_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run(monkeypatch, peer.numbers_of(_RECORDS)) == [2_000] * 2


@pytest.mark.parametrize("what", ["counts", "resolution"])
def test_other_numbers_are_refused(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    numbers = peer.numbers_of(_RECORDS[:-100])
    wrong = {**peer.numbers_of(_RECORDS), what: numbers[what]}
    with pytest.raises(FailedError, match=f"other {what}"):
        _run(monkeypatch, wrong)


def test_what_is_not_built_says_how_to_build_it(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built.unlink()
    with pytest.raises(FailedError, match="make bench KAFKA=1"):
        _run(monkeypatch, {})
