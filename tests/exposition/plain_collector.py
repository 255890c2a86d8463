"""What the writer must write: the same series given to `prometheus_client` in the ordinary way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client.core import Metric as ClientMetric
from prometheus_client.registry import Collector

from service.exposition.pipeline import PIPELINE_METRICS
from service.view.catalogue import METRICS
from service.view.snapshot import Family


class PlainCollector(Collector):
    """Yields the families as they are; `generate_latest` does the rest."""

    def __init__(self, families: Mapping[str, Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[ClientMetric]:
        for metric in (*METRICS, *PIPELINE_METRICS):
            exposed = ClientMetric(metric.name.removesuffix("_total"), metric.help, metric.type)
            rows = [
                (self._order(labels, names, rank), name, labels, names, value)
                for rank, (name, names) in enumerate(metric.samples.items())
                if name in self._families
                for labels, value in zip(*self._families[name][:2], strict=False)
            ]
            for _, name, labels, names, value in sorted(rows, key=lambda row: row[0]):
                exposed.add_sample(name, dict(zip(names, labels, strict=True)), float(value))
            yield exposed

    @staticmethod
    def _order(
        labels: tuple[str, ...], names: tuple[str, ...], rank: int
    ) -> tuple[tuple[str, ...], int, float]:
        if names[-1:] != ("le",):
            return labels, rank, 0.0
        return labels[:-1], rank, float(labels[-1])
