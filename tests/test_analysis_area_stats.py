"""Counts, rates and classes of LSOAs."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from hotspots.analysis.area_stats import area_stats, class_breaks, classify
from hotspots.places.locate import locate
from tests.places_fixtures import code, incidents, lattice, located

WINDOW = pd.period_range("2023-06", "2024-05", freq="M")
LAST = WINDOW[-1]
KNOWN = pd.PeriodIndex([*WINDOW, LAST - 12], freq="M")
LAYER = lattice(3, 2)


def covered(areas, lacking=None, months=KNOWN):
    """All months for all areas, but for those of ``lacking``: code → months without files."""
    frame = pd.DataFrame(data=True, index=areas.index, columns=list(months))
    for name, gone in (lacking or {}).items():
        frame.loc[name, list(gone)] = False
    return frame


def stats_of(rows, areas=LAYER, lacking=None, window=WINDOW, **made):
    return area_stats(located(rows, **made), areas, covered(areas, lacking), window)


PLACE = st.tuples(st.integers(-1, 3), st.integers(-1, 2))
ROW = st.tuples(PLACE, st.integers(0, 14), st.sampled_from(["Robbery", "Burglary"]))


@settings(deadline=None, max_examples=12)
@given(st.lists(ROW, max_size=40), st.randoms())
def test_areas_and_outside_together_are_all_rows_in_focus_of_the_window(rows, random):
    def made(some):
        given_rows = incidents(
            [(100 * x + 50, 100 * y + 50) for (x, y), _, _ in some],
            months=[str(LAST - back) for _, back, _ in some],
            category=[category for _, _, category in some],
        )
        focus = given_rows["category"] == "Robbery"
        return locate(given_rows, LAYER, focus=focus, tolerance_m=20, context_m=1000)

    found = made(rows)
    stats = area_stats(found, LAYER, covered(LAYER), WINDOW)
    focus = [(place, back) for place, back, category in rows if category == "Robbery"]
    outside = [place for place, back in focus if back < 12 and not (0 <= place[0] < 3 and 0 <= place[1] < 2)]
    assert stats["n"].sum() + len(outside) == sum(back < 12 for _, back in focus)
    for (name, row), (x, y) in zip(stats.iterrows(), [(x, y) for x in range(3) for y in range(2)], strict=True):
        assert name == code(x, y)
        backs = [back for place, back in focus if place == (x, y)]
        counts = row["n"], row["n_month"], row["n_previous"], row["n_last_year"]
        assert counts == (sum(back < 12 for back in backs), backs.count(0), backs.count(1), backs.count(12))
        assert row["rate_per_km2"] == pytest.approx(row["n"] / 0.01)
    shuffled = rows.copy()
    random.shuffle(shuffled)
    assert_frame_equal(area_stats(made(shuffled), LAYER, covered(LAYER), WINDOW), stats)


def test_zeros_are_kept_and_are_zeros():
    stats = stats_of([])
    assert stats.index.equals(LAYER.index)
    for column in ("n", "n_month", "n_previous", "n_last_year", "rate_per_km2"):
        assert (stats[column] == 0).all()
        assert stats[column].notna().all()


def test_an_area_without_data_is_empty_and_never_0():
    everything = {code(0, 0): KNOWN, code(2, 1): WINDOW}
    stats = stats_of([(50, 50), (150, 50), (250, 150)], lacking=everything)
    for name in everything:
        assert stats.loc[name, ["n", "n_month", "n_previous", "rate_per_km2", "rate_per_1000"]].isna().all()
        assert stats.loc[name, "months_covered"] == 0
    assert pd.isna(stats.loc[code(0, 0), "n_last_year"])
    assert stats.loc[code(2, 1), "n_last_year"] == 0
    assert stats.loc[code(1, 0), "n"] == 1
    assert stats.loc[code(1, 1), "n"] == 0


def test_a_force_that_lacks_months_has_counts_but_no_rate():
    places = [(50, 50)] * 4
    months = ["2024-05", "2024-04", "2024-03", "2023-05"]
    stats = stats_of(
        places, months=months, lacking={code(0, 0): [LAST - 1], code(1, 0): [LAST], code(1, 1): [LAST - 12]}
    )
    row = stats.loc[code(0, 0)]
    assert row["months_covered"] == 11
    assert (row["n_month"], row["n_last_year"]) == (1, 1)
    assert pd.isna(row["n_previous"])
    assert pd.isna(row["rate_per_km2"])
    assert pd.isna(stats.loc[code(1, 0), "n_month"])
    assert stats.loc[code(1, 0), "n"] == 0
    assert pd.isna(stats.loc[code(1, 1), "n_last_year"])
    # The month a year ago is outside the window: without it the rate of the window is whole.
    assert stats.loc[code(1, 1), "rate_per_km2"] == 0
    assert stats.loc[code(2, 0), "months_covered"] == 12


def test_a_month_that_no_file_holds_is_no_part_of_the_window():
    window = WINDOW.delete(10)
    gone = {name: [LAST - 1] for name in LAYER.index}
    stats = stats_of([(50, 50)] * 2, months=["2024-05", "2024-04"], lacking=gone, window=window)
    assert stats["n"].sum() == 1
    assert (stats["months_covered"] == 11).all()
    assert stats["n_previous"].isna().all()
    assert stats.loc[code(0, 0), "rate_per_km2"] == pytest.approx(100)


def test_rates_are_per_window_and_per_what_is_known():
    areas = LAYER.assign(population=[1000.0, 500.0, 0.0, np.nan, 2000.0, 1.0], area_km2=[0.5, 2.0, 1.0, 1.0, 1.0, 1.0])
    stats = stats_of([(50, 50)] * 3 + [(50, 150)] * 4 + [(150, 50)], areas=areas)
    np.testing.assert_allclose(stats["rate_per_1000"], [3, 8, np.nan, np.nan, 0, 0])
    np.testing.assert_allclose(stats["rate_per_km2"], [6, 2, 1, 0, 0, 0])


def test_areas_beyond_the_ring_are_left_out_and_other_crimes_are_not_counted():
    areas = LAYER.assign(zone=["area", "area", "ring", "ring", "beyond", "beyond"])
    stats = stats_of([(50, 50), (50, 50), (150, 50), (250, 50)], areas=areas, in_focus=[True, False, True, True])
    assert stats.index.tolist() == [code(0, 0), code(0, 1), code(1, 0), code(1, 1)]
    assert stats["n"].tolist() == [1, 0, 1, 0]
    assert stats.crs == areas.crs


def test_counting_changes_nothing_it_was_lent():
    rows, known = located([(50, 50)] * 3), covered(LAYER)
    copies = rows.copy(deep=True), LAYER.copy(deep=True), known.copy(deep=True)
    area_stats(rows, LAYER, known, WINDOW)
    for frame, copy in zip((rows, LAYER, known), copies, strict=True):
        assert_frame_equal(frame, copy)


# Classes

ROUND = {1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0}


def is_round(bound):
    scale = 10.0 ** math.floor(math.log10(bound) + 1e-9)
    return any(math.isclose(bound / scale, step, rel_tol=1e-5) for step in ROUND)


RATES = st.one_of(
    st.just(0.0),
    st.floats(1e-9, 1e9),
    st.integers(0, 20).map(float),
    st.floats(0, 14).map(lambda power: float(f"{10 ** (power - 7):.3g}")),
    st.just(np.nan),
)


@settings(max_examples=120)
@given(st.lists(RATES, max_size=60))
def test_breaks_are_four_rising_round_numbers_above_0(rates):
    breaks = class_breaks(pd.Series(rates, dtype=float))
    assert len(breaks) == 4
    assert 0 < breaks[0] < breaks[1] < breaks[2] < breaks[3] < math.inf
    assert all(is_round(bound) for bound in breaks)


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ([], (1, 2, 3, 4)),
        ([0.0, 0.0, np.nan], (1, 2, 3, 4)),
        ([7.0], (6, 8, 10, 15)),
        ([0.001] * 9, (0.001, 0.0015, 0.002, 0.0025)),
        ([1e7], (1e7, 1.5e7, 2e7, 2.5e7)),
        ([1000.0] * 3, (1000, 1500, 2000, 2500)),
    ],
)
def test_breaks_of_odd_rates(rates, expected):
    assert class_breaks(pd.Series(rates, dtype=float)) == pytest.approx(expected)


def test_breaks_follow_the_upper_quantiles_of_the_rates_above_0():
    rates = np.random.default_rng(3).lognormal(3, 1.2, 2000)
    breaks = class_breaks(pd.Series([*rates, *[0.0] * 5000, np.nan]))
    for bound, share in zip(breaks, (0.4, 0.65, 0.85, 0.95), strict=True):
        assert bound == pytest.approx(np.quantile(rates, share), rel=0.25)


def test_a_rate_equal_to_a_bound_belongs_to_the_higher_class():
    rates = pd.Series([0.0, 0.999, 1.0, 1.5, 2.0, 3.0, 4.0, 1e9, np.nan], index=list("abcdefghi"))
    classes = classify(rates, (1.0, 2.0, 3.0, 4.0))
    assert classes.index.equals(rates.index)
    assert classes.dtype == pd.Int64Dtype()
    assert classes.iloc[:-1].tolist() == [1, 1, 2, 2, 3, 4, 5, 5]
    assert pd.isna(classes.iloc[-1])


@given(st.lists(st.floats(0, 100), min_size=1), st.lists(st.floats(0.1, 99), min_size=4, max_size=4, unique=True))
def test_a_class_is_one_more_than_the_bounds_reached(rates, bounds):
    breaks = tuple(sorted(bounds))
    expected = [1 + sum(rate >= bound for bound in breaks) for rate in rates]
    assert classify(pd.Series(rates), breaks).tolist() == expected
