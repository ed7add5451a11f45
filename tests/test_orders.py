"""Orders of the whole ground: against plain loops, against what a run draws, and no knowledge of later months."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.analysis.cells import Memory, rank_cells
from hotspots.analysis.density import density_surface, order_cells
from hotspots.analysis.methods import Surroundings, draw, grid_of
from hotspots.analysis.orders import (
    Cells,
    Clusters,
    Density,
    Lsoas,
    Order,
    Random,
    as_set,
    candidates,
)
from hotspots.analysis.spots import find_spots, repeated_share
from hotspots.analysis.units import Searched, Terrain
from hotspots.errors import InputError, SettingsError
from hotspots.geo.grid import Grid
from hotspots.geo.points import distinct_points
from hotspots.places.areas import outline_of
from hotspots.settings import Hotspots
from hotspots.settings.sections import METHODS
from tests.places_fixtures import SIDE, SOUTH, WEST, code, lattice, located

MONTHS = pd.period_range("2022-01", "2023-06", freq="M")
ORIGIN = pd.Period("2023-03", freq="M")
COLUMNS, ROWS = 11, 8
OWN_COLUMNS = 9
"""The area is nine squares wide, the ring two; a corner is missing, and cells of 150 m are cut at the edges."""


def layer():
    areas = lattice(COLUMNS, ROWS)
    areas = areas.drop(index=[code(0, 0), code(0, 1)])
    east = areas.index.str[3:6].astype(int)
    return areas.assign(zone=np.where(east < OWN_COLUMNS, "area", "ring"))


AREAS = layer()
OUTLINE = outline_of(AREAS[AREAS["zone"] == "area"])
SQUARE, HEXAGON = Grid("square", 150.0), Grid("hexagon", 150.0)
SETTINGS = Hotspots(min_in_window=3, min_per_month=0.5, max_number=3)


def rows(places, months):
    """LOCATED rows at metres east and north of the corner; zone and LSOA as they lie."""
    places = np.asarray(places, dtype=float).reshape(-1, 2)
    codes = [code(*map(int, place // SIDE)) for place in places]
    zones = [AREAS["zone"].get(one, "beyond") for one in codes]
    kept = [number for number, zone in enumerate(zones) if zone != "beyond"]
    return located(
        places[kept],
        zones=[zones[number] for number in kept],
        lsoa=[codes[number] for number in kept],
        months=[str(months[number]) for number in kept],
    )


def town(seed, n=400, spots=40):
    """Rows on few coordinates, as street-level data are, some of them busier."""
    random = np.random.default_rng(seed)
    xy = np.round(random.uniform((5, 5), (COLUMNS * SIDE - 5, ROWS * SIDE - 5), (spots, 2)))
    weight = random.geometric(0.15, spots)
    at = random.choice(spots, n, p=weight / weight.sum())
    return rows(xy[at], MONTHS[random.integers(0, len(MONTHS), n)])


def searched(**changes):
    return Searched(**({"months": MONTHS, "areas": AREAS, "outline": OUTLINE} | changes))


def terrain(frame, **changes):
    ground = searched(**changes)
    return Terrain(find_spots(frame, ground.areas, ground.months), ground)


def expected(order):
    """What the method expects in a month; it does not only rank."""
    assert order.per_month is not None
    return order.per_month


def hits_of(order, spots, months=3, origin=ORIGIN):
    n = spots.after(origin, months)
    return np.bincount(order.of_spot[n > 0], weights=n[n > 0], minlength=len(order.score))


def back_of(frame, origin=ORIGIN):
    return origin.ordinal - frame["month"].astype("int64").to_numpy()


def xy_of(frame):
    return np.column_stack([frame.geometry.x, frame.geometry.y])


EVERY = [candidate for candidate in candidates(SETTINGS, (150.0,)) if "300 m" not in candidate.name]
NAMED = pytest.mark.parametrize("candidate", EVERY, ids=lambda candidate: candidate.name)
SEEDS = st.integers(0, 10_000)


# What every order keeps


@NAMED
def test_an_order_covers_all_ground_and_holds_every_hit(candidate):
    frame = town(1)
    ground = terrain(frame)
    order = candidate.order(ground, ORIGIN)
    assert order.area_m2.sum() == pytest.approx(OUTLINE.area, rel=1e-9)
    assert (order.area_m2 > 0).all()
    assert np.isfinite(order.score).all()
    assert order.score.shape == order.area_m2.shape
    wanted = frame[(frame["zone"] == "area") & (frame["month"] > ORIGIN)]
    assert hits_of(order, ground.spots).sum() == len(wanted) > 0


@NAMED
@settings(max_examples=3, deadline=None)
@given(seed=SEEDS)
def test_no_month_after_the_origin_is_known(candidate, seed):
    frame = town(seed)
    random = np.random.default_rng(seed)
    past, later = frame[frame["month"] <= ORIGIN], frame[frame["month"] > ORIGIN]
    moved = later.assign(
        month=later["month"].to_numpy()[random.permutation(len(later))],
        geometry=later.geometry.to_numpy()[random.permutation(len(later))],
    )
    elsewhere = rows([(450.0, 450.0)] * 200, [str(ORIGIN + 1)] * 200)
    elsewhere = elsewhere.set_index(pd.Index([f"j{number}" for number in range(200)], name=frame.index.name))
    known = candidate.order(terrain(frame), ORIGIN)
    for other in (past, pd.concat([past, moved]), pd.concat([frame, elsewhere])):
        found = candidate.order(terrain(other), ORIGIN)
        np.testing.assert_array_equal(found.score, known.score)
        np.testing.assert_array_equal(found.area_m2, known.area_m2)
        assert found.filled_from_m2 == known.filled_from_m2
        if known.per_month is not None:
            np.testing.assert_array_equal(found.per_month, known.per_month)


@NAMED
def test_an_order_looks_back_as_far_as_its_memory_and_does_not_mind_the_order_of_rows(candidate):
    frame = town(2)
    known = candidate.order(terrain(frame), ORIGIN)
    shuffled = frame.iloc[np.random.default_rng(0).permutation(len(frame))]
    np.testing.assert_array_equal(candidate.order(terrain(shuffled), ORIGIN).score, known.score)
    if not isinstance(candidate, Random):
        months = getattr(candidate, "months", SETTINGS.window_months)
        recent = frame[back_of(frame) < months]
        np.testing.assert_array_equal(candidate.order(terrain(recent), ORIGIN).score, known.score)
        shorter = frame[back_of(frame) < min(months, 15) - 1]
        assert (candidate.order(terrain(shorter), ORIGIN).score != known.score).any()


@NAMED
def test_without_any_incident_all_ground_is_tied(candidate):
    order = candidate.order(terrain(town(1).iloc[:0]), ORIGIN)
    assert len(np.unique(order.score)) == 1
    assert order.area_m2.sum() == pytest.approx(OUTLINE.area, rel=1e-9)
    assert order.per_month is None or not order.per_month.any()


# Cells


def plain_cells(frame, grid, months, half_life):
    """Score by cell, row by row."""
    total: dict[tuple[int, ...], float] = {}
    for cell, age in zip(map(tuple, grid.cells_of(xy_of(frame)).tolist()), back_of(frame), strict=True):
        if 0 <= age < months:
            total[cell] = total.get(cell, 0.0) + (1.0 if half_life is None else 0.5 ** (age / half_life))
    return total


@settings(max_examples=12, deadline=None)
@given(SEEDS, st.sampled_from([SQUARE, HEXAGON, Grid("square", 100.0)]), st.sampled_from([None, 6.0, 24.0]), st.data())
def test_cells_are_scored_as_row_by_row(seed, grid, half_life, data):
    months = data.draw(st.sampled_from([1, 12, 15, 60]))
    frame = town(seed)
    ground = terrain(frame)
    order = Cells(grid, months, half_life).order(ground, ORIGIN)
    ids = [tuple(cell) for cell in ground.cells(grid).ids.tolist()]
    wanted = plain_cells(frame, grid, months, half_life)
    np.testing.assert_allclose(order.score, [wanted.get(cell, 0.0) for cell in ids], rtol=1e-12)
    areas = shapely.area(shapely.intersection(grid.polygons(ids), OUTLINE))
    np.testing.assert_allclose(order.area_m2, areas, rtol=1e-9, atol=1e-3)
    own = frame[frame["zone"] == "area"]
    later = own[own["month"].isin([ORIGIN + 1, ORIGIN + 2])]
    hit = dict.fromkeys(ids, 0)
    for cell in map(tuple, grid.cells_of(xy_of(later)).tolist()):
        hit[cell] += 1
    np.testing.assert_array_equal(hits_of(order, ground.spots, 2), list(hit.values()))
    own_score = plain_cells(own, grid, months, half_life)
    held = [0.5 ** (age / half_life) if half_life else 1.0 for age in range(min(months, 15))]
    wanted_each = [own_score.get(cell, 0.0) / sum(held) for cell in ids]
    np.testing.assert_allclose(expected(order), wanted_each, rtol=1e-12)


@settings(max_examples=8, deadline=None)
@given(SEEDS, st.sampled_from([SQUARE, HEXAGON]), st.sampled_from([None, 6.0, 12.0, 24.0]))
def test_the_order_of_cells_is_the_ranking_that_a_run_draws(seed, grid, half_life):
    frame = town(seed)
    ground = terrain(frame)
    past = frame[frame["month"] <= ORIGIN]
    own = (past["zone"] == "area").to_numpy()
    memory = Memory(12, 60, half_life)
    ranked = rank_cells(grid, grid.cells_within(OUTLINE), grid.cells_of(xy_of(past)), back_of(past), own, memory)
    inside = ranked[ranked["area_m2"] > 0]
    order = Cells(grid, 12 if half_life is None else 60, half_life).order(ground, ORIGIN)
    by_name = pd.Series(order.score, index=grid.names(ground.cells(grid).ids)).reindex(inside.index)
    np.testing.assert_array_equal(by_name, inside["score"])
    assert (by_name.diff().dropna() <= 0).all()


def test_an_incident_of_the_area_beyond_the_outline_counts_for_the_nearest_cell():
    """Its publisher named an LSOA of the area, and the join believed him."""
    places = [(1030.0, 430.0), (1030.0, 430.0), (20.0, 780.0)]
    frame = located(
        places, zones=["area", "ring", "area"], lsoa=[code(8, 4), code(10, 4), code(0, 7)], months=["2023-03"] * 3
    )
    grid = Grid("square", 100.0)
    ground = terrain(frame)
    order = Cells(grid, 12).order(ground, ORIGIN)
    names = grid.names(ground.cells(grid).ids)
    west, south = int(WEST // 100), int(SOUTH // 100)
    scored = {name: score for name, score in zip(names, order.score, strict=True) if score}
    assert scored == {f"x{west + 8}_y{south + 4}": 1.0, f"x{west}_y{south + 7}": 1.0}
    for candidate in EVERY:
        assert hits_of(candidate.order(ground, ORIGIN - 1), ground.spots, 1, ORIGIN - 1).sum() == 2


def test_a_row_of_an_lsoa_that_is_not_searched_is_no_hit():
    frame = rows([(450.0, 450.0), (250.0, 250.0)], ["2023-04", "2023-04"])
    without = AREAS.drop(index=code(2, 2))
    spots = find_spots(frame, without, MONTHS)
    assert spots.after(ORIGIN, 1).sum() == 1
    assert spots.own.tolist() == [False, True]


def test_months_that_are_not_held_are_neither_counted_nor_averaged_over():
    frame = rows([(450.0, 450.0)] * 3, ["2023-03", "2023-01", "2022-11"])
    held = MONTHS[(MONTHS != "2023-01") & (MONTHS != "2022-12")]
    ground = terrain(frame, months=held[::-1])
    order = Cells(SQUARE, 6, 2.0).order(ground, ORIGIN)
    weight = {0: 1.0, 1: 0.5**0.5, 4: 0.25, 5: 0.5**2.5}
    assert ground.spots.counts.sum() == 2
    assert order.score.max() == 1.0 + 0.25
    assert expected(order).max() == pytest.approx(1.25 / sum(weight.values()))


# Density


@pytest.mark.parametrize("bandwidth", [None, 120.0])
@pytest.mark.parametrize("covered", [None, shapely.buffer(OUTLINE, 40.0), OUTLINE])
def test_the_density_is_that_of_the_window(bandwidth, covered):
    frame = town(3)
    window = frame[(back_of(frame) >= 0) & (back_of(frame) < 12)]
    surface = density_surface(distinct_points(window.geometry), bandwidth, covered=covered)
    ground = terrain(frame, covered=covered)
    Density(200.0, 12).order(ground, ORIGIN)  # has another edge, to be remembered apart
    wanted = order_cells(surface, ground.fine, OUTLINE)
    names = ground.fine.names(wanted.ids)
    found = None
    for _ in range(2):  # the second time with the edge as remembered
        order = Density(bandwidth, 12).order(ground, ORIGIN)
        found = pd.Series(order.score, index=ground.fine.names(ground.cells(ground.fine).ids)).reindex(names)
        np.testing.assert_allclose(found, wanted.score, rtol=1e-6, atol=1e-6 * wanted.score.max())
    np.testing.assert_allclose(order.area_m2.sum(), wanted.share.sum() * ground.fine.area_m2, rtol=1e-9)


def test_the_density_of_larger_cells_is_the_mean_over_their_ground():
    """The outline cuts fine cells, too."""
    ground = terrain(town(4), outline=shapely.buffer(OUTLINE, -18.0, join_style="mitre"))
    fine = Density(150.0, 12).order(ground, ORIGIN)
    order = Density(150.0, 12, SQUARE).order(ground, ORIGIN)
    centres = ground.fine.centres(ground.cells(ground.fine).ids)
    total: dict[tuple[int, ...], float] = {}
    area: dict[tuple[int, ...], float] = {}
    for cell, score, size in zip(map(tuple, SQUARE.cells_of(centres).tolist()), fine.score, fine.area_m2, strict=True):
        total[cell] = total.get(cell, 0.0) + score * size
        area[cell] = area.get(cell, 0.0) + size
    wanted = [total[cell] / area[cell] for cell in map(tuple, ground.cells(SQUARE).ids.tolist())]
    np.testing.assert_allclose(order.score, wanted, rtol=1e-9)
    np.testing.assert_array_equal(order.area_m2, ground.cells(SQUARE).area_m2)


def test_a_sliver_without_a_fine_cell_has_no_density_and_nothing_is_divided_by_nothing():
    """A disc apart lies in two hexagons and in one fine cell, whose centre lies in one of the two."""
    grid = Grid("hexagon", 130.0)
    side = grid.corners(grid.cells_of([(WEST + 700, SOUTH + 400)]))[0, [0, 5]].mean(axis=0)
    disc = shapely.buffer(shapely.Point(side), 0.5)
    assert len(Grid("square", 25.0).cells_within(disc).ids) == 1
    outline = shapely.union(shapely.box(WEST, SOUTH, WEST + 300, SOUTH + 300), disc)
    order = Density(300.0, 12, grid).order(terrain(town(4), outline=outline), ORIGIN)
    slivers = order.score[order.area_m2 < 0.5]
    assert len(slivers) == 2
    assert slivers.min() == 0 < slivers.max()


def test_a_fine_cell_whose_centre_is_in_no_cell_counts_for_none():
    """A disc apart lies in a hexagon, and the centre of its fine cell in the next, which has no ground."""
    grid, box = Grid("hexagon", 130.0), shapely.box(WEST, SOUTH, WEST + 300, SOUTH + 300)
    side = grid.corners(grid.cells_of([(WEST + 700, SOUTH + 400)]))[0, [0, 5]].mean(axis=0)
    centre = Grid("square", 25.0).centres(Grid("square", 25.0).cells_of([side]))[0]
    disc = shapely.buffer(shapely.Point(side - (np.sign(centre[0] - side[0]), 0)), 0.5)
    one, other = (
        Density(300.0, 12, grid).order(terrain(town(4), outline=outline), ORIGIN).score
        for outline in (box, shapely.union(box, disc))
    )
    np.testing.assert_allclose(other, [*one, 0.0], rtol=1e-12)


def test_a_large_ground_is_ordered_at_larger_cells():
    def side(east, north):
        return Terrain(find_spots(town(1), AREAS, MONTHS), searched(outline=shapely.box(0, 0, east, north))).fine

    assert side(25_000.0, 10_000.0) == Grid("square", 25.0)
    assert side(25_100.0, 10_000.0) == Grid("square", 50.0)
    assert side(50_000.0, 50_000.0) == Grid("square", 100.0)


# Clusters


@pytest.mark.parametrize("shape", ["square", "hexagon"])
@settings(max_examples=6, deadline=None)
@given(seed=SEEDS)
def test_clusters_come_first_by_incidents_per_hectare_and_the_cells_fill_up(shape, seed):
    chosen = dataclasses.replace(SETTINGS, cell_shape=shape)
    frame = town(seed)
    past = frame[frame["month"] <= ORIGIN]
    window = past[back_of(past) < 12]
    ground = terrain(frame)
    whole = ground.cells(grid_of(chosen)).area_m2.copy()
    order = Clusters(chosen).order(ground, ORIGIN)
    np.testing.assert_array_equal(ground.cells(grid_of(chosen)).area_m2, whole)
    drawn = draw(
        window, Surroundings(past, MONTHS[3:15], AREAS, OUTLINE), dataclasses.replace(chosen, method="clusters")
    )
    places = [(shape, place) for place, shape in enumerate(drawn.grounds) if shape.intersection(OUTLINE).area > 0]
    k = len(places)
    grid = grid_of(chosen)
    cells = grid.polygons(ground.cells(grid).ids)
    assert len(order.score) == k + len(cells)
    # Incidents per hectare of the whole ground; all of them before any cell.
    n = np.array([(drawn.of_row == place).sum() for _, place in places])
    per_ha = n / np.array([shape.area for shape, _ in places]) * 1e4
    np.testing.assert_allclose(np.diff(order.score[:k]), np.diff(per_ha), atol=1e-9)
    assert k == 0 or order.score[:k].min() > order.score[k:].max()
    # Ground: clusters inside the outline, cells without them.
    taken = shapely.union_all([shape for shape, _ in places])
    inside = [shape.intersection(OUTLINE).area for shape, _ in places]
    left = shapely.area(shapely.difference(shapely.intersection(cells, OUTLINE), taken))
    np.testing.assert_allclose(order.area_m2, [*inside, *left], rtol=1e-6, atol=1e-2)
    assert order.filled_from_m2 == pytest.approx(sum(inside), rel=1e-9)
    # Training and hits alike: what lies on a cluster is the cluster's and no cell's.
    free = window[drawn.of_row < 0]
    plain = plain_cells(free, grid, 12, None)
    ids = map(tuple, ground.cells(grid).ids.tolist())
    np.testing.assert_array_equal(order.score[k:], [plain.get(cell, 0.0) for cell in ids])
    later = frame[(frame["month"] == ORIGIN + 1) & (frame["zone"] == "area")]
    held = hits_of(order, ground.spots, 1)
    on = np.array([[shape.intersects(point) for point in later.geometry] for shape, _ in places])
    np.testing.assert_array_equal(held[:k], on.reshape(k, len(later)).sum(axis=1))
    assert held.sum() == len(later)
    own = window["zone"] == "area"
    assert expected(order).sum() == pytest.approx(own.sum() / 12)


def test_a_cluster_is_cut_at_the_outline_and_ranked_by_its_whole_ground():
    """A thick place at the edge, a thicker one inside."""
    edge, middle = (890.0, 450.0), (450.0, 450.0)
    frame = rows([edge] * 20 + [middle] * 30, ["2023-02"] * 50)
    ground = terrain(frame)
    order = Clusters(SETTINGS).order(ground, ORIGIN)
    disc = np.pi * 75**2
    assert order.area_m2[0] == pytest.approx(disc, rel=0.01)
    assert disc / 2 < order.area_m2[1] < 0.7 * disc
    assert order.score[0] - order.score[1] == pytest.approx(10 / disc * 1e4, rel=0.01)
    assert order.score[1] == pytest.approx(20 / disc * 1e4 + 1.0, rel=0.01)
    assert order.score[2:].max() == 0


def test_a_cluster_beyond_the_outline_is_not_searched():
    places = [(1030.0, 430.0)] * 30
    frame = located(places, zones="area", lsoa=[code(8, 4)] * 30, months=["2023-03"] * 30)
    ground = terrain(frame)
    order = Clusters(SETTINGS).order(ground, ORIGIN)
    assert order.filled_share(1.0) == 1.0
    assert order.score.max() == 30
    np.testing.assert_array_equal(order.area_m2, ground.cells(grid_of(SETTINGS)).area_m2)


def test_a_cell_wholly_under_a_cluster_keeps_a_trace_of_ground():
    small = dataclasses.replace(SETTINGS, cell_m=25.0, cell_shape="square")
    order = Clusters(small).order(terrain(rows([(450.0, 450.0)] * 30, ["2023-02"] * 30)), ORIGIN)
    assert 0 < order.area_m2.min() < 1e-5


def test_a_budget_of_the_settings_reaches_the_clusters():
    frame = town(5, n=900)
    wide = dataclasses.replace(SETTINGS, budget_share_of_area=0.5)
    few, many = (Clusters(one).order(terrain(frame), ORIGIN).filled_share(1.0) for one in (SETTINGS, wide))
    assert 0.4 < many < few < 1.0


# LSOAs and chance


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_lsoas_are_ordered_by_rate(seed):
    frame = town(seed)
    frame["lsoa_code"] = frame["lsoa_code"].replace(code(1, 0), code(2, 0))
    joined = AREAS.drop(index=code(1, 0)).assign(area_km2=1.0)  # the ground counts, not what a column says of it
    joined.loc[code(2, 0), "geometry"] = AREAS.geometry[[code(1, 0), code(2, 0)]].union_all()
    ground = terrain(frame, areas=joined.sample(frac=1.0, random_state=1))
    order = Lsoas(12).order(ground, ORIGIN)
    own = joined[joined["zone"] == "area"]
    window = frame[(back_of(frame) >= 0) & (back_of(frame) < 12) & (frame["zone"] == "area")]
    n = window["lsoa_code"].value_counts().reindex(own.index, fill_value=0)
    np.testing.assert_allclose(order.score, n / own.area, rtol=1e-6)
    np.testing.assert_allclose(expected(order), n / 12)
    later = frame[(frame["month"] == ORIGIN + 1) & (frame["zone"] == "area")]
    hit = later["lsoa_code"].value_counts().reindex(own.index, fill_value=0)
    np.testing.assert_array_equal(hits_of(order, ground.spots, 1), hit)


def test_two_lsoas_share_a_coordinate():
    frame = located(
        [(300.0, 250.0)] * 3, zones="area", lsoa=[code(2, 2), code(3, 2), code(3, 2)], months=["2023-03"] * 3
    )
    ground = terrain(frame)
    assert len(ground.spots.xy) == 1
    order = Lsoas(12).order(ground, ORIGIN)
    own = AREAS.index[AREAS["zone"] == "area"]
    n = pd.Series(order.score * order.area_m2, index=own)
    assert n[n > 0].round(6).to_dict() == {code(2, 2): 1.0, code(3, 2): 2.0}


def test_areas_that_are_not_the_ground_of_the_outline_are_refused():
    with pytest.raises(ValueError, match="of the same ground"):
        Lsoas(12).order(terrain(town(1), areas=AREAS.drop(index=[code(4, 4), code(5, 5)])), ORIGIN)


def test_areas_of_lsoas_add_up_to_the_outline_whatever_their_generalisation():
    outline = shapely.buffer(OUTLINE, -0.5)
    order = Lsoas(12).order(terrain(town(1), outline=outline), ORIGIN)
    assert order.area_m2.sum() == pytest.approx(outline.area, rel=1e-12)


def test_chance_ties_all_ground():
    order = Random(SQUARE).order(terrain(town(1)), ORIGIN)
    assert not order.score.any()
    assert order.per_month is None


# Which candidates


def test_candidates_by_name():
    names = [candidate.name for candidate in candidates(Hotspots(), (150,))]
    assert names == [
        "cells 150 m, half-life 6",
        "cells 150 m, half-life 12",
        "cells 150 m, half-life 24",
        "cells 150 m, last month",
        "cells 150 m, 12-month count",
        "cells 150 m, 36-month count",
        "density, quartic, chosen bandwidth",
        "density 150 m",
        "density 300 m",
        "density, quartic, chosen bandwidth, cells 150 m",
        "density 150 m, cells 150 m",
        "density 300 m, cells 150 m",
        "clusters",
        "lsoa per km²",
        "random",
    ]
    baselines = [candidate.name for candidate in candidates(Hotspots(), (150,)) if candidate.baseline]
    assert baselines == ["cells 150 m, last month", "cells 150 m, 12-month count", "random"]
    assert not Cells(SQUARE, 12, 24.0).baseline
    sizes = {candidate.grid.size_m for candidate in candidates(Hotspots()) if isinstance(candidate, Cells)}
    assert sizes == {100.0, 150.0, 250.0}


def test_candidates_remember_as_much_as_is_set():
    def months_of(chosen, *sizes):
        return {one.name: getattr(one, "months", None) for one in candidates(chosen, sizes)}

    short = Hotspots(history_months=24, window_months=6, half_life_months=9.0, cell_m=80.0, bandwidth_m=75.0)
    found = months_of(short, 100.0)
    assert found["cells 80 m, half-life 9"] == found["cells 100 m, half-life 24"] == 24
    assert found["cells 80 m, 6-month count"] == found["density 75 m"] == found["lsoa per km²"] == 6
    assert "cells 80 m, 12-month count" in found
    assert "cells 80 m, 36-month count" not in found
    assert "cells 150 m, 12-month count" in months_of(Hotspots(history_months=6, window_months=6))
    assert months_of(Hotspots(history_months=12, window_months=40))["cells 150 m, half-life 6"] == 40
    assert "cells 150 m, 36-month count" in months_of(Hotspots(history_months=12, window_months=40))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("half_life", [0.0, 24.0, 9.0])
@pytest.mark.parametrize("shape", ["square", "hexagon"])
def test_what_is_set_is_a_candidate(method, half_life, shape):
    chosen = Hotspots(method=method, half_life_months=half_life, cell_m=120.0, bandwidth_m=90.0, cell_shape=shape)
    one = as_set(chosen)
    assert candidates(chosen).count(one) == 1
    assert one.name.startswith(method)
    if method == "cells":
        assert one == Cells(Grid(shape, 120.0), 60 if half_life else 12, half_life or None)
    if method == "density":
        assert one == Density(90.0, 12)


def test_what_is_set_looks_back_over_its_window_at_least():
    one = as_set(Hotspots(method="cells", history_months=12, window_months=24))
    assert one.name == "cells 150 m, half-life 24"
    assert getattr(one, "months", 0) == 24


def test_a_size_out_of_range_is_refused():
    with pytest.raises(SettingsError, match="size of a cell"):
        candidates(Hotspots(), (0.5,))


def test_how_much_was_filled_up():
    order = Order(np.zeros(2), np.array([40.0, 60.0]), np.zeros(0, dtype=np.int64), filled_from_m2=5.0)
    assert [order.filled_share(share) for share in (0.02, 0.05, 0.1, 1.0)] == pytest.approx([0.0, 0.0, 0.5, 0.95])
    assert dataclasses.replace(order, filled_from_m2=None).filled_share(0.5) == 0.0
    assert dataclasses.replace(order, filled_from_m2=0.0).filled_share(0.5) == 1.0


# Spots


def test_without_a_month_there_is_nothing_to_test():
    with pytest.raises(InputError, match="data hold none; add downloads"):
        find_spots(town(1), AREAS, MONTHS[:0])


def test_weights_by_month():
    spots = find_spots(town(1), AREAS, MONTHS)
    weight = dict(zip(map(str, MONTHS[::-1]), spots.weights(ORIGIN, 3, 2.0), strict=True))
    assert {month: w for month, w in weight.items() if w} == {
        "2023-03": 1.0,
        "2023-02": pytest.approx(0.5**0.5),
        "2023-01": 0.5,
    }
    assert spots.weights(ORIGIN, 60).sum() == 15
    assert spots.held.all()


def test_the_share_of_repeated_coordinates():
    def share(*sizes):
        return repeated_share(located([(i, 0) for i, size in enumerate(sizes) for _ in range(size)]).geometry)

    assert share(11) == 1.0
    assert share(10) == 0.0
    assert share(11, 4, 1) == pytest.approx(11 / 16)
    assert repeated_share(located([(0, 0), (0, 0), (1, 1)]).geometry, others=1) == pytest.approx(2 / 3)
    assert repeated_share(town(1).iloc[:0].geometry) == 0.0
