"""Kernel density against its own definition, and contours against the surface they are drawn on."""

from __future__ import annotations

import dataclasses
import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.analysis import contours, kernels
from hotspots.analysis.budget import Budget
from hotspots.analysis.clusters import width_m
from hotspots.analysis.contours import find_contours
from hotspots.analysis.density import (
    KERNELS,
    NARROWEST_M,
    WIDEST_M,
    Surface,
    choose_bandwidth,
    density_surface,
    order_cells,
)
from hotspots.errors import SettingsError
from hotspots.geo.grid import Grid
from hotspots.geo.points import DistinctPoints, distinct_points
from hotspots.settings import Hotspots

WEST, SOUTH = 548_000, 176_000
CORNER = np.array([WEST, SOUTH])
ANY_SIZE = Hotspots(min_width_m=20, max_width_m=20_000, min_per_month=0, min_in_window=1)

ROWS = st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900), st.integers(1, 9)), min_size=1, max_size=25)


def weighted(xy, weight=None):
    xy = np.asarray(xy, dtype=float).reshape(-1, 2)
    weight = np.ones(len(xy), dtype=np.int64) if weight is None else np.asarray(weight, dtype=np.int64)
    order = np.lexsort((xy[:, 1], xy[:, 0]))
    return DistinctPoints(xy[order], weight[order], np.repeat(np.arange(len(xy)), weight[order]))


def from_rows(rows, step=1.0):
    total: dict[tuple[float, float], int] = {}
    for x, y, n in rows:
        total[x, y] = total.get((x, y), 0) + n
    return weighted(np.array(list(total)) * step + CORNER, list(total.values()))


def town(seed, n=160, side=1600.0, centres=5):
    """Scattered places and a few thick ones, whole metres."""
    random = np.random.default_rng(seed)
    middle = random.uniform(0, side, (centres, 2))[random.integers(0, centres, n // 2)]
    near = middle + random.normal(0, 70, (n // 2, 2))
    xy = np.unique(np.round(np.concatenate([near, random.uniform(0, side, (n - n // 2, 2))])), axis=0)
    return weighted(xy + CORNER, random.geometric(0.2, len(xy)))


def direct(points, xy, bandwidth, kernel):
    """Return incidents per km² by the definition of the kernels."""
    d2 = ((xy[:, None] - points.xy) ** 2).sum(axis=-1) / bandwidth**2
    if kernel == "quartic":
        heights = 3 / math.pi * np.where(d2 < 1, (1 - d2) ** 2, 0)
    else:
        heights = np.exp(-d2 / 2) / (2 * math.pi)
    return (heights * points.weight).sum(axis=1) / bandwidth**2 * 1e6


def centres_of(surface):
    row, column = np.indices(surface.density.shape).reshape(2, -1)
    return (np.column_stack([column, row]) + surface.origin + 0.5) * surface.cell_m


def shifted(points, east, north):
    return dataclasses.replace(points, xy=points.xy + np.array([east, north]))


def times(points, k):
    return dataclasses.replace(points, weight=points.weight * k)


def contours_of(points, surface, chosen=ANY_SIZE, *, own=None, months=1, area_m2=2.56e6, **budget):
    own = points.weight if own is None else np.asarray(own)
    return find_contours(points, own, surface, chosen, months, budget=Budget(**budget), area_m2=area_m2)


def grounds(found):
    return [contour.ground for contour in found.contours]


@pytest.fixture
def by_fft(monkeypatch):
    """Make every sum but the heaviest point's go over the FFT."""

    def few(terms):
        monkeypatch.setattr(kernels, "_SUMMED_TERMS", terms)

    few(0)
    return few


# The surface


@settings(max_examples=40, deadline=None)
@given(ROWS, st.sampled_from([60.0, 150.0, 233.0]), st.sampled_from([10.0, 25.0, 60.0]), st.sampled_from(KERNELS))
def test_the_density_is_the_sum_of_all_kernels_at_every_centre(rows, bandwidth, cell, kernel):
    points = from_rows(rows)
    surface = density_surface(points, bandwidth, kernel=kernel, cell_m=cell)
    expected = direct(points, centres_of(surface), bandwidth, kernel)
    cut = 0 if kernel == "quartic" else 1e-5
    np.testing.assert_allclose(surface.density.ravel(), expected, rtol=1e-9, atol=(cut + 1e-12) * expected.max())
    assert (surface.density >= 0).all()
    edge = np.concatenate([surface.density[[0, -1]].ravel(), surface.density[:, [0, -1]].ravel()])
    assert not edge.any(), "the kernels end before the grid does"
    assert (surface.bandwidth_m, surface.chosen, surface.kernel) == (bandwidth, False, kernel)


@pytest.mark.parametrize(
    ("kernel", "bandwidth"), [("quartic", 250), ("quartic", 400), ("gaussian", 75), ("gaussian", 150)]
)
@pytest.mark.parametrize("terms", [0, 20_000])
def test_the_fft_differs_from_the_sum_by_less_than_a_hundredth(by_fft, kernel, bandwidth, terms):
    random = np.random.default_rng(3)
    centre = random.uniform(0, 3000, (12, 2))[random.integers(0, 12, 3000)]
    xy = np.concatenate([centre + random.normal(0, 150, (3000, 2)), random.uniform(0, 3000, (2000, 2))])
    points = weighted(xy + CORNER, random.geometric(0.3, len(xy)))
    by_fft(terms)
    surface = density_surface(points, bandwidth, kernel=kernel)
    centres, found = centres_of(surface), surface.density.ravel()
    some = random.choice(np.flatnonzero(found > 0.005 * found.max()), 700, replace=False)
    expected = direct(points, centres[some], bandwidth, kernel)
    dense = expected >= 0.01 * found.max()
    assert dense.sum() > 300
    np.testing.assert_allclose(found[some][dense], expected[dense], rtol=0.01)
    assert found.min() == 0
    assert found.sum() * 25**2 / 1e6 == pytest.approx(points.weight.sum(), rel=0.005)


def test_the_heaviest_points_never_go_over_the_fft(by_fft):
    # Two places, one of them a thousand times the other: the light one takes the detour.
    points = weighted([(WEST + 3.0, SOUTH), (WEST + 5007.0, SOUTH + 11)], [1000, 1])
    by_fft((2 * kernels.Kernel("quartic", 12.0).reach + 1) ** 2)
    surface = density_surface(points, 300)
    expected = direct(points, centres_of(surface), 300, "quartic").reshape(surface.density.shape)
    half = surface.density.shape[1] // 2
    np.testing.assert_allclose(surface.density[:, :half], expected[:, :half], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(
        surface.density[:, half:], expected[:, half:], rtol=0.01, atol=0.005 * expected[:, half:].max()
    )
    assert not np.allclose(surface.density[:, half:], expected[:, half:], rtol=1e-9)


@pytest.mark.parametrize(("kernel", "bandwidth"), [("quartic", 249.0), ("gaussian", 74.0)])
def test_a_coarse_kernel_is_always_summed(by_fft, kernel, bandwidth):
    points = town(1, n=40)
    surface = density_surface(points, bandwidth, kernel=kernel)
    expected = direct(points, centres_of(surface), bandwidth, kernel)
    np.testing.assert_allclose(surface.density.ravel(), expected, rtol=1e-9, atol=1e-5 * expected.max())


@given(st.floats(-0.5, 0.4999), st.integers(3, 9))
def test_a_point_is_shared_out_so_that_any_cubic_is_kept(offset, cell):
    shares = kernels._cubic(np.array([cell]), np.array([offset]))
    for power in range(4):
        kept = sum(float(weight[0]) * int(at[0]) ** power for at, weight in shares)
        assert kept == pytest.approx((cell + offset) ** power, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(ROWS, st.sampled_from([100.0, 180.0, 300.0]), st.sampled_from(KERNELS))
def test_the_surface_holds_as_many_incidents_as_there_are(rows, bandwidth, kernel):
    points = from_rows(rows, step=1.37)
    surface = density_surface(points, bandwidth, kernel=kernel)
    assert surface.density.sum() * 25**2 / 1e6 == pytest.approx(points.weight.sum(), rel=0.005)


@settings(max_examples=25, deadline=None)
@given(ROWS, st.integers(-40, 40), st.integers(-40, 40), st.sampled_from(KERNELS))
def test_a_shift_by_whole_cells_shifts_the_surface(rows, east, north, kernel):
    points = from_rows(rows)
    one = density_surface(points, 120, kernel=kernel)
    other = density_surface(shifted(points, 25 * east, 25 * north), 120, kernel=kernel)
    assert other.origin == (one.origin[0] + east, one.origin[1] + north)
    np.testing.assert_array_equal(one.density, other.density)


def test_a_shift_by_less_than_a_cell_leaves_the_grid_where_it_is():
    points = weighted([(WEST + 1, SOUTH + 1)])
    assert density_surface(points, 100).origin == density_surface(shifted(points, 23, 23), 100).origin
    assert density_surface(points, 100).origin == (WEST // 25 - 7, SOUTH // 25 - 7)


@settings(max_examples=25, deadline=None)
@given(ROWS, st.sampled_from([2, 4, 8]), st.sampled_from([None, 150.0]))
def test_doubling_the_weights_doubles_the_surface(rows, k, bandwidth):
    points = from_rows(rows)
    one, more = (density_surface(p, bandwidth) for p in (points, times(points, k)))
    assert one.bandwidth_m == more.bandwidth_m
    np.testing.assert_array_equal(k * one.density, more.density)


@settings(max_examples=25, deadline=None)
@given(ROWS, st.randoms())
def test_the_order_of_rows_changes_nothing(rows, random):
    places = [(x, y) for x, y, n in rows for _ in range(n)]
    shuffled = places.copy()
    random.shuffle(shuffled)
    one, other = (
        density_surface(distinct_points(gpd.GeoSeries(shapely.points(np.array(some, dtype=float)), crs=27700)))
        for some in (places, shuffled)
    )
    assert one.bandwidth_m == other.bandwidth_m
    np.testing.assert_array_equal(one.density, other.density)


@pytest.mark.parametrize("weight", [1, 250])
def test_all_incidents_on_one_coordinate_make_one_cone(weight):
    surface = density_surface(weighted([(WEST + 12.5, SOUTH + 12.5)], [weight]))
    assert (surface.bandwidth_m, surface.chosen) == (NARROWEST_M, True)
    assert surface.density.max() == pytest.approx(weight * 3 / (math.pi * 0.1**2))
    assert surface.density.sum() * 25**2 / 1e6 == pytest.approx(weight, rel=0.005)


def test_no_points_have_no_surface_and_no_hotspots():
    nothing = weighted(np.zeros((0, 2)))
    surface = density_surface(nothing, covered=shapely.box(0, 0, 1, 1))
    assert surface.density.shape == (0, 0)
    assert surface.bandwidth_m == NARROWEST_M
    assert surface.at(np.array([[1.0, 2.0]])).tolist() == [0.0]
    order = order_cells(surface, Grid("square", 100), shapely.box(0, 0, 300, 200))
    assert order.score.tolist() == [0.0] * 6
    found = contours_of(nothing, surface, number=1)
    assert (found.contours, found.threshold, found.share_of_area, found.share_of_n) == ((), 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kernel": "uniform"}, "quartic or gaussian, not 'uniform'"),
        ({"bandwidth_m": 0.0}, "at least 25 m on cells of 25 m, not 0.0; choose a wider one"),
        ({"bandwidth_m": -5.0}, "at least 25 m"),
        ({"bandwidth_m": math.nan}, "at least 25 m"),
        ({"bandwidth_m": math.inf}, "at least 25 m"),
        ({"bandwidth_m": 24.9}, "at least 25 m on cells of 25 m, not 24.9"),
        ({"bandwidth_m": 17.6, "kernel": "gaussian", "cell_m": 50.0}, "at least 17.6777 m on cells of 50 m"),
        ({"cell_m": 0.0}, "size of a cell"),
        ({"cell_m": math.nan}, "size of a cell"),
    ],
)
def test_what_cannot_be_a_kernel_is_refused(changes, sentence):
    with pytest.raises(SettingsError, match=sentence):
        density_surface(town(0), **({"bandwidth_m": 100.0} | changes))


def test_a_bandwidth_as_wide_as_a_cell_is_wide_enough():
    assert density_surface(town(0), 25.0).density.any()


def test_a_grid_that_is_too_large_is_refused():
    with pytest.raises(SettingsError, match=r"would need [0-9,]+ cells of 25 m; choose larger cells"):
        density_surface(weighted([(0, 0), (200_000, 200_000)]), 100)


# The bandwidth


def lattice(step, n=9):
    x, y = np.meshgrid(np.arange(n) * step, np.arange(n) * step)
    return np.column_stack([x.ravel(), y.ravel()]) + CORNER


def test_the_bandwidth_is_the_distance_to_the_fifth_neighbour_at_the_median_incident():
    # Inside a lattice four neighbours lie at one step, the fifth at its diagonal.
    assert choose_bandwidth(weighted(lattice(150))) == pytest.approx(150 * math.sqrt(2))
    assert choose_bandwidth(weighted(lattice(150)), "gaussian") == pytest.approx(150 * math.sqrt(2) / math.sqrt(8))
    # Two lattices far from each other: the median incident decides which counts, not the median place.
    xy = np.concatenate([lattice(100), lattice(200) + np.array([50_000, 0])])
    for heavy, step in ((0, 100), (1, 200)):
        weight = np.repeat([10, 1] if heavy == 0 else [1, 10], 81)
        assert choose_bandwidth(weighted(xy, weight)) == pytest.approx(step * math.sqrt(2))


def test_few_places_take_the_farthest_neighbour_there_is():
    assert choose_bandwidth(weighted([(WEST, SOUTH), (WEST + 225, SOUTH)])) == 225
    assert choose_bandwidth(weighted([(WEST, SOUTH), (WEST + 225, SOUTH), (WEST + 125, SOUTH)])) == 225


@pytest.mark.parametrize(("step", "bandwidth"), [(25, NARROWEST_M), (5000, WIDEST_M)])
def test_the_bandwidth_stays_within_its_bounds(step, bandwidth):
    assert choose_bandwidth(weighted(lattice(step))) == bandwidth


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.floats(1e-6, 12.4))
def test_points_that_scatter_within_their_squares_keep_the_bandwidth(seed, spread):
    random = np.random.default_rng(seed)
    xy = lattice(125) + 12.5
    piled = np.repeat(xy, 6, axis=0)
    scattered = piled + random.uniform(-spread, spread, piled.shape)
    assert choose_bandwidth(weighted(scattered)) == choose_bandwidth(weighted(xy)) == pytest.approx(125 * math.sqrt(2))


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_chosen_bandwidth_is_said_and_used(kernel):
    points = weighted(lattice(150))
    surface = density_surface(points, kernel=kernel)
    assert surface.chosen
    assert surface.bandwidth_m == choose_bandwidth(points, kernel)
    np.testing.assert_array_equal(surface.density, density_surface(points, surface.bandwidth_m, kernel=kernel).density)


def test_an_unknown_kernel_has_no_bandwidth():
    with pytest.raises(SettingsError, match="quartic or gaussian"):
        choose_bandwidth(town(0), "epanechnikov")  # type: ignore[arg-type]


# The edge


def carpet(covered, step=5.0):
    """One incident at every place of a fine lattice inside a polygon."""
    west, south, east, north = covered.bounds
    x, y = np.meshgrid(np.arange(west + step / 2, east, step), np.arange(south + step / 2, north, step))
    xy = np.column_stack([x.ravel(), y.ravel()])
    return weighted(xy[shapely.contains_xy(covered, xy)])


@pytest.mark.parametrize(("kernel", "bandwidth"), [("quartic", 150.0), ("gaussian", 50.0)])
def test_an_edge_correction_makes_an_even_spread_even(kernel, bandwidth):
    covered = shapely.box(WEST, SOUTH, WEST + 700, SOUTH + 600)
    points = carpet(covered)
    plain, corrected = (density_surface(points, bandwidth, kernel=kernel, covered=c) for c in (None, covered))
    assert corrected.origin == plain.origin
    centres = centres_of(plain)
    inside = shapely.contains_xy(covered, centres)
    even = 1e6 / 5.0**2
    np.testing.assert_allclose(corrected.density.ravel()[inside], even, rtol=0.02)
    assert plain.density.ravel()[inside].min() < 0.4 * even
    middle = np.abs(centres - [WEST + 350, SOUTH + 300]).max(axis=1) < 20
    np.testing.assert_allclose(corrected.density.ravel()[middle], plain.density.ravel()[middle], rtol=1e-3)


def test_the_correction_is_the_mass_of_the_kernel_inside():
    covered = shapely.Polygon([(0, 0), (900, 130), (830, 700), (400, 520), (60, 760)])
    covered = shapely.affinity.translate(covered, WEST, SOUTH)
    points = weighted([(WEST + 450, SOUTH + 300), (WEST + 760, SOUTH + 200), (WEST + 100, SOUTH + 60)], [5, 9, 4])
    plain, corrected = (density_surface(points, 200, cell_m=20, covered=c) for c in (None, covered))
    fine = np.arange(-197.5, 200, 5.0)
    offset = np.stack(np.meshgrid(fine, fine), -1).reshape(-1, 2)
    height = np.maximum(1 - (offset**2).sum(axis=1) / 200**2, 0) ** 2
    compared = {True: 0, False: 0}
    corners = shapely.multipoints(shapely.get_coordinates(covered))
    for place, before, after in zip(centres_of(plain), plain.density.flat, corrected.density.flat, strict=True):
        if before > 0 and after > 0 and shapely.distance(corners, shapely.Point(place)) > 30:
            mass = height[shapely.contains_xy(covered, offset + place)].sum() / height.sum()
            inside = shapely.contains_xy(covered, *place)
            assert after == pytest.approx(before / max(mass, 0.25 if inside else 1 - mass), rel=0.015)
            compared[inside] += 1
    assert compared[True] > 300
    assert compared[False] > 50


def test_the_edge_lifts_no_more_than_fourfold_and_nothing_beyond_it():
    sliver = shapely.box(WEST, SOUTH + 10, WEST + 1000, SOUTH + 14)
    points = weighted([(WEST + 512.5, SOUTH + 12.5)])
    plain, corrected = (density_surface(points, 150, covered=c).density for c in (None, sliver))
    ratio = corrected[corrected > 0] / plain[corrected > 0]
    assert 1 <= ratio.min() <= ratio.max() < 1.1  # the centre of no cell is covered
    broad = shapely.box(WEST, SOUTH, WEST + 1000, SOUTH + 25)
    ratio = density_surface(points, 150, covered=broad).density / np.where(plain > 0, plain, np.inf)
    row = SOUTH // 25 - density_surface(points, 150).origin[1]
    np.testing.assert_allclose(ratio[row].max(), 4)
    assert 1 <= ratio[[row - 1, row + 1]].max() < 1.3


def test_beyond_the_edge_the_density_goes_on_for_one_cell():
    covered = shapely.box(WEST, SOUTH, WEST + 500, SOUTH + 500)
    points = weighted([(WEST + 490, SOUTH + 250)], [10])
    surface = density_surface(points, 150, covered=covered)
    beyond = {-1: True, 0: True, 1: False, 2: False}
    for cell, some in beyond.items():
        east = WEST + 500 + 25 * (cell + 0.5)
        assert (surface.at(np.array([[east, SOUTH + 262.5]]))[0] > 0) == some
    assert surface.covered is covered
    row = (SOUTH + 250) // 25 - surface.origin[1]
    peak = int(surface.density[row].argmax()) + surface.origin[0]
    assert peak == (WEST + 475) // 25, "a place at the edge has its peak inside"


# Between the centres, and whole cells


def small(density):
    return Surface(np.asarray(density, dtype=float), (0, 0), 10.0, "quartic", 20.0, chosen=False, covered=None)


def test_between_centres_the_density_lies_on_triangles():
    surface = small([[1, 2], [5, 11]])
    assert surface.at(np.array([[5, 5], [14.999999, 5], [5, 14.999999]])).tolist() == pytest.approx([1, 2, 5], abs=1e-4)
    # South-east of the line from corner to corner: 1, 2, 11; north-west of it: 1, 5, 11.
    assert surface.at(np.array([[12.0, 7.0]])).tolist() == pytest.approx([1 + 0.7 * 1 + 0.2 * 9])
    assert surface.at(np.array([[7.0, 12.0]])).tolist() == pytest.approx([1 + 0.7 * 4 + 0.2 * 6])
    assert surface.at(np.array([[10.0, 10.0]])).tolist() == pytest.approx([6])
    beyond = np.array([[4.9, 8], [15.1, 8], [8, 4.9], [8, 15.1], [-900, 900]])
    assert surface.at(beyond).tolist() == [0] * 5


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([("square", 25.0), ("square", 150.0), ("hexagon", 150.0)]))
def test_the_order_of_cells_is_the_order_of_their_density(seed, kind):
    points = town(seed, n=60)
    exact = kind == ("square", 25.0)
    surface = density_surface(points, 150, cell_m=25.0 if exact else 10.0)
    grid, within = Grid(*kind), shapely.box(WEST - 310, SOUTH + 7, WEST + 1203, SOUTH + 1500)
    order = order_cells(surface, grid, within)
    cells = grid.cells_within(within)
    assert sorted(map(tuple, order.ids)) == list(map(tuple, cells.ids))
    np.testing.assert_array_equal(order.centres, grid.centres(order.ids))
    assert (order.share * grid.area_m2).sum() == pytest.approx(within.area)
    assert (np.diff(order.score) <= 0).all()
    ties = np.diff(order.score) == 0
    keys = [tuple(cell) for cell in order.ids]
    assert all(keys[i] < keys[i + 1] for i in np.flatnonzero(ties))
    expected = direct(points, order.centres, 150, "quartic")
    np.testing.assert_allclose(order.score, expected, rtol=1e-9, atol=(1e-9 if exact else 0.02) * expected.max())


# Contours


def holds(found, points, own, chosen, months, area_m2):
    """Assert what is true of any hotspots."""
    least = max(chosen.min_in_window, math.ceil(chosen.min_per_month * months))
    shapes = grounds(found)
    for contour in found.contours:
        assert contour.ground.geom_type == "Polygon"
        assert contour.ground.is_valid
        on = shapely.intersects_xy(contour.ground, points.xy)
        np.testing.assert_array_equal(contour.members, np.flatnonzero(on))
        assert contour.n == points.weight[on].sum() >= least
        assert contour.n_own == own[on].sum() > 0
        if width_m(contour.ground) > chosen.min_width_m + 0.2:  # what is drawn wider may take in others
            assert 2 * contour.n_own >= contour.n or contour.n_own >= least
        assert width_m(contour.ground) <= chosen.max_width_m + 0.2
    assert shapely.union_all(shapes).area == pytest.approx(sum(shape.area for shape in shapes), rel=1e-9)
    ranks = [(-c.n, -c.n / c.ground.area) for c in found.contours]
    assert ranks == sorted(ranks)
    assert found.share_of_area == pytest.approx(sum(shape.area for shape in shapes) / area_m2)
    assert found.share_of_n == pytest.approx(sum(c.n_own for c in found.contours) / max(own.sum(), 1))


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from(KERNELS),
    st.sampled_from([{"share_of_area": 0.03}, {"share_of_area": 0.12}, {"number": 4}, {"share_of_n": 0.3}]),
    st.sampled_from([(150.0, 300.0), (150.0, 150.0), (40.0, 700.0)]),
)
def test_hotspots_are_valid_apart_and_of_the_size_asked_for(seed, kernel, budget, widths):
    points = town(seed)
    random = np.random.default_rng(seed)
    own = np.where(random.uniform(size=len(points.xy)) < 0.7, points.weight, 0)
    chosen = Hotspots(min_width_m=widths[0], max_width_m=widths[1], min_in_window=8)
    surface = density_surface(points, kernel=kernel)
    found = contours_of(points, surface, chosen, own=own, months=12, **budget)
    holds(found, points, own, chosen, 12, 2.56e6)
    for contour in found.contours:
        assert surface.at(points.xy[contour.members]).max() >= found.threshold * (1 - 1e-9)
    if "share_of_area" in budget and len(found.contours) > 1:
        assert found.share_of_area <= budget["share_of_area"]
    if "number" in budget:
        assert len(found.contours) <= 4
    if "share_of_n" in budget and found.threshold > surface.density.max() / 5000:
        assert found.share_of_n >= 0.3


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([{"share_of_area": 0.1}, {"share_of_n": 0.6}]))
def test_without_limits_the_grounds_are_the_ground_above_the_threshold(seed, budget):
    points = town(seed, n=80)
    surface = density_surface(points, 150)
    found = contours_of(points, surface, **budget)
    place = np.random.default_rng(seed).uniform(-150, 1750, (4000, 2)) + CORNER
    place = np.concatenate([place, centres_of(surface)])
    at = surface.at(place)
    sure = np.abs(at / found.threshold - 1) > 1e-3
    inside = shapely.intersects_xy(shapely.union_all(grounds(found)), place)
    missed = inside[sure] != (at[sure] >= found.threshold)
    # Ground without an incident on it is no hotspot, and a tip less than 20 m across is drawn as wide.
    assert missed.mean() < 0.004
    for contour in found.contours:
        if contour.level == found.threshold and width_m(contour.ground) > 21:
            at = surface.at(shapely.get_coordinates(contour.ground))
            np.testing.assert_allclose(at, found.threshold, rtol=0.02)


def one_place(weight=40):
    return weighted([(WEST + 12.5, SOUTH + 12.5)], [weight])


@pytest.mark.parametrize("cell", [5.0, 25.0])
def test_the_contour_of_one_place_is_the_circle_that_the_kernel_has(cell):
    points = one_place()
    surface = density_surface(points, 200, cell_m=cell)
    chosen = Hotspots(min_width_m=20, max_width_m=300)
    circle = {}
    for share in (0.02, 0.05):
        found = contours_of(points, surface, chosen, share_of_area=share, area_m2=1e6)
        (contour,) = found.contours
        assert contour.level == found.threshold
        radius = 200 * math.sqrt(1 - math.sqrt(contour.level / (40 * 3 / (math.pi * 0.2**2))))
        circle[share] = math.pi * radius**2
        assert contour.ground.area == pytest.approx(circle[share], rel=0.002 if cell == 5 else 0.06)
        assert 0.9 * share < found.share_of_area <= share
        assert contour.ground.centroid.distance(shapely.Point(points.xy[0])) < 1
    assert circle[0.05] > 2 * circle[0.02]


def test_a_narrow_place_goes_down_to_where_it_is_wide_enough():
    points = one_place()
    surface = density_surface(points, 200)
    found = contours_of(points, surface, Hotspots(), number=1)
    (contour,) = found.contours
    assert found.threshold == pytest.approx(surface.density.max() / 1.02)
    assert contour.level < found.threshold
    assert 150 <= width_m(contour.ground) < 153


def test_a_place_whose_kernel_is_too_narrow_is_drawn_wider():
    found = contours_of(one_place(), density_surface(one_place(), 30), Hotspots(), number=1)
    assert 150 <= width_m(found.contours[0].ground) < 150.2
    disc = math.pi / 4 * 150**2 / 2.56e6
    assert 0.7 * disc < found.share_of_area < 1.01 * disc
    # It counts as such a disc against the share of the area, before it is drawn.
    two = weighted([(WEST, SOUTH), (WEST + 500, SOUTH)], [40, 30])
    for share, number in ((1.98 * disc, 1), (2.02 * disc, 2)):
        found = contours_of(two, density_surface(two, 30), Hotspots(), share_of_area=share)
        assert len(found.contours) == number


def test_one_hotspot_is_listed_however_small_the_share_of_area():
    points = weighted([(WEST, SOUTH), (WEST + 1000, SOUTH)], [50, 40])
    for share, number in ((1e-6, 1), (0.013, 1), (0.016, 2)):
        found = contours_of(points, density_surface(points, 150), Hotspots(), share_of_area=share)
        assert [contour.n for contour in found.contours] == [50, 40][:number]


def test_a_wide_place_is_cut_where_its_parts_fit():
    # Five busy corners of one street: together 560 m long.
    points = weighted([(WEST + 120 * k, SOUTH) for k in range(5)], [60, 25, 60, 25, 60])
    surface = density_surface(points, 150)
    for widest, least_number in ((1200, 1), (300, 2), (200, 3)):
        found = contours_of(points, surface, Hotspots(max_width_m=widest), share_of_n=0.95)
        holds(found, points, points.weight, Hotspots(max_width_m=widest), 1, 2.56e6)
        assert len(found.contours) >= least_number
        assert len({contour.level for contour in found.contours}) <= 3
    assert [c.n for c in contours_of(points, surface, Hotspots(max_width_m=1200), share_of_area=1.0).contours] == [230]


def test_a_narrow_place_beside_a_wide_one_is_not_lost():
    # A spike that would join its neighbour, and be too wide with it, before it is 150 m across itself.
    street = [(WEST + 20 * k, SOUTH) for k in range(13)]
    points = weighted([*street, (WEST + 355, SOUTH)], [30] * 13 + [75])
    surface = density_surface(points, 100)
    found = contours_of(points, surface, Hotspots(), share_of_n=0.99)
    holds(found, points, points.weight, Hotspots(), 1, 2.56e6)
    (spike,) = [c for c in found.contours if len(points.xy) - 1 in c.members]
    assert spike.n >= 75
    assert 110 < width_m(spike.ground) < 150.5
    assert max(c.n for c in found.contours) > 300


def test_a_narrow_place_that_grows_into_another_is_one_with_it():
    points = weighted([(WEST + 12.5, SOUTH + 12.5), (WEST + 172.5, SOUTH + 12.5)], [60, 14])
    surface = density_surface(points, 100)
    found = contours_of(points, surface, Hotspots(max_width_m=400), share_of_n=1.0)
    assert [contour.n for contour in found.contours] == [74]
    # Where the two together are too wide, each is drawn for itself.
    found = contours_of(points, surface, Hotspots(max_width_m=300), share_of_n=1.0)
    holds(found, points, points.weight, Hotspots(max_width_m=300), 1, 2.56e6)
    assert [contour.n for contour in found.contours] == [60, 14]


def test_what_is_drawn_wider_leaves_the_others_their_ground():
    spike, other = (WEST + 120.0, SOUTH + 70.0), (WEST + 120.0, SOUTH + 150.0)
    points = weighted([*((WEST + 20 * k, SOUTH) for k in range(13)), spike, other], [5] * 13 + [60, 40])
    surface, chosen = density_surface(points, 30, cell_m=10), Hotspots(min_width_m=200, max_width_m=400)
    found = contours_of(points, surface, chosen, share_of_n=1.0)
    holds(found, points, points.weight, chosen, 1, 2.56e6)
    assert [contour.n for contour in found.contours] == [65, 60, 40]
    street, middle, north = grounds(found)
    assert middle.contains(shapely.Point(spike))
    assert middle.distance(street) < 1e-6, "the disc ends at the street, and does not go on beyond it"
    assert north.buffer(1e-6).contains(shapely.Point(other).buffer(20))
    assert middle.bounds[3] - middle.bounds[1] < width_m(middle)


def test_a_share_of_incidents_met_to_the_last_is_met():
    x, y = np.meshgrid(np.arange(3) * 300, np.arange(31) * 300)
    single = np.column_stack([x.ravel(), y.ravel() + 300]) + CORNER
    points = weighted(np.concatenate([[CORNER], single]), [7, *[1] * 93])
    found = contours_of(points, density_surface(points, 100, cell_m=50), ANY_SIZE, share_of_n=0.07)
    assert 0.07 * points.weight.sum() > 7, "but for rounding it is equal"
    assert [contour.n for contour in found.contours] == [7]


def test_a_place_belongs_to_the_area_when_half_of_it_does_or_enough():
    points = weighted([(WEST, SOUTH), (WEST + 30, SOUTH), (WEST + 700, SOUTH)], [40, 60, 30])
    surface = density_surface(points, 150)
    for own, listed in (([40, 0, 30], [100, 30]), ([19, 0, 30], [30]), ([20, 0, 30], [100, 30]), ([0, 0, 14], [])):
        found = contours_of(points, surface, Hotspots(min_per_month=20), own=own, number=2)
        assert [contour.n for contour in found.contours] == listed
    found = contours_of(points, surface, Hotspots(min_per_month=20), own=[0, 0, 15], number=2)
    assert [(contour.n, contour.n_own) for contour in found.contours] == [(30, 15)]


def test_a_hotspot_does_not_grow_until_it_is_its_neighbours():
    # Alone the western place is the area's own; what it would join is not.
    points = weighted([(WEST, SOUTH), (WEST + 170, SOUTH)], [20, 60])
    surface = density_surface(points, 100)
    own = np.array([10, 0])
    found = contours_of(
        points, surface, Hotspots(min_width_m=60, max_width_m=900, min_in_window=15), own=own, share_of_area=1.0
    )
    assert [(contour.n, contour.n_own) for contour in found.contours] == [(20, 10)]


@pytest.mark.parametrize(
    ("months", "per_month", "in_window", "listed"), [(12, 2.5, 5, 1), (12, 2.6, 5, 0), (2, 1.0, 30, 1), (2, 1.0, 31, 0)]
)
def test_a_hotspot_holds_the_fewest_incidents_asked_for(months, per_month, in_window, listed):
    chosen = Hotspots(min_per_month=per_month, min_in_window=in_window)
    found = contours_of(one_place(30), density_surface(one_place(30), 100), chosen, months=months, number=1)
    assert len(found.contours) == listed


def test_a_number_of_hotspots_is_those_whose_density_is_highest_by_incidents():
    # The middle place holds most incidents, but spread; the others are sharp.
    spread = [(WEST + 1000 + 60 * i, SOUTH + 60 * j) for i in range(3) for j in range(3)]
    points = weighted([(WEST, SOUTH), *spread, (WEST + 2200, SOUTH)], [56, *[13] * 9, 60])
    surface = density_surface(points, 110)
    two = contours_of(points, surface, Hotspots(), number=2)
    assert [contour.n for contour in two.contours] == [60, 56]
    three = contours_of(points, surface, Hotspots(), number=3)
    assert three.threshold < two.threshold
    assert len(three.contours) == 3
    assert {60, 56} < {contour.n for contour in three.contours}
    assert len(contours_of(points, surface, Hotspots(), number=9).contours) == 3


def test_a_ground_can_have_a_hole():
    angle = np.arange(24) * math.tau / 24
    points = weighted(np.column_stack([300 * np.cos(angle), 300 * np.sin(angle)]) + CORNER)
    surface = density_surface(points, 150)
    found = contours_of(points, surface, ANY_SIZE, share_of_n=1.0)
    (contour,) = found.contours
    assert len(contour.ground.interiors) == 1
    assert contour.n == 24
    assert not contour.ground.contains(shapely.Point(WEST, SOUTH))


def test_a_saddle_parts_or_joins_like_the_triangles_it_is_made_of():
    # Two peaks touch across the line from the south-west to the north-east, and only there.
    for peaks, number in ((((2, 2), (3, 3)), 1), (((2, 3), (3, 2)), 2)):
        density = np.zeros((6, 6))
        for column, row in peaks:
            density[row, column] = 10
        points = weighted([((column + 0.5) * 10, (row + 0.5) * 10) for column, row in peaks], [10, 10])
        found = contours_of(points, small(density), Hotspots(min_width_m=1, max_width_m=90), share_of_n=1.0)
        holds(found, points, points.weight, Hotspots(max_width_m=90), 1, 2.56e6)
        assert len(found.contours) == number


@pytest.mark.parametrize("budget", [{"share_of_area": 0.05}, {"number": 3}, {"share_of_n": 0.4}])
def test_weights_and_whole_cells_leave_the_contours_as_they_are(budget):
    points = town(8)
    chosen = Hotspots(min_per_month=0, min_in_window=1)
    found = contours_of(points, density_surface(points), chosen, **budget)
    assert found.contours
    double = times(points, 2)
    more = contours_of(double, density_surface(double), chosen, **budget)
    assert more.threshold == 2 * found.threshold
    moved = shifted(points, 250, -500)
    there = contours_of(moved, density_surface(moved), chosen, **budget)
    assert there.threshold == found.threshold
    for one, two, other in zip(found.contours, more.contours, there.contours, strict=True):
        assert one.ground.equals(two.ground)
        assert (two.n, two.level) == (2 * one.n, 2 * one.level)
        back = shapely.affinity.translate(other.ground, -250, 500)
        assert back.symmetric_difference(one.ground).area < 1e-3
        np.testing.assert_array_equal(one.members, other.members)


def test_a_larger_budget_lists_what_a_smaller_one_lists():
    points = town(21)
    surface = density_surface(points)
    before = shapely.union_all([])
    for share in (0.01, 0.02, 0.04, 0.08, 0.16):
        found = contours_of(points, surface, Hotspots(min_in_window=10), share_of_area=share)
        ground = shapely.union_all(grounds(found))
        assert before.difference(ground).area < 1.0
        before = ground
    assert found.share_of_area <= 0.16


def test_every_level_is_one_step_below_the_one_before():
    points = town(4)
    surface = density_surface(points)
    found = contours_of(points, surface, Hotspots(), share_of_n=0.5)
    for level in [found.threshold, *(contour.level for contour in found.contours)]:
        step = math.log(surface.density.max() / level) / math.log(contours._LEVEL_STEP)
        assert step == pytest.approx(round(step), abs=1e-6)
        assert step > 0.5


def test_nothing_lent_is_changed():
    points = town(2)
    copy = dataclasses.replace(points, xy=points.xy.copy(), weight=points.weight.copy())
    surface = density_surface(points, covered=shapely.box(WEST, SOUTH, WEST + 1000, SOUTH + 1000))
    density = surface.density.copy()
    own = points.weight.copy()
    contours_of(points, surface, Hotspots(), own=own, number=3)
    np.testing.assert_array_equal(points.xy, copy.xy)
    np.testing.assert_array_equal(points.weight, copy.weight)
    np.testing.assert_array_equal(own, copy.weight)
    np.testing.assert_array_equal(surface.density, density)
