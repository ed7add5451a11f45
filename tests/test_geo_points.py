"""Distinct points with weights."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from hotspots.geo.points import distinct_points

COORDINATES = st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), max_size=40)


def series(rows):
    return gpd.GeoSeries(shapely.points(np.array(rows, dtype=float).reshape(-1, 2)), crs=27700)


@given(COORDINATES)
def test_rows_and_distinct_points_hold_each_other(rows):
    points = distinct_points(series(rows))
    assert points.weight.sum() == len(rows) == len(points.row_point)
    assert (points.weight >= 1).all()
    assert [tuple(xy) for xy in points.xy[points.row_point]] == rows
    assert [tuple(xy) for xy in points.xy] == sorted(set(rows))
    np.testing.assert_array_equal(points.weight, [rows.count(tuple(xy)) for xy in points.xy])
    np.testing.assert_array_equal(points.weight, np.bincount(points.row_point, minlength=len(points.xy)))


@given(COORDINATES, st.randoms())
def test_the_order_of_rows_changes_only_the_way_back(rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    points, shuffled = distinct_points(series(rows)), distinct_points(series([rows[i] for i in order]))
    np.testing.assert_array_equal(points.xy, shuffled.xy)
    np.testing.assert_array_equal(points.weight, shuffled.weight)
    np.testing.assert_array_equal(points.row_point[order], shuffled.row_point)


def test_no_rows_have_no_points():
    points = distinct_points(series([]))
    assert points.xy.shape == (0, 2)
    assert points.xy.dtype == np.float64
    assert points.weight.dtype == points.row_point.dtype == np.int64
    assert len(points.weight) == len(points.row_point) == 0


def test_coordinates_that_differ_by_a_millimetre_stay_apart():
    points = distinct_points(series([(548000.001, 176000.0), (548000.0, 176000.0), (548000.001, 176000.0)]))
    np.testing.assert_array_equal(points.weight, [1, 2])
