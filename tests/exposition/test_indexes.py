from __future__ import annotations

import random
from math import ceil

import pytest

from service.exposition import indexes
from service.exposition.intervals import of_index
from service.exposition.rollup import Cells


def test_a_quantile_is_interpolated_within_its_bucket() -> None:
    assert indexes.quantile(0.5, {("10.0",): 4, ("20.0",): 8, ("+Inf",): 8}) == 10
    assert indexes.quantile(0.75, {("10.0",): 4, ("20.0",): 8, ("+Inf",): 8}) == 15


def test_a_quantile_above_the_last_bound_is_not_known() -> None:
    assert indexes.quantile(0.1, {("10.0",): 1, ("+Inf",): 10}) == 10
    assert indexes.quantile(0.9, {("10.0",): 1, ("+Inf",): 10}) is None


def test_durations_tell_what_a_quantile_that_is_not_known_is_above() -> None:
    buckets: Cells = {("+Inf",): 4, ("10.0",): 3, ("20.0",): 3}
    times = indexes.durations(buckets, {(): 90}, {(): 4})
    assert times.p50 == pytest.approx(20 / 3)
    assert (times.p90, times.last_bound) == (None, 20)


@pytest.mark.parametrize("seed", range(50))
def test_a_quantile_is_within_the_bucket_of_the_observation_that_it_is_of(seed: int) -> None:
    pick = random.Random(seed)
    bounds = sorted(pick.sample(range(1, 1000), pick.randrange(1, 9)))
    times = sorted(pick.randrange(1, 1500) for _ in range(pick.randrange(1, 40)))
    buckets: Cells = {(str(float(le)),): sum(time <= le for time in times) for le in bounds}
    buckets = {**buckets, ("+Inf",): len(times)}
    for q in (0.5, 0.9, 0.95):
        of = times[ceil(q * len(times)) - 1]
        above = next((le for le in bounds if of <= le), None)
        told = indexes.quantile(q, buckets)
        if above is None:
            assert told is None
        else:
            assert told is not None
            assert max((le for le in bounds if le < of), default=0) <= told <= above


def test_a_quantile_in_the_lowest_bucket_is_interpolated_from_zero() -> None:
    assert indexes.quantile(0.5, {("10.0",): 10, ("+Inf",): 10}) == 5


@pytest.mark.parametrize("buckets", [{}, {("10.0",): 0, ("+Inf",): 0}])
def test_without_observations_there_is_no_quantile(buckets: Cells) -> None:
    assert indexes.quantile(0.5, buckets) is None


def test_settled_fcr_leaves_pending_out_and_provisional_takes_it_for_resolved() -> None:
    fcr = indexes.fcr(
        {
            ("24h", "resolved_first_time"): 6,
            ("24h", "repeated"): 1,
            ("24h", "unresolved"): 1,
            ("24h", "pending"): 2,
            ("2h", "repeated"): 99,
        },
        "24h",
    )
    assert (fcr.settled, fcr.provisional) == (6 / 8, 8 / 10)


def test_abandons_count_against_the_target_and_short_abandons_do_not() -> None:
    judged = indexes.judged(
        {
            ("first_response", "met"): 8,
            ("first_response", "breached"): 1,
            ("first_response", "abandoned"): 1,
            ("first_response", "short_abandoned"): 5,
            ("resolution", "met"): 99,
        },
        "first_response",
    )
    assert judged.share == 0.8


def test_each_aspect_is_told_by_satisfaction_alone_and_all_together_by_customers() -> None:
    overall, access, resolution = (("csat", of) for of in ("overall", "access", "resolution"))
    others: Cells = {overall: 7.0, ("ces", "access"): 9.0}
    art = indexes.art({access: 150, resolution: 0, **others}, {access: 2, resolution: 1, **others})
    assert (art.answers, art.index, art.access.answers, art.access.index) == (3, 50, 2, 75)
    assert (art.resolution.index, art.treatment.index) == (0, None)
    assert art.treatment.interval is None
    # Three answers say as much as one: yes or no, half and half.
    assert art.interval == of_index(50, 1)


def test_csat_is_told_as_shares_mean_and_index() -> None:
    csat = indexes.csat({("csat", "5"): 2, ("csat", "4"): 1, ("csat", "1"): 1, ("nps", "0"): 9})
    assert (csat.answers, csat.top_2, csat.top_1, csat.mean) == (4, 0.75, 0.5, 3.75)
    assert csat.index == 68.75


def test_nps_is_promoters_less_detractors_with_its_interval() -> None:
    nps = indexes.nps({("nps", "10"): 5, ("nps", "8"): 3, ("nps", "6"): 2})
    assert nps.score == pytest.approx(30)
    assert nps.interval == pytest.approx((-21.91, 71.91), abs=0.01)


@pytest.mark.parametrize(("high_is_easy", "easy"), [(True, 0.6), (False, 0.2)])
def test_which_end_of_ces_is_easy_is_a_setting(high_is_easy: bool, easy: float) -> None:
    cells: Cells = {("ces", "7"): 2, ("ces", "5"): 1, ("ces", "4"): 1, ("ces", "3"): 1}
    assert indexes.ces(cells, high_is_easy=high_is_easy).easy == easy


def test_an_index_of_nothing_is_unknown_and_not_zero() -> None:
    assert indexes.csat({}).top_2 is None
    assert indexes.nps({}).score is None
    assert indexes.ces({}, high_is_easy=True).easy is None
    assert indexes.fcr({}, "24h").settled is None
    assert indexes.judged({}, "resolution").share is None
    assert indexes.durations({}, {}, {}).mean is None


def test_settled_fcr_is_of_all_that_is_decided_however_much_is_pending() -> None:
    early = indexes.fcr({("24h", "unresolved"): 30.0, ("24h", "pending"): 1.0}, "24h")
    assert (early.settled, early.provisional) == (0, 1 / 31)
    undecided = indexes.fcr({("24h", "pending"): 9.0}, "24h")
    assert (undecided.settled, undecided.provisional) == (None, 1)
