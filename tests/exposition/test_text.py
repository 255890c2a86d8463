from __future__ import annotations

import random
import subprocess

import numpy as np
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse_text

from service.exposition.pipeline import PIPELINE_METRICS, pipeline_families
from service.exposition.series import Merger
from service.exposition.text import TextWriter
from service.view.catalogue import METRICS, Metric
from service.view.snapshot import Family, Snapshot
from tests.exposition.fakes import PIPELINE, SECOND, family, random_snapshot
from tests.exposition.plain_collector import PlainCollector

GAUGE = Metric("cx_backlog_contacts", "gauge", "Open", ("channel", "queue"))
COUNTER = Metric("cx_contacts_closed_total", "counter", "Closed", ("outcome",))
HISTOGRAM = Metric("cx_resolution_seconds", "histogram", "Time", ("channel",))


def everything(*seeds: int) -> dict[str, Family]:
    """The merged series of a partition a seed, and the pipeline's."""
    snapshots = [(seed, random_snapshot(seed, 1_700_000_000 * SECOND)) for seed in seeds]
    merged = Merger().merge(snapshots)
    return {**merged.families, **pipeline_families(PIPELINE, snapshots, "1.2.3")}


def written_by_the_client(families: dict[str, Family], *, openmetrics: bool) -> str:
    registry = CollectorRegistry()
    registry.register(PlainCollector(families))
    return (generate_openmetrics if openmetrics else generate_latest)(registry).decode()


def test_a_gauge_is_written_as_prometheus_reads_it() -> None:
    families = {"cx_backlog_contacts": family({("voice", "billing"): 3, ("chat", "none"): 0})}
    assert TextWriter([GAUGE]).write(families, openmetrics=False) == (
        "# HELP cx_backlog_contacts Open\n"
        "# TYPE cx_backlog_contacts gauge\n"
        'cx_backlog_contacts{channel="chat",queue="none"} 0.0\n'
        'cx_backlog_contacts{channel="voice",queue="billing"} 3.0\n'
    )


def test_a_counter_has_its_suffix_in_the_heading_of_the_text_format_only() -> None:
    families = {"cx_contacts_closed_total": family({("resolved",): 1234567})}
    writer = TextWriter([COUNTER])
    line = 'cx_contacts_closed_total{outcome="resolved"} 1.234567e+06\n'
    assert writer.write(families, openmetrics=False) == (
        "# HELP cx_contacts_closed_total Closed\n# TYPE cx_contacts_closed_total counter\n" + line
    )
    assert writer.write(families, openmetrics=True) == (
        "# HELP cx_contacts_closed Closed\n# TYPE cx_contacts_closed counter\n" + line
    )


def test_a_histogram_keeps_the_samples_of_one_series_together_and_its_buckets_ascending() -> None:
    families = {
        "cx_resolution_seconds_bucket": family(
            {
                ("voice", "+Inf"): 3,
                ("voice", "60.0"): 1,
                ("chat", "300.0"): 2,
                ("voice", "300.0"): 2,
                ("chat", "+Inf"): 2,
                ("chat", "60.0"): 0,
            }
        ),
        "cx_resolution_seconds_sum": family({("voice",): 700.25, ("chat",): 400}),
        "cx_resolution_seconds_count": family({("voice",): 3, ("chat",): 2}),
    }
    assert TextWriter([HISTOGRAM]).write(families, openmetrics=False).splitlines()[2:] == [
        'cx_resolution_seconds_bucket{channel="chat",le="60.0"} 0.0',
        'cx_resolution_seconds_bucket{channel="chat",le="300.0"} 2.0',
        'cx_resolution_seconds_bucket{channel="chat",le="+Inf"} 2.0',
        'cx_resolution_seconds_sum{channel="chat"} 400.0',
        'cx_resolution_seconds_count{channel="chat"} 2.0',
        'cx_resolution_seconds_bucket{channel="voice",le="60.0"} 1.0',
        'cx_resolution_seconds_bucket{channel="voice",le="300.0"} 2.0',
        'cx_resolution_seconds_bucket{channel="voice",le="+Inf"} 3.0',
        'cx_resolution_seconds_sum{channel="voice"} 700.25',
        'cx_resolution_seconds_count{channel="voice"} 3.0',
    ]


@pytest.mark.parametrize("label", ['say "hi"', "back\\slash", "two\nlines", "Zürich ☎", "{a=b},"])
def test_any_label_value_comes_back_as_it_was(label: str) -> None:
    families = {"cx_backlog_contacts": family({(label, "none"): 1})}
    text = TextWriter([GAUGE]).write(families, openmetrics=False)
    (read,) = parse_text(text)
    assert read.samples[0].labels == {"channel": label, "queue": "none"}


def test_the_text_format_is_what_the_client_library_writes() -> None:
    families = everything(1, 2, 3)
    ours = TextWriter().write(families, openmetrics=False)
    assert ours == written_by_the_client(families, openmetrics=False)


def test_openmetrics_is_what_the_client_library_writes() -> None:
    families = everything(1, 2, 3)
    ours = TextWriter().write(families, openmetrics=True) + "# EOF\n"
    assert ours == written_by_the_client(families, openmetrics=True)


def test_openmetrics_is_valid_for_the_strict_parser() -> None:
    page = TextWriter().write(everything(1), openmetrics=True) + "# EOF\n"
    read = {
        metric.name: metric.type
        for metric in parse_openmetrics(page)  # type: ignore[no-untyped-call]
    }
    assert read == {
        metric.name.removesuffix("_total"): metric.type for metric in (*METRICS, *PIPELINE_METRICS)
    }


def test_the_page_does_not_depend_on_the_order_in_which_series_appeared() -> None:
    def shuffled(seed: int) -> Snapshot:
        snapshot = random_snapshot(5)
        rng = random.Random(seed)
        families = {}
        for name, (labels, values, unit) in snapshot.families.items():
            order = rng.sample(range(len(values)), len(values))
            families[name] = Family([labels[row] for row in order], values[order], unit)
        return Snapshot(0, 0, families)

    pages = {
        TextWriter().write(Merger().merge([(0, shuffled(seed))]).families, openmetrics=False)
        for seed in range(3)
    }
    assert len(pages) == 1


def test_a_new_series_takes_its_place_in_the_next_page() -> None:
    merger, writer = Merger(), TextWriter([GAUGE])
    first, second = ("voice", "a"), ("chat", "b")
    labels = [first]

    def page(*values: int) -> list[str]:
        held = Family(labels, np.array(values))
        merged = merger.merge([(0, Snapshot(0, 0, {"cx_backlog_contacts": held}))])
        return writer.write(merged.families, openmetrics=False).splitlines()[2:]

    page(1)
    labels.append(second)
    assert page(2, 3) == [
        'cx_backlog_contacts{channel="chat",queue="b"} 3.0',
        'cx_backlog_contacts{channel="voice",queue="a"} 2.0',
    ]


def test_a_page_that_grew_is_the_page_that_a_new_writer_writes() -> None:
    merger, writer = Merger(), TextWriter()
    for partitions in ((1,), (1, 2), (1, 2, 3), (2,), (4, 2), (1, 2, 3, 4, 5)):
        snapshots = [(seed, random_snapshot(seed, 1_700_000_000 * SECOND)) for seed in partitions]
        families = {
            **merger.merge(snapshots).families,
            **pipeline_families(PIPELINE, snapshots, "1.2.3"),
        }
        page = writer.write(families, openmetrics=False)
        assert page == TextWriter().write(families, openmetrics=False)
        assert page == written_by_the_client(families, openmetrics=False)
        assert writer.write(families, openmetrics=True) + "# EOF\n" == written_by_the_client(
            families, openmetrics=True
        )


def test_a_metric_without_series_has_its_heading() -> None:
    assert TextWriter([GAUGE]).write({}, openmetrics=False) == (
        "# HELP cx_backlog_contacts Open\n# TYPE cx_backlog_contacts gauge\n"
    )


@pytest.mark.prometheus
def test_promtool_minds_nothing_but_the_names_that_the_contract_gives_to_gauges() -> None:
    page = TextWriter().write(everything(1), openmetrics=False)
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=page, capture_output=True, text=True
    )
    gauges_named_like_histograms = (
        '"_bucket" suffix',
        '"le" label',
        '"_count" suffix',
        '"_sum" suffix',
    )
    unexpected = [
        line
        for line in (checked.stdout + checked.stderr).splitlines()
        if not line.endswith(gauges_named_like_histograms)
    ]
    assert unexpected == []


@pytest.mark.parametrize("openmetrics", [False, True])
def test_every_number_is_written_as_the_client_library_writes_it(*, openmetrics: bool) -> None:
    near = [np.nextafter(edge, to) for edge in (1e6, -1e6) for to in (-np.inf, np.inf)]
    rng = random.Random(4)
    sizes = [rng.uniform(-1, 1) * 10.0 ** rng.randint(-9, 25) for _ in range(300)]
    special = [0.0, -0.0, 1e6, -1e6, np.inf, -np.inf, np.nan, 5e-324, 1.7e308]
    numbers = [*special, *near, *sizes, *map(round, sizes)]
    families = {
        "cx_backlog_contacts": family(
            {("voice", f"{nth:04}"): number for nth, number in enumerate(numbers)}
        )
    }
    ours = TextWriter([GAUGE]).write(families, openmetrics=openmetrics)
    theirs = written_by_the_client(families, openmetrics=openmetrics)
    assert numbers_of(ours) == numbers_of(theirs)
    assert len(numbers_of(ours)) == len(numbers)


def numbers_of(page: str) -> list[str]:
    return [line.rpartition(" ")[2] for line in page.splitlines() if line.startswith("cx_b")]
