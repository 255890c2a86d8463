"""Which definitions a group's numbers are by: noted in its register, told where they have changed.

Every partition's own state says under which definitions it was kept; what the register says is for
those who ask before they take any partition over.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import structlog

from service.streaming.copartitions import told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.streaming.copartitions import Copartition
    from service.streaming.partition import PartitionEngine
    from service.streaming.register import Register

log = structlog.get_logger(__name__)

#: Their name in the register.
REGISTERED_AS: Final = "definitions"


async def note(register: Register, definitions: bytes) -> None:
    """Has the register say that partitions were taken over under these. Raises StreamError."""
    if register.value(REGISTERED_AS) != definitions:
        await register.put(REGISTERED_AS, value=definitions)


def tell(engines: Mapping[Copartition, PartitionEngine]) -> None:
    """Logs what has changed by a take-over, and which windows do not yet cover all."""
    displaced = {label for engine in engines.values() for label in engine.displaced_labels}
    if displaced:
        log.warning(
            "records of the register topic are gone (retention, deleted by hand): others have the"
            " places of these label values, which are shown as other from now on. Counters keep"
            " what they have",
            labels=sorted(f"{label.dimension}={label.value}" for label in displaced),
        )
    changed = {
        partition: differences
        for partition, engine in engines.items()
        if (differences := engine.changed_settings())
    }
    for differences in dict.fromkeys(tuple(differences) for differences in changed.values()):
        log.info(
            "settings have changed: counters keep what they have, gauges follow",
            partitions=told(it for it, its in changed.items() if tuple(its) == differences),
            changes={name: f"{former} -> {now}" for name, former, now in differences},
        )
    for partition in changed:
        snapshot = engines[partition].snapshot()
        incomplete = {
            window: _moment(since)
            for window, since in snapshot.complete_from.items()
            if since > snapshot.clock
        }
        if incomplete:
            log.info(
                "windows lack what had left the state, until these times",
                partition=partition.number,
                windows=incomplete,
            )


def _moment(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).isoformat(timespec="seconds")
