"""Pages of many moments as one document, in the order that OpenMetrics wants."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from itertools import groupby, pairwise
from operator import itemgetter
from random import Random

import numpy as np
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse

from service.exposition import past_text
from service.exposition.past_text import PastPages
from service.view.catalogue import METRICS
from service.view.snapshot import Family

_CHOSEN = [
    metric
    for metric in METRICS
    if metric.name
    in {"cx_backlog_contacts", "cx_contacts_started_total", "cx_first_response_seconds"}
]
_BOUNDS = ("5.0", "60.0", "+Inf")

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], dict[float, float]]


def pages(seed: int, moments: int) -> list[dict[str, Family]]:
    """Series that appear one after the other, and counters that grow."""
    random = Random(seed)
    labels = [('voice"\n', "a\\b"), ("chat", "b"), ("email", "none"), ("社交", "\u202eqeue")]
    made = []
    count = 0
    for moment in range(moments):
        there = labels[: 1 + moment % 3 if seed == 0 else min(len(labels), 1 + moment)]
        count += random.randrange(5)
        buckets = [(*pair, bound) for pair in there for bound in _BOUNDS]
        made.append(
            {
                "cx_backlog_contacts": _family({pair: random.random() for pair in there}),
                "cx_contacts_started_total": _family({(*pair, "inbound"): count for pair in there}),
                "cx_first_response_seconds_bucket": _family(dict.fromkeys(buckets, count)),
                "cx_first_response_seconds_sum": _family(dict.fromkeys(there, count / 3)),
                "cx_first_response_seconds_count": _family(dict.fromkeys(there, count)),
            }
        )
    return made


def _family(values: Mapping[tuple[str, ...], float]) -> Family:
    return Family(list(values), np.array(list(values.values()), dtype=np.float64))


def said(pages: list[dict[str, Family]]) -> Samples:
    found: Samples = defaultdict(dict)
    names = {sample: of for metric in _CHOSEN for sample, of in metric.samples.items()}
    for moment, families in enumerate(pages):
        for sample, family in families.items():
            for labels, value in zip(family.labels, family.values.tolist(), strict=True):
                series = (sample, tuple(sorted(zip(names[sample], labels, strict=True))))
                found[series][float(moment)] = value
    return found


def read(text: str) -> Samples:
    """By the reference parser, which takes no series in two places, nor times that go back.

    Of a histogram it sees each moment by itself: with several of them it drops buckets as repeated.
    """
    found: Samples = defaultdict(dict)
    lines = text.splitlines(keepends=True)
    moments = {line.split()[-1] for line in lines if line[0] != "#"}
    plain = [line for line in lines if "cx_first_response" not in line]
    documents = [plain] + [
        [
            line
            for line in lines
            if "cx_first_response" in line and line.split()[-1] in (of, *_TEXTS)
        ]
        for of in moments
    ]
    for document in documents:
        for metric in parse(f"{''.join(document)}# EOF\n"):  # type: ignore[no-untyped-call]
            for sample in metric.samples:
                series = (sample.name, tuple(sorted(sample.labels.items())))
                assert sample.timestamp is not None
                found[series][float(sample.timestamp)] = sample.value
    return found


#: How the lines end that are none of samples.
_TEXTS = ("final", "histogram")


def groups(text: str) -> list[tuple[str, int]]:
    """Labels and time of the lines of histograms, those of one moment once."""
    found = [
        (re.sub(r'le="[^"]*",', "", labels), int(moment))
        for labels, moment in re.findall(r"cx_first_response_seconds_\w+(\{.*\}) \S+ (\d+)", text)
    ]
    return [of for of, _ in groupby(found)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("at_a_time", [1, 20, 1_000_000])
def test_each_series_is_told_at_each_moment_at_which_it_was_there(
    seed: int, at_a_time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past_text, "_MOST_NUMBERS", at_a_time)
    made = pages(seed, 7)
    with PastPages(_CHOSEN) as past:
        for families in pages(seed + 1, 3):
            past.add(0, families)
        assert "".join(past.text())
        past.clear()
        for moment, families in enumerate(made):
            past.add(moment, families)
        text = "".join(past.text())
    assert read(text) == said(made)
    together = groups(text)
    assert len(set(together)) == len(together)
    assert [labels for labels, _ in groupby(together, key=itemgetter(0))] == list(
        dict.fromkeys(labels for labels, _ in together)
    )
    assert all(a[1] < b[1] for a, b in pairwise(together) if a[0] == b[0])


def test_metrics_that_were_not_chosen_or_never_there_are_not_told() -> None:
    (made,) = pages(1, 1)
    with PastPages(_CHOSEN[:1]) as past:
        past.add(0, made)
        assert "cx_contacts" not in "".join(past.text())
    with PastPages(_CHOSEN) as past:
        past.add(0, {})
        assert "".join(past.text()) == ""
