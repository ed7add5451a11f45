"""LSOA layers of every shape that people have, and those that nobody can use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from hotspots.errors import InputError
from hotspots.intake.boundaries import Boundaries, read_boundaries
from hotspots.intake.files import sha256
from tests import intake_fixtures as fixtures
from tests.intake_fixtures import layer, shapefile_zip, text_file, zipped

if TYPE_CHECKING:
    from pathlib import Path

SQUARE = box(548_000, 175_000, 549_000, 176_000)
BOW_TIE = Polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)])


def read(*paths: Path, epsg: int = 27700) -> Boundaries:
    return read_boundaries(paths, epsg=epsg)


def written(path: Path, frame: gpd.GeoDataFrame, **options: Any) -> Path:
    frame.to_file(path, **options)
    return path


def geojson(path: Path, geometries: list[Any], crs: str | None = None, **columns: list[Any]) -> Path:
    """Write GeoJSON by hand: what a member is called and which are missing is the point."""
    count = len(geometries)
    columns = {"LSOA21CD": [f"E0100000{n}" for n in range(1, count + 1)], "LSOA21NM": ["Bexley 001A"] * count} | columns
    features = [
        {
            "type": "Feature",
            "properties": {name: values[position] for name, values in columns.items()},
            "geometry": None
            if shape is None
            else shape
            if isinstance(shape, dict)
            else shapely.geometry.mapping(shape),
        }
        for position, shape in enumerate(geometries)
    ]
    document: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if crs:
        document["crs"] = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:{crs}"}}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def bng(path: Path, geometries: list[Any], **columns: list[Any]) -> Path:
    return geojson(path, geometries, "EPSG::27700", **columns)


def shifted(shape: Any) -> Any:
    return shapely.affinity.translate(shape, 548_000, 175_000)


# --- what is read ----------------------------------------------------------------------------------------------------


def test_a_layer_becomes_areas(tmp_path):
    path = written(tmp_path / "x.gpkg", layer())
    found = read(path)
    areas = found.areas
    assert list(areas.index) == ["E01000001", "E01000002", "E01000003"]
    assert list(areas["lsoa_name"]) == ["Bexley 001A", "Bexley 001B", "Barking and Dagenham 002A"]
    assert list(areas["borough"]) == ["Bexley", "Bexley", "Barking and Dagenham"]
    assert set(areas["vintage"]) == {2021}
    assert np.allclose(areas["area_km2"], 1.0, rtol=0, atol=1e-9)
    assert set(areas["zone"]) == {"beyond"}
    assert areas["force"].isna().all()
    assert areas["population"].isna().all()
    assert areas["district_code"].isna().all()
    assert (found.repaired, found.repeated, found.source_crs) == ((), (), "EPSG:27700")
    assert [(file.role, file.name, file.sha256) for file in found.files] == [
        ("boundaries", "x.gpkg", sha256(path.read_bytes())),
    ]


@pytest.mark.parametrize(
    ("code", "name", "vintage"),
    [
        ("LSOA21CD", "LSOA21NM", 2021),
        ("lsoa21cd", "lsoa21nm", 2021),
        ("LSOA11CD", "LSOA11NM", 2011),
        ("Lsoa11Cd", "lsoa11nm", 2011),
    ],
)
def test_codes_and_names_are_known_in_every_case_and_give_the_vintage(tmp_path, code, name, vintage):
    frame = layer().rename(columns={"LSOA21CD": code, "LSOA21NM": name})
    areas = read(written(tmp_path / "x.gpkg", frame)).areas
    assert list(areas.index) == list(frame[code])
    assert list(areas["lsoa_name"]) == list(frame[name])
    assert set(areas["vintage"]) == {vintage}


def test_of_both_vintages_in_one_layer_the_newer_is_taken(tmp_path):
    frame = layer(LSOA11CD=["A", "B", "C"], LSOA11NM=["a", "b", "c"])
    assert list(read(written(tmp_path / "x.gpkg", frame)).areas.index) == list(frame["LSOA21CD"])


def test_a_district_code_is_kept_and_other_columns_are_not(tmp_path):
    frame = layer(LAD22CD=["E09000004", None, "E09000002"], secret=["Jane Doe"] * 3)
    areas = read(written(tmp_path / "x.gpkg", frame)).areas
    assert areas["district_code"].fillna("-").tolist() == ["E09000004", "-", "E09000002"]
    assert "Jane Doe" not in areas.to_csv()


def test_names_lose_blanks_and_a_name_of_one_word_is_its_own_borough(tmp_path):
    frame = layer(LSOA21NM=[" Bexley 001A ", "Bexley", "King's Lynn and West Norfolk 001A"])
    areas = read(written(tmp_path / "x.gpkg", frame)).areas
    assert list(areas["borough"]) == ["Bexley", "Bexley", "King's Lynn and West Norfolk"]
    assert areas["lsoa_name"].iloc[0] == "Bexley 001A"


def test_several_files_are_one_layer_and_a_code_given_twice_is_used_once(tmp_path):
    one = written(tmp_path / "one.gpkg", layer().iloc[:2])
    two = written(tmp_path / "two.geojson", layer(4326).iloc[1:])
    found = read(one, two)
    assert list(found.areas.index) == ["E01000001", "E01000002", "E01000003"]
    assert found.repeated == ("E01000002",)
    assert found.source_crs == "EPSG:27700, EPSG:4326"
    assert [file.name for file in found.files] == ["one.gpkg", "two.geojson"]


def test_the_rows_of_one_code_are_joined(tmp_path):
    shapes = [shifted(box(0, 0, 500, 500)), shifted(box(2000, 0, 2500, 500))]
    found = read(bng(tmp_path / "x.geojson", shapes, LSOA21CD=["E01000001"] * 2))
    assert found.repeated == ("E01000001",)
    assert found.areas["area_km2"].tolist() == pytest.approx([0.5])


def test_the_layer_with_lsoas_is_found_among_others(tmp_path):
    path = tmp_path / "x.gpkg"
    layer().rename(columns={"LSOA21CD": "WD24CD"}).to_file(path, layer="wards")
    layer().to_file(path, layer="lsoas")
    assert len(read(path).areas) == 3


# --- formats and reference systems -----------------------------------------------------------------------------------


def largest_shift(found: gpd.GeoDataFrame) -> float:
    """Return how far, in metres, any corner is from where it was drawn."""
    drawn = layer().geometry.normalize().array
    corners = [shapely.get_coordinates(shapes) for shapes in (found.geometry.normalize().array, drawn)]
    assert corners[0].shape == corners[1].shape
    return float(np.abs(corners[0] - corners[1]).max())


@pytest.mark.parametrize("crs", [27700, 4326, 3857, 32630])
@pytest.mark.parametrize("form", ["gpkg", "geojson", "zip", "nested zip", "fgb", "folder"])
def test_every_format_and_crs_gives_the_same_polygons(tmp_path, form, crs):
    frame = layer(crs)
    if "zip" in form:
        path = shapefile_zip(tmp_path / "x.zip", frame, folder="inner/deeper/" if form == "nested zip" else "")
    elif form == "folder":
        (tmp_path / "x").mkdir()
        path = written(tmp_path / "x" / "x.shp", frame).parent
    elif form == "geojson":
        path = written(tmp_path / "x.geojson", frame, driver="GeoJSON", COORDINATE_PRECISION=12)
    else:
        path = written(tmp_path / f"x.{form}", frame)
    areas = read(path).areas
    assert areas.crs.to_epsg() == 27700
    assert largest_shift(areas) < 1e-3
    if crs == 27700:
        assert largest_shift(areas) == 0


def test_another_analysis_crs_is_used(tmp_path):
    areas = read(written(tmp_path / "x.gpkg", layer()), epsg=32630).areas
    assert areas.crs.to_epsg() == 32630
    assert largest_shift(areas.to_crs(27700)) < 1e-3


def test_a_zip_made_on_a_mac_and_one_that_holds_a_geopackage_are_read(tmp_path):
    inner = written(tmp_path / "x.gpkg", layer()).read_bytes()
    members: dict[str, bytes | str] = {"a/x.gpkg": inner, "__MACOSX/a/._x.gpkg": b"\x00\x05", "a/readme.txt": "x"}
    assert len(read(zipped(tmp_path / "x.zip", members)).areas) == 3


def test_geojson_without_a_crs_member_is_in_degrees_by_its_standard(tmp_path):
    frame = layer(4326)
    path = geojson(tmp_path / "x.json", list(frame.geometry), LSOA21NM=list(frame["LSOA21NM"]))
    found = read(path)
    assert found.source_crs == "EPSG:4326"
    assert largest_shift(found.areas) < 1e-3


@pytest.mark.parametrize(
    ("said", "shapes", "crs"),
    [
        ("said to be in degrees .*549,000, 176,000.* EPSG:27700", [SQUARE], None),
        ("look like degrees.* EPSG:4326", [box(0.1, 51.4, 0.2, 51.5)], "EPSG::27700"),
        ("outside Great Britain; is its CRS the true one", [SQUARE], "EPSG::3857"),
        ("outside Great Britain;.* longitude before latitude", [box(51.4, 0.1, 51.5, 0.2)], None),
        ("outside Great Britain", [box(0.1, 89.9, 0.2, 91)], None),
        ("outside Great Britain", [SQUARE, shapely.affinity.translate(SQUARE, 5e6, 0)], "EPSG::27700"),
    ],
    ids=["grid as degrees", "degrees as grid", "grid as web", "turned", "beyond the pole", "one astray"],
)
def test_a_crs_that_the_coordinates_contradict_is_an_error(tmp_path, said, shapes, crs):
    with pytest.raises(InputError, match=said):
        read(geojson(tmp_path / "x.geojson", shapes, crs))


def test_a_shapefile_without_its_prj_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"does not say its CRS \(a shapefile needs its \.prj\)"):
        read(shapefile_zip(tmp_path / "x.zip", layer(), without=".prj"))


def test_a_reference_system_of_the_moon_is_an_error(tmp_path):
    frame = layer(4326).set_crs("IAU_2015:30100", allow_override=True)
    with pytest.raises(InputError, match=r"x\.gpkg"):
        read(written(tmp_path / "x.gpkg", frame))


# --- what is no LSOA layer -------------------------------------------------------------------------------------------


def test_unknown_columns_are_listed_with_where_to_get_the_layer(tmp_path):
    frame = layer().rename(columns={"LSOA21CD": "WD24CD", "LSOA21NM": "WD24NM"})
    with pytest.raises(InputError, match=r"no LSOA code and name columns .* it has: WD24CD, WD24NM\. Get .*ONS Open"):
        read(written(tmp_path / "x.gpkg", frame))


@pytest.mark.parametrize("columns", [("LSOA01CD", "LSOA01NM"), ("LSOA21CD", "LSOA11NM"), ("LSOA21CD", "name")])
def test_other_years_and_half_a_pair_are_no_lsoa_columns(tmp_path, columns):
    frame = layer().rename(columns=dict(zip(("LSOA21CD", "LSOA21NM"), columns, strict=True)))
    with pytest.raises(InputError, match=f"it has: {columns[0]}, {columns[1]}"):
        read(written(tmp_path / "x.gpkg", frame))


def test_mixed_vintages_are_an_error(tmp_path):
    paths = [written(tmp_path / f"{vintage}.gpkg", layer(vintage=vintage)) for vintage in ("21", "11")]
    with pytest.raises(InputError, match=r"mix LSOA vintages \(2011, 2021\)"):
        read(*paths)


@pytest.mark.parametrize(
    ("shapes", "kinds"),
    [
        ([Point(548_000, 175_000)], "Point"),
        ([Point(548_000, 175_000), LineString([(548_000, 175_000), (1, 1)])], "LineString, Point"),
        ([None], "no geometry at all"),
        ([], "no geometry at all"),
        ([{"type": "Polygon", "coordinates": []}], "no geometry at all"),
    ],
)
def test_a_layer_without_polygons_is_an_error_that_names_what_it_holds(tmp_path, shapes, kinds):
    # GeoJSON without features has no columns either: a GeoPackage keeps them.
    frame = gpd.GeoDataFrame(layer().iloc[:0]) if not shapes else None
    path = tmp_path / "x.gpkg"
    written(path, frame) if frame is not None else (path := bng(tmp_path / "x.geojson", shapes))
    with pytest.raises(InputError, match=f"holds no polygons but {kinds}"):
        read(path)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"shape": None}, "E01000002"),
        ({"shape": Point(548_000, 175_000)}, "E01000002"),
        ({"shape": {"type": "Polygon", "coordinates": []}}, "E01000002"),
        ({"LSOA21CD": None}, "row 2"),
        ({"LSOA21CD": "  "}, "row 2"),
        ({"LSOA21NM": None}, "E01000002"),
        ({"LSOA21NM": ""}, "E01000002"),
    ],
)
def test_a_row_without_polygon_code_or_name_is_an_error_that_names_it(tmp_path, changes, named):
    rows: dict[str, list[Any]] = {"LSOA21CD": ["E01000001", "E01000002"], "LSOA21NM": ["Bexley 001A", "Bexley 001B"]}
    shapes = [SQUARE, changes.pop("shape", SQUARE)]
    for name, value in changes.items():
        rows[name][1] = value
    with pytest.raises(InputError, match=rf"1 rows without a code, a name or a polygon \({named}\)"):
        read(bng(tmp_path / "x.geojson", shapes, **rows))


def test_at_most_ten_bad_rows_are_named(tmp_path):
    path = bng(tmp_path / "x.geojson", [SQUARE, *[None] * 30], LSOA21CD=[f"E{number:02}" for number in range(31)])
    with pytest.raises(InputError, match=r"has 30 rows .*E01, .*E10\)"):
        read(path)


def test_a_table_without_geometry_is_no_layer(tmp_path):
    path = text_file(tmp_path, "lookup.csv", "LSOA21CD,LSOA21NM\nE01000001,Bexley 001A\n")
    with pytest.raises(InputError, match=r"lookup\.csv is a table without geometry"):
        read(path)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.geojson", b""),
        ("x.geojson", b"{}"),
        ("x.geojson", b'{"type": "FeatureCollection", "features": ['),
        ("x.gpkg", b"SQLite format 3\x00"),
        ("x.shp", b"\x00\x00\x27\x0a"),
        ("x.zip", b"PK\x03\x04"),
        ("x.zip", fixtures.zip_bytes({"a/x.shp": b"\x00", "b/x.json": "{"})),
        ("x.png", b"\x89PNG\r\n\x1a\n"),
    ],
)
def test_what_is_no_layer_is_one_clear_sentence(tmp_path, name, data):
    with pytest.raises(InputError, match=f"{name} (cannot be read|has no LSOA code).*ONS Open Geography Portal"):
        read(text_file(tmp_path, name, data))


def test_paths_that_are_not_there_are_named(tmp_path):
    with pytest.raises(InputError, match="No --boundaries are given"):
        read()
    for path in (tmp_path / "none.gpkg", tmp_path / ("x" * 5000)):
        with pytest.raises(InputError, match=r"--boundaries .* does not exist; .*ONS Open"):
            read(path)
    with pytest.raises(InputError, match=r"cannot be read as a vector layer|has no LSOA"):
        read(tmp_path)


# --- polygons --------------------------------------------------------------------------------------------------------


def test_an_invalid_polygon_is_repaired_and_named(tmp_path):
    spike = Polygon([(0, 0), (1000, 0), (1000, 1000), (500, 1000), (500, 2000), (500, 1000), (0, 1000)])
    shapes = [shifted(BOW_TIE), SQUARE, shifted(spike)]
    found = read(bng(tmp_path / "x.geojson", shapes))
    assert found.repaired == ("E01000001", "E01000003")
    assert found.areas.is_valid.all()
    assert list(found.areas.geom_type) == ["MultiPolygon", "Polygon", "Polygon"]
    assert found.areas["area_km2"].round(9).tolist() == [0.5, 1.0, 1.0]


@pytest.mark.parametrize(
    "shape",
    [
        Polygon([(0, 0), (1000, 1000), (0, 0)]),
        Polygon([(0, 0), (1000, 0), (500, 0), (0, 0)]),
        GeometryCollection([Point(0, 0), LineString([(0, 0), (9, 9)])]),
    ],
    ids=["line there and back", "flat", "collection of lines"],
)
def test_a_polygon_without_ground_is_beyond_repair_and_named(tmp_path, shape):
    with pytest.raises(InputError, match="polygon of E01000002 is broken beyond repair"):
        read(bng(tmp_path / "x.geojson", [SQUARE, shifted(shape)]))


@pytest.mark.parametrize(
    ("number", "said"),
    [(float("nan"), "polygon of E01000002 is broken beyond repair"), (float("inf"), "outside Great")],
)
def test_a_corner_that_is_nowhere_is_an_error(tmp_path, number, said):
    frame = layer()
    corners = shapely.get_coordinates(frame.geometry.array)
    corners[6] = number
    broken = frame.set_geometry(shapely.set_coordinates(frame.geometry.to_numpy().copy(), corners), crs=27700)
    with pytest.raises(InputError, match=said):
        read(written(tmp_path / "x.gpkg", broken))


def test_a_collection_keeps_its_polygons(tmp_path):
    shape = GeometryCollection([box(0, 0, 1000, 1000), LineString([(0, 0), (5000, 5000)])])
    found = read(bng(tmp_path / "x.geojson", [shifted(shape)]))
    assert found.repaired == ("E01000001",)
    assert found.areas.geometry.iloc[0].equals(SQUARE)


def test_heights_are_dropped_and_multipolygons_and_holes_kept(tmp_path):
    hole = Polygon(box(0, 0, 1000, 1000).exterior, [box(250, 250, 750, 750).exterior])
    parts = MultiPolygon([box(0, 0, 100, 100), box(500, 500, 600, 600)])
    frame = layer().set_geometry([shapely.force_3d(SQUARE, 7.0), shifted(hole), shapely.force_3d(shifted(parts), 7.0)])
    found = read(written(tmp_path / "x.gpkg", frame.set_crs(27700)))
    assert not found.areas.has_z.any()
    assert found.repaired == ()
    assert [len(shapely.get_parts(shape)) for shape in found.areas.geometry] == [1, 1, 2]
    assert found.areas["area_km2"].round(9).tolist() == [1.0, 0.75, 0.02]
