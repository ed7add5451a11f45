"""Two counts against exact fractions, scipy and published values; displacement; the weighted displacement difference."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hotspots.stats.two_counts import (
    conditional_p,
    displacement,
    e_test_p,
    weighted_displacement_difference,
)
from hotspots.stats.usual import change_p

COUNTS = st.integers(0, 60)
EXPOSURES = st.sampled_from([1, 2, 3, 11, 0.5])


def conditional(*given, **how):
    return float(conditional_p(*given, **how)[0])


def e_test(*given):
    return float(e_test_p(*given)[0])


def brute_e_test(first, second, over, other):
    """Sum the chance of every pair of counts that differ as much, compared as fractions."""
    over, other = Fraction(over), Fraction(other)

    def squared(x, y):
        return (x / over - y / other) ** 2 / (x / over**2 + y / other**2) if x + y else Fraction(0)

    rate = (first + second) / float(over + other)
    least = squared(first, second)
    far = [int(mean + 12 * mean**0.5 + 25) for mean in (float(over) * rate, float(other) * rate)]
    hit = np.array([[squared(x, y) >= least for y in range(far[1])] for x in range(far[0])])
    chance = np.outer(
        stats.poisson.pmf(np.arange(far[0]), float(over) * rate),
        stats.poisson.pmf(np.arange(far[1]), float(other) * rate),
    )
    return float(chance[hit].sum())


# The conditional test


@given(COUNTS, COUNTS, EXPOSURES, EXPOSURES)
def test_the_conditional_test_is_scipys_binomial_test(first, second, over, other):
    share = over / (over + other)
    less, greater = (
        stats.binomtest(first, first + second, share, alternative=side).pvalue if first + second else 1.0
        for side in ("less", "greater")
    )
    given = first, second, over, other
    assert conditional(*given, alternative="less") == pytest.approx(less, rel=1e-9)
    assert conditional(*given, alternative="greater") == pytest.approx(greater, rel=1e-9)
    assert conditional(*given) == pytest.approx(min(1.0, 2 * min(less, greater)), rel=1e-9)


@given(st.lists(st.tuples(COUNTS, st.integers(0, 400)), min_size=1, max_size=5), st.integers(1, 24))
def test_a_month_against_others_is_the_test_of_what_is_usual(pairs, n_others):
    month, others = np.array(pairs).T
    np.testing.assert_allclose(conditional_p(month, others, 1, n_others), change_p(month, others, n_others), rtol=1e-9)


@given(COUNTS, COUNTS, EXPOSURES, EXPOSURES)
def test_swapping_the_two_changes_nothing_but_the_side(first, second, over, other):
    there, back = (first, second, over, other), (second, first, other, over)
    assert conditional(*there) == pytest.approx(conditional(*back), rel=1e-9)
    assert conditional(*there, alternative="less") == pytest.approx(conditional(*back, alternative="greater"), rel=1e-9)
    assert e_test(*there) == pytest.approx(e_test(*back), rel=1e-6)


@pytest.mark.parametrize("test", [conditional_p, e_test_p])
@pytest.mark.parametrize(("first", "second"), [(0, 1_000_000), (30_000, 0), (0, 0), (5_000_000, 5_000_000)])
def test_p_lies_above_0_and_is_at_most_1(test, first, second):
    assert 0 < test(first, second)[0] <= 1


def test_one_exposure_serves_all():
    np.testing.assert_array_equal(
        conditional_p([3, 5], [9, 1], 2.0, [4.0, 1.0]), [conditional(3, 9, 2, 4), conditional(5, 1, 2, 1)]
    )


# The E-test


@pytest.mark.parametrize(
    ("given", "published", "digits"),
    # Krishnamoorthy and Thomson (2004), section 6, and a value of the authors' own program.
    [((0, 3, 100, 100), 0.0884, 4), ((2, 6, 100, 100), 0.1749, 4), ((3, 20, 100, 300), 0.12202725, 6)],
)
def test_the_published_e_tests(given, published, digits):
    assert e_test(*given) == pytest.approx(published, abs=0.5 * 10**-digits)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 9), st.integers(0, 9), EXPOSURES, EXPOSURES)
def test_the_e_test_is_the_sum_over_all_pairs_of_counts(first, second, over, other):
    assert e_test(first, second, over, other) == pytest.approx(brute_e_test(first, second, over, other), rel=1e-7)


@settings(max_examples=40, deadline=None)
@given(COUNTS, COUNTS, st.sampled_from([1.0, 1.7, 11.3]))
def test_the_e_test_is_near_scipys_which_loses_ties_to_rounding(first, second, other):
    scipys = float(stats.poisson_means_test(first, 1.0, second, other).pvalue)
    ours = e_test(first, second, 1.0, other)
    # scipy leaves out counts of 0 and 0 where the rates are equal, and pairs equal but for rounding: n against 0 is as
    # far apart as 0 against n, whatever the exposures.
    assert ours >= scipys - 1e-8
    if abs(first * other - second) > 1e-9 and min(first, second) > 0:
        assert ours == pytest.approx(scipys, abs=2e-3)


@pytest.mark.parametrize("given", [(0, 0, 1, 1), (1, 1, 1, 1), (4, 8, 1, 2), (3, 1, 0.3, 0.1), (70, 70, 5, 5)])
def test_equal_rates_are_no_difference_at_all(given):
    assert e_test(*given) == 1.0


def test_very_small_chances_are_summed_as_far_as_they_reach():
    # 0 against 400 at a rate of 200 each: the two extreme corners and what lies beyond them.
    assert e_test(0, 400) == pytest.approx(1.72990504e-112, rel=1e-6)
    # 5 against 42: just below where the nearer reach is enough.
    assert e_test(5, 42) == pytest.approx(brute_e_test(5, 42, 1, 1), rel=1e-6)
    assert e_test(5, 50) == pytest.approx(brute_e_test(5, 50, 1, 1), rel=1e-6)


def test_nearly_equal_exposures_are_no_trap():
    assert 0 < e_test(1, 1, 1.0, 1.00001) <= 1
    assert 0 < e_test(1, 1, 1.0, 1.0000001) <= 1


def test_the_e_test_finds_more_than_the_conditional_test_and_keeps_its_level():
    random = np.random.default_rng(9)
    same = random.poisson(8.0, size=(2, 4000))
    assert (conditional_p(*same) <= 0.05).mean() < (e_test_p(*same) <= 0.05).mean() < 0.06
    assert (e_test_p([4], [13]) < conditional_p([4], [13])).all()


def test_repeated_pairs_and_their_order_get_their_own_p():
    first, second = [5, 1, 5, 0, 1], [2, 9, 2, 7, 9]
    together = e_test_p(first, second)
    np.testing.assert_array_equal(together, [e_test(a, b) for a, b in zip(first, second, strict=True)])
    assert e_test_p([], []).shape == (0,)
    assert conditional_p([], []).shape == (0,)


@pytest.mark.parametrize("test", [conditional_p, e_test_p])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((-1, 1), "whole number, not below 0"),
        ((1, 1.5), "whole number"),
        ((1, np.nan), "whole number"),
        ((np.inf, 1), "whole number"),
        ((1, 1, 0, 1), "exposure lies above 0"),
        ((1, 1, 1, -2), "exposure lies above 0"),
        ((1, 1, 1, np.nan), "exposure lies above 0"),
        ((1, 1, np.inf, 1), "exposure lies above 0"),
    ],
)
def test_what_is_no_count_or_exposure_is_refused(test, given, said):
    with pytest.raises(ValueError, match=said):
        test(*given)


def test_an_unknown_alternative_is_refused():
    with pytest.raises(ValueError, match="no test is called 'lower'; try one of two-sided, less, greater"):
        conditional_p(1, 2, alternative="lower")  # type: ignore[arg-type]


# Displacement


def test_a_fall_inside_with_a_rise_around_is_a_hint():
    found = displacement(([40, 40, 10, 40], [15, 15, 30, 15]), ([30, 30, 30, 60], [60, 31, 60, 30]))
    np.testing.assert_array_equal(found.hint, [True, False, False, False])
    fall, rise = conditional(15, 40, alternative="less"), conditional(60, 30, alternative="greater")
    assert found.p[0] == max(fall, rise)
    assert found.p[1] == conditional(31, 30, alternative="greater")


def test_displacement_allows_for_unequal_times():
    # 12 months before and 3 after: 48 → 3 is a fall from 4 to 1 a month, 24 → 24 a rise from 2 to 8.
    found = displacement((48, 3), (24, 24), exposure=(12, 3))
    assert found.p[0] == max(
        conditional(3, 48, 3, 12, alternative="less"), conditional(24, 24, 3, 12, alternative="greater")
    )
    assert found.hint[0]
    assert not displacement((48, 12), (24, 6), exposure=(12, 3)).hint[0]


def test_the_level_decides_the_hint_and_p_on_it_counts():
    p = displacement((40, 20), (20, 40)).p[0]
    assert displacement((40, 20), (20, 40), alpha=p).hint[0]
    assert not displacement((40, 20), (20, 40), alpha=p * 0.999).hint[0]


def test_without_displacement_hints_are_rarer_than_the_level_even_where_one_half_is_true():
    random = np.random.default_rng(5)
    ring = random.poisson(30.0, size=(2, 4000))
    fell = random.poisson(60.0, size=4000), random.poisson(20.0, size=4000)
    assert displacement(fell, (ring[0], ring[1])).hint.mean() <= 0.05


# The weighted displacement difference


def test_the_published_example():
    found = weighted_displacement_difference((207, 110), (308, 318), (178, 157), (150, 140))
    assert found.estimate == -118
    assert found.standard_error == pytest.approx(1568**0.5)
    assert round(found.z, 2) == -2.98
    assert (round(found.low), round(found.high)) == (-196, -40)
    assert found.p == pytest.approx(2 * stats.norm.cdf(found.z))


def test_unequal_times_after_wheelers_example():
    # Wheeler, A. P., "The WDD test with different pre/post time periods": two units of time before, one after.
    found = weighted_displacement_difference((80, 20), (100, 50), exposure=(2, 1))
    assert found.estimate == -20
    assert found.standard_error == pytest.approx(115**0.5)


@given(*[st.tuples(st.integers(0, 500), st.integers(0, 500))] * 4)
def test_swapping_treated_and_control_turns_the_sign(treated, control, ring, control_ring):
    found = weighted_displacement_difference(treated, control, ring, control_ring)
    turned = weighted_displacement_difference(control, treated, control_ring, ring)
    eight = [*treated, *control, *ring, *control_ring]
    assert turned.estimate == -found.estimate
    assert found.standard_error == pytest.approx(sum(eight) ** 0.5)
    assert found.low <= found.estimate <= found.high
    assert found.low == pytest.approx(-turned.high)
    assert 0 < found.p <= 1
    # The interval holds no change exactly when p is above the level.
    if abs(found.p - 0.05) > 1e-9:
        assert (found.low <= 0 <= found.high) == (found.p > 0.05)


def test_without_any_incident_nothing_changed():
    found = weighted_displacement_difference((0, 0), (0, 0))
    assert (found.estimate, found.standard_error, found.z, found.p, found.low, found.high) == (0, 0, 0, 1, 0, 0)


def test_a_narrower_level_widens_the_interval():
    wide, narrow = (weighted_displacement_difference((20, 10), (9, 9), alpha=alpha) for alpha in (0.01, 0.1))
    assert wide.high - wide.low == pytest.approx(2 * stats.norm.ppf(0.995) * 48**0.5)
    assert narrow.high - narrow.low == pytest.approx(2 * stats.norm.ppf(0.95) * 48**0.5)
    assert weighted_displacement_difference((10**9, 0), (0, 10**9)).p > 0


@pytest.mark.parametrize("alpha", [0, 1, -0.1])
def test_a_level_lies_between_0_and_1(alpha):
    with pytest.raises(ValueError, match="between 0 and 1"):
        weighted_displacement_difference((1, 1), (1, 1), alpha=alpha)


def test_lengths_and_counts_of_the_difference_are_checked():
    with pytest.raises(ValueError, match="exposure lies above 0"):
        weighted_displacement_difference((1, 1), (1, 1), exposure=(0, 1))
    with pytest.raises(ValueError, match="whole number"):
        weighted_displacement_difference((1, -1), (1, 1))


def test_areas_after_wheelers_example():
    # Wheeler, A. P., "The WDD test with different area sizes", as the tests of his R package ptools have it: there the
    # weights are of the control, the treated place, and the rings of the two in this order.
    counts = (207, 110), (308, 318), (178, 157), (150, 140)
    found = weighted_displacement_difference(*counts, areas=(1.2, 0.9, 1.5, 1.6))
    assert found.estimate == pytest.approx(-99.69444444)
    assert found.standard_error == pytest.approx(35.4280755)
    assert found.z == pytest.approx(-2.813995483)
    assert [found.low, found.high] == pytest.approx([-169.1321965, -30.25669241])


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=6))
def test_several_controls_are_their_mean_and_narrow_the_interval(controls):
    k = len(controls)
    total = sum(before for before, _ in controls), sum(after for _, after in controls)
    found = weighted_displacement_difference((40, 25), total, areas=(1, k, 1, k))
    mean = np.mean([after - before for before, after in controls])
    assert found.estimate == pytest.approx(-15 - mean)
    assert found.standard_error == pytest.approx((40 + 25 + sum(total) / k**2) ** 0.5)
    again = weighted_displacement_difference((40, 25), (total[0] * 2, total[1] * 2), areas=(1, 2 * k, 1, 2 * k))
    assert again.estimate == pytest.approx(found.estimate)
    assert again.standard_error < found.standard_error or not any(total)


def test_a_spread_widens_by_its_root():
    plain = weighted_displacement_difference((20, 10), (9, 9))
    wide = weighted_displacement_difference((20, 10), (9, 9), spread=4.0)
    assert wide.estimate == plain.estimate
    assert wide.standard_error == pytest.approx(2 * plain.standard_error)
    assert wide.high - wide.low == pytest.approx(2 * (plain.high - plain.low))
    assert wide.p > plain.p


@pytest.mark.parametrize(
    "given",
    [
        {"areas": (1, 0, 1, 1)},
        {"areas": (1, 1, 1, -1)},
        {"areas": (1, 1, np.inf, 1)},
        {"spread": 0},
        {"spread": np.nan},
    ],
)
def test_areas_and_spread_lie_above_0(given):
    with pytest.raises(ValueError, match="an area and the spread lie above 0"):
        weighted_displacement_difference((1, 1), (1, 1), **given)
