"""Queen contiguity: who touches whom, whatever rounding did to the coordinates."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from hotspots.errors import InputError
from hotspots.geo.contiguity import SNAP_M, queen

RECORDED = Path(__file__).parent / "data" / "spdep_local.csv"


def areas(shapes, keys=None, crs=27700):
    index = pd.Index([f"E{number:04d}" for number in range(len(shapes))] if keys is None else keys, name="lsoa_code")
    return gpd.GeoSeries(list(shapes), index=index, crs=crs)


def squares(columns, rows, side=100.0):
    return [
        shapely.box(548_000 + side * c, 176_000 + side * r, 548_000 + side * (c + 1), 176_000 + side * (r + 1))
        for r in range(rows)
        for c in range(columns)
    ]


def chess_king(columns, rows):
    """The moves of a king on a board: queen contiguity of a lattice."""
    row, column = np.divmod(np.arange(columns * rows), columns)
    steps = np.maximum(np.abs(row[:, None] - row), np.abs(column[:, None] - column))
    return (steps == 1).astype(float)


def pair(other, snap_m=SNAP_M):
    """Whether a square of 100 m at the origin of the lattice touches another shape."""
    return queen(areas([shapely.box(548_000, 176_000, 548_100, 176_100), other]), snap_m).matrix.nnz == 2


def beside(gap):
    return shapely.box(548_100 + gap, 176_000, 548_200, 176_100)


def test_edges_and_corners_of_a_lattice_touch():
    found = queen(areas(squares(5, 4)))
    np.testing.assert_array_equal(found.matrix.toarray(), chess_king(5, 4))
    assert isinstance(found.matrix, sparse.csr_array)
    assert found.matrix.dtype == np.float64
    assert found.matrix.has_canonical_format
    assert list(found.index) == [f"E{number:04d}" for number in range(20)]
    assert found.index.name == "lsoa_code"
    assert found.islands == ()


def test_the_neighbours_are_those_of_spdep():
    recorded = pd.read_csv(RECORDED, dtype={"area": str, "neighbours": str})
    polygons = areas(shapely.from_wkt(recorded["polygon"].to_numpy()), recorded["area"])
    found = queen(polygons)
    names = [" ".join(found.index[row.indices]) for row in (found.matrix[[number]] for number in range(60))]
    assert names == recorded["neighbours"].fillna("").tolist()
    assert found.islands == ("60",)


def test_without_a_snap_the_same_areas_have_fewer_neighbours():
    recorded = pd.read_csv(RECORDED)
    polygons = areas(shapely.from_wkt(recorded["polygon"].to_numpy())[:59])
    assert queen(polygons, 0.0).matrix.nnz < queen(polygons).matrix.nnz == queen(polygons, 0.05).matrix.nnz


@settings(max_examples=30)
@given(
    st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True), st.floats(0, 0.003), st.integers(0, 2**32 - 1)
)
def test_no_neighbour_is_lost_to_millimetres_wherever_the_lattice_lies(east, north, wobble_m, seed):
    random = np.random.default_rng(seed)
    moved = []
    for shape in squares(4, 3):
        corners = shapely.get_coordinates(shape)[:-1]
        moved.append(
            shapely.Polygon(corners + np.array([east, north]) + random.uniform(-wobble_m, wobble_m, corners.shape))
        )
    np.testing.assert_array_equal(queen(areas(moved)).matrix.toarray(), chess_king(4, 3))


@settings(max_examples=30)
@given(st.permutations(range(12)), st.sets(st.integers(0, 11), max_size=6))
def test_the_order_of_areas_is_the_order_of_the_matrix(order, gone):
    shapes, keys = np.array(squares(4, 3)), np.array([f"K{number:02d}" for number in range(12)])
    kept = np.array([number for number in order if number not in gone])
    expected = chess_king(4, 3)[np.ix_(kept, kept)]
    if (expected.sum(axis=1) == 0).sum() > 1:
        with pytest.raises(InputError, match="touch no other"):
            queen(areas(shapes[kept], keys[kept]))
        return
    found = queen(areas(shapes[kept], keys[kept]))
    np.testing.assert_array_equal(found.matrix.toarray(), expected)
    assert list(found.index) == list(keys[kept])
    assert found.islands == tuple(keys[kept][expected.sum(axis=1) == 0])


@pytest.mark.parametrize(
    ("other", "touches"),
    [
        (beside(0.0), True),
        (beside(0.009), True),
        (beside(0.011), False),
        (beside(-0.5), True),
        (beside(-99), True),
        (shapely.box(548_100, 176_100, 548_200, 176_200), True),
        (shapely.box(548_100.006, 176_100.006, 548_200, 176_200), True),
        (shapely.box(548_100.009, 176_100.009, 548_200, 176_200), False),
        (shapely.box(548_020, 176_020, 548_030, 176_030), True),
        (shapely.box(548_000, 176_000, 548_100, 176_100), True),
        (shapely.box(548_100, 176_050, 548_200, 176_090), True),
        (shapely.MultiPolygon([shapely.box(540_000, 176_000, 540_100, 176_100), beside(0.0)]), True),
        (shapely.Polygon([(548_100, 176_000), (548_200, 176_100), (548_200, 176_000), (548_100, 176_100)]), True),
    ],
    ids=[
        "edge",
        "hair gap",
        "gap",
        "sliver of overlap",
        "overlap",
        "corner",
        "corner 8 mm off",
        "corner 13 mm off",
        "inside",
        "twice the same",
        "edge without a common vertex",
        "a part of a multipolygon",
        "invalid bow tie",
    ],
)
def test_touching(other, touches):
    if touches:
        assert pair(other)
    else:
        with pytest.raises(InputError, match="2 of 2 areas touch no other"):
            pair(other)


def test_the_snap_is_the_callers_choice():
    assert pair(beside(0.4), snap_m=0.41)
    assert pair(beside(0.0), snap_m=0)
    with pytest.raises(InputError, match=r"0\.40 m from the nearest.*within 0\.39 m"):
        pair(beside(0.4), snap_m=0.39)


def far(number):
    """Squares that lie 600 m from the first to the second, then ever nearer."""
    west = 560_000 + 850 * number - 150 * number**2
    return shapely.box(west, 180_000, west + 100, 180_100)


@pytest.mark.parametrize(("columns", "islands"), [(0, 1), (2, 1), (66, 2), (99, 3)])
def test_few_islands_are_named(columns, islands):
    found = queen(areas([*squares(columns, 3), *map(far, range(islands))]))
    first = 3 * columns
    assert found.islands == tuple(f"E{first + number:04d}" for number in range(islands))
    assert all(isinstance(key, str) for key in found.islands)


@pytest.mark.parametrize(("columns", "islands"), [(0, 2), (65, 2), (98, 3)])
def test_many_islands_are_a_layer_whose_edges_do_not_meet(columns, islands):
    shapes = [*map(far, range(islands)), *squares(columns, 3)]
    with pytest.raises(InputError) as caught:
        queen(areas(shapes))
    assert str(caught.value).startswith(f"{islands} of {len(shapes)} areas touch no other (first: E0000, 600.00 m from")
    assert "meet within 0.01 m" in str(caught.value)
    assert "try a layer from one publisher" in str(caught.value)


def test_keys_that_are_numbers_are_named_as_text():
    assert queen(areas([far(0)], [7])).islands == ("7",)


def test_no_areas_have_no_neighbours():
    found = queen(areas([]))
    assert found.matrix.shape == (0, 0)
    assert len(found.index) == 0
    assert found.islands == ()


@pytest.mark.parametrize(
    ("crs", "named"), [(None, "none"), (4326, "WGS 84"), (2263, "NAD83 / New York Long Island"), (4978, "WGS 84")]
)
def test_only_metres_on_a_plane_can_be_compared(crs, named):
    with pytest.raises(InputError, match=rf"projected in metres, not in {named}.*EPSG:27700"):
        queen(areas(squares(2, 1), crs=crs))


@pytest.mark.parametrize("blank", [None, shapely.Polygon()])
def test_an_area_without_geometry_is_named(blank):
    shapes = squares(3, 2)
    shapes[2] = shapes[4] = blank
    with pytest.raises(InputError, match=r"2 of 6 areas have no geometry \(first: E0002\)"):
        queen(areas(shapes))


@pytest.mark.parametrize("snap_m", [-0.01, float("nan"), float("inf")])
def test_a_snap_is_a_distance(snap_m):
    with pytest.raises(ValueError, match="distance in metres"):
        queen(areas(squares(2, 1)), snap_m)


def test_the_areas_stay_as_they_were():
    polygons = areas(squares(3, 3))
    before = polygons.to_wkb()
    queen(polygons)
    pd.testing.assert_series_equal(polygons.to_wkb(), before)


@pytest.mark.real
def test_districts_from_files_in_degrees_grow_together(real):
    paths = sorted((real / "boundaries" / "lsoa2011").glob("*.json"))
    if len(paths) < 2:
        pytest.skip("the districts' GeoJSON files are not there")
    layer = pd.concat([gpd.read_file(path) for path in paths]).set_index("LSOA11CD").sort_index()
    shapes = layer.geometry.to_crs(27700)
    found = queen(shapes)
    assert found.islands == ()
    assert found.matrix.nnz > queen(shapes, 0.0).matrix.nnz
    # A vertex further or a metre more makes no neighbour: the snap closes what rounding opened, nothing else.
    assert found.matrix.nnz == queen(shapes, 0.001).matrix.nnz == queen(shapes, 0.1).matrix.nnz


@pytest.mark.real
def test_all_of_london_has_the_neighbours_libpysal_finds(real):
    weights = pytest.importorskip("libpysal.weights")
    path = real / "boundaries" / "lsoa2021" / "london-2021-lsoa-gen20.zip"
    if not path.exists():
        pytest.skip("the layer of London is not there")
    layer = gpd.read_file(path).set_index("LSOA21CD")
    found = queen(layer.geometry)
    other = weights.Queen.from_dataframe(layer, use_index=False).sparse
    assert found.matrix.nnz == other.nnz
    assert abs(found.matrix - sparse.csr_array(other)).max() == 0
