"""How often the 95 % intervals hold the true value, added up exactly over all answers there can be.

Where few answers are possible no interval of this kind holds it in 95 of 100 cases for every true
value; over the true values together it must.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from math import comb
from random import Random

import numpy as np
import pytest

from service.exposition.intervals import Interval, of_index, of_net_score, of_share

#: True shares, in twentieths.
STEPS = 20
SIZES = (*range(1, 13), 15, 20, 30, 50)


@cache
def _powers(size: int) -> list[list[float]]:
    return [[(step / STEPS) ** count for count in range(size + 1)] for step in range(STEPS + 1)]


def _holds(interval: Interval | None, value: float) -> bool:
    assert interval is not None
    return interval[0] - 1e-9 <= value <= interval[1] + 1e-9


@pytest.mark.parametrize("size", range(1, 51))
def test_the_interval_of_a_share_holds_the_true_one(size: int) -> None:
    power = _powers(size)
    coverage = [
        sum(
            comb(size, good) * power[step][good] * power[STEPS - step][size - good]
            for good in range(size + 1)
            if _holds(of_share(good, size), step / STEPS)
        )
        for step in range(STEPS + 1)
    ]
    assert sum(coverage) / len(coverage) >= 0.93
    assert min(coverage) >= 0.8


@pytest.mark.parametrize("size", SIZES)
def test_the_interval_of_a_net_score_holds_the_true_one(size: int) -> None:
    power = _powers(size)
    answers = [
        (promoters, detractors, of_net_score(promoters, detractors, size))
        for promoters, detractors in product(range(size + 1), repeat=2)
        if promoters + detractors <= size
    ]
    coverage = []
    for liking in range(STEPS + 1):
        for disliking in range(STEPS + 1 - liking):
            like, dislike = power[liking], power[disliking]
            neither = power[STEPS - liking - disliking]
            score = 100 * (liking - disliking) / STEPS
            coverage.append(
                sum(
                    comb(size, p) * comb(size - p, d) * like[p] * dislike[d] * neither[size - p - d]
                    for p, d, interval in answers
                    if _holds(interval, score)
                )
            )
    assert sum(coverage) / len(coverage) >= 0.95
    assert min(coverage) >= 0.85


@pytest.mark.parametrize("grades", [2, 3, 5, 10])
@pytest.mark.parametrize("size", [2, 3, 5, 10, 20, 50])
def test_the_interval_of_an_index_holds_the_true_one_on_any_scale(grades: int, size: int) -> None:
    pick = Random(grades * 100 + size)
    coverage = []
    for _ in range(200):
        # Also lopsided ones: that all but few answers are alike is usual.
        weights = [pick.random() ** pick.choice((1, 8)) for _ in range(grades)]
        chances = [weight / sum(weights) for weight in weights]
        true = 100 * sum(place * chance for place, chance in enumerate(chances)) / (grades - 1)
        coverage.append(
            sum(
                chance
                for total, chance in enumerate(_sum_of(size, chances))
                if _holds(of_index(100 * total / (grades - 1), size), true)
            )
        )
    assert sum(coverage) / len(coverage) >= 0.95
    assert min(coverage) >= 0.8


def _sum_of(size: int, chances: list[float]) -> list[float]:
    """The chance of each sum of so many grades, counted from 0."""
    total = np.ones(1)
    for _ in range(size):
        total = np.convolve(total, chances)
    return [float(chance) for chance in total]


@pytest.mark.parametrize("alike", [(1, 0), (0, 1), (0, 0)])
def test_answers_that_are_all_alike_are_surer_the_more_they_are(alike: tuple[int, int]) -> None:
    promoters, detractors = alike
    widths = []
    for size in (1, 2, 5, 20, 1000):
        interval = of_net_score(promoters * size, detractors * size, size)
        assert interval is not None
        widths.append(interval[1] - interval[0])
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > 150
    assert widths[-1] < 1


def test_there_is_no_interval_of_nothing() -> None:
    assert of_share(0, 0) is None
    assert of_net_score(0, 0, 0) is None
