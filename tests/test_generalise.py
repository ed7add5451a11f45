"""Joined and simplified lines stay where they were, and no order of the input matters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from hotspots.geo.generalise import in_order, join_lines, simpler_lines, simpler_surfaces

COORDINATE = st.integers(0, 500).map(float)
LINE = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=2, max_size=12, unique=True).map(LineString)
LINES = st.lists(LINE, min_size=1, max_size=6)


def array(shapes):
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found


@settings(max_examples=60)
@given(LINES, st.sampled_from([3.0, 12.0, 40.0]))
def test_every_point_left_out_lies_within_the_tolerance(lines, tolerance):
    simple = simpler_lines(array(lines), tolerance)
    assert len(simple) == len(lines)
    for before, after in zip(lines, simple, strict=True):
        assert max(after.distance(Point(point)) for point in before.coords) <= tolerance * (1 + 1e-9)
        assert set(after.coords) <= set(before.coords)
        assert (after.coords[0], after.coords[-1]) == (before.coords[0], before.coords[-1])


def test_a_straight_line_keeps_its_ends_alone():
    line = LineString([(x, (x % 2) * 5.9) for x in range(0, 1000, 7)])
    (simple,) = simpler_lines(array([line]), 6.0)
    assert len(simple.coords) == 2


@settings(max_examples=40)
@given(LINES, st.randoms(use_true_random=False))
def test_joining_keeps_the_ground_and_does_not_know_the_order(lines, random):
    names = [random.choice("ab") for _ in lines]
    keys = pd.DataFrame({"road_class": [2] * len(lines), "name": names})
    joined, of = join_lines(array(lines), keys)
    assert len(joined) == len(of) <= len(lines)
    assert shapely.length(joined).sum() == pytest.approx(sum(line.length for line in lines))
    for name in set(names):
        mine = shapely.union_all([line for line, its in zip(lines, names, strict=True) if its == name])
        assert shapely.union_all(joined[(of["name"] == name).to_numpy()]).symmetric_difference(mine).length < 1e-6
    order = list(range(len(lines)))
    random.shuffle(order)
    again, of_again = join_lines(array([lines[i] for i in order]), keys.iloc[order])
    assert [line.wkb for line in again] == [line.wkb for line in joined]
    pd.testing.assert_frame_equal(of_again, of)


def test_lines_are_joined_within_a_key_and_not_across():
    lines = array([LineString([(0, 0), (1, 0)]), LineString([(2, 0), (1, 0)]), LineString([(2, 0), (3, 0)])])
    keys = pd.DataFrame({"road_class": [1, 1, 2], "name": ["a", "a", "a"]}, index=[7, 8, 9])
    joined, of = join_lines(lines, keys)
    assert [line.length for line in joined] == [2, 1]
    assert list(of["road_class"]) == [1, 2]
    assert list(of.index) == [0, 1]
    keys["name"] = ["a", "b", "b"]
    assert len(join_lines(lines, keys)[0]) == 3


def test_nothing_joined_is_nothing():
    joined, of = join_lines(array([]), pd.DataFrame({"small": []}))
    assert len(joined) == len(of) == 0


def test_order_is_that_of_the_shapes():
    shapes = array([Point(3, 3), Point(1, 1), Point(2, 2)])
    assert [shape.wkb for shape in in_order(shapes)] == [shape.wkb for shape in in_order(shapes[::-1])]
    assert len(in_order(array([]))) == 0


@pytest.mark.parametrize("tolerance", [3.0, 12.0, 40.0])
def test_specks_are_left_out_and_what_stays_is_valid_and_near(tolerance):
    side = 3 * tolerance
    lake = Point(0, 0).buffer(900, quad_segs=60)
    shapes = array([box(0, 0, side, side), box(0, 0, side, side * 0.99), lake])
    simple = simpler_surfaces(shapes, tolerance)
    assert len(simple) == 2
    assert shapely.is_valid(simple).all()
    assert lake.exterior.hausdorff_distance(simple[1].exterior) <= tolerance * 1.05
    assert len(simple[1].exterior.coords) < len(lake.exterior.coords)
