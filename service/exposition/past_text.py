"""The page at many moments as one OpenMetrics document with timestamps.

OpenMetrics wants all samples of a series together, in the order of time; numbers come moment by
moment. So they are kept in a temporary file, 8 bytes each, until all are there, and are read back a
few series at a time: memory is bounded by the series of one moment, not by the length of the past.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, groupby
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from service.exposition.pipeline import PIPELINE_METRICS
from service.exposition.series import Labels, Projection, SeriesIndex
from service.exposition.text import heading, number_text, prefix_writer
from service.view.catalogue import METRICS, Metric
from service.view.snapshot import Family

#: Numbers read back at a time.
_MOST_NUMBERS: Final = 2_000_000
#: Texts of numbers remembered: most are small counts that come again and again.
_MOST_TEXTS: Final = 200_000

_Values = NDArray[np.float64]


class PastPages:
    """Takes the series of one moment after the other, then writes them.

    A context manager: its temporary file, which has no name, goes with it. Raises OSError where
    the file cannot be written.
    """

    def __init__(self, metrics: Sequence[Metric] = (*METRICS, *PIPELINE_METRICS)) -> None:
        self._metrics = metrics
        self._file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._samples = {sample: _Sample() for metric in metrics for sample in metric.samples}
        self._stamps: list[str] = []
        self._texts = _Texts()
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, moment: int, families: Mapping[str, Family]) -> None:
        """The series at `moment` (seconds since 1970), later than that of the last call."""
        for name, sample in self._samples.items():
            family = families.get(name)
            values = None if family is None else sample.arranged(family)
            count = 0 if values is None else len(values)
            sample.places.append((self._end, count))
            if values is not None:
                self._end += self._file.write(values.tobytes())
        self._stamps.append(f" {moment}\n")

    def text(self) -> Iterator[str]:
        """The document in pieces, without what closes it (`# EOF`)."""
        self._file.flush()
        for metric in self._metrics:
            runs = list(self._of(metric))
            if runs:
                yield heading(metric, True)
                yield from chain.from_iterable(runs)

    def clear(self) -> None:
        """Forgets the moments, for those of a next document; which series there are stays known."""
        self._stamps.clear()
        self._end = 0
        self._file.seek(0)
        self._file.truncate()
        for sample in self._samples.values():
            sample.places.clear()

    def _of(self, metric: Metric) -> Iterator[Iterator[str]]:
        series = [[row] for row in self._rows(metric)]
        if metric.type == "histogram":
            # Its buckets, sum and count of one moment belong together.
            rows = sorted(row for [row] in series)
            series = [list(group) for _, group in groupby(rows, key=lambda row: row.series)]
        width = max(map(len, series), default=1)
        most = max(1, _MOST_NUMBERS // (width * max(1, len(self._stamps))))
        for start in range(0, len(series), most):
            yield self._lines(series[start : start + most])

    def _rows(self, metric: Metric) -> Iterator[_Row]:
        for rank, (name, names) in enumerate(metric.samples.items()):
            bucket = names[-1:] == ("le",)
            sample, prefix = self._samples[name], prefix_writer(name, names)
            for row in range(len(sample.rows), len(sample.index.labels)):
                labels = sample.index.labels[row]
                series = labels[:-1] if bucket else labels
                bound = float(labels[-1]) if bucket else 0.0
                sample.rows.append(_Row(series, rank, bound, name, row, prefix(labels)))
            yield from sample.rows

    def _lines(self, series: Sequence[Sequence[_Row]]) -> Iterator[str]:
        columns = self._columns([row for rows in series for row in rows])
        for rows in series:
            lines = [self._line(row, next(columns)) for row in rows]
            if len(lines) == 1:
                yield "".join(line for line in lines[0] if line)
            else:
                yield "".join(chain.from_iterable(zip(*lines, strict=True)))

    def _line(self, row: _Row, column: _Values) -> list[str]:
        """The lines of a series, one a moment; empty where it was not there yet."""
        texts, prefix = self._texts, row.prefix
        if len(texts) > _MOST_TEXTS:
            texts.clear()
        numbers = map(texts.__getitem__, column.tolist())
        lines = [
            prefix + number + stamp for number, stamp in zip(numbers, self._stamps, strict=True)
        ]
        for absent in np.flatnonzero(np.isnan(column)).tolist():
            lines[absent] = ""
        return lines

    def _columns(self, rows: Sequence[_Row]) -> Iterator[_Values]:
        """The numbers of each row over time."""
        numbers = np.full((len(rows), len(self._stamps)), np.nan)
        places: defaultdict[str, list[int]] = defaultdict(list)
        for place, row in enumerate(rows):
            places[row.sample].append(place)
        for sample, of_sample in places.items():
            where = np.array(of_sample)
            wanted = np.array([rows[place].row for place in of_sample])
            low, high = int(wanted.min()), int(wanted.max()) + 1
            for moment, (begin, count) in enumerate(self._samples[sample].places):
                if count <= low:
                    continue
                size = 8 * (min(high, count) - low)
                read = np.frombuffer(os.pread(self._file.fileno(), size, begin + 8 * low))
                there = wanted < count
                numbers[where[there], moment] = read[wanted[there] - low]
        return iter(numbers)


class _Row(NamedTuple):
    """A series: by these they are sorted, those of one histogram together."""

    series: Labels
    rank: int
    bound: float
    sample: str
    row: int
    prefix: str


class _Sample:
    """The series of one sample name, and where the file has their numbers."""

    def __init__(self) -> None:
        self.index = SeriesIndex()
        #: Those of the index that were written before.
        self.rows: list[_Row] = []
        #: By moment: the offset of its numbers, and how many there are.
        self.places: list[tuple[int, int]] = []
        self._projection = Projection([], self.index)

    def arranged(self, family: Family) -> _Values:
        """The numbers by row; those of series that are not there are no numbers."""
        if self._projection.labels is not family.labels:
            self._projection = Projection(family.labels, self.index)
        rows = self._projection.rows(len(family.values))
        values = np.full(len(self.index.labels), np.nan)
        values[rows] = family.values
        return values


class _Texts(dict[float, str]):
    """What numbers are written as."""

    def __missing__(self, value: float) -> str:
        text = self[value] = number_text(value)
        return text
