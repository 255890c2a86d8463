"""Evaluations: what quality monitoring found in contacts, by the time of the evaluation.

An evaluation is `fatal` if it found an error that fails the customer or the business, else
`nonfatal` if it found any, else `clean` (the two kinds of errors are COPC's). Net emotional value
is the mean of positive minus negative emotions (Colin Shaw): a recording rule over the sums here,
of evaluations that tell both.

An evaluation counts where its contact was last closed, also while that is open again; before a
closing, where the contact is now. So it can be counted where it is not any more once its contact,
open again, expires under other labels: a revision that no event brings.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from service.definitions import Definitions
from service.kpis.facts import Fact
from service.kpis.layout import Layout, Run
from service.kpis.rows import NEVER, Bools, Ints
from service.kpis.tables import Evaluations

#: By number: :attr:`service.state.evaluation.Evaluation.result`.
RESULTS = ("fatal", "nonfatal", "clean")
SEVERITIES = ("fatal", "nonfatal")
#: Scores and emotions are kept in millionths.
UNIT = 1_000_000


class Quality:
    """Evaluations by result, their errors, scores and emotions."""

    def __init__(self, definitions: Definitions, layout: Layout, revised: Run) -> None:
        self._lateness = definitions.allowed_lateness
        self._revised = revised.offset + revised.labels.index(("evaluation", "late"))
        self._revised_by_reopening = revised.offset + revised.labels.index(
            ("evaluation", "reopened")
        )
        self._results = layout.add(
            "evaluation",
            "queue",
            [(result,) for result in RESULTS],
            gauge="cx_window_evaluations",
            counter="cx_evaluations_total",
        )
        self._errors = layout.add(
            "evaluation_errors",
            "queue",
            [(severity,) for severity in SEVERITIES],
            shape="total",
            gauge="cx_window_evaluation_errors",
        )
        self._score = layout.add(
            "evaluation_score",
            "queue",
            [()],
            shape="amount",
            gauge="cx_window_evaluation_score",
            unit=UNIT,
        )
        self._positive, self._negative = (
            layout.add(
                f"emotion_{kind}",
                "queue",
                [()],
                shape="total",
                gauge=f"cx_window_emotion_{kind}_sum",
                unit=UNIT,
            )
            for kind in ("positive", "negative")
        )
        self._emotion = layout.add("emotion", "queue", [()], gauge="cx_window_emotion_count")

    def facts(self, evaluations: Evaluations) -> Iterator[Fact]:
        its = evaluations
        counted_at = its.evaluated_at + self._lateness
        expires_first = its.expires_at <= counted_at
        yield Fact(
            slot="evaluation",
            name="evaluation",
            when=its.told,
            cell=np.where(expires_first, its.expired_cells, its.cells)
            + self._results.offset
            + its.result,
            at=its.evaluated_at,
            final=its.evaluated_at,
            windowed=False,
            shown_as=("evaluation_shown", "evaluation_shown/expired"),
        )
        moves = its.told & (its.expires_at != NEVER) & ~expires_first
        yield Fact(
            slot="evaluation_moved",
            name="",
            when=moves & (its.expired_cells != its.cells),
            cell=np.where(its.reopened_at > counted_at, self._revised_by_reopening, self._revised),
            at=its.expires_at,
            final=its.expires_at - self._lateness,
            windowed=False,
            revises=True,
        )
        yield from _shown(its, "evaluation_shown", its.told, self._results, its.result)
        for number, (severity, found) in enumerate(
            zip(SEVERITIES, (its.fatal, its.nonfatal), strict=True)
        ):
            slot = f"evaluation_errors:{severity}"
            yield from _shown(its, slot, its.told, self._errors, number, found)
        yield from _shown(its, "evaluation_score", its.score >= 0, self._score, 0, its.score)
        both = (its.positive >= 0) & (its.negative >= 0)
        yield from _shown(its, "emotion_positive", both, self._positive, 0, its.positive)
        yield from _shown(its, "emotion_negative", both, self._negative, 0, its.negative)
        yield from _shown(its, "emotion", both, self._emotion)


def _shown(
    its: Evaluations,
    slot: str,
    when: Bools,
    run: Run,
    nth: int | Ints = 0,
    total: Ints | None = None,
) -> Iterator[Fact]:
    """What windows show: until its contact, open again, expires, and from then on."""
    yield Fact(
        slot=slot,
        name=slot,
        when=when,
        cell=its.cells + run.offset + nth,
        at=its.evaluated_at,
        total=total,
        until=its.expires_at,
    )
    yield Fact(
        slot=f"{slot}/expired",
        name=slot,
        when=when & (its.expires_at != NEVER),
        cell=its.expired_cells + run.offset + nth,
        at=its.evaluated_at,
        total=total,
        since=its.expires_at,
    )
