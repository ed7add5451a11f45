"""Months of a job: held, missing, covered, and too small to be whole."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hotspots.pipeline.window import earlier_windows, find_window, thin_months
from tests.places_fixtures import MET, lattice


def coverage(**rows):
    """COVERAGE of forces, a count a month from 2024-01; none: no file."""
    made = [
        (force.replace("_", " "), pd.Period("2024-01", "M") + place, count)
        for force, counts in rows.items()
        for place, count in enumerate(counts)
        if count is not None
    ]
    return pd.DataFrame(made, columns=["force", "month", "rows"])


def found(frame):
    return [(row.force, str(row.month), row.rows, row.usual) for row in thin_months(frame).itertuples()]


def test_a_month_under_half_of_the_usual_is_thin():
    assert found(coverage(Met=[1000, 1010, 490, 990, 1005])) == [("Met", "2024-03", 490, 1002.5)]


@pytest.mark.parametrize(
    "counts",
    [
        [1000, 1010, 510, 990, 1005],
        [100, 101, 20],
        [49, 49, 20, 49, 49],
        [10, 1, 20, 0, 5, 7],
    ],
)
def test_half_or_more_few_rows_or_few_months_are_not_thin(counts):
    assert found(coverage(Met=counts)) == []


def test_exactly_half_is_not_thin_and_fifty_is_enough():
    assert found(coverage(Met=[50, 50, 25, 50])) == []
    assert found(coverage(Met=[50, 50, 24, 50])) == [("Met", "2024-03", 24, 50.0)]


def test_forces_are_judged_apart_and_rows_without_a_force_not_at_all():
    frame = coverage(Met=[1000] * 4, Kent=[100] * 3 + [40])
    assert found(frame) == [("Kent", "2024-04", 40, 100.0)]
    assert found(frame.assign(force="")) == []


def test_only_months_within_a_year_say_what_is_usual():
    slow_fall = [int(4000 * 0.93**month) for month in range(48)]
    assert found(coverage(Met=slow_fall)) == []
    rng = np.random.default_rng(1)
    shuffled = coverage(Met=[1000] * 20 + [400] + [1000] * 20).sample(frac=1, random_state=rng.integers(9))
    assert found(shuffled) == [("Met", "2025-09", 400, 1000.0)]


def windows(month="2024-12", length=6, most=36, zone="area", **rows):
    """Earlier windows of a layer of which the west is the Met's and the rest Kent's."""
    areas = lattice(4, 2)
    east = areas.geometry.centroid.x > areas.total_bounds[[0, 2]].mean()
    areas["force"] = areas["force"].mask(east, "Kent").astype("str")
    areas["zone"] = areas["zone"].mask(east, zone).astype("str")
    held = coverage(**rows).replace("Met", MET)
    return earlier_windows(areas, held, find_window(areas, held, pd.Period(month, "M"), length), most)


def said(found):
    return [(str(window[0]), str(window[-1]), len(window)) for window in found]


def test_an_earlier_window_is_as_long_as_the_present_one_and_ends_before_it():
    assert said(windows(length=10, Met=[100] * 12, Kent=[100] * 12)) == [
        ("2024-01", "2024-10", 10),
        ("2024-02", "2024-11", 10),
    ]
    assert said(windows(length=12, Met=[100] * 12, Kent=[100] * 12)) == []
    assert len(windows(length=2, most=3, Met=[100] * 12, Kent=[100] * 12)) == 3


def test_no_earlier_window_has_a_gap_nor_lies_before_one():
    assert said(windows(length=3, Met=[100] * 5 + [None] + [100] * 6, Kent=[100] * 12)) == [
        (f"2024-{first:02d}", f"2024-{first + 2:02d}", 3) for first in (7, 8, 9)
    ]


def test_a_window_that_ends_in_an_incomplete_month_is_left_out():
    rows = [100] * 8 + [20] + [100] * 3
    assert [last for _, last, _ in said(windows(length=6, Met=rows, Kent=[100] * 12))] == [
        *(f"2024-{month:02d}" for month in (6, 7, 8, 10, 11)),
    ]


def test_every_force_with_data_now_must_have_had_them_then():
    kent = [None] * 4 + [100] * 8
    assert said(windows(length=6, Met=[100] * 12, Kent=kent)) == [("2024-05", "2024-10", 6), ("2024-06", "2024-11", 6)]
    # Beyond the ring nothing is looked at, and a force that is no data now is none of those that must have had them.
    assert len(windows(length=6, zone="beyond", Met=[100] * 12, Kent=kent)) == 6
    assert len(windows(length=6, Met=[100] * 12, Kent=[100] * 8)) == 6
