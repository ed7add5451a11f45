"""Exact Gi* and local Moran of counts: against enumeration, sampling, the hypergeometric law, esda, and chance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse, stats

from hotspots.stats.local import g_star, g_star_permuted, label, local_moran
from hotspots.stats.local_counts import g_star_counts, local_moran_counts
from hotspots.stats.usual import ALPHA, false_discovery
from tests.test_local import board, enumerated, exact_g_star_p, links

COUNTS = st.one_of(st.integers(0, 3), st.integers(0, 60))
SEEDS = st.integers(0, 2**32 - 1)
TIED = np.array([0.0, 1, 1, 2, 5, 1, 9, 0, 3])


# ---------------------------------------------------------------------------------------------- every arrangement


@settings(max_examples=40, deadline=None)
@given(st.lists(COUNTS, min_size=1, max_size=9), SEEDS, st.sampled_from([0.15, 0.5, 1.0]))
def test_p_is_the_share_of_all_arrangements(counts, seed, share):
    x, matrix, n = np.array(counts, dtype=float), links(len(counts), seed, share), len(counts)
    star, moran = g_star_counts(x, matrix), local_moran_counts(x, matrix)
    degree = np.diff(matrix.indptr)
    for area in range(n):
        near = matrix[[area]].indices
        told = n > 2 and np.ptp(x) > 0
        expected = exact_g_star_p(x, area, near) if told else 1.0
        assert star.p[area] == pytest.approx(expected, rel=1e-9)
        if not told or not degree[area]:
            assert moran.p_permuted[area] == 1
            continue
        every = enumerated(x, area, len(near))
        far = np.abs(every - every.mean()) >= abs(moran.i[area] - every.mean()) - 1e-9
        assert moran.p_permuted[area] == pytest.approx(far.mean(), rel=1e-9)


def test_both_tails_are_exact_where_the_mean_is_a_whole_sum():
    # The others of the first area are 0, 1, 2, 3 and 4: a pair of them sums to 4 on average, and sums of 4 do occur.
    x, near = np.array([8.0, 0, 1, 2, 3, 4]), np.zeros((6, 6))
    for pair, far in (((1, 5), 10), ((2, 5), 8), ((1, 3), 4), ((4, 5), 2)):
        matrix = near.copy()
        matrix[0, list(pair)] = 1
        assert local_moran_counts(x, sparse.csr_array(matrix)).p_permuted[0] == pytest.approx(far / 10)


def test_p_of_yes_and_no_is_hypergeometric():
    values, matrix = np.zeros(60), links(60, 5, 0.1)
    values[np.random.default_rng(1).choice(60, 12, replace=False)] = 1
    found, members = g_star_counts(values, matrix), np.diff(matrix.indptr) + 1
    here, law = matrix @ values + values, stats.hypergeom(60, 12, members)
    tail = np.where(here > members * 12 / 60, law.sf(here - 1), law.cdf(here))
    tail[here == members * 12 / 60] = 0.5
    np.testing.assert_allclose(found.p, np.minimum(2 * tail, 1), rtol=1e-9)
    assert found.p.min() < 0.05


def test_p_is_what_many_permutations_come_near():
    x, matrix = np.random.default_rng(4).negative_binomial(0.3, 0.2, 144), board(12, 12)
    star, sampled = g_star_counts(x, matrix), g_star_permuted(x, matrix, 40_000)
    np.testing.assert_allclose(star.p, sampled.p, atol=0.02)
    np.testing.assert_allclose(star.z, sampled.z, atol=1e-12)
    moran, drawn = local_moran_counts(x, matrix), local_moran(x, matrix, 9_999)
    np.testing.assert_allclose(moran.p_permuted, drawn.p_permuted, atol=0.025)
    for name in ("z", "p", "i", "expected", "variance"):
        np.testing.assert_array_equal(getattr(moran, name), getattr(drawn, name))
    assert list(moran.quadrant) == list(drawn.quadrant)


@pytest.mark.filterwarnings("ignore")
def test_scores_are_those_of_esda():
    esda = pytest.importorskip("esda")
    from libpysal.weights import WSP  # noqa: PLC0415 - only where esda is

    x, matrix = np.random.default_rng(8).negative_binomial(0.5, 0.3, 100).astype(float), board(10, 10)
    weights = WSP(matrix).to_W(silence_warnings=True)
    star = esda.G_Local(x, weights, transform="B", star=True, permutations=0)
    np.testing.assert_allclose(g_star_counts(x, matrix).z, star.Zs, atol=1e-9)
    moran = esda.Moran_Local(x, weights, transformation="r", permutations=0)
    np.testing.assert_allclose(local_moran_counts(x, matrix).i, moran.Is * 100 / 99, atol=1e-9)


# ---------------------------------------------------------------------------------------------- laws


@given(st.lists(st.one_of(COUNTS, st.none()), min_size=1, max_size=12), SEEDS, st.randoms())
def test_neither_order_nor_areas_without_data_matter(counts, seed, random):
    x, matrix = np.array(counts, dtype=float), links(len(counts), seed)
    known, order = ~np.isnan(x), list(range(len(counts)))
    random.shuffle(order)
    for statistic, name in ((g_star_counts, "p"), (local_moran_counts, "p_permuted")):
        found = getattr(statistic(x, matrix), name)
        alone = getattr(statistic(x[known], matrix[known][:, known]), name)
        shuffled = getattr(statistic(x[order], matrix[order][:, order]), name)
        np.testing.assert_array_equal(found[known], alone)
        assert np.isnan(found[~known]).all()
        assert ((found[known] > 0) & (found[known] <= 1)).all()
        np.testing.assert_array_equal(shuffled, found[order])
    assert np.isnan(g_star_counts(x, matrix).z[~known]).all()


@given(st.lists(COUNTS, min_size=3, max_size=12), SEEDS, st.integers(2, 7))
def test_counting_each_incident_several_times_changes_no_p(counts, seed, times):
    x, matrix = np.array(counts, dtype=float), links(len(counts), seed)
    np.testing.assert_allclose(g_star_counts(times * x, matrix).p, g_star_counts(x, matrix).p, rtol=1e-9)
    one, many = local_moran_counts(x, matrix), local_moran_counts(times * x, matrix)
    np.testing.assert_allclose(many.p_permuted, one.p_permuted, rtol=1e-9)


@pytest.mark.parametrize("counts", [[], [4], [4, 9], [7] * 5, [0] * 5], ids=["none", "one", "two", "equal", "zero"])
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_nothing_can_be_told_where_nothing_differs(counts, share):
    matrix = links(len(counts), 1, share)
    star, moran = g_star_counts(counts, matrix), local_moran_counts(counts, matrix)
    np.testing.assert_array_equal(star.z, np.zeros(len(counts)))
    for one in (star.p, moran.p_permuted):
        np.testing.assert_array_equal(one, np.ones(len(counts)))


def test_a_sum_at_the_mean_has_a_score_of_0():
    # 7 areas of mean 3: in floats the sums of three are not always exactly 0 standard deviations off.
    x, matrix = np.array([1.0, 2, 6, 3, 4, 5, 0]), np.zeros((7, 7))
    matrix[0, [1, 2]] = matrix[4, [1, 3]] = 1
    found = g_star_counts(x, sparse.csr_array(matrix))
    assert (found.z[[0, 3, 4]] == 0).all()
    assert (found.p[[0, 3, 4]] == 1).all()
    assert (found.z[[1, 2, 5, 6]] != 0).all()
    # Most counts are above the mean: half of all choices do not reach as far down.
    assert g_star_counts([0, 4, 5, 5, 5, 5], sparse.csr_array((6, 6))).p[1] == 1
    # The count itself is the mean: it is neither high nor low, were its neighbours the two highest.
    matrix[3, [2, 5]] = 1
    assert local_moran_counts(x, sparse.csr_array(matrix)).p_permuted[3] == 1


def test_three_areas_are_enough():
    path = sparse.csr_array(np.eye(3, k=1) + np.eye(3, k=-1))
    assert g_star_counts([0, 0, 6], path).p[0] == pytest.approx(2 / 3)
    assert local_moran_counts([1, 2, 6], path).p_permuted[2] == 1  # 1 and 2 lie as far from their mean


def test_an_extreme_p_is_that_of_one_choice_in_all():
    x, matrix = np.zeros(400), np.zeros((400, 400))
    x[:7] = [9, 8, 7, 6, 5, 4, 3]
    matrix[:7, :7] = 1 - np.eye(7)
    star, moran = g_star_counts(x, sparse.csr_array(matrix)), local_moran_counts(x, sparse.csr_array(matrix))
    np.testing.assert_allclose(star.p[:7], 2 / math.comb(400, 7), rtol=1e-9)
    assert star.p[8] == 1
    np.testing.assert_allclose(moran.p_permuted[:7], 1 / math.comb(399, 6), rtol=1e-3)


def test_rounding_leaves_no_p_below_that_of_one_choice():
    # Of billions of billions of choices with a sum of 10 all but one hold the area itself, which none of them may.
    x, matrix = np.zeros(9_000), sparse.lil_array((9_000, 9_000))
    x[:7] = [10, 2, 2, 2, 2, 1, 1]
    matrix[0, 1:7] = 1
    p = local_moran_counts(x, sparse.csr_array(matrix)).p_permuted[0]
    assert 1 / math.comb(8_999, 6) <= p < 1e-12


def test_one_extreme_count_makes_nothing_hot():
    x, matrix = np.random.default_rng(4).poisson(0.3, 900).astype(float), board(30, 30)
    x[465] = 5_000
    plain, found = g_star(x, matrix), g_star_counts(x, matrix)
    assert label(plain.z, plain.p).hot == 9
    assert label(found.z, found.p).hot == 0


def test_a_true_hotspot_among_rare_incidents_is_found():
    random, matrix = np.random.default_rng(12), board(30, 30)
    rate = np.full(900, 0.2)
    middle = [30 * row + column for row in (14, 15, 16) for column in (14, 15, 16)]
    rate[middle] = 3.0
    x = random.poisson(rate)
    star, moran = g_star_counts(x, matrix), local_moran_counts(x, matrix)
    found = label(star.z, star.p).label.reshape(30, 30)
    assert found[15, 15] == "hot"
    assert set(found[:11].ravel()) == set(found[20:].ravel()) == {"none"}
    near = np.flatnonzero(false_discovery(moran.p_permuted)[0] <= ALPHA)
    assert 30 * 15 + 15 in near
    assert moran.quadrant[30 * 15 + 15] == "HH"


@pytest.mark.parametrize(("mean", "shape"), [(0.05, None), (0.25, None), (2.0, None), (0.25, 0.1), (5.0, 0.1)])
def test_without_any_pattern_few_maps_show_one_however_rare_the_incidents(mean, shape):
    random, matrix, maps = np.random.default_rng(1992), board(20, 20), 80
    hot = unlike = before = 0
    for _ in range(maps):
        x = random.poisson(mean, 400) if shape is None else random.negative_binomial(shape, shape / (shape + mean), 400)
        star, moran = g_star_counts(x, matrix), local_moran_counts(x, matrix)
        labels = label(star.z, star.p)
        hot += labels.hot + labels.cold > 0
        before += labels.hot_before + labels.cold_before
        unlike += bool((false_discovery(moran.p_permuted)[0] <= ALPHA).any())
    share = before / 400 / maps
    print(f"\nmean {mean}, {shape}: {hot} and {unlike} of {maps} maps; {share:.1%} of areas before")  # noqa: T201
    assert max(hot, unlike) <= 0.05 * maps
    assert share <= 0.05


# ---------------------------------------------------------------------------------------------- what cannot be


@pytest.mark.parametrize("statistic", [g_star_counts, local_moran_counts])
@pytest.mark.parametrize(
    ("counts", "matrix", "sentence"),
    [
        ([1, 2, 0.5], sparse.csr_array((3, 3)), "a count is a whole number, 0 or more"),
        ([1, 2, -1], sparse.csr_array((3, 3)), "a count is a whole number, 0 or more"),
        ([1, 2, np.inf], sparse.csr_array((3, 3)), "finite"),
        ([1, 2, 3], sparse.csr_array(np.eye(3)), "no area is its own"),
        ([1, 2], sparse.csr_array((3, 3)), "are not a matrix of"),
    ],
)
def test_what_is_no_count_is_refused(statistic, counts, matrix, sentence):
    with pytest.raises(ValueError, match=sentence):
        statistic(counts, matrix)


def test_nothing_lent_is_changed():
    x, matrix = TIED.copy(), links(9, 2)
    matrix.data[:1] = 0  # stored, and no neighbour all the same
    before, stored = matrix.toarray(), matrix.nnz
    clean = matrix.copy()
    clean.eliminate_zeros()
    for statistic, name in ((g_star_counts, "p"), (local_moran_counts, "p_permuted")):
        np.testing.assert_array_equal(getattr(statistic(x, matrix), name), getattr(statistic(x, clean), name))
    np.testing.assert_array_equal(x, TIED)
    np.testing.assert_array_equal(matrix.toarray(), before)
    assert matrix.nnz == stored
