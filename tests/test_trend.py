"""Mann-Kendall against scipy, all permutations and a published example; Theil-Sen; and every life a place can have."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hotspots.stats.trend import EXACT_MONTHS, LIFE_MONTHS, LIVES, life_status, mann_kendall, theil_sen

# Little, J. (College of the Holy Cross), "A Mann-Kendall Example (By Hand)": S = 54, one pair of ties, Z = 2.9058.
BY_HAND = [12.9, 14.8, 13.2, 15.7, 13.8, 15.6, 12.9, 11.0, 17.3, 15.9, 19.0, 18.3, 20.1, 21.7]

SERIES = st.lists(st.integers(0, 4), min_size=2, max_size=30)


def one(values):
    return mann_kendall([values])


def plain_s(values):
    return sum(int(np.sign(b - a)) for i, a in enumerate(values) for b in values[i + 1 :])


def test_the_published_example():
    found = one(BY_HAND)
    assert found.s[0] == 54
    assert found.variance[0] == pytest.approx((14 * 13 * 33 - 2 * 1 * 9) / 18)
    assert found.z[0] == pytest.approx(2.9058, abs=1e-4)
    assert one(BY_HAND[::-1]).z[0] == pytest.approx(-2.9058, abs=1e-4)


@given(SERIES)
def test_s_and_its_variance_are_those_of_kendalls_tau(values):
    found = one(values)
    assert found.s[0] == plain_s(values)
    if len(set(values)) > 1 and len(values) > 2:
        # scipy's asymptotic p uses no continuity correction, and needs three values.
        p = stats.kendalltau(range(len(values)), values, method="asymptotic").pvalue
        assert 2 * stats.norm.sf(abs(found.s[0]) / np.sqrt(found.variance[0])) == pytest.approx(p, rel=1e-9)
    elif len(set(values)) == 1:
        assert (found.variance[0], found.z[0], found.p[0]) == (0, 0, 1)


@given(st.permutations(range(14)))
def test_without_ties_p_is_the_exact_p_of_kendalls_tau(values):
    assert one(values).p[0] == pytest.approx(stats.kendalltau(range(14), values, method="exact").pvalue, rel=1e-9)


@pytest.mark.parametrize(
    "values",
    [[0, 0, 0, 0, 0, 1], [0, 0, 1, 0, 1, 2], [1, 1, 0, 0], [3, 1, 2, 2, 2, 2, 1], [2, 1, 0, 0, 0], [5, 5, 5], [1, 2]],
)
def test_with_ties_p_is_the_share_of_all_orders(values):
    found = one(values)
    every = [abs(plain_s(order)) for order in permutations(values)]
    assert found.p[0] == pytest.approx(np.mean([s >= abs(found.s[0]) for s in every]), rel=1e-12)
    assert found.variance[0] == pytest.approx(np.mean(np.square(every)), rel=1e-12)


def test_one_incident_in_the_last_of_24_months_is_no_trend_and_two_in_the_last_two_are():
    p = mann_kendall([[0] * 23 + [1], [0] * 22 + [1, 1]]).p
    np.testing.assert_allclose(p, [2 / 24, 2 / 276], rtol=1e-12)


@given(st.lists(st.lists(st.integers(0, 6), min_size=13, max_size=13), min_size=1, max_size=6))
def test_each_row_is_judged_alone_and_backwards_is_the_opposite(table):
    together = mann_kendall(table)
    alone = [one(row) for row in table]
    for name in ("s", "variance", "z", "p"):
        np.testing.assert_array_equal(getattr(together, name), [getattr(row, name)[0] for row in alone])
    back = mann_kendall(np.array(table)[:, ::-1])
    np.testing.assert_array_equal(back.s, -together.s)
    np.testing.assert_array_equal(back.z, -together.z)
    np.testing.assert_array_equal(back.p, together.p)
    assert ((together.p > 0) & (together.p <= 1)).all()


def test_beyond_sixty_months_the_normal_approximation_takes_over():
    values = np.random.default_rng(3).poisson(2.0, size=(3, EXACT_MONTHS + 1))
    longer = mann_kendall(values)
    np.testing.assert_allclose(longer.p, 2 * stats.norm.sf(np.abs(longer.z)), rtol=1e-12)
    exact = mann_kendall(values[:, 1:])
    near = 2 * stats.norm.sf(np.abs(exact.z))
    assert (exact.p != near).all()
    np.testing.assert_allclose(exact.p, near, atol=0.01)


def test_p_is_never_0():
    assert mann_kendall([range(EXACT_MONTHS), range(EXACT_MONTHS)[::-1]]).p.min() > 0
    assert mann_kendall([range(2000)]).p[0] > 0


@pytest.mark.parametrize("shape", [(0, 0), (0, 14), (3, 1), (2, 0)])
def test_nothing_to_compare_is_no_trend(shape):
    found = mann_kendall(np.zeros(shape))
    np.testing.assert_array_equal(found.s, np.zeros(shape[0]))
    np.testing.assert_array_equal(found.p, np.ones(shape[0]))


def test_without_a_trend_at_most_five_in_a_hundred_show_one():
    random = np.random.default_rng(2024)
    for rate in (0.3, 3.0):
        found = (mann_kendall(random.poisson(rate, size=(6000, 18))).p <= 0.05).mean()
        assert 0.02 < found < 0.056, "exact tests are conservative, yet not blind"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: mann_kendall([1, 2, 3]), "matrix of places and months"),
        (lambda: mann_kendall([[1, np.nan]]), "missing or infinite value; leave out"),
        (lambda: theil_sen([[np.inf, 1]]), "missing or infinite value"),
        (lambda: theil_sen([[1]]), "at least two months"),
        (lambda: theil_sen([[1, 2]], at=[3, 3]), "number for each that rises"),
        (lambda: theil_sen([[1, 2]], at=[1, 2, 3]), "number for each that rises"),
        (lambda: life_status([[True]], [[1, 2]]), "a count and a place in the top or not"),
        (lambda: life_status(np.zeros((2, 0)), np.zeros((2, 0))), "a count and a place in the top or not"),
        (lambda: life_status([[True]], [[np.nan]]), "missing or infinite value"),
    ],
)
def test_what_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()


@given(SERIES)
def test_the_slope_is_scipys(values):
    assert theil_sen([values])[0] == pytest.approx(stats.theilslopes(values).slope, abs=1e-12)


def test_the_slope_knows_of_months_that_are_missing_and_of_many_rows():
    assert theil_sen([[1, 2, 3]], at=[0, 1, 6])[0] == pytest.approx(1 / 3)
    rows = np.random.default_rng(1).poisson(3.0, size=(2500, 6))
    np.testing.assert_array_equal(theil_sen(rows), [theil_sen([row])[0] for row in rows])


# The life of a place


def expected_life(top, rising=0):
    """The docstring, word by word."""
    if len(top) < LIFE_MONTHS:
        if not any(top):
            return "none"
        return "new" if sum(top) == 1 and top[-1] else "seen before"
    if not any(top):
        return "none"
    if not top[-1]:
        return "historical"
    if sum(top) >= 0.9 * len(top) - 1e-9:
        return {1: "intensifying", -1: "diminishing", 0: "persistent"}[rising]
    run = 0
    while run < len(top) and top[-1 - run]:
        run += 1
    return "new" if run == sum(top) else "sporadic"


@pytest.mark.parametrize("months", [1, 2, 5, LIFE_MONTHS - 1, LIFE_MONTHS])
def test_every_pattern_has_the_one_life_its_definition_gives(months):
    patterns = np.array(list(product([False, True], repeat=months)))
    found = life_status(patterns, np.full(patterns.shape, 3))
    assert found.tolist() == [expected_life(row) for row in patterns.tolist()]
    words = set(LIVES) | {"none"} if months >= LIFE_MONTHS else {"none", "new", "seen before"}
    assert set(found) <= words


@given(st.lists(st.lists(st.booleans(), min_size=20, max_size=20), min_size=1, max_size=5))
def test_at_20_months_90_percent_are_18(patterns):
    found = life_status(patterns, np.full((len(patterns), 20), 1))
    assert found.tolist() == [expected_life(row) for row in patterns]


def test_18_of_20_months_persist_and_17_do_not():
    top = np.ones((2, 20), dtype=bool)
    top[0, [3, 9]] = False
    top[1, [3, 9, 12]] = False
    assert life_status(top, np.ones((2, 20))).tolist() == ["persistent", "sporadic"]


def test_trends_are_told_of_steady_places_only():
    up, down, flat = range(14), range(14)[::-1], [4] * 14
    top = np.ones((5, 14), dtype=bool)
    top[3, :5] = False
    top[4, -1] = False
    assert life_status(top, [up, down, flat, up, up]).tolist() == [
        "intensifying",
        "diminishing",
        "persistent",
        "new",
        "historical",
    ]


def test_trends_are_adjusted_for_the_number_of_steady_places():
    flat = [4] * 12
    weak = [2, 5, 3, 6, 5, 4, 7, 6, 5, 8, 4, 9]
    p = one(weak).p[0]
    assert 0.05 / 3 < p < 0.05
    assert life_status(np.ones((1, 12)), [weak]).tolist() == ["intensifying"]
    assert life_status(np.ones((1, 12)), [weak], alpha=p).tolist() == ["intensifying"]
    assert life_status(np.ones((1, 12)), [weak], alpha=p / 2).tolist() == ["persistent"]
    assert life_status(np.ones((3, 12)), [weak, flat, flat]).tolist() == ["persistent"] * 3
    # Places that are not steady are not tested, and cost the others nothing.
    assert life_status([[True] * 12, [False] * 12, [False] * 12], [weak, flat, flat])[0] == "intensifying"


@settings(max_examples=30)
@given(st.integers(0, 4), st.integers(1, 15))
def test_any_number_of_places_has_as_many_lives(places, months):
    assert life_status(np.zeros((places, months)), np.zeros((places, months))).tolist() == ["none"] * places


def test_nothing_lent_is_changed():
    top, counts = np.ones((2, 13), dtype=bool), np.arange(26).reshape(2, 13)
    before = top.copy(), counts.copy()
    life_status(top, counts)
    theil_sen(counts)
    np.testing.assert_array_equal(top, before[0])
    np.testing.assert_array_equal(counts, before[1])
