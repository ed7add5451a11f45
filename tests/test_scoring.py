"""Scores of an order: by hand, as the R package ptools has them, against all orders of the ties, and what never matters."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hotspots.analysis.scoring import SHARES, Ranked, block_length, mean_intervals, scores

COLUMNS = ["hit_rate", "pai", "pei", "rri", "hit_rate_worst", "pai_worst", "hits", "n_test"]
SHARES_TRIED = (0.01, 0.02, 0.05, 0.10, 0.3, 0.37, 0.5, 0.75, 1.0)
UNITS = st.lists(st.tuples(st.integers(-3, 3), st.integers(1, 5), st.integers(0, 4)), min_size=1, max_size=9)


def ranked(score, area, hits, predicted=None):
    return Ranked(
        np.array(score, dtype=np.float64),
        np.array(area, dtype=np.float64),
        np.array(hits, dtype=np.int64),
        None if predicted is None else np.array(predicted, dtype=np.float64),
    )


def of(rows):
    return ranked(*zip(*rows, strict=True))


def at(order, share):
    return scores(order, [share]).iloc[0]


# Published and by hand


def test_a_quarter_of_the_crimes_in_a_twentieth_of_the_area_is_a_pai_of_five():
    # The definition of Chainey, Tompson and Uhlig (2008): hit rate over the share of the area.
    found = at(ranked([2, 1], [5e4, 95e4], [25, 75]), 0.05)
    assert found["hit_rate"] == pytest.approx(0.25)
    assert found["pai"] == pytest.approx(5)
    assert at(ranked([2, 1], [50, 50], [25, 75]), 0.5)["pai"] == pytest.approx(0.5)


def test_the_values_that_the_r_package_ptools_tests_itself_by():
    # tests/testthat/test-pai.R of ptools: obs 6, 3, 0 and pred 3, 2, 1 on areas of 1.
    found = scores(ranked([3, 2, 1], [1, 1, 1], [6, 3, 0], predicted=[3, 2, 1]), [1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(found["pai"], [2, 1.5, 1], rtol=1e-12)
    np.testing.assert_allclose(found["pei"], [1, 1, 1], rtol=1e-12)
    np.testing.assert_allclose(found["rri"], [3 / 6, 5 / 9, 6 / 9], rtol=1e-12)


def test_the_example_of_the_r_package_ptools():
    # obs 6, 7, 3, 2, 1, 0 and pred 8, 4, 4, 2, 1, 0. Of the two tied units ptools takes the one with fewer crimes
    # first, which is the worst case here; the mean takes 5 of each.
    order = ranked([8, 4, 4, 2, 1, 0], [1] * 6, [6, 7, 3, 2, 1, 0], predicted=[8, 4, 4, 2, 1, 0])
    found = scores(order, [step / 6 for step in range(1, 7)])
    np.testing.assert_allclose(found["pai_worst"], [36 / 19, 27 / 19, 32 / 19, 27 / 19, 6 / 5, 1])
    np.testing.assert_allclose(found["pai"], [36 / 19, 33 / 19, 32 / 19, 27 / 19, 6 / 5, 1])
    np.testing.assert_allclose(found["pei"], [6 / 7, 11 / 13, 1, 1, 1, 1])
    np.testing.assert_allclose(found["rri"], [8 / 6, 12 / 11, 16 / 16, 18 / 18, 19 / 19, 19 / 19])


def test_the_last_unit_counts_in_part_and_a_tie_is_one_ground():
    # 100 m²: 10 with 4 hits, then a tie of 30 with 6 and 10 with 0, then 50 with 10.
    order = ranked([5, 3, 3, 1], [10, 30, 10, 50], [4, 6, 0, 10], predicted=[4, 2, 2, 1])
    found = scores(order, [0.05, 0.1, 0.2, 0.5, 0.75])
    assert found.index.name == "share_of_area"
    assert found.index.tolist() == [0.05, 0.1, 0.2, 0.5, 0.75]
    assert found.columns.tolist() == COLUMNS
    np.testing.assert_allclose(found["hits"], [2, 4, 5.5, 10, 15])
    np.testing.assert_allclose(found["hit_rate"], [0.1, 0.2, 0.275, 0.5, 0.75])
    np.testing.assert_allclose(found["pai"], [2, 2, 1.375, 1, 1])
    np.testing.assert_allclose(found["hit_rate_worst"], [0.1, 0.2, 0.2, 0.5, 0.75])
    np.testing.assert_allclose(found["pai_worst"], [2, 2, 1, 1, 1])
    # Worth knowing beforehand: 10 at 0.4 a m², then the 80 at 0.2, then the 10 at none.
    np.testing.assert_allclose(found["pei"], [1, 1, 5.5 / 6, 10 / 12, 15 / 17])
    np.testing.assert_allclose(found["rri"], [2 / 2, 4 / 4, 5 / 5.5, 8 / 10, 8.5 / 15])
    assert found["n_test"].tolist() == [20] * 5
    assert found["n_test"].dtype == np.int64


def test_four_shares_by_default():
    assert SHARES == (0.01, 0.02, 0.05, 0.10)
    assert scores(ranked([1], [1], [1])).index.tolist() == list(SHARES)


# Against all orders


@pytest.mark.parametrize(
    ("score", "hits"),
    [([2, 2, 2, 1, 1], [3, 0, 1, 0, 2]), ([1, 1, 1, 1, 1], [5, 1, 0, 0, 1]), ([3, 1, 1, 2, 2], [0, 4, 1, 1, 0])],
)
def test_the_mean_the_worst_and_the_best_over_all_orders(score, hits):
    def found_by(order, area):
        return np.interp(area, range(6), np.concatenate([[0], np.cumsum([hits[unit] for unit in order])]))

    orders = list(permutations(range(5)))
    allowed = [order for order in orders if all(np.diff([score[unit] for unit in order]) <= 0)]
    for share in SHARES_TRIED:
        found, total = at(ranked(score, [7] * 5, hits), share), sum(hits)
        by_order = [found_by(order, 5 * share) / total for order in allowed]
        assert found["hit_rate"] == pytest.approx(np.mean(by_order))
        assert found["hit_rate_worst"] == pytest.approx(min(by_order))
        best = max(found_by(order, 5 * share) / total for order in orders)
        assert found["pei"] == pytest.approx(found["hit_rate"] / best)
        assert found["pai"] == pytest.approx(found["hit_rate"] / share)
        assert found["pai_worst"] == pytest.approx(found["hit_rate_worst"] / share)


@settings(max_examples=60, deadline=None)
@given(UNITS)
def test_scores_keep_their_ranges(rows):
    assume(sum(hits for *_, hits in rows))
    found = scores(of(rows), SHARES_TRIED)
    assert found["hit_rate"].is_monotonic_increasing
    assert (found["hit_rate"] >= 0).all()
    assert found["hit_rate"].iloc[-1] == 1
    assert found["pai"].iloc[-1] == 1
    assert found["pei"].iloc[-1] == 1
    assert (found["hit_rate_worst"] <= found["hit_rate"] * (1 + 1e-12)).all()
    assert (found["pai"] >= 0).all()
    assert found["pei"].between(0, 1).all()
    assert (found["pai"] * found.index <= 1 + 1e-12).all()
    np.testing.assert_allclose(found["hits"], found["hit_rate"] * found["n_test"])


@settings(max_examples=40, deadline=None)
@given(UNITS, st.randoms(), st.integers(0, 8))
def test_what_does_not_matter(rows, random, which):
    assume(sum(hits for *_, hits in rows))
    found = scores(of(rows), SHARES_TRIED)
    shuffled = rows.copy()
    random.shuffle(shuffled)
    thirds, shuffled_thirds = ([(s, a / 3, n) for s, a, n in some] for some in (rows, shuffled))
    pd.testing.assert_frame_equal(scores(of(shuffled_thirds), SHARES_TRIED), scores(of(thirds), SHARES_TRIED))
    pd.testing.assert_frame_equal(scores(of(shuffled), SHARES_TRIED), found, check_exact=True)
    for same in (
        [(math.exp(s), a, n) for s, a, n in rows],
        [(7.0 * s - 100.0, a, n) for s, a, n in rows],
        [(s, 2500.0 * a, n) for s, a, n in rows],
    ):
        pd.testing.assert_frame_equal(scores(of(same), SHARES_TRIED), found)
    score, area, hits = rows[which % len(rows)]
    doubled = [(s, a, 3 * n) for s, a, n in rows]
    split = [row for row in doubled if row != (score, area, 3 * hits)]
    copies = len(rows) - len(split)
    split += copies * [(score, area / 3, hits), (score, 2 * area / 3, 2 * hits)]
    more = scores(of(doubled), SHARES_TRIED)
    pd.testing.assert_frame_equal(scores(of(split), SHARES_TRIED), more)
    assert more["hits"].tolist() == pytest.approx((3 * found["hits"]).tolist())
    relative = ["hit_rate", "pai", "pei", "rri", "hit_rate_worst", "pai_worst"]
    pd.testing.assert_frame_equal(more[relative], found[relative])


@settings(max_examples=20, deadline=None)
@given(UNITS)
def test_an_order_that_says_nothing_scores_what_chance_does(rows):
    assume(sum(hits for *_, hits in rows))
    found = scores(of([(4, area, hits) for _, area, hits in rows]), SHARES_TRIED)
    np.testing.assert_allclose(found["pai"], 1)
    assert (found["pai_worst"] <= 1 + 1e-12).all()


# Ties but for rounding


@pytest.mark.parametrize(
    ("scored", "tied"),
    [
        ([0.1 + 0.2, 0.3], True),
        ([-(0.1 + 0.2), -0.3], True),
        ([0.0, -0.0], True),
        ([1.0, 1.0 + 1e-10], True),
        ([1.0, 1.0 + 1e-8], False),
        ([-1.0, -1.0 + 1e-8], False),
        ([1e-30, 1.1e-30], False),
        ([0.0, 1e-300], False),
        ([1e9, 1e9 + 10.0], False),
    ],
)
def test_only_rounding_makes_a_tie(scored, tied):
    # The second unit, with all hits, is first where it is above.
    for some, hits in ((scored, [0, 8]), (scored[::-1], [8, 0])):
        found = at(ranked(some, [1, 1], hits), 0.25)["hits"]
        assert found in ([2.0] if tied else [0.0, 4.0])
    if not tied:
        above = [0, 8] if scored[1] > scored[0] else [8, 0]
        assert at(ranked(scored, [1, 1], above), 0.25)["hits"] == 4


def test_a_unit_tied_with_the_next_is_in_its_group():
    # Sums of the same months in another order, and a third that is truly lower.
    order = ranked([0.7, 0.1 + 0.2 + 0.4, 0.7 - 1e-6], [1, 1, 2], [2, 4, 6])
    assert at(order, 0.25)["hits"] == pytest.approx(3)
    assert at(order, 0.25)["hit_rate_worst"] == pytest.approx(2 / 12)


# The best possible, in other units


def test_finer_units_set_the_best_possible():
    # All 6 hits of the first area lie on a tenth of it.
    areas = ranked([2, 1], [50, 50], [6, 2])
    finer = replace(areas, best_area_m2=np.array([5.0, 45.0, 50.0]), best_hits=np.array([6, 0, 2]))
    assert at(areas, 0.5)["pei"] == pytest.approx(1)
    assert at(areas, 0.1)["pei"] == pytest.approx(1)
    assert at(finer, 0.05)["pei"] == pytest.approx(0.6 / 6)
    assert at(finer, 0.1)["pei"] == pytest.approx(1.2 / (6 + 2 * 5 / 50))
    for name in ("pai", "hit_rate", "hit_rate_worst"):
        assert at(finer, 0.1)[name] == at(areas, 0.1)[name]


def test_what_beats_the_best_of_coarser_units_is_the_best():
    cells = ranked([4, 3, 2, 1], [1, 1, 1, 1], [6, 0, 2, 0])
    coarse = replace(cells, best_area_m2=np.array([2.0, 2.0]), best_hits=np.array([6, 2]))
    assert at(coarse, 0.25)["pei"] == 1
    assert at(replace(coarse, score=cells.score[::-1]), 0.25)["pei"] == 0
    assert at(replace(coarse, score=cells.score[[1, 0, 2, 3]]), 0.25)["pei"] == 0
    assert at(replace(coarse, score=cells.score[[2, 1, 0, 3]]), 0.25)["pei"] == pytest.approx(2 / 3)


# Where there is no score


def test_without_test_incidents_there_is_no_score():
    found = scores(ranked([2, 1], [1, 1], [0, 0], predicted=[1, 1]))
    assert found.drop(columns=["hits", "n_test"]).isna().all(axis=None)
    assert (found[["hits", "n_test"]] == 0).all(axis=None)


def test_rri_wants_a_prediction_and_an_observation():
    assert np.isnan(at(ranked([2, 1], [1, 1], [1, 1]), 0.5)["rri"])
    assert np.isnan(at(ranked([2, 1], [1, 1], [0, 1], predicted=[1, 0]), 0.5)["rri"])
    assert at(ranked([2, 1], [1, 1], [0, 1], predicted=[1, 0]), 0.75)["rri"] == pytest.approx(2)
    assert at(ranked([2, 1], [1, 1], [1, 1], predicted=[0, 4]), 0.5)["rri"] == 0


GOOD = ranked([2, 1], [1, 1], [1, 1], predicted=[1, 1])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"score": np.array([1.0, np.nan])}, "a score is a finite number"),
        ({"score": np.array([1.0, np.inf])}, "a score is a finite number"),
        ({"score": np.array([1.0])}, "of the same units, one at least"),
        ({"hits": np.array([[1], [1]])}, "of the same units, one at least"),
        ({"predicted": np.array([1.0])}, "of the same units, one at least"),
        ({"area_m2": np.array([1.0, 0.0])}, "the area of a unit lies above 0"),
        ({"area_m2": np.array([1.0, np.inf])}, "the area of a unit lies above 0"),
        ({"hits": np.array([1, -1])}, "a count of hits is not below 0"),
        ({"predicted": np.array([1.0, -0.1])}, "a predicted count is a finite number, not below 0"),
        ({"predicted": np.array([1.0, np.nan])}, "a predicted count is a finite number, not below 0"),
        ({"best_hits": np.array([1, 1])}, "needs both the areas and the hits"),
        ({"best_area_m2": np.array([1.0, 1.0])}, "needs both the areas and the hits"),
        (
            {"best_area_m2": np.array([2.0]), "best_hits": np.array([1, 1])},
            "hits of the best possible must be of the same",
        ),
        ({"best_area_m2": np.array([2.1]), "best_hits": np.array([2])}, "the same ground and the same hits"),
        ({"best_area_m2": np.array([2.0]), "best_hits": np.array([3])}, "the same ground and the same hits"),
        ({"best_area_m2": np.array([2.0, 0.0]), "best_hits": np.array([2, 0])}, "the area of a unit lies above 0"),
        ({"best_area_m2": np.array([1.0, 1.0]), "best_hits": np.array([3, -1])}, "a count of hits is not below 0"),
    ],
)
def test_an_order_that_cannot_be_walked_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        scores(replace(GOOD, **change))


def test_no_ground_is_refused():
    with pytest.raises(ValueError, match="one at least"):
        scores(ranked([], [], []))


def test_rounding_of_the_ground_is_not_refused():
    scores(replace(GOOD, best_area_m2=np.array([2.0 + 1e-7]), best_hits=np.array([2])))


@pytest.mark.parametrize("shares", [[0.0], [-0.1], [1.01], [0.1, 0.1], [np.nan]])
def test_a_share_out_of_range_is_refused(shares):
    with pytest.raises(ValueError, match="distinct, above 0 and at most 1"):
        scores(GOOD, shares)


def test_nothing_lent_is_changed():
    parts = [GOOD.score, GOOD.area_m2, GOOD.hits, GOOD.predicted]
    before = [part.copy() for part in parts]
    scores(GOOD)
    for part, kept in zip(parts, before, strict=True):
        np.testing.assert_array_equal(part, kept)


# How sure a mean is


def overlapping(random, shape, n, horizon, runs):
    """Scores of origins a month apart, each the mean of the months of its test window; the true mean is 0."""
    months = (
        random.normal(size=(n + horizon - 1, runs))
        if shape == "normal"
        else random.gamma(1, size=(n + horizon - 1, runs)) - 1
    )
    return sum(months[first : first + n] for first in range(horizon)) / horizon


@pytest.mark.parametrize(
    ("shape", "n", "horizon", "least"),
    [
        ("normal", 6, 1, 0.92),
        ("normal", 24, 1, 0.92),
        ("normal", 12, 3, 0.92),
        ("normal", 36, 3, 0.92),
        ("normal", 24, 6, 0.92),
        ("skewed", 12, 1, 0.88),
        ("skewed", 24, 3, 0.90),
    ],
)
def test_about_19_of_20_intervals_hold_the_true_mean_also_where_test_windows_overlap(shape, n, horizon, least):
    values = overlapping(np.random.default_rng(5), shape, n, horizon, 500)
    low, high = mean_intervals(values, horizon)
    assert least <= ((low <= 0) & (high >= 0)).mean() <= 0.985
    if horizon > 1:
        # As if they did not overlap, far fewer would.
        low, high = mean_intervals(values)
        assert ((low <= 0) & (high >= 0)).mean() < least - 0.08


def test_without_overlap_the_interval_is_students_where_the_values_are_normal():
    values = np.random.default_rng(3).normal(5, 2, (30, 6))
    low, high = mean_intervals(values)
    half = 2.045230 * values.std(axis=0, ddof=1) / np.sqrt(30)
    np.testing.assert_allclose((high - low) / 2, half, rtol=0.04)
    np.testing.assert_allclose((high + low) / 2, values.mean(axis=0), atol=0.15)


def test_blocks_spread_as_the_means_of_neighbours_do():
    # 8 blocks of 4 out of 32 in a circle: t with 7 degrees of freedom, c = 48 / 33.
    values = np.random.default_rng(4).normal(size=(32, 1)).cumsum(axis=0)
    circle = np.concatenate([values, values[:3]])[:, 0]
    blocks = np.array([circle[first : first + 4].mean() for first in range(32)])
    error = math.sqrt(((blocks - values.mean()) ** 2).mean() / 8)
    c = 48 / 33
    low, high = mean_intervals(values, 4)[:, 0]
    assert (high - low) / 2 == pytest.approx(2.364624 * error * math.sqrt(c * 8 / (8 - c)), rel=0.05)


def test_intervals_follow_the_values_and_do_not_know_each_other():
    values = np.random.default_rng(6).gamma(2, size=(14, 3))
    found = mean_intervals(values, 2)
    np.testing.assert_allclose(mean_intervals(3 * values - 7, 2), 3 * found - 7)
    np.testing.assert_allclose(mean_intervals(values[:, [1]], 2), found[:, [1]])
    np.testing.assert_allclose(mean_intervals(-values, 2), -found[::-1], rtol=0.05)
    np.testing.assert_array_equal(mean_intervals(values, 2), found)
    np.testing.assert_allclose(mean_intervals(np.full((8, 1), 2.5)), [[2.5], [2.5]])
    assert (found[0] < values.mean(axis=0)).all()
    assert (found[1] > values.mean(axis=0)).all()


@pytest.mark.parametrize(
    ("n", "block", "known"), [(0, 1, False), (1, 1, False), (2, 1, True), (5, 3, False), (6, 3, True)]
)
def test_two_blocks_at_least(n, block, known):
    assert np.isfinite(mean_intervals(np.arange(2.0 * n).reshape(n, 2), block)).all() == known
    assert mean_intervals(np.zeros((n, 2)), block).shape == (2, 2)


@pytest.mark.parametrize(
    ("origins", "horizon", "length"),
    [
        (["2020-01", "2020-02", "2020-03"], 1, 1),
        (["2020-01", "2020-02", "2020-03", "2020-04"], 3, 3),
        (["2020-11", "2020-12", "2021-01", "2021-02"], 2, 2),
        (["2020-01", "2020-04", "2020-07"], 3, 1),
        (["2020-01", "2020-04", "2020-07"], 4, 2),
        (["2020-01", "2020-05", "2020-06", "2021-01"], 3, 2),
        (["2020-01", "2020-02"], 12, 2),
        (["2020-12", "2021-01"], 2, 2),
        (["2020-01", "2020-11"], 2, 1),
        ([], 3, 1),
    ],
)
def test_how_many_origins_share_a_test_month(origins, horizon, length):
    assert block_length(pd.Index(origins), horizon) == length


def test_blocks_and_horizons_below_one_are_refused():
    with pytest.raises(ValueError, match="a block is at least one origin"):
        mean_intervals(np.zeros((3, 1)), 0)
    with pytest.raises(ValueError, match="a horizon is at least one month"):
        block_length(pd.Index(["2020-01"]), 0)
