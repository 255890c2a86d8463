"""Goal 4: where the time of a restore goes, beside reading and decoding the same records alone."""

from __future__ import annotations

import sys

from bench.brokers import Broker
from bench.goals.restore import GROUP, TOPIC
from bench.obstacles.obstacle import Obstacle, Table, profile_tables
from bench.processes import answer_of, service
from bench.profiling.sampling import CannotLookError, Profile, Sampling, profile_of
from bench.profiling.steps import RESTORE

_FLOOR_SECONDS = 300.0
_MARKS = ("service/streaming/restore", "service/streaming/changelog", "service/partition/restore")


def restore_obstacle(broker: Broker) -> Obstacle:
    """On the broker of the measurement, with its changelog."""
    floor = answer_of(
        [sys.executable, "-m", "bench.programs.restore_floor", broker.bootstrap, TOPIC],
        _FLOOR_SECONDS,
    )
    records = floor.pop("records")
    parts: list[str | Table] = []
    try:
        found = _profile(broker)
        parts += [
            "Seconds of a restore, by step (py-spy beside it):",
            *profile_tables(found, RESTORE, floor, "s"),
        ]
    except CannotLookError as error:
        parts += [f"No profile: {error}"]
    parts.append(
        f"aiokafka alone reads these {records:,} records in {floor['fetch']:.1f} s, msgspec alone"
        f" decodes them in {floor['decode']:.1f} s: {floor['fetch'] + floor['decode']:.1f} s before"
        " anything is done with them."
    )
    return Obstacle("restore", parts)


def _profile(broker: Broker) -> Profile:
    with service(broker.bootstrap, 1, group=GROUP) as worker:
        sampling = Sampling(worker.process.pid, just_started=True)
        worker.says("ready")
        log = worker.log_lines()
    seconds = next(line["seconds"] for line in log if line["event"] == "state restored")
    return profile_of(sampling.stacks(), RESTORE, seconds, _MARKS)
