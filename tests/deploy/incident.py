"""A simulated contact centre through the service's engine, a page a minute, without waiting."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, cast

from service.definitions import MINUTE, Definitions
from service.events.decoding import Decoder
from service.partition.engine import Engine
from service.simulate.generator import simulate
from service.view.catalogue import METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.events.model import EventType
    from service.simulate.plan import Plan
    from service.view.snapshot import Family

#: What alerts are made of; the histograms and the like would only take time.
WATCHED = (
    "cx_backlog_oldest_age_seconds",
    "cx_sla_open_contacts",
    "cx_window_contacts_closed",
    "cx_window_sla_contacts",
    "cx_window_survey_answers",
    "cx_contacts_closed_total",
    "cx_fcr_contacts_total",
    "cx_revised_total",
    "cx_sla_contacts_total",
)


_LABELS = {sample: labels for metric in METRICS for sample, labels in metric.samples.items()}
_TYPES = ("contact-started", "contact-resolved", "survey-answered", "contact-responded")
Columns = dict[str, dict[int, float]]


def minutes(
    plan: Plan, definitions: Definitions, since: int, restarts: Mapping[int, Definitions] = {}
) -> dict[str, str]:
    """What Prometheus scrapes each minute from `since` to the end of the plan.

    In promtool's notation: a series and its values, the first at `since`. `restarts`: at which of
    these minutes a worker of other definitions takes over.
    """
    assert plan.duration is not None
    engine, columns = Engine(definitions), defaultdict[str, dict[int, float]](dict)
    decoder, count = Decoder(65_536, 5 * MINUTE), 0
    changelog: list[tuple[bytes, bytes | None]] = []
    arriving = simulate(plan)
    waiting = next(arriving, None)
    for minute, now in enumerate(range(since, plan.start + plan.duration, MINUTE)):
        if minute in restarts:
            engine = Engine(restarts[minute])
            engine.restore(changelog)
            engine.restored()
        batch = []
        while waiting is not None and waiting.at <= now:
            of_contacts = cast("EventType", waiting.type)
            batch.append(decoder.decode(of_contacts, waiting.key, waiting.value, now))
            waiting = next(arriving, None)
        engine.apply(batch)
        for type_ in _TYPES[: 4 if definitions.contact_responded else 3]:
            engine.caught_up(type_, now)
        engine.advance()
        changelog += engine.changes()
        count += len(batch)
        _note_families(columns, minute, engine.snapshot().families)
        columns['cx_pipeline_events_total{topic="all",result="accepted"}'][minute] = count
        # Promtool's time begins at 0.
        columns['cx_pipeline_clock_timestamp_seconds{group="contacts",partition="0"}'][minute] = (
            minute * 60
        )
        columns['cx_build_info{version="0"}'][minute] = 1
    return {name: _notation(values) for name, values in columns.items()}


def _note_families(columns: Columns, minute: int, families: Mapping[str, Family]) -> None:
    for name in WATCHED:
        if name in families:
            family = families[name]
            numbers = family.values if family.unit == 1 else family.values / family.unit
            for values, number in zip(family.labels, numbers.tolist(), strict=False):
                told = ",".join(f'{k}="{v}"' for k, v in zip(_LABELS[name], values, strict=True))
                columns[f"{name}{{{told}}}"][minute] = number


def _notation(values: Mapping[int, float]) -> str:
    """Equal values in a row are written once: most change seldom."""
    parts = [f"_x{min(values) - 1}"] if min(values) > 1 else ["_"] * min(values)
    run, times = values[min(values)], -1
    for number in (*values.values(), None):
        if number == run:
            times += 1
        else:
            parts.append(f"{run:g}x{times}" if run < 1e6 else f"{run!r}x{times}")
            run, times = number if number is not None else 0.0, 0
    return " ".join(parts)
