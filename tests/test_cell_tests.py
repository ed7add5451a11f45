"""Hot, cold and unlike cells: counted where there is data, tested as their neighbours in the plane say, or refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from hotspots.analysis.cell_tests import MIN_CELLS, MIN_MEAN, adjoining, cell_tests
from hotspots.errors import SettingsError, TableError
from hotspots.geo.grid import Grid
from hotspots.stats.local import g_star, label, local_moran
from hotspots.stats.local_counts import g_star_counts, local_moran_counts
from hotspots.stats.usual import ALPHA, false_discovery
from hotspots.tables import check
from hotspots.tables.cells import CELLS
from tests.places_fixtures import SOUTH, WEST, located

MONTH = pd.Period("2024-05", freq="M")
SQUARE, HEXAGON = Grid("square", 100.0), Grid("hexagon", 150.0)
BOTH = pytest.mark.parametrize("grid", [SQUARE, HEXAGON], ids=lambda grid: grid.shape)
GI = ["gi_z", "p_value", "p_adjusted", "label"]
MORAN = ["moran_i", "moran_p", "moran_p_adjusted", "moran_label"]


def ground(west, south, east, north):
    """A box in metres from the corner of the fixtures."""
    return shapely.box(WEST + west, SOUTH + south, WEST + east, SOUTH + north)


GROUND, AREA = ground(0, 0, 1_200, 1_000), ground(0, 0, 800, 1_000)


def scattered(n=120, seed=0, wide=1_200, high=1_000, cluster=0):
    """Places at random, and some around one place."""
    random = np.random.default_rng(seed)
    some = random.uniform(0, 1, (n, 2)) * (wide, high)
    return np.concatenate([some, random.uniform(430, 670, (cluster, 2))])


def run_on(places, grid=SQUARE, covered=GROUND, area=AREA, months=None, **options):
    return cell_tests(located(places, lsoa=["E1"] * len(places), months=months), MONTH, grid, covered, area, **options)


# ---------------------------------------------------------------------------------------------- counts


@BOTH
def test_every_incident_is_counted_in_its_cell_and_its_month(grid):
    places = scattered(300)
    months = ["2024-05" if number % 3 else "2023-07" for number in range(300)]
    found = run_on(places, grid, months=months)
    cells = found.cells
    check(CELLS, cells, epsg=27700)
    points = shapely.points(np.add(places, (WEST, SOUTH)))
    now = np.array(months) == "2024-05"
    for shape, n, n_month in zip(cells.geometry, cells["n"], cells["n_month"], strict=True):
        inside = shapely.contains(shape, points)
        assert (inside.sum(), (inside & now).sum()) == (n, n_month)
    assert cells["n"].sum() + found.n_outside == 300
    assert found.n_outside == (0 if grid is SQUARE else 300 - cells["n"].sum())
    assert (found.grid, found.correction, found.refused) == (grid, "bh", "")


@BOTH
def test_a_cell_is_named_by_its_column_and_row(grid):
    cells = run_on(scattered(), grid).cells
    ids = cells[["column", "row"]].to_numpy()
    assert list(cells.index) == grid.names(ids)
    assert (shapely.equals(cells.geometry.array, grid.polygons(ids))).all()
    assert cells.index.is_monotonic_increasing
    if grid is SQUARE:
        assert len(cells) == 120
        assert cells[["column", "row"]].min().tolist() == [5_480, 1_760]


def test_cells_are_in_the_order_of_their_names():
    covered = shapely.box(-300, -200, 1_200, 400)
    places = np.add(scattered(60, wide=1_200, high=400), (-WEST, -SOUTH))
    cells = run_on(places, covered=covered, area=covered).cells
    assert list(cells.index[:4]) == ["x-1_y-1", "x-1_y-2", "x-1_y0", "x-1_y1"]
    points = shapely.points(np.add(places, (WEST, SOUTH)))
    assert [shapely.contains(shape, points).sum() for shape in cells.geometry] == cells["n"].tolist()
    matrix = adjoining(SQUARE, cells[["column", "row"]].to_numpy())
    np.testing.assert_array_equal(cells["p_value"], g_star_counts(cells["n"], matrix).p)


@pytest.mark.parametrize(("width", "kept", "outside"), [(50.0, 11, 0), (49.9, 10, 1)])
def test_cells_with_less_than_half_of_their_ground_in_the_data_are_left_out_and_counted(width, kept, outside):
    covered = ground(0, 0, 1_000 + width, 300)
    places = [*scattered(60, wide=1_000, high=300), (1_010.0, 150.0)]
    found = run_on(places, covered=covered, area=covered)
    assert len(found.cells) == kept * 3
    assert found.n_partial == (11 - kept) * 3
    assert found.n_outside == outside
    assert found.document()["cells_left_out"] == found.n_partial
    assert found.document()["incidents_left_out"] == outside


def test_ground_without_data_within_is_no_ground_without_incidents():
    hole = ground(300, 300, 600, 600)
    found = run_on(scattered(), covered=GROUND.difference(hole))
    assert len(found.cells) == 111
    assert not shapely.intersects(found.cells.geometry.array, hole.buffer(-1)).any()
    assert found.n_partial == 0
    inside = shapely.contains(hole, shapely.points(np.add(scattered(), (WEST, SOUTH))))
    assert found.n_outside == inside.sum() > 0


def test_a_cell_is_of_the_area_where_half_of_its_covered_ground_is():
    # The last column is covered for 60 m of its 100, of which the area has 30, or 29.
    for width, zone in ((30, "area"), (29, "ring")):
        covered, area = ground(0, 0, 460, 1_000), ground(0, 0, 400 + width, 1_000)
        cells = run_on(scattered(wide=460), covered=covered, area=area).cells
        assert set(cells.loc[cells["column"] == 5_484, "zone"]) == {zone}
        assert set(cells.loc[cells["column"] < 5_484, "zone"]) == {"area"}
    cells = run_on(scattered()).cells
    assert (cells["zone"] == np.where(cells["column"] < 5_488, "area", "ring")).all()
    assert set(run_on(scattered(), area=shapely.Polygon()).cells["zone"]) == {"ring"}


# ---------------------------------------------------------------------------------------------- neighbours


@BOTH
def test_cells_adjoin_where_their_polygons_touch(grid):
    ids = grid.cells_within(ground(0, 0, 1_100, 900).difference(ground(400, 300, 700, 420))).ids
    ids = ids[np.random.default_rng(1).permutation(len(ids))]
    shapes = grid.polygons(ids)
    expected = np.array([shapely.dwithin(shape, shapes, 1e-6) for shape in shapes], dtype=float)
    np.fill_diagonal(expected, 0)
    np.testing.assert_array_equal(adjoining(grid, ids).toarray(), expected)


def test_no_cell_adjoins_none():
    assert adjoining(HEXAGON, np.zeros((0, 2), dtype=np.int64)).shape == (0, 0)


def test_islands_are_named():
    away = ground(3_000, 3_000, 3_100, 3_100)
    found = run_on(scattered(), covered=shapely.union_all([GROUND, away]))
    assert found.islands == ("x5510_y1790",)
    assert found.document()["islands"] == ["x5510_y1790"]
    n = found.cells["n"]
    assert found.cells.loc["x5510_y1790", "gi_z"] == pytest.approx((0 - n.mean()) / n.std(ddof=0))
    assert (found.cells.loc["x5510_y1790", "moran_p"], found.cells.loc["x5510_y1790", "moran_label"]) == (1, "none")
    assert run_on(scattered()).islands == ()


# ---------------------------------------------------------------------------------------------- tests


@BOTH
@pytest.mark.parametrize("correction", ["bh", "none"])
def test_hot_and_cold_and_unlike_are_those_of_the_counts(grid, correction):
    found = run_on(scattered(60, cluster=40), grid, correction=correction)
    cells = found.cells
    matrix = adjoining(grid, cells[["column", "row"]].to_numpy())
    star, moran = g_star_counts(cells["n"], matrix), local_moran_counts(cells["n"], matrix)
    labels = label(star.z, star.p, correction=correction)
    plain = g_star(cells["n"], matrix)
    np.testing.assert_allclose(cells["gi_z"], plain.z, atol=1e-9)
    np.testing.assert_allclose(cells["moran_i"], local_moran(cells["n"], matrix, 0).i, atol=1e-9)
    np.testing.assert_array_equal(cells["p_value"], star.p)
    np.testing.assert_array_equal(cells["p_adjusted"], labels.p_adjusted)
    assert list(cells["label"]) == list(labels.label)
    assert "hot" in set(cells["label"])
    np.testing.assert_array_equal(cells["moran_p"], moran.p_permuted)
    adjusted = false_discovery(moran.p_permuted)[0] if correction == "bh" else moran.p_permuted
    np.testing.assert_array_equal(cells["moran_p_adjusted"], adjusted)
    words = {"HH": "high-high", "LL": "low-low", "HL": "high-low", "LH": "low-high"}
    for kind, quadrant, p in zip(cells["moran_label"], moran.quadrant, adjusted, strict=True):
        assert kind == (words[quadrant] if p <= ALPHA else "none")
    assert {"high-high", "none"} <= set(cells["moran_label"])
    assert found.correction == correction


@pytest.mark.filterwarnings("ignore")
def test_scores_of_hexagons_are_those_of_esda():
    esda = pytest.importorskip("esda")
    from libpysal.weights import Queen  # noqa: PLC0415 - only where esda is

    cells = run_on(scattered(60, cluster=40), HEXAGON).cells
    weights = Queen.from_dataframe(cells.reset_index(), use_index=False)
    values = cells["n"].to_numpy(dtype=float)
    star = esda.G_Local(values, weights, transform="B", star=True, permutations=0)
    np.testing.assert_allclose(cells["gi_z"], star.Zs, atol=1e-9)
    moran = esda.Moran_Local(values, weights, transformation="r", permutations=0)
    np.testing.assert_allclose(cells["moran_i"], moran.Is * len(cells) / (len(cells) - 1), atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(-9, 9), st.integers(-9, 9))
def test_moving_everything_by_whole_cells_moves_the_cells_and_changes_nothing(seed, columns, rows):
    grid, east, north = Grid("square", 128.0), 128.0 * columns, 128.0 * rows
    places = np.floor(scattered(60, seed, cluster=9) * 4) / 4
    covered = ground(0, 0, 1_220, 1_010)
    found = run_on(places, grid, covered, covered)
    moved = run_on(
        np.add(places, (east, north)), grid, *[shapely.transform(covered, lambda xy: np.add(xy, (east, north)))] * 2
    )
    ids = found.cells[["column", "row"]].to_numpy() + np.array([columns, rows])
    back = moved.cells.loc[grid.names(ids)].drop(columns=["geometry", "column", "row"])
    expected = found.cells.drop(columns=["geometry", "column", "row"])
    assert_frame_equal(back.reset_index(drop=True), expected.reset_index(drop=True), check_exact=False, rtol=1e-12)
    assert (moved.n_partial, moved.n_outside) == (found.n_partial, found.n_outside)


def test_moving_everything_by_hexagons_to_the_east_changes_nothing():
    places = scattered(80, cluster=9)
    found, moved = (
        run_on(places, HEXAGON),
        run_on(np.add(places, (1_500, 0)), HEXAGON, ground(1_500, 0, 2_700, 1_000), ground(1_500, 0, 2_300, 1_000)),
    )
    names = HEXAGON.names(found.cells[["column", "row"]].to_numpy() + np.array([10, 0]))
    expected = found.cells[["zone", "n", *GI, *MORAN]]
    assert_frame_equal(
        moved.cells.loc[names, expected.columns].reset_index(drop=True), expected.reset_index(drop=True), rtol=1e-9
    )


def test_the_order_of_rows_changes_nothing_and_nothing_lent_is_changed():
    rows = located(scattered(), lsoa=["E1"] * 120)
    copy = rows.copy(deep=True)
    one = cell_tests(rows, MONTH, HEXAGON, GROUND, AREA)
    assert_frame_equal(rows, copy)
    order = np.random.default_rng(0).permutation(120)
    assert_frame_equal(
        cell_tests(rows.iloc[order].set_index(rows.index), MONTH, HEXAGON, GROUND, AREA).cells, one.cells
    )


def test_without_any_pattern_few_maps_of_hexagons_show_one():
    random, maps = np.random.default_rng(3), 60
    ids = HEXAGON.cells_within(ground(0, 0, 3_000, 3_000)).ids
    matrix, wrong, unlike = adjoining(HEXAGON, ids), 0, 0
    for _ in range(maps):
        n = random.negative_binomial(0.2, 0.2 / 0.5, len(ids))
        star, moran = g_star_counts(n, matrix), local_moran_counts(n, matrix)
        wrong += set(label(star.z, star.p).label) != {"none"}
        unlike += bool((false_discovery(moran.p_permuted)[0] <= ALPHA).any())
    print(f"\nhot, cold and unlike: {wrong} and {unlike} of {maps} maps of {len(ids)} cells")  # noqa: T201
    assert max(wrong, unlike) <= 0.05 * maps


# ---------------------------------------------------------------------------------------------- refusals


def test_few_cells_are_not_tested():
    def row(cells):
        return run_on([(50, 50)] * 20, covered=ground(0, 0, 100 * cells, 100))

    few, enough = row(MIN_CELLS - 1), row(MIN_CELLS)
    assert few.refused == "No cell is called hot or cold: 29 of 100 m have data, and 30 are needed."
    assert few.document()["refused"] == few.refused
    assert few.cells[[*GI, *MORAN]].isna().all(axis=None)
    assert few.cells["n"].sum() == 20
    check(CELLS, few.cells, epsg=27700)
    assert list(few.cells.columns) == list(enough.cells.columns) == list(CELLS.columns)
    assert (few.cells.dtypes == enough.cells.dtypes).all()
    assert enough.refused == ""
    assert enough.document()["refused"] is None
    assert enough.cells[[*GI, *MORAN]].notna().all(axis=None)


def test_few_incidents_are_no_pattern():
    few, enough = run_on(scattered(3)), run_on(scattered(4))
    assert pytest.approx(1 / 30) == MIN_MEAN
    assert few.refused == (
        "No cell is called hot or cold: 3 incidents on 120 cells of 100 m are fewer than one to 30, and two close "
        "together would look hot; try larger cells, more months or LSOAs."
    )
    assert few.cells[[*GI, *MORAN]].isna().all(axis=None)
    assert enough.refused == ""
    assert "1 incident on 1" in run_on(scattered(1)).refused
    assert "0 incidents on 1" in run_on(np.zeros((0, 2))).refused


def test_fewer_incidents_than_that_would_make_two_look_hot():
    ids = HEXAGON.cells_within(ground(0, 0, 6_000, 6_000)).ids
    matrix = adjoining(HEXAGON, ids)
    busy = int(np.diff(matrix.indptr).argmax())
    for share, hot in ((0.9, True), (1.2, False)):
        n = np.zeros(len(ids), dtype=int)
        n[busy] = 2
        near = set(matrix[[busy]].indices)
        others = [cell for cell in range(len(ids)) if cell != busy and cell not in near]
        n[np.random.default_rng(0).choice(others, int(share * MIN_MEAN * len(ids)) - 2, replace=False)] = 1
        assert (g_star_counts(n, matrix).p[busy] <= ALPHA) == hot


def test_no_ground_with_data_is_no_cell():
    found = run_on([(50, 50)], covered=shapely.Polygon(), area=shapely.Polygon())
    assert found.cells.empty
    assert found.refused.startswith("No cell is called hot or cold: 0 of 100 m have data")
    assert (found.n_outside, found.islands) == (1, ())


def test_cells_too_small_for_the_ground_are_refused():
    with pytest.raises(SettingsError, match="too small for an area"):
        run_on(scattered(), Grid("square", 1.0), covered=ground(0, 0, 9_000, 9_000))


def test_rows_that_break_their_contract_are_refused():
    with pytest.raises(TableError, match="LOCATED"):
        cell_tests(located([(1, 1)]).drop(columns="street"), MONTH, SQUARE, GROUND, AREA)


# ---------------------------------------------------------------------------------------------- the manifest


def test_what_was_done_and_found_is_ready_for_the_manifest():
    found = run_on([*scattered(60, cluster=40), (-500, -500)])
    document = found.document()
    assert json.loads(json.dumps(document)) == document
    assert {key: document[key] for key in ("shape", "size_m", "permutations", "correction")} == {
        "shape": "square",
        "size_m": 100.0,
        "permutations": "all",
        "correction": "Benjamini and Hochberg",
    }
    assert (document["least_share_with_data"], document["incidents_left_out"]) == (0.5, found.n_outside)
    for zone in ("area", "ring"):
        own = found.cells[found.cells["zone"] == zone]
        before = own["p_value"] <= ALPHA
        assert document["hot_and_cold"][zone] == {
            "tested": len(own),
            "hot_before": (before & (own["gi_z"] > 0)).sum(),
            "hot": (own["label"] == "hot").sum(),
            "cold_before": (before & (own["gi_z"] < 0)).sum(),
            "cold": (own["label"] == "cold").sum(),
        }
        moran = document["local_moran"][zone]
        assert (moran["tested"], moran["before"]) == (len(own), (own["moran_p"] <= ALPHA).sum())
        for kind in ("high-high", "low-low", "high-low", "low-high"):
            assert moran[kind] == (own["moran_label"] == kind).sum()
    assert document["hot_and_cold"]["area"]["hot"] > 0
    assert document["local_moran"]["area"]["high-high"] > 0
    assert run_on(scattered(), correction="none").document()["correction"] == "none"
