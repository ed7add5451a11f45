"""Lorenz curve, Gini and fewest units: by hand, against plain formulas and all subsets, and what never matters."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.analysis.concentration import area_holding, fewest_units, generalised_gini, gini, lorenz

UNITS = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 5)), min_size=1, max_size=9)


def frame(rows):
    key = pd.Index([f"E{number:02d}" for number in range(len(rows))], name="lsoa_code")
    return pd.DataFrame(rows, index=key, columns=["n", "area"])


def curve_of(rows):
    units = frame(rows)
    return lorenz(units["n"], units["area"])


def plain_gini(values):
    """Mean difference over twice the mean."""
    values = np.asarray(values, dtype=float)
    return np.abs(values[:, None] - values).mean() / (2 * values.mean())


def test_the_curve_by_hand():
    # Densities 4, 1, 1 and 0: the two of equal density are one step.
    curve = curve_of([(2, 2), (8, 2), (1, 1), (0, 5)])
    assert curve.index.name == "step"
    assert curve.index.tolist() == [0, 1, 2, 3]
    assert curve["units"].tolist() == [0, 1, 3, 4]
    np.testing.assert_allclose(curve["share_of_area"], [0, 0.2, 0.5, 1])
    np.testing.assert_allclose(curve["share_of_n"], [0, 8 / 11, 1, 1])
    # Under the curve: 0.2 * 8/22 + 0.3 * 19/22 + 0.5.
    assert gini(curve) == pytest.approx(2 * (0.2 * 8 / 22 + 0.3 * 19 / 22 + 0.5) - 1)
    assert area_holding(curve, 0.5) == pytest.approx(0.2 * 0.5 / (8 / 11))
    assert area_holding(curve, 0.8) == pytest.approx(0.2 + 0.3 * (0.8 - 8 / 11) / (3 / 11))
    assert area_holding(curve, 1) == pytest.approx(0.5)


@settings(max_examples=40, deadline=None)
@given(UNITS, st.randoms())
def test_the_order_of_units_the_unit_of_area_and_the_number_of_copies_do_not_matter(rows, random):
    curve = curve_of(rows)
    shuffled = rows.copy()
    random.shuffle(shuffled)
    thirds, shuffled_thirds = ([(n, area / 3) for n, area in some] for some in (rows, shuffled))
    pd.testing.assert_frame_equal(curve_of(shuffled_thirds), curve_of(thirds), check_exact=True)
    pd.testing.assert_frame_equal(curve_of(shuffled), curve, check_exact=True)
    pd.testing.assert_frame_equal(curve_of([(5 * n, 0.1 * area) for n, area in rows]), curve)
    pd.testing.assert_frame_equal(curve_of(rows * 2).drop(columns="units"), curve.drop(columns="units"), rtol=1e-9)


@settings(max_examples=40, deadline=None)
@given(UNITS)
def test_the_curve_rises_ever_less_steeply_from_nothing_to_all(rows):
    curve = curve_of(rows)
    if not sum(n for n, _ in rows):
        assert len(curve) == 0
        return
    assert curve.iloc[0].tolist() == [0, 0, 0]
    assert curve["units"].iloc[-1] == len(rows)
    assert curve["units"].dtype == np.int64
    assert curve.iloc[-1, 1:].tolist() == [1, 1]
    steps = curve.diff().iloc[1:]
    assert (steps["share_of_area"] > 0).all()
    assert (np.diff(steps["share_of_n"] / steps["share_of_area"]) < 0).all()
    assert len(steps) == len({n / area for n, area in rows})


@settings(max_examples=40, deadline=None)
@given(UNITS.filter(lambda rows: sum(n for n, _ in rows) > 0))
def test_gini_is_the_mean_difference_of_equal_pieces_of_ground(rows):
    pieces = [n / area for n, area in rows for _ in range(area)]
    assert gini(curve_of(rows)) == pytest.approx(plain_gini(pieces), abs=1e-9)
    assert 0 <= gini(curve_of(rows)) + 1e-12 < 1


@pytest.mark.parametrize(
    ("counts", "plain", "generalised"),
    # The worked examples of the authors' R package lorenzgini (Steenbeek and Bernasco), and 3 + 1 + 1 of the paper.
    [
        ([10, 8, 2] + [0] * 7, 0.78, 0.78),
        ([5, 2, 1] + [0] * 7, 0.8, 0.75),
        ([10] + [0] * 9, 0.9, 0.9),
        ([3, 1, 1] + [0] * 7, 0.78, 0.56),
    ],
)
def test_the_published_ginis(counts, plain, generalised):
    units = frame([(n, 1) for n in counts])
    assert gini(lorenz(units["n"], units["area"])) == pytest.approx(plain)
    assert generalised_gini(units["n"]) == pytest.approx(generalised)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 10), st.integers(0, 30))
def test_one_incident_in_each_of_some_units_is_as_equal_as_can_be(hit, empty):
    counts = pd.Series([1] * hit + [0] * empty)
    assert generalised_gini(counts) == pytest.approx(0, abs=1e-12)
    assert gini(lorenz(counts, counts * 0 + 2.0)) == pytest.approx(empty / (hit + empty), abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(UNITS.filter(lambda rows: sum(n for n, _ in rows) > 0), st.floats(0.01, 1))
def test_no_smaller_area_holds_the_share(rows, share):
    curve = curve_of(rows)
    area = area_holding(curve, share)
    assert 0 < area <= 1
    assert np.interp(area, curve["share_of_area"], curve["share_of_n"]) == pytest.approx(share, abs=1e-9)
    assert area_holding(curve, share / 2) <= area / 2 + 1e-9
    hit = sum(size for n, size in rows if n) / sum(size for _, size in rows)
    assert area_holding(curve, 1) == pytest.approx(hit)


def test_rounding_makes_no_step():
    # 0.1 + 0.2 incidents per 0.3 is 1 but for the last bit.
    counts, area = pd.Series([3.0, 1.0, 2.0]), pd.Series([3 * 0.1, 0.1, 0.2])
    assert len(lorenz(counts, area)) == 2


# Fewest units


def fewest_by_trial(counts, share):
    need = share * sum(counts) - 1e-9
    return next(
        size for size in range(1, len(counts) + 1) if any(sum(some) >= need for some in combinations(counts, size))
    )


@settings(max_examples=40, deadline=None)
@given(UNITS, st.sampled_from([0.1, 0.25, 0.3, 0.5, 0.7, 0.8, 1.0]))
def test_no_fewer_units_hold_the_share(rows, share):
    counts = frame(rows)["n"]
    found = fewest_units(counts, share)
    if not counts.sum():
        assert not found["held"].any()
        assert (found[["share_of_n", "cumulative"]] == 0).all(axis=None)
        return
    assert found["held"].sum() == fewest_by_trial(counts.tolist(), share)
    assert counts[found["held"]].sum() >= share * counts.sum() - 1e-9
    assert (found.index == counts.index).all()
    ordered = found.sort_values("place")
    assert ordered["place"].tolist() == list(range(1, len(rows) + 1))
    assert ordered["held"].is_monotonic_decreasing
    np.testing.assert_allclose(ordered["cumulative"], ordered["share_of_n"].cumsum())
    np.testing.assert_allclose(found["share_of_n"], counts / counts.sum())


def test_of_equals_the_first_by_key_is_taken_whatever_the_order_of_rows():
    counts = pd.Series([2, 5, 2, 2, 1], index=list("dbcae"))
    found = fewest_units(counts)
    assert found.index.tolist() == list("dbcae")
    assert found["place"].tolist() == [4, 1, 3, 2, 5]
    assert found.index[found["held"]].tolist() == ["b", "a"]
    pd.testing.assert_frame_equal(fewest_units(counts[::-1])[::-1], found)


@pytest.mark.parametrize(("share", "held"), [(0.5, 5), (0.7, 7), (0.3, 3), (0.1, 1), (1, 10), (0.71, 8)])
def test_a_share_that_no_float_holds_takes_no_unit_too_many(share, held):
    assert fewest_units(pd.Series([1] * 10), share)["held"].sum() == held


def test_half_by_default():
    assert fewest_units(pd.Series([4, 3, 3]))["held"].tolist() == [True, True, False]


# No data, no incidents, and what is refused


def test_a_unit_without_data_is_left_out_of_the_area_too():
    key = list("abcd")
    counts = pd.Series([4, pd.NA, 1, 0], index=key, dtype="Int64")
    area = pd.Series([1.0, np.nan, 2.0, 3.0], index=key)
    kept = ["a", "c", "d"]
    pd.testing.assert_frame_equal(lorenz(counts, area), lorenz(counts[kept], area[kept]))
    pd.testing.assert_frame_equal(fewest_units(counts), fewest_units(counts[kept].astype(float)))
    assert generalised_gini(counts) == generalised_gini(counts[kept])


@pytest.mark.parametrize("counts", [pd.Series([], dtype=float), pd.Series([0, 0, 0])])
def test_without_incidents_there_is_no_curve(counts):
    curve = lorenz(counts, counts + 1.0)
    assert curve.columns.tolist() == ["units", "share_of_area", "share_of_n"]
    assert curve.empty
    assert math.isnan(gini(curve))
    assert math.isnan(generalised_gini(counts))
    assert math.isnan(area_holding(curve, 0.5))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: lorenz(pd.Series([1, 2]), pd.Series([1, 2], index=[1, 0])), "same units in the same order"),
        (lambda: lorenz(pd.Series([1, 2]), pd.Series([1, 0])), "area of a unit lies above 0"),
        (lambda: lorenz(pd.Series([1, 2]), pd.Series([1, np.nan])), "area of a unit lies above 0"),
        (lambda: lorenz(pd.Series([1, 2]), pd.Series([1, np.inf])), "area of a unit lies above 0"),
        (lambda: lorenz(pd.Series([1, -2]), pd.Series([1, 1])), "a count is not below 0"),
        (lambda: generalised_gini(pd.Series([1, -2])), "a count is not below 0"),
        (lambda: fewest_units(pd.Series([1, 2], index=[3, 3])), "each unit must have one count"),
        (lambda: fewest_units(pd.Series([1, 2]), 0), "share of the incidents lies above 0"),
        (lambda: area_holding(curve_of([(1, 1)]), 1.01), "at most 1"),
    ],
)
def test_what_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_nothing_lent_is_changed():
    units = frame([(2, 2), (8, 2), (1, 1)])
    before = units.copy()
    curve = lorenz(units["n"], units["area"])
    kept = curve.copy()
    gini(curve)
    area_holding(curve, 0.5)
    fewest_units(units["n"])
    pd.testing.assert_frame_equal(units, before)
    pd.testing.assert_frame_equal(curve, kept)
