"""Hexagons and squares: a partition of the plane, shared corners, neighbours, shares inside a polygon."""

from __future__ import annotations

import dataclasses
import math
from itertools import product

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from hotspots.errors import SettingsError
from hotspots.geo.grid import CellShares, Grid, cell_keys, cells_of_keys

BOTH = pytest.mark.parametrize("shape", ["hexagon", "square"])
SIZES = st.sampled_from([1.0, 37.5, 100.0, 150.0, 1000.0])
ORIGINS = np.array([(0, 0), (548_000, 176_000), (-320_000.5, -45_000.25), (216_600, 1_213_000)], dtype=float)

HEXAGON, SQUARE = Grid("hexagon", 150.0), Grid("square", 150.0)


def block(wide=6, high=5, at=(0, 0)):
    """Cells of some columns and rows."""
    return np.array(list(product(range(wide), range(high))), dtype=np.int64) + np.asarray(at)


def scattered(n=4000, seed=0, side=3000.0):
    random = np.random.default_rng(seed)
    return random.uniform(-side, side, (n, 2)) + ORIGINS[random.integers(0, len(ORIGINS), n)]


# Where a point belongs


@BOTH
@pytest.mark.parametrize("size", [1.0, 37.5, 150.0, 1000.0])
def test_a_point_lies_in_the_polygon_of_its_cell_and_in_no_other(shape, size):
    grid, xy = Grid(shape, size), scattered(side=20 * size)
    ids = grid.cells_of(xy)
    assert ids.dtype == np.int64
    points = shapely.points(xy)
    assert (shapely.distance(grid.polygons(ids), points) < 1e-6).all()
    around = grid.neighbours(ids)
    for step in range(around.shape[1]):
        # Random points do not lie on a side: the polygons around leave them out.
        assert not shapely.intersects(grid.polygons(around[:, step]), points).any()


@BOTH
@given(size=SIZES, x=st.floats(-1e6, 1e6), y=st.floats(-1e6, 2e6))
def test_no_centre_around_is_nearer_than_its_own(shape, size, x, y):
    grid, point = Grid(shape, size), np.array([[x, y]])
    ids = grid.cells_of(point)
    own = cdist(point, grid.centres(ids)).item()
    assert own <= cdist(point, grid.centres(grid.neighbours(ids)[0])).min() + 1e-6


def test_cells_of_known_places():
    hexagon, square = Grid("hexagon", 2.0), Grid("square", 2.0)
    high = math.sqrt(3)
    places = [(0.0, 0.0), (2.0, 0.1), (1.1, high), (-1.0 + 1e-9, high), (-0.9, -high), (3.1, high), (0.0, 1.16)]
    assert hexagon.cells_of(np.array(places)).tolist() == [
        [0, 0], [1, 0], [0, 1], [-1, 1], [0, -1], [1, 1], [0, 1],
    ]  # fmt: skip
    assert square.cells_of(np.array(places)).tolist() == [
        [0, 0], [1, 0], [0, 0], [-1, 0], [-1, -1], [1, 0], [0, 0],
    ]  # fmt: skip


def test_a_point_on_a_side_belongs_to_the_east_or_to_the_north():
    square = Grid("square", 2.0)
    assert square.cells_of(np.array([(2.0, 1.0), (1.0, 2.0), (2.0, 2.0), (0.0, 0.0)])).tolist() == [
        [1, 0], [0, 1], [1, 1], [0, 0],
    ]  # fmt: skip
    hexagon = Grid("hexagon", 2.0)
    east, north_east, north_west, west, south_west, south_east = shapely.get_coordinates(
        shapely.centroid(
            shapely.linestrings(
                np.stack([np.roll(hexagon.corners([(0, 0)])[0], 1, axis=0), hexagon.corners([(0, 0)])[0]], 1)
            )
        )
    )
    assert east.tolist() == [1.0, 0.0]
    places = np.array([east, north_east, north_west, west, south_west, south_east])
    assert hexagon.cells_of(places).tolist() == [[1, 0], [0, 1], [-1, 1], [0, 0], [0, 0], [0, 0]]


@BOTH
@pytest.mark.parametrize("size", [2.0, 150.0, 37.3])
def test_rounding_at_a_corner_leads_to_no_distant_cell(shape, size):
    grid = Grid(shape, size)
    corners = np.unique(grid.corners(block(12, 12, (-6, -6))).reshape(-1, 2), axis=0)
    for ways in product((-np.inf, 0.0, np.inf), repeat=2):
        near = corners.copy()
        for _ in range(2):
            near = np.where(np.array(ways) == 0, near, np.nextafter(near, ways))
        apart = np.hypot(*(near - grid.centres(grid.cells_of(near))).T)
        assert (apart <= grid.reach_m([(0, 0)]) / 2 + 1e-9).all()


@BOTH
@settings(deadline=None)
@given(data=st.data(), size=SIZES)
def test_a_shift_by_whole_cells_shifts_the_cells(shape, data, size):
    grid, whole = Grid(shape, size), st.integers(-3000, 3000)
    ids = np.array(data.draw(st.lists(st.tuples(whole, whole), min_size=1, max_size=9)))
    step = np.array(data.draw(st.tuples(whole, whole)))
    angle, reach = data.draw(st.floats(0, 2 * math.pi)), data.draw(st.floats(0, 0.499))
    inside = grid.centres(ids) + reach * size * np.array([math.cos(angle), math.sin(angle)])
    np.testing.assert_array_equal(grid.cells_of(inside), ids)
    moved = inside + grid.centres(step) - grid.centres((0, 0))
    np.testing.assert_array_equal(grid.cells_of(moved), ids + step)


@BOTH
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e9])
def test_a_point_without_a_place_has_no_cell(shape, bad):
    with pytest.raises(ValueError, match="two coordinates in metres"):
        Grid(shape, 150.0).cells_of(np.array([(0.0, 0.0), (1.0, bad)]))


# Shapes


@pytest.mark.parametrize("size", [1.0, 150.0, 333.3])
def test_areas_and_widths_are_those_of_the_textbook(size):
    hexagon, square = Grid("hexagon", size), Grid("square", size)
    assert hexagon.area_m2 == pytest.approx(math.sqrt(3) / 2 * size**2, rel=1e-12)
    assert square.area_m2 == pytest.approx(size**2, rel=1e-12)
    for grid in (hexagon, square):
        (shape,) = grid.polygons([(7, -3)])
        assert shape.area == pytest.approx(grid.area_m2, rel=1e-9)
        assert shape.bounds[2] - shape.bounds[0] == pytest.approx(size, rel=1e-9), "hexagons: across flats"
        assert shapely.is_ccw(shape.exterior)
        np.testing.assert_allclose(np.array(shape.centroid.coords), grid.centres([(7, -3)]), atol=1e-6)
    assert hexagon.reach_m([(0, 0)]) == pytest.approx([2 * size / math.sqrt(3)], rel=1e-12)
    assert square.reach_m([(0, 0)]) == pytest.approx([math.sqrt(2) * size], rel=1e-12)


def test_the_grid_is_anchored_at_the_origin():
    assert HEXAGON.centres([(0, 0)]).tolist() == [[0.0, 0.0]]
    assert SQUARE.corners([(0, 0)])[0].tolist() == [[150.0, 150.0], [0.0, 150.0], [0.0, 0.0], [150.0, 0.0]]
    east, north_east = HEXAGON.centres([(1, 0), (0, 1)])
    assert east.tolist() == [150.0, 0.0]
    np.testing.assert_allclose(north_east, [75.0, 75.0 * math.sqrt(3)], rtol=1e-15)
    assert SQUARE.centres([(3652, 1170)]).tolist() == [[3652.5 * 150, 1170.5 * 150]]


@BOTH
@pytest.mark.parametrize("size", [150.0, 33.3])
def test_cells_share_corners_bit_for_bit_and_leave_no_sliver(shape, size):
    grid = Grid(shape, size)
    ids = block(9, 8, (3650, 1350))
    corners, times = np.unique(grid.corners(ids).reshape(-1, 2), axis=0, return_counts=True)
    # Euler: V - E + F = 1, with E from the sides of cells inside and on the rim.
    sides = {tuple(sorted(map(tuple, pair))) for cell in grid.corners(ids) for pair in zip(cell, np.roll(cell, 1, 0))}  # noqa: B905
    assert len(corners) - len(sides) + len(ids) == 1
    assert times.max() == (3 if shape == "hexagon" else 4)
    polygons = grid.polygons(ids)
    assert shapely.coverage_is_valid(polygons)
    union = shapely.coverage_union_all(polygons)
    assert union.geom_type == "Polygon"
    assert shapely.get_num_interior_rings(union) == 0
    assert union.area == pytest.approx(len(ids) * grid.area_m2, rel=1e-9)


# Neighbours and distances


@pytest.mark.parametrize(("shape", "by_side", "by_corner"), [("hexagon", 6, 0), ("square", 4, 4)])
def test_neighbours_are_those_that_touch(shape, by_side, by_corner):
    grid, cell = Grid(shape, 150.0), np.array([(3650, 1350)])
    around = grid.neighbours(cell)[0]
    mine, theirs = grid.polygons(cell)[0], grid.polygons(around)
    shared = shapely.intersection(theirs, mine)
    side = 150.0 / math.sqrt(3) if shape == "hexagon" else 150.0
    assert sum(math.isclose(length, side, rel_tol=1e-6) for length in shapely.length(shared)) == by_side
    assert (shapely.get_type_id(shared) == shapely.GeometryType.POINT).sum() == by_corner
    assert len({tuple(one) for one in around.tolist()}) == by_side + by_corner
    # All others of a wide block touch nothing.
    others = block(9, 9, (3646, 1346))
    touching = others[shapely.intersects(grid.polygons(others), mine)]
    assert {tuple(one) for one in touching.tolist()} == {tuple(one) for one in [*around.tolist(), *cell.tolist()]}


@BOTH
def test_neighbours_begin_in_the_east_and_go_round(shape):
    grid = Grid(shape, 150.0)
    away = np.subtract(grid.centres(grid.neighbours([(0, 0)])[0]), grid.centres([(0, 0)]))
    angles = np.arctan2(away[:, 1], away[:, 0]) % (2 * math.pi)
    np.testing.assert_allclose(angles, np.arange(len(away)) * 2 * math.pi / len(away), atol=1e-9)


@BOTH
def test_a_neighbour_is_a_neighbour_of_both(shape):
    grid, ids = Grid(shape, 150.0), block(3, 3)
    around = grid.neighbours(ids)
    assert around.shape == (9, 6 if shape == "hexagon" else 8, 2)
    back = grid.neighbours(around.reshape(-1, 2))
    mine = np.repeat(ids, around.shape[1], axis=0)[:, None, :]
    assert ((back == mine).all(axis=2).sum(axis=1) == 1).all()


@BOTH
@given(size=SIZES, step=st.tuples(st.integers(-9, 9), st.integers(-9, 9)))
def test_the_reach_is_the_greatest_distance_between_corners(shape, size, step):
    grid = Grid(shape, size)
    here, there = grid.corners([(4, 5), (4 + step[0], 5 + step[1])])
    assert grid.reach_m([step]) == pytest.approx([cdist(here, there).max()], rel=1e-9)
    assert grid.reach_m([step]) == grid.reach_m([(-step[0], -step[1])])


# Names and numbers


def test_names_are_column_and_row():
    assert HEXAGON.names([(123, -45), (0, 0), (-7, 1354)]) == ["x123_y-45", "x0_y0", "x-7_y1354"]
    assert HEXAGON.names(np.zeros((0, 2), dtype=np.int64)) == []


@given(st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9)), max_size=20))
def test_keys_are_in_the_order_of_columns_then_rows_and_lead_back(cells):
    ids = np.array(cells, dtype=np.int64).reshape(-1, 2)
    keys = cell_keys(ids)
    assert keys.dtype == np.int64
    np.testing.assert_array_equal(cells_of_keys(keys), ids)
    assert ids[np.argsort(keys, kind="stable")].tolist() == sorted(map(list, cells))


# Shares inside a polygon


def star(seed, corners=40, radius=900.0):
    """An outline with many corners, a hole, and an island beside it."""
    random = np.random.default_rng(seed)
    angle = np.sort(random.uniform(0, 2 * math.pi, corners))
    reach = random.uniform(0.4, 1.0, corners) * radius
    middle = ORIGINS[seed % len(ORIGINS)]
    outline = shapely.Polygon(middle + reach[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]))
    hole = shapely.Point(middle + 20).buffer(120)
    island = shapely.transform(shapely.box(1200, -300, 1290, 420), lambda xy: xy + middle)
    return shapely.union(shapely.difference(shapely.make_valid(outline), hole), island)


@BOTH
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("size", [60.0, 150.0, 5000.0])
def test_shares_are_those_of_cutting_each_cell_by_itself(shape, seed, size):
    grid, polygon = Grid(shape, size), star(seed)
    found = grid.cells_within(polygon)
    middle = grid.cells_of(np.array([polygon.centroid.coords[0]]))
    reach = int(2200 / size) + 3
    every = block(2 * reach + 1, 2 * reach + 1, middle[0] - reach)
    wanted = shapely.area(shapely.intersection(grid.polygons(every), polygon)) / grid.area_m2
    kept = wanted > 1e-9
    np.testing.assert_array_equal(found.ids, every[kept])
    np.testing.assert_allclose(found.share, wanted[kept], atol=1e-9)
    assert found.share.sum() * grid.area_m2 == pytest.approx(polygon.area, rel=1e-9)
    assert (found.share <= 1).all()


@BOTH
@pytest.mark.parametrize("size", [150.0, 66.6])
def test_a_polygon_of_whole_cells_holds_these_and_no_other(shape, size):
    grid, ids = Grid(shape, size), block(13, 11, (3650, 1350))
    found = grid.cells_within(shapely.coverage_union_all(grid.polygons(ids)))
    np.testing.assert_array_equal(found.ids, ids)
    assert (found.share == 1).all(), "whole cells are exactly whole"


def test_a_corner_of_a_cell_counts_for_its_share():
    found = SQUARE.cells_within(shapely.box(120, 150, 150, 225))
    assert found.ids.tolist() == [[0, 1]]
    assert found.share == pytest.approx([30 * 75 / 150**2])
    tiny = SQUARE.cells_within(shapely.box(10, 10, 10.5, 10.5))
    assert tiny.share == pytest.approx([0.25 / 150**2])


def test_slivers_are_rounding():
    thin = SQUARE.cells_within(shapely.box(0, 0, 150 + 1e-8, 150 - 1e-8))
    assert thin.ids.tolist() == [[0, 0]]
    assert thin.share.tolist() == [1.0]
    thick = SQUARE.cells_within(shapely.box(0, 0, 150 + 1e-5, 150 - 1e-5))
    assert thick.ids.tolist() == [[0, 0], [1, 0]]
    assert thick.share[0] < 1


@BOTH
def test_nothing_meets_an_empty_polygon(shape):
    found = Grid(shape, 150.0).cells_within(shapely.Polygon())
    assert isinstance(found, CellShares)
    assert found.ids.shape == (0, 2)
    assert found.ids.dtype == np.int64
    assert found.share.shape == (0,)


@BOTH
def test_no_points_have_no_cells(shape):
    grid = Grid(shape, 150.0)
    none = np.zeros((0, 2))
    assert grid.cells_of(none).shape == grid.centres(none).shape == (0, 2)
    assert grid.polygons(none).shape == (0,)


# What cannot be a grid


@pytest.mark.parametrize("size", [0.0, 0.99, -150.0, 100_001.0, math.inf, math.nan])
def test_a_size_out_of_range_is_named(size):
    with pytest.raises(SettingsError, match=rf"between 1 and 100000 m, not {size!r}; try 150"):
        Grid("hexagon", size)


def test_the_bounds_of_the_size_are_sizes():
    assert (Grid("square", 1.0).size_m, Grid("square", 100_000.0).size_m) == (1.0, 100_000.0)


def test_an_unknown_shape_is_named():
    with pytest.raises(SettingsError, match="hexagon or square, not 'triangle'"):
        Grid("triangle", 150.0)  # type: ignore[arg-type]


@BOTH
def test_cells_too_small_for_the_area_are_refused_before_they_are_made(shape):
    with pytest.raises(SettingsError, match=r"Cells of 1 m .* 60 by 50 km .*; choose larger cells"):
        Grid(shape, 1.0).cells_within(shapely.box(500_000, 150_000, 560_000, 200_000))


def test_a_grid_is_a_value():
    assert Grid("hexagon", 150.0) == HEXAGON
    assert len({Grid("hexagon", 150.0), HEXAGON, SQUARE}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        HEXAGON.size_m = 1.0  # type: ignore[misc]
