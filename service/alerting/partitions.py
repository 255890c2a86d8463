"""Whether the workers together tell of every partition, and of each once.

Only a worker that has a partition's state tells its clock, in the same scrape as the partition's
part of every number. So a sum over the workers is of everything just when each partition's clock is
told exactly once. How many partitions there are is what was told at most within a day; it counts
once it has stood for five minutes, for a Prometheus that has just begun sees one worker first.
"""

from __future__ import annotations

from service.alerting.rules import Recording

CLOCK = "cx_pipeline_clock_timestamp_seconds"
_DISTINCT = f"count(count by (group, partition) ({CLOCK}))"

SERVED = Recording("all:cx_partitions_served:count", _DISTINCT)
KNOWN = Recording("all:cx_partitions_known:max", f"max_over_time({SERVED.record}[1d])")
#: The number of partitions, while the workers tell of all of them.
COMPLETE = Recording(
    "all:cx_partitions_complete:count",
    f"count({CLOCK}) == {_DISTINCT}\n== {KNOWN.record} == {KNOWN.record} offset 5m",
)
#: While partitions are missing or told twice, for a quarter of an hour at most.
HANDOVER = Recording(
    "all:cx_partitions_handover:count",
    f"last_over_time({COMPLETE.record}[15m])\nunless on () (\n{COMPLETE.expr}\n)",
)


def when_complete(expr: str) -> str:
    """`expr` while the workers tell of all partitions; where no clocks are scraped, always.

    To be evaluated in the group that records COMPLETE, after it: at the same moment.
    """
    return f"{expr}\nunless on () ({KNOWN.record} unless on () {COMPLETE.record})"


def outside_handover(expr: str) -> str:
    """`expr`, but nothing in a hand-over: for whoever asks at any moment, of the raw sums."""
    return f"({expr})\nunless on () (\n{HANDOVER.expr}\n)"


def held(recording: Recording, matchers: str = "", handover: str = HANDOVER.record) -> Recording:
    """The rule that keeps its former value in a hand-over.

    To be evaluated in the group that records HANDOVER, after it; elsewhere with its expression.
    `matchers`: of the series that are the rule's own, where others have the same name.
    """
    former = f"last_over_time({recording.record}{matchers}[2m])"
    return Recording(
        recording.record,
        f"{former} and on () {handover}\nor {recording.expr}",
        recording.labels,
    )
