"""Gi*, local Moran and their labels: against R's spdep, against enumeration, and how often they are wrong."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import sparse, stats

from hotspots.stats import local
from hotspots.stats.local import G_STAR_PERMUTATIONS, PERMUTATIONS, g_star, g_star_permuted, label, local_moran
from hotspots.stats.usual import ALPHA, false_discovery

RECORDED = Path(__file__).parent / "data" / "spdep_local.csv"
MORAN = ("i", "expected", "variance", "z", "p")
COUNTS = st.integers(0, 40)
MATRICES = st.integers(0, 2**32 - 1)


def links(n, seed, share=0.4):
    """Random symmetric neighbours."""
    upper = np.triu(np.random.default_rng(seed).random((n, n)) < share, 1)
    return sparse.csr_array((upper | upper.T).astype(float))


def board(columns, rows):
    """The moves of a king on a board."""
    row, column = np.divmod(np.arange(columns * rows), columns)
    steps = np.maximum(np.abs(row[:, None] - row), np.abs(column[:, None] - column))
    return sparse.csr_array((steps == 1).astype(float))


@pytest.fixture(scope="module")
def recorded():
    """The recorded table, and its neighbours as a matrix."""
    table = pd.read_csv(RECORDED, dtype={"neighbours": str})
    matrix = np.zeros((len(table), len(table)))
    for area, near in zip(table["area"], table["neighbours"].fillna(""), strict=True):
        matrix[area - 1, [int(other) - 1 for other in near.split()]] = 1
    return table, sparse.csr_array(matrix)


# ---------------------------------------------------------------------------------------------- Gi*


def test_g_star_is_that_of_spdep(recorded):
    table, matrix = recorded
    found = g_star(table["count"], matrix)
    np.testing.assert_allclose(found.z, table["gi_z"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.p, table["gi_p"], rtol=1e-9, atol=0)


def test_g_star_is_the_formula_by_hand():
    # A path of four areas: mean 4, S = sqrt(12.5); the second area's sum of three is 6, its variance
    # S² (4 * 3 - 3²) / 3.
    path = sparse.csr_array(np.eye(4, k=1) + np.eye(4, k=-1))
    found = g_star([1, 2, 3, 10], path)
    scale = np.sqrt(12.5)
    expected = [(3 - 8) / np.sqrt(4 / 3), (6 - 12) / 1.0, (15 - 12) / 1.0, (13 - 8) / np.sqrt(4 / 3)]
    np.testing.assert_allclose(found.z, np.array(expected) / scale, rtol=1e-12)
    np.testing.assert_allclose(found.p, 2 * stats.norm.cdf(-np.abs(found.z)), rtol=1e-12)


def test_an_area_alone_is_judged_by_its_own_value():
    values = np.array([3.0, 9.0, 4.0, 6.0, 1.0])
    found = g_star(values, sparse.csr_array((5, 5)))
    np.testing.assert_allclose(found.z, (values - values.mean()) / values.std(), rtol=1e-12)


@given(st.lists(st.one_of(COUNTS, st.none()), min_size=1, max_size=12), MATRICES)
def test_areas_without_data_are_as_if_they_were_not_there(values, seed):
    x, matrix = np.array(values, dtype=float), links(len(values), seed)
    known = ~np.isnan(x)
    found, alone = g_star(x, matrix), g_star(x[known], matrix[known][:, known])
    for name in ("z", "p"):
        np.testing.assert_array_equal(getattr(found, name)[known], getattr(alone, name))
        assert np.isnan(getattr(found, name)[~known]).all()
    moran, alone_moran = local_moran(x, matrix, 19), local_moran(x[known], matrix[known][:, known], 19)
    for name in (*MORAN, "p_permuted"):
        np.testing.assert_array_equal(getattr(moran, name)[known], getattr(alone_moran, name))
        assert np.isnan(getattr(moran, name)[~known]).all()
    assert list(moran.quadrant[known]) == list(alone_moran.quadrant)
    assert all(quadrant is None for quadrant in moran.quadrant[~known])


@settings(max_examples=60)
@given(st.lists(COUNTS, min_size=3, max_size=12), MATRICES, st.randoms())
def test_the_order_of_areas_is_the_order_of_results(values, seed, random):
    order = list(range(len(values)))
    random.shuffle(order)
    x, matrix = np.array(values, dtype=float), links(len(values), seed)
    shuffled = matrix[order][:, order]
    one, other = g_star(x, matrix), g_star(x[order], shuffled)
    np.testing.assert_allclose(other.z, one.z[order], atol=1e-12)
    np.testing.assert_allclose(other.p, one.p[order], atol=1e-12)
    moran, moran_other = local_moran(x, matrix, 39, seed=4), local_moran(x[order], shuffled, 39, seed=4)
    for name in MORAN:
        np.testing.assert_allclose(getattr(moran_other, name), getattr(moran, name)[order], atol=1e-12)
    np.testing.assert_array_equal(moran_other.p_permuted, moran.p_permuted[order])
    assert list(moran_other.quadrant) == list(moran.quadrant[order])


@settings(max_examples=60)
@given(st.lists(COUNTS, min_size=3, max_size=12), MATRICES, st.sampled_from([0.1, 2.0, 3.0, 1e6]), st.integers(-99, 99))
@example(values=[26, 27, 26], seed=0, factor=0.1, shift=2)  # all others equal, but for rounding
def test_neither_the_unit_nor_the_zero_of_the_values_matters(values, seed, factor, shift):
    x, matrix = np.array(values, dtype=float), links(len(values), seed)
    one, other = g_star(x, matrix), g_star(factor * x + shift, matrix)
    np.testing.assert_allclose(other.z, one.z, atol=1e-9)
    moran, moran_other = local_moran(x, matrix, 39), local_moran(factor * x + shift, matrix, 39)
    for name in (*MORAN, "p_permuted"):
        np.testing.assert_allclose(getattr(moran_other, name), getattr(moran, name), atol=1e-9)
    assert list(moran_other.quadrant) == list(moran.quadrant)


@given(st.lists(st.floats(-1e6, 1e6), max_size=12), MATRICES)
def test_p_is_never_0_and_every_score_is_a_number(values, seed):
    matrix = links(len(values), seed)
    star, moran = g_star(values, matrix), local_moran(values, matrix, 9)
    for p in (star.p, moran.p, moran.p_permuted):
        assert len(p) == len(values)
        assert ((p > 0) & (p <= 1)).all()
    for number in (star.z, moran.z, moran.i, moran.expected, moran.variance):
        assert np.isfinite(number).all()
    assert (moran.variance >= 0).all()
    for number in (moran.i, moran.expected):
        assert not np.signbit(number[number == 0]).any()


def test_p_is_not_0_however_hot_an_area_is():
    values = np.zeros(10_000)
    values[:9] = 1
    matrix = sparse.block_diag([np.ones((9, 9)) - np.eye(9), sparse.csr_array((9_991, 9_991))], format="csr")
    found = g_star(values, sparse.csr_array(matrix))
    assert found.z[0] > 90
    assert 0 < found.p[0] < 1e-300


EQUAL = [7.0] * 5
ROUNDED = [0.3, 0.1 + 0.2, 0.3, 0.3, 0.1 + 0.2]


@pytest.mark.parametrize("values", [[], [4], [4, 9], EQUAL, ROUNDED], ids=["none", "one", "two", "equal", "rounding"])
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_nothing_can_be_told_where_nothing_differs(values, share):
    matrix = links(len(values), 1, share)
    star, moran = g_star(values, matrix), local_moran(values, matrix, 9)
    for zero in (star.z, moran.z, moran.i, moran.expected, moran.variance):
        np.testing.assert_array_equal(zero, np.zeros(len(values)))
    for one in (star.p, moran.p, moran.p_permuted):
        np.testing.assert_array_equal(one, np.ones(len(values)))
    assert list(moran.quadrant) == [None] * len(values)


def test_three_areas_are_enough():
    path = sparse.csr_array(np.eye(3, k=1) + np.eye(3, k=-1))
    assert (g_star([1, 2, 6], path).z[[0, 2]] != 0).all()
    assert local_moran([1, 2, 6], path).z[0] != 0


def test_an_area_that_touches_all_others_says_nothing():
    star = np.zeros((6, 6))
    star[0, 1:] = star[1:, 0] = 1
    values = [0.1, 0.7, 0.2, 0.3, 0.9, 0.4]
    found, moran = g_star(values, sparse.csr_array(star)), local_moran(values, sparse.csr_array(star), 99)
    assert (found.z[0], found.p[0]) == (0, 1)
    assert (found.z[1:] != 0).all()
    assert (moran.z[0], moran.p[0], moran.p_permuted[0], moran.variance[0]) == (0, 1, 1, 0)
    assert moran.i[0] != 0
    assert moran.quadrant[0] is not None


def test_an_exception_among_equals_says_nothing_of_its_neighbours():
    moran = local_moran([0.1] * 6 + [0.7], links(7, 3), 99)
    assert (moran.z[6], moran.p[6], moran.p_permuted[6], moran.variance[6]) == (0, 1, 1, 0)
    assert moran.i[6] == pytest.approx(-1)
    assert moran.quadrant[6] == "HL"


def test_a_value_at_the_mean_is_neither_high_nor_like_anyone():
    # In floats the second value lies 9e-16 above the mean of all.
    values = np.array([9.2, 5.8, 8.7, 2.9, 2.4])
    assert values[1] > values.mean()
    moran = local_moran(values, sparse.csr_array(np.eye(5, k=1) + np.eye(5, k=-1)), 99)
    assert (moran.i[1], moran.z[1], moran.p[1], moran.p_permuted[1]) == (0, 0, 1, 1)
    assert list(moran.quadrant) == ["HL", "LH", "HL", "LL", "LL"]


def test_neighbours_at_the_mean_are_not_high():
    # The neighbours of the second value average to the mean of all, but for 4e-16.
    values = np.array([3.6, 7.8, 4.0, 0.1, 3.5])
    deviation = values - values.mean()
    assert deviation[0] + deviation[2] > 0
    moran = local_moran(values, sparse.csr_array(np.eye(5, k=1) + np.eye(5, k=-1)), 9)
    assert moran.i[1] == 0
    assert moran.quadrant[1] == "HL"


def test_tiny_values_differ_as_large_ones_do():
    values, matrix = np.array([3.0, 9.0, 4.0, 6.0, 1.0]), links(5, 2)
    np.testing.assert_allclose(g_star(values * 1e-18, matrix).z, g_star(values, matrix).z, rtol=1e-12)


# ---------------------------------------------------------------------------------------------- local Moran


def test_local_moran_is_that_of_spdep(recorded):
    table, matrix = recorded
    found = local_moran(table["count"], matrix, 0)
    for name in MORAN:
        np.testing.assert_allclose(getattr(found, name)[:59], table[f"moran_{name}"][:59], rtol=1e-9, atol=1e-9)
    assert list(found.quadrant[:59]) == list(table["quadrant"][:59])
    assert set(found.quadrant[:59]) == {"HH", "LL", "HL", "LH"}
    # The island: spdep has no score for it.
    assert np.isnan(table["moran_z"][59])
    assert (found.i[59], found.expected[59], found.variance[59], found.z[59], found.p[59]) == (0, 0, 0, 0, 1)
    assert found.quadrant[59] is None


@pytest.mark.filterwarnings("ignore")
def test_g_star_and_local_moran_are_those_of_esda(recorded):
    esda = pytest.importorskip("esda")
    from libpysal.weights import WSP  # noqa: PLC0415 - only where esda is

    table, matrix = recorded
    kept = matrix[:59][:, :59]
    values = table["count"].to_numpy(dtype=float)[:59]
    weights = WSP(kept).to_W(silence_warnings=True)
    star = esda.G_Local(values, weights, transform="B", star=True, permutations=0)
    np.testing.assert_allclose(g_star(values, kept).z, star.Zs, atol=1e-9)
    moran = esda.Moran_Local(values, weights, transformation="r", permutations=0)
    np.testing.assert_allclose(local_moran(values, kept, 0).i, moran.Is * 59 / 58, atol=1e-9)


def enumerated(values, area, near):
    """Ii for every way the others can stand beside an area."""
    deviation = values - values.mean()
    others = np.delete(deviation, area)
    means = [others[list(chosen)].mean() for chosen in combinations(range(len(others)), near)]
    return deviation[area] * np.array(means) / (deviation**2).mean()


TIED = np.array([0.0, 1.0, 1.0, 2.0, 5.0, 1.0, 9.0])


def test_moments_are_those_of_all_arrangements():
    matrix = links(7, 8)
    found = local_moran(TIED, matrix, 0)
    for area in range(7):
        near = matrix[[area]].indices
        assert 1 <= len(near) < 6
        every = enumerated(TIED, area, len(near))
        deviation = TIED - TIED.mean()
        assert found.i[area] == pytest.approx(deviation[area] * deviation[near].mean() / (deviation**2).mean())
        assert found.expected[area] == pytest.approx(every.mean())
        assert found.variance[area] == pytest.approx(every.var())
        assert found.z[area] == pytest.approx((found.i[area] - every.mean()) / every.std())


def test_permuted_p_counts_all_arrangements_ties_included():
    matrix, permutations = links(7, 8), 4000
    found = local_moran(TIED, matrix, permutations, seed=3)
    for area in range(7):
        every = enumerated(TIED, area, len(matrix[[area]].indices))
        far = np.abs(every - every.mean()) >= abs(found.i[area] - every.mean()) - 1e-12
        assert found.p_permuted[area] == pytest.approx(far.mean(), abs=0.035)
    assert len(set(found.p_permuted)) > 3


def test_permuted_p_is_one_more_of_one_more():
    values = np.r_[np.arange(40), 500.0, 501.0]
    matrix = np.zeros((42, 42))
    matrix[40, 41] = matrix[41, 40] = matrix[0, 1] = matrix[1, 0] = 1
    found = local_moran(values, sparse.csr_array(matrix), 9, seed=2)
    assert found.p_permuted[40] in (0.1, 0.2)
    counts = found.p_permuted * 10
    np.testing.assert_allclose(counts, counts.round(), atol=1e-12)
    many = local_moran(values, sparse.csr_array(matrix), 4999)
    # Among 41 others only the true neighbour is as far: one arrangement in 41.
    assert many.p_permuted[40] == pytest.approx(1 / 41, abs=0.008)


def test_an_area_never_stands_beside_itself():
    # Beside the high value stand only equal ones: if it could be drawn for itself, p would be below 1.
    values = np.array([9.0, 1, 1, 1, 1, 1])
    matrix = np.zeros((6, 6))
    matrix[0, 1] = matrix[1, 0] = 1
    assert local_moran(values, sparse.csr_array(matrix), 200).p_permuted[0] == 1
    # Drawing without replacement: two of the values 2 and 3 are always one of each.
    pair = np.zeros((3, 3))
    pair[0, 1] = pair[0, 2] = pair[1, 0] = pair[2, 0] = 1
    assert local_moran([1.0, 2.0, 3.0], sparse.csr_array(pair), 200).p_permuted[0] == 1


def test_the_same_seed_gives_the_same_p():
    values, matrix = np.random.default_rng(6).poisson(5, 100), board(10, 10)
    one, again, other = (local_moran(values, matrix, 99, seed=seed).p_permuted for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    default = local_moran(values, matrix)
    np.testing.assert_array_equal(default.p_permuted, local_moran(values, matrix, PERMUTATIONS, seed=0).p_permuted)
    assert PERMUTATIONS == 999


def test_permuted_and_analytic_p_agree_on_even_values():
    values, matrix = np.random.default_rng(7).normal(size=144), board(12, 12)
    found = local_moran(values, matrix, 1999)
    np.testing.assert_allclose(found.p_permuted, found.p, atol=0.06)


def test_without_permutations_there_is_no_permuted_p():
    found = local_moran([1, 2, 3, 4], board(2, 2), 0)
    assert np.isnan(found.p_permuted).all()
    assert len(found.p_permuted) == 4


# ---------------------------------------------------------------------------------------------- what cannot be


def asymmetric(value):
    return sparse.csr_array(np.array([[0, value, 0], [1, 0, 0], [0, 0, 0]]))


@pytest.mark.parametrize("kind", [bool, np.int8])
def test_any_kind_of_number_counts_neighbours(kind):
    values, matrix = np.arange(200), links(200, 4, 0.9)
    np.testing.assert_array_equal(g_star(values, matrix.astype(kind)).z, g_star(values, matrix).z)


@pytest.mark.parametrize("statistic", [g_star, g_star_permuted, local_moran])
@pytest.mark.parametrize(
    ("values", "matrix", "sentence"),
    [
        ([1, 2, np.inf], asymmetric(1.0), "finite, or NaN"),
        ([1, 2, -np.inf], asymmetric(1.0), "finite, or NaN"),
        ([1, 2, 3], asymmetric(0.5), "1 or nothing"),
        ([1, 2, 3], sparse.csr_array(np.eye(3)), "no area is its own"),
        ([1, 2], asymmetric(1.0), "are not a matrix of"),
        ([[1, 2, 3]], asymmetric(1.0), "are not a matrix of"),
        ([1, 2, 3], sparse.csr_array((3, 4)), "are not a matrix of"),
    ],
)
def test_what_cannot_be_compared_is_refused(statistic, values, matrix, sentence):
    with pytest.raises(ValueError, match=sentence):
        statistic(values, matrix)


def test_permutations_are_not_negative():
    with pytest.raises(ValueError, match="0 or more, not -1"):
        local_moran([1, 2, 3], asymmetric(1.0), -1)


def test_nothing_lent_is_changed():
    values, matrix = np.array([1.0, np.nan, 3.0, 9.0, 2.0, 0.0]), links(6, 2)
    matrix.data[:1] = 0  # stored, and no neighbour all the same
    before, data, stored = values.copy(), matrix.toarray(), matrix.nnz
    star = g_star(values, matrix)
    local_moran(values, matrix, 9)
    g_star_permuted(values, matrix, 9)
    z, p = star.z.copy(), star.p.copy()
    label(star.z, star.p)
    np.testing.assert_array_equal(values, before)
    np.testing.assert_array_equal(matrix.toarray(), data)
    assert matrix.nnz == stored
    np.testing.assert_array_equal(star.z, z)
    np.testing.assert_array_equal(star.p, p)


# ---------------------------------------------------------------------------------------------- Gi* by permutation


def exact_g_star_p(values, area, near):
    """Twice the share of all sums of as many values that lie as far to the side of the mean, at most 1."""
    members = [area, *near]
    own, centre = values[members].sum(), len(members) * values.mean()
    sums = np.array([sum(chosen) for chosen in combinations(values, len(members))])
    tail = (sums >= own - 1e-9) if own > centre else (sums <= own + 1e-9)
    return min(2 * tail.mean(), 1.0) if abs(own - centre) > 1e-9 else 1.0


@pytest.mark.parametrize("at_once", [4_000_000, 700, 1])
@pytest.mark.parametrize("unit", [1.0, 0.1])
def test_permuted_g_star_counts_all_arrangements(monkeypatch, at_once, unit):
    monkeypatch.setattr(local, "_CELLS", at_once)
    values, matrix = np.r_[TIED, 0, 3], links(9, 2, 0.2)
    permutations = 200 if at_once == 1 else 20_000
    found = g_star_permuted(unit * values, matrix, permutations, seed=3)
    np.testing.assert_allclose(found.z, g_star(values, matrix).z, atol=1e-12)
    expected = [exact_g_star_p(values, area, matrix[[area]].indices) for area in range(9)]
    np.testing.assert_allclose(found.p, expected, atol=0.15 if at_once == 1 else 0.02)
    assert len(set(expected)) > 4


def test_permuted_g_star_of_yes_and_no_is_hypergeometric():
    values, matrix = np.zeros(60), links(60, 5, 0.1)
    values[np.random.default_rng(1).choice(60, 12, replace=False)] = 1
    found, members = g_star_permuted(values, matrix, 40_000), np.diff(matrix.indptr) + 1
    here, expected = matrix @ values + values, stats.hypergeom(60, 12, members)
    tail = np.where(here > members * 12 / 60, expected.sf(here - 1), expected.cdf(here))
    tail[here == members * 12 / 60] = 1
    np.testing.assert_allclose(found.p, np.minimum(2 * tail, 1), atol=0.015)
    assert found.p.min() < 0.05


def test_permuted_p_of_g_star_is_twice_one_more_of_one_more():
    values, matrix = np.zeros(400), np.zeros((400, 400))
    values[:4] = [9, 8, 7, 6]
    matrix[:4, :4] = 1 - np.eye(4)
    found = g_star_permuted(values, sparse.csr_array(matrix), 99)
    np.testing.assert_allclose(found.p[:4], 2 / 100)
    np.testing.assert_array_equal(found.p[4:], 1)
    assert g_star_permuted(values, sparse.csr_array(matrix), 1).p.max() == 1
    np.testing.assert_allclose(g_star_permuted(-values, sparse.csr_array(matrix), 99).p, found.p)


def test_p_is_of_the_side_that_the_score_is_on():
    # Above the mean, which two values far below have drawn down, and yet third from below.
    values = np.array([-1000.0, -1000.0, 9.0, *[10.0] * 97])
    found = g_star_permuted(values, sparse.csr_array((100, 100)), 2_000)
    assert found.z[2] > 0
    assert found.p[2] == 1
    np.testing.assert_allclose(found.p[:2], 2 * 0.02, atol=0.02)


def test_one_extreme_value_makes_nothing_hot():
    values, matrix = np.random.default_rng(4).poisson(0.3, 144).astype(float), board(12, 12)
    values[12 * 6 + 6] = 500
    plain, found = g_star(values, matrix), g_star_permuted(values, matrix)
    assert label(plain.z, plain.p).hot == 9
    assert label(found.z, found.p).hot == 0


@given(st.lists(st.one_of(COUNTS, st.none()), min_size=1, max_size=12), MATRICES, st.randoms())
def test_permuted_g_star_knows_neither_order_nor_areas_without_data(values, seed, random):
    x, matrix = np.array(values, dtype=float), links(len(values), seed)
    known, order = ~np.isnan(x), list(range(len(values)))
    random.shuffle(order)
    found, plain = g_star_permuted(x, matrix, 59), g_star(x, matrix)
    np.testing.assert_allclose(found.z, plain.z, atol=1e-12)
    alone = g_star_permuted(x[known], matrix[known][:, known], 59)
    np.testing.assert_array_equal(found.p[known], alone.p)
    assert np.isnan(found.p[~known]).all()
    assert ((found.p[known] > 0) & (found.p[known] <= 1)).all()
    shuffled = g_star_permuted(3 * x[order] - 40, matrix[order][:, order], 59)
    np.testing.assert_array_equal(shuffled.p, found.p[order])


@pytest.mark.parametrize("values", [[], [4], [4, 9], EQUAL, ROUNDED], ids=["none", "one", "two", "equal", "rounding"])
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_no_permutation_tells_where_nothing_differs(values, share):
    found = g_star_permuted(values, links(len(values), 1, share), 9)
    np.testing.assert_array_equal(found.z, np.zeros(len(values)))
    np.testing.assert_array_equal(found.p, np.ones(len(values)))


def test_no_permutation_tells_of_an_area_that_touches_all_others_or_sums_to_the_mean():
    star = np.zeros((6, 6))
    star[0, 1:] = star[1:, 0] = 1
    found = g_star_permuted([0.1, 0.7, 0.2, 0.3, 0.9, 0.4], sparse.csr_array(star), 99)
    assert (found.z[0], found.p[0]) == (0, 1)
    assert (found.z[1:] != 0).all()
    # In floats the two values at the ends sum to 4e-16 more than twice the mean.
    ends = np.zeros((5, 5))
    ends[0, 2] = ends[2, 0] = 1
    pair = g_star_permuted([3.6, 7.8, 4.0, 0.1, 3.5], sparse.csr_array(ends), 99)
    assert (pair.z[0], pair.p[0]) == (0, 1)


def test_the_same_seed_gives_the_same_permuted_g_star():
    values, matrix = np.random.default_rng(6).poisson(1, 100), board(10, 10)
    one, again, other = (g_star_permuted(values, matrix, 199, seed=seed).p for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    default = g_star_permuted(values, matrix)
    np.testing.assert_array_equal(default.p, g_star_permuted(values, matrix, G_STAR_PERMUTATIONS, seed=0).p)
    assert 2 / (1 + G_STAR_PERMUTATIONS) <= ALPHA / 1000


def test_a_permutation_at_least_is_needed():
    with pytest.raises(ValueError, match="1 or more, not 0"):
        g_star_permuted([1, 2, 3], asymmetric(1.0), 0)


@pytest.mark.parametrize(("kind", "least"), [("poisson", 0.05), ("negative binomial", 0.15), ("lognormal", 0.5)])
def test_without_any_pattern_few_maps_show_one_however_skewed_the_counts(kind, least):
    random, matrix, maps = np.random.default_rng(2008), board(12, 12), 160
    draw = {
        "poisson": lambda: random.poisson(0.3, 144),
        "negative binomial": lambda: random.negative_binomial(0.5, 0.2, 144),
        "lognormal": lambda: random.lognormal(0, 2, 144),
    }[kind]
    wrong, plain = 0, 0
    for number in range(maps):
        values = draw()
        permuted, normal = g_star_permuted(values, matrix, 9_999, seed=number), g_star(values, matrix)
        wrong += set(label(permuted.z, permuted.p).label) != {"none"}
        plain += set(label(normal.z, normal.p).label) != {"none"}
    print(f"\n{kind}: labels on {wrong / maps:.1%} of {maps} maps, {plain / maps:.1%} by the normal tail")  # noqa: T201
    assert wrong <= 0.05 * maps
    assert plain >= least * maps, "what the permutations are for"


def test_a_true_hotspot_among_rare_incidents_is_found():
    random, matrix = np.random.default_rng(12), board(12, 12)
    rate = np.full(144, 0.3)
    rate[[12 * row + column for row in (5, 6, 7) for column in (5, 6, 7)]] = 3.0
    star = g_star_permuted(random.poisson(rate), matrix)
    found = label(star.z, star.p).label.reshape(12, 12)
    assert found[6, 6] == "hot"
    assert set(found.ravel()) == {"hot", "none"}
    assert set(found[[0, 1, 2, 10, 11]].ravel()) == {"none"}


# ---------------------------------------------------------------------------------------------- labels


def test_labels_by_hand():
    z = [3.1, -4.0, 2.1, np.nan, -2.2, 0.0, 1.0]
    p = [0.002, 0.0001, 0.036, np.nan, 0.028, 1.0, 0.3]
    found = label(z, p)
    assert list(found.label) == ["hot", "cold", "none", None, "none", "none", "none"]
    # Of six: the i-th smallest times 6 / i.
    np.testing.assert_allclose(found.p_adjusted, [0.006, 0.0006, 0.054, np.nan, 0.054, 1.0, 0.36])
    assert (found.hot_before, found.cold_before, found.hot, found.cold) == (2, 2, 1, 1)
    plain = label(z, p, correction="none")
    assert list(plain.label) == ["hot", "cold", "hot", None, "cold", "none", "none"]
    np.testing.assert_array_equal(plain.p_adjusted, p)
    assert (plain.hot_before, plain.cold_before, plain.hot, plain.cold) == (2, 2, 2, 2)
    loose = label(z, p, alpha=0.06)
    assert list(loose.label) == ["hot", "cold", "hot", None, "cold", "none", "none"]
    assert (loose.hot_before, loose.cold_before, loose.hot, loose.cold) == (2, 2, 2, 2)
    strict = label(z, p, alpha=0.001)
    assert list(strict.label) == ["none", "cold", "none", None, "none", "none", "none"]
    assert (strict.hot_before, strict.cold_before, strict.hot, strict.cold) == (0, 1, 0, 1)


def test_a_p_at_the_level_counts_and_a_score_of_0_is_neither():
    found = label([1, -1, 0], [0.05, 0.05, 0.05], correction="none")
    assert list(found.label) == ["hot", "cold", "none"]
    assert (found.hot_before, found.cold_before) == (1, 1)


@given(st.lists(st.tuples(st.floats(-9, 9), st.one_of(st.just(np.nan), st.floats(1e-9, 1.0))), max_size=30))
def test_labels_follow_the_adjusted_p(rows):
    z, p = np.array(rows, dtype=float).reshape(-1, 2).T
    found, known = label(z, p), ~np.isnan(p)
    np.testing.assert_array_equal(found.p_adjusted[known], false_discovery(p[known])[0])
    assert [one is None for one in found.label] == list(~known)
    beyond = found.p_adjusted <= ALPHA
    assert list(found.label == "hot") == list(beyond & (z > 0))
    assert list(found.label == "cold") == list(beyond & (z < 0))
    assert found.hot == (found.label == "hot").sum() <= found.hot_before
    assert found.cold == (found.label == "cold").sum() <= found.cold_before


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"alpha": 0.0}, "between 0 and 1"),
        ({"alpha": 1.0}, "between 0 and 1"),
        ({"correction": "bonferroni"}, "'bh' or 'none', not 'bonferroni'"),
        ({"z": [1.0]}, "scores and"),
    ],
)
def test_a_label_needs_a_level_a_known_correction_and_a_score_for_each_p(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        label(**{"z": [1.0, 2.0], "p": [0.1, 0.2], **change})


@pytest.mark.parametrize("draw", ["normal", "poisson"])
def test_without_any_pattern_at_most_five_maps_in_a_hundred_show_one(draw):
    random = np.random.default_rng(1995)
    matrix, maps = board(12, 12), 800
    values = random.normal(size=(maps, 144)) if draw == "normal" else random.poisson(20, size=(maps, 144))
    found = [label(star.z, star.p) for star in (g_star(row, matrix) for row in values)]
    wrong = np.mean([one.hot + one.cold > 0 for one in found])
    before = np.mean([one.hot_before + one.cold_before for one in found]) / 144
    print(f"\n{draw}: labels on {wrong:.2%} of {maps} maps; {before:.2%} of areas before BH")  # noqa: T201
    assert wrong <= 0.05
    assert 0.04 < before < 0.06, "neither blind nor loose"


def test_without_any_pattern_a_permuted_p_is_small_as_often_as_it_says():
    random, matrix = np.random.default_rng(9), board(10, 10)
    shares = [(local_moran(random.gamma(2, 5, 100), matrix, 199, seed=n).p_permuted <= ALPHA).mean() for n in range(60)]
    assert 0.03 < np.mean(shares) < 0.06


def test_a_true_hotspot_is_found_and_its_opposite_is_cold():
    values, matrix = np.random.default_rng(3).poisson(20, 144), board(12, 12)
    middle = [12 * row + column for row in (5, 6, 7) for column in (5, 6, 7)]
    for change, name in ((25, "hot"), (-19, "cold")):
        changed = values.astype(float)
        changed[middle] = np.maximum(changed[middle] + change, 0)
        star = g_star(changed, matrix)
        found = label(star.z, star.p).label
        assert found[12 * 6 + 6] == name
        assert set(found) == {name, "none"}
        assert int(np.abs(star.z).argmax()) == 12 * 6 + 6
