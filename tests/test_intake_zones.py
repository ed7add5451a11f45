"""Grounds where the bus may not stop, streets to walk along, and a layer of need."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from hotspots.errors import InputError
from hotspots.intake.zones import read_own_demand, read_streets, read_zones
from tests.conftest import REAL
from tests.intake_fixtures import text_file

WITHIN = box(540_000, 170_000, 550_000, 180_000)


def written(path, shapes, crs=27700, layer=None, **columns):
    gpd.GeoDataFrame(columns, geometry=shapes, crs=27700).to_crs(crs).to_file(path, layer=layer)
    return path


def zones(path):
    return read_zones(path, "[bus] exclude", epsg=27700, within=WITHIN)


def square(x, side=100.0):
    return box(x, 175_000, x + side, 175_000 + side)


def test_zones_of_one_name_are_one_row_in_order_of_names(tmp_path):
    two = MultiPolygon([square(541_000), square(542_000)])
    path = written(
        tmp_path / "z.gpkg",
        [square(545_000), two, square(545_050), square(546_000), Point(541_000, 175_000)],
        Name=["River", "Bypass", "River", None, "Post"],
    )
    frame = zones(path)
    assert list(frame.index) == [0, 1, 2]
    assert list(frame["name"]) == ["Bypass", "River", "z"]
    assert frame.area.round().tolist() == [20_000, 15_000, 10_000]
    assert frame.crs.to_epsg() == 27700


def test_zones_without_names_are_one_and_cut_to_the_area(tmp_path):
    path = written(tmp_path / "marsh.geojson", [square(549_950), square(541_000)], crs=4326)
    frame = zones(path)
    assert list(frame["name"]) == ["marsh"]
    assert frame.area[0] == pytest.approx(15_000, abs=1)
    assert frame.total_bounds[2] == pytest.approx(550_000, abs=0.01)


def test_zones_that_cannot_be_used_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"\[bus\] exclude far.gpkg has no polygon in the area"):
        zones(written(tmp_path / "far.gpkg", [square(100_000)]))
    with pytest.raises(InputError, match=r"\[bus\] exclude points.gpkg has no polygon in the area"):
        zones(written(tmp_path / "points.gpkg", [Point(541_000, 175_000)]))
    flat = Polygon([(541_000, 175_000), (541_100, 175_000), (541_000, 175_000)])
    with pytest.raises(InputError, match=r"flat.gpkg: 1 of its features cannot be used; mend or remove them"):
        zones(written(tmp_path / "flat.gpkg", [square(541_000), flat]))
    written(tmp_path / "two.gpkg", [square(541_000)], layer="a")
    written(tmp_path / "two.gpkg", [square(541_000)], layer="b")
    with pytest.raises(InputError, match=r"several layers \(a, b\); export the one with the zones"):
        zones(tmp_path / "two.gpkg")
    with pytest.raises(InputError, match=r"exclude .*none.gpkg does not exist"):
        zones(tmp_path / "none.gpkg")


def test_streets_of_all_layers_of_lines_are_cut_and_ordered(tmp_path):
    one = LineString([(541_000, 175_000), (542_000, 175_000)])
    long = LineString([(549_000, 176_000), (551_000, 176_000)])
    other = LineString([(541_500, 174_000), (541_500, 176_000)])
    path = written(tmp_path / "s.gpkg", [long, one], layer="roads")
    written(path, [other], layer="paths")
    written(path, [Point(541_000, 175_000)], layer="nodes")
    found = read_streets(path, epsg=27700, window=WITHIN)
    assert sorted(found.length.round(3)) == [1000, 1000, 2000]
    assert list(found.index) == [0, 1, 2]
    assert found.crs.to_epsg() == 27700
    assert shapely.covers(WITHIN, found.to_numpy()).all()
    turned = written(tmp_path / "t.gpkg", [other, one, long])
    pd.testing.assert_series_equal(read_streets(turned, epsg=27700, window=WITHIN), found)


def test_streets_need_a_line_in_the_window(tmp_path):
    far = written(tmp_path / "far.gpkg", [LineString([(1000, 1000), (2000, 2000)])])
    with pytest.raises(InputError, match=r"\[bus\] network far.gpkg has no line in the area or around it"):
        read_streets(far, epsg=27700, window=WITHIN)
    points = written(tmp_path / "p.gpkg", [Point(541_000, 175_000)])
    with pytest.raises(InputError, match=r"\[bus\] network p.gpkg has no line"):
        read_streets(points, epsg=27700, window=WITHIN)


def test_a_shapefile_without_its_table_is_streets():
    path = REAL / "overlays" / "london-2018-MRN.zip"
    if not path.exists():
        pytest.skip("the real layers are not here")
    found = read_streets(path, epsg=27700, window=WITHIN)
    assert len(found) > 10
    assert set(found.geom_type) == {"LineString"}


# --- a layer of need --------------------------------------------------------------------------------------------------


def demand(folder, text, name="need.csv"):
    return read_own_demand(text_file(folder, name, text), epsg=27700)


def test_need_has_weights_in_order_of_place(tmp_path):
    frame = demand(
        tmp_path, "Weight,Easting,Northing\n2.5,549300,175900\n0,549300,175800\n1,549200,175800\n1e1,549300,175800\n"
    )
    assert list(frame.columns) == ["weight", "geometry"]
    assert frame["weight"].tolist() == [1, 0, 10, 2.5]
    assert frame["weight"].dtype == float
    assert frame.geometry.x.tolist() == [549200, 549300, 549300, 549300]
    assert list(frame.index) == [0, 1, 2, 3]
    assert frame.crs.to_epsg() == 27700


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,easting,northing\nA,1,1\n", r"\[bus\] demand need.csv lacks the column weight; it has: name, easting"),
        (
            "weight,easting,northing\n-1,549300,175800\n1,549300,175800\nx,549300,175800\ninf,1,1\n",
            r"need.csv, row 2, column weight: this is no number from 0 on \('-1'\); need.csv, row 4.*row 5.*; mend or",
        ),
        ("weight,easting,northing\n,549300,175800\n", "row 2, column weight: this is no number from 0 on; mend"),
        ("weight,easting,northing\n1,,\n", "row 2, column easting, northing: there is no place; mend"),
        ("weight,easting,northing\n0,549300,175800\n", "demand need.csv has no weight above 0"),
        ("weight,easting,northing\n" + "1,,\n" * 11, r"row 11, column [^;]*; and 1 more; mend or remove these rows"),
    ],
)
def test_need_that_cannot_be_used_is_refused(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        demand(tmp_path, text)


def test_need_as_polygons_is_refused(tmp_path):
    for shape, kind in (
        (box(549_100, 175_100, 549_140, 175_140), "Polygon"),
        (MultiPoint([(549_100, 175_100)]), "MultiP"),
    ):
        frame = gpd.GeoDataFrame({"weight": [1]}, geometry=[shape], crs=27700)
        path = tmp_path / f"{kind}.gpkg"
        frame.to_file(path)
        with pytest.raises(InputError, match=rf"holds {kind}.* where points are wanted; give a point for each"):
            read_own_demand(path, epsg=27700)
    good = gpd.GeoDataFrame({"weight": [1.5]}, geometry=[Point(549_100, 175_100)], crs=27700)
    good.to_file(tmp_path / "good.gpkg")
    assert read_own_demand(tmp_path / "good.gpkg", epsg=27700)["weight"].tolist() == [1.5]
