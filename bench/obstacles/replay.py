"""Goal 5: where the time of a replay goes, beside its floors."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.goals.replay import write_lines
from bench.obstacles.obstacle import Obstacle, Table, profile_tables
from bench.processes import FailedError, answer_of, start
from bench.profiling.sampling import CannotLookError, Profile, Sampling, profile_of
from bench.profiling.steps import REPLAY
from bench.workload import Record

_SECONDS = 600.0
_FLOOR_EVENTS = 50_000


def replay_obstacle(records: Sequence[Record]) -> Obstacle:
    """The command under py-spy, over the same lines."""
    floors = answer_of(
        [sys.executable, "-m", "bench.profiling.floors", str(_FLOOR_EVENTS)], _SECONDS
    )
    floors = {step: floors[step] for step in REPLAY.names if step in floors}
    with tempfile.TemporaryDirectory(prefix="bench-replay-") as directory:
        full, empty = Path(directory) / "events.ndjson", Path(directory) / "none.ndjson"
        write_lines(full, records)
        empty.touch()
        begun = time.monotonic()
        start([sys.executable, "-m", "service", "replay", str(empty)]).communicate(timeout=_SECONDS)
        starting = time.monotonic() - begun
        try:
            found = _profile(full, len(records))
        except CannotLookError as error:
            return Obstacle("replay", [f"No profile: {error}"])
    floor = sum(floors.values())
    parts: list[str | Table] = [
        "Time of a replay, us an event, by step (py-spy beside it):",
        *profile_tables(found, REPLAY, floors, "us"),
        (
            f"The floors alone add up to {floor:.1f} us an event, {1e6 / floor:,.0f} events/s."
            f" Starting and ending without any event takes {starting:.2f} s,"
            f" {1e6 * starting / len(records):.1f} us for each of {len(records):,} events."
        ),
    ]
    return Obstacle("replay", parts)


def _profile(file: Path, events: int) -> Profile:
    begun = time.monotonic()
    process = start([sys.executable, "-m", "service", "replay", str(file)])
    sampling = Sampling(process.pid, just_started=True)
    process.communicate(timeout=_SECONDS)
    seconds = time.monotonic() - begun
    if process.returncode:
        raise FailedError("contact-metrics replay failed")
    return profile_of(sampling.stacks(), REPLAY, 1e6 * seconds / events, ("",))
