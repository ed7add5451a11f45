"""What is usual for a place: exact tests, ranges that agree with them, and how often they are wrong."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hotspots.stats.usual import ALPHA, change_p, false_discovery, usual_range, usual_total


def one(month, others, n_others):
    return float(change_p([month], [others], n_others)[0])


def exact_p(month, others, n_others):
    """Sum the binomial probabilities as fractions."""
    total, share = month + others, Fraction(1, n_others + 1)
    chance = [comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(total + 1)]
    lower, upper = sum(chance[: month + 1]), sum(chance[month:])
    return float(min(Fraction(1), 2 * min(lower, upper)))


@pytest.mark.parametrize("n_others", [1, 2, 11, 35])
@pytest.mark.parametrize("others", [0, 1, 7, 40])
@pytest.mark.parametrize("month", [0, 1, 2, 5, 12, 30])
def test_change_p_is_the_sum_of_the_binomial_probabilities(month, others, n_others):
    assert one(month, others, n_others) == pytest.approx(exact_p(month, others, n_others), rel=1e-9)


@given(st.integers(0, 400), st.integers(0, 3000), st.integers(1, 60))
def test_change_p_is_twice_the_smaller_tail_of_scipys_exact_test(month, others, n_others):
    tails = [
        stats.binomtest(month, month + others, 1 / (n_others + 1), alternative=side).pvalue if month + others else 1.0
        for side in ("less", "greater")
    ]
    p = one(month, others, n_others)
    assert 0 < p <= 1
    assert p == pytest.approx(min(1.0, 2 * min(tails)), rel=1e-6)


@pytest.mark.parametrize(("month", "others"), [(100_000, 0), (0, 1_000_000), (50_000, 60_000), (0, 0)])
def test_change_p_is_never_0_however_large_the_change(month, others):
    assert 0 < one(month, others, 11) <= 1


def test_change_p_rises_towards_the_expected_count_from_both_sides():
    p = change_p(np.arange(60), np.full(60, 110), 11)
    top = int(p.argmax())
    assert abs(top - 10) <= 1
    assert (np.diff(p[: top + 1]) >= 0).all()
    assert (np.diff(p[top:]) <= 0).all()


@pytest.mark.parametrize("call", [lambda: change_p([1], [1], 0), lambda: usual_range([1], 0)])
def test_a_month_without_others_cannot_be_tested(call):
    with pytest.raises(ValueError, match="at least one other month"):
        call()


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_a_level_lies_between_0_and_1(alpha):
    with pytest.raises(ValueError, match="between 0 and 1"):
        usual_range([1], 11, alpha)


@pytest.mark.parametrize("n_others", [1, 2, 11, 59])
@pytest.mark.parametrize("alpha", [0.05, 0.005, 1e-12])
def test_a_usual_range_holds_a_count_exactly_when_it_is_not_beyond_chance(n_others, alpha):
    sums = np.array([*range(60), 100, 333, 1000, 4321])
    for others, (low, high) in zip(sums, usual_range(sums, n_others, alpha), strict=True):
        counts = np.arange(max(high, 0) + 60 + 3 * others // n_others)
        inside = change_p(counts, np.full_like(counts, others), n_others) > alpha
        np.testing.assert_array_equal(inside, (counts >= low) & (counts <= high))


@pytest.mark.parametrize(("n_others", "others"), [(1, 100_000), (11, 100_000), (11, 999_983)])
def test_a_usual_range_of_large_sums_ends_where_the_test_does(n_others, others):
    low, high = usual_range([others], n_others)[0]
    assert low < others / n_others < high
    edges = change_p([low - 1, low, high, high + 1], [others] * 4, n_others)
    np.testing.assert_array_equal(edges > ALPHA, [False, True, True, False])


def test_usual_ranges_come_in_the_order_of_their_sums():
    ranges = usual_range([300, 0, 36], 12)
    assert ranges.shape == (3, 2)
    assert (ranges[0] > ranges[2]).all()
    assert ranges[1][0] == 0
    assert usual_range([], 12).shape == (0, 2)


def test_false_discovery_is_the_procedure_of_benjamini_and_hochberg():
    p = [0.039, 0.0001, 0.35, 0.0095, 0.0201]
    # By hand: the i-th smallest of 5 times 5 / i, made rising from the largest down.
    adjusted, level = false_discovery(p)
    np.testing.assert_allclose(adjusted, [0.04875, 0.0005, 0.35, 0.02375, 0.0335])
    assert level == pytest.approx(0.05 * 4 / 5)
    # The step up: a p above its own bound counts where a larger one is below its bound.
    stepped, level = false_discovery([0.04, 0.045, 0.03])
    np.testing.assert_allclose(stepped, [0.045] * 3)
    assert level == pytest.approx(0.05)


@given(st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=30))
def test_false_discovery_finds_what_the_step_up_rule_rejects(p):
    values = np.sort(p)
    below = np.flatnonzero(values <= ALPHA * np.arange(1, len(values) + 1) / len(values) * (1 - 1e-12))
    cut = values[below[-1]] if len(below) else 0.0
    adjusted, level = false_discovery(p)
    assert ((adjusted <= ALPHA) >= (np.asarray(p) <= cut)).all()
    assert (adjusted >= p).all()
    assert adjusted.max() <= 1
    np.testing.assert_array_equal(adjusted <= ALPHA, np.asarray(p) <= level)
    assert 0.99 * ALPHA / len(p) <= level <= 1.01 * ALPHA


def test_no_places_have_no_discoveries():
    adjusted, level = false_discovery([])
    assert len(adjusted) == 0
    assert level == ALPHA


def test_a_p_on_the_bound_is_judged_alike_by_the_range_and_the_adjusted_p():
    # 43 equal months whose p is 0.05 to the last bit, and 0.05 * 43 / 43 is less than 0.05 in floats.
    p = change_p([1] * 43, [0] * 43, 39)
    adjusted, level = false_discovery(p)
    np.testing.assert_array_equal(adjusted <= ALPHA, p <= level)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 250)), min_size=1, max_size=12), st.integers(1, 23))
def test_a_range_at_the_level_of_the_list_agrees_with_the_adjusted_p(places, n_others):
    month, others = np.array(places).T
    adjusted, level = false_discovery(change_p(month, others, n_others))
    low, high = usual_range(others, n_others, level).T
    np.testing.assert_array_equal((low <= month) & (month <= high), adjusted > ALPHA)


def test_without_any_change_at_most_five_lists_in_a_hundred_show_one():
    random = np.random.default_rng(2024)
    lists, places, months = 4000, 10, 12
    rates = random.gamma(2.0, 3.0, size=(lists, places, 1)) + 1
    counts = random.poisson(rates, size=(lists, places, months))
    p = change_p(counts[..., -1].ravel(), counts[..., :-1].sum(axis=2).ravel(), months - 1).reshape(lists, places)
    alarms = np.array([(false_discovery(row)[0] <= ALPHA).any() for row in p])
    print(f"\nfalse alarms: {alarms.mean():.2%} of {lists} lists, {(p <= ALPHA).mean():.2%} of places untouched by BH")  # noqa: T201
    assert alarms.mean() <= 0.05
    assert 0.02 < (p <= ALPHA).mean() <= 0.05, "exact tests are conservative, yet not blind"


def test_a_true_change_is_found():
    random = np.random.default_rng(5)
    usual = random.poisson(4.0, size=(500, 10, 12))
    usual[:, 0, -1] = random.poisson(16.0, size=500)
    found = [false_discovery(change_p(block[:, -1], block[:, :-1].sum(axis=1), 11))[0][0] <= ALPHA for block in usual]
    assert np.mean(found) > 0.8


def test_a_usual_total_is_a_prediction_interval_by_hand():
    # mean 12, variance 4, so the Poisson variance 12 rules; t(0.975; 2) = 4.30265.
    half = 4.3026527 * np.sqrt(12 * (1 + 1 / 3))
    assert usual_total([10, 12, 14]) == (0, int(np.floor(12 + half)))
    # mean 200, variance 10,000: more than Poisson.
    low, high = usual_total([100, 200, 300]) or (0, 0)
    assert (low, high) == (0, int(200 + 4.3026527 * np.sqrt(10_000 * 4 / 3)))


@pytest.mark.parametrize("others", [[], [5], [5, 9]])
def test_a_spread_needs_three_months(others):
    assert usual_total(others) is None


@given(st.lists(st.integers(0, 10_000), min_size=3, max_size=24), st.randoms())
def test_a_usual_total_holds_the_mean_and_ignores_the_order(others, random):
    found = usual_total(others)
    assert found is not None
    low, high = found
    mean = sum(others) / len(others)
    assert 0 <= low <= mean + 1
    assert high >= mean - 1
    assert high - low >= 2 * np.sqrt(mean) - 2
    shuffled = others.copy()
    random.shuffle(shuffled)
    assert usual_total(shuffled) == found
    stricter = usual_total(others, alpha=0.01) or (0, 0)
    assert stricter[0] <= low
    assert stricter[1] >= high


@settings(deadline=None)
@given(st.sampled_from([4.0, 60.0, 800.0]))
def test_a_usual_total_covers_the_next_month(rate):
    counts = np.random.default_rng(11).poisson(rate, size=(1500, 12))
    inside = [low <= row[-1] <= high for row in counts for low, high in [usual_total(row[:-1]) or (0, 0)]]
    assert 0.94 <= np.mean(inside) < 1.0
