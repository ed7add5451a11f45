"""Roads, water and places of every schema people have, cut to a window while they are read."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from shapely.geometry import LineString, MultiLineString, Point, Polygon, box

from hotspots.errors import InputError
from hotspots.intake import backdrop, vector
from hotspots.intake.backdrop import read_places, read_roads, read_water
from hotspots.intake.files import sha256

WINDOW = box(0 + 540_000, 170_000, 550_000, 180_000)
INSIDE = LineString([(542_000, 172_000), (544_000, 173_000)])


def gpkg(path, geometries, layer="things", crs=27700, **columns):
    gpd.GeoDataFrame(columns, geometry=geometries, crs=crs).to_file(path, driver="GPKG", layer=layer)
    return path


def lines(count):
    return [shapely.affinity.translate(INSIDE, 0, 100 * n) for n in range(count)]


def roads(*paths, window=WINDOW):
    return read_roads(paths, window, epsg=27700)


def water(*paths):
    return read_water(paths, WINDOW, epsg=27700)


def places(*paths):
    return read_places(paths, WINDOW, epsg=27700)


SCHEMATA = {
    "OS Open Roads, GeoPackage": (
        {
            "road_function": [
                *("Motorway", "A Road", "B Road", "Minor Road", "Local Road", "Local Access Road"),
                *("Restricted Local Access Road", "Secondary Access Road"),
            ],
            "road_classification": ["Unknown"] * 8,
        },
        [1, 2, 3, 4, 5, 5],
        backdrop.OS,
    ),
    "OS Open Roads, GML": (
        {"roadFunction": ["Motorway", "A Road"], "roadClassification": ["Motorway", "Not Classified"]},
        [1, 2],
        backdrop.OS,
    ),
    "OS Open Roads, shapefile": (
        {"class": ["Motorway", "B Road", "Unclassified"], "function": ["", "", "Minor Road"], "formOfWay": ["x"] * 3},
        [1, 3, 4],
        backdrop.OS,
    ),
    "OS Open Roads by classification alone": (
        {"roadClassification": ["A Road", "Classified Unnumbered", "Not Classified", "Unclassified", "Unknown"]},
        [2, 4, 5, 5, 5],
        None,
    ),
    "OS OpenMap Local": (
        {
            "CLASSIFICA": [
                *("Motorway, Collapsed Dual Carriageway", "Primary Road", "A Road, Collapsed Dual Carriageway"),
                *("B Road", "Minor Road", "Local Street", "Private Road Publicly Accessible", "Pedestrianised Street"),
            ],
            "FEATCODE": [15710] * 8,
        },
        [1, 2, 2, 3, 4, 5, 5],
        backdrop.OS,
    ),
    "OS OpenMap Local, GeoPackage": (
        {"classification": ["B Road, Collapsed Dual Carriageway"], "distinctive_name": ["High Street"]},
        [3],
        backdrop.OS,
    ),
    "OSM": (
        {
            "highway": [
                *("motorway_link", "trunk", "primary_link", "secondary", "tertiary", "unclassified", "residential"),
                *("living_street", "pedestrian", "footway", "service", "cycleway", "steps", "construction"),
            ]
        },
        [1, 2, 2, 3, 4, 5, 5, 5, 5],
        backdrop.OSM,
    ),
    "Geofabrik": ({"fclass": ["trunk_link", "track_grade3", "primary"], "ref": ["A2", "", ""]}, [2, 2], backdrop.OSM),
}


@pytest.mark.parametrize(("columns", "classes", "publisher"), SCHEMATA.values(), ids=SCHEMATA)
def test_roads_are_classified_by_the_columns_of_each_source(tmp_path, columns, classes, publisher):
    count = len(next(iter(columns.values())))
    ground = roads(gpkg(tmp_path / "roads.gpkg", lines(count), **columns))
    assert list(ground.frame["road_class"]) == classes
    assert ground.publishers == (publisher,)
    private = count - len(classes)
    said = [f"roads.gpkg: {private} paths and private ways are left out."] if private else []
    assert list(ground.notes) == said


def test_every_value_has_one_class():
    values = [value for values in backdrop._ROADS.values() for value in values]
    assert len(values) == len(set(values)) == len(backdrop._ROAD_OF)
    assert set(backdrop.ROAD_CLASSES) == set(backdrop._ROADS) - {0}
    assert all(value == value.casefold() for value in (*values, *backdrop._PLACE_OF))


def test_lines_without_known_columns_are_drawn_as_b_roads_and_that_is_said_once(tmp_path):
    path = gpkg(tmp_path / "mrn.gpkg", lines(3), grade=["x", "y", "z"])
    ground = roads(path)
    assert list(ground.frame["road_class"]) == [3, 3, 3]
    assert list(ground.frame["name"]) == ["", "", ""]
    assert ground.notes == (
        "mrn.gpkg has no column of road classes that is known: every line is drawn as a B road is.",
    )
    assert ground.publishers == (None,)
    (file,) = ground.files
    assert (file.role, file.name, file.sha256) == ("roads", "mrn.gpkg", sha256(path.read_bytes()))


def test_rows_of_an_unknown_kind_are_named_the_commonest_first_five_at_most(tmp_path):
    kinds = ["primary", "b", "a", "a", "c", "d", "e", "f"]
    ground = roads(gpkg(tmp_path / "r.gpkg", lines(8), highway=kinds))
    assert len(ground.frame) == 1
    (note,) = ground.notes
    assert note == "r.gpkg: 7 rows of another kind ('a', 'b', 'c', 'd', 'e' and 1 more) are left out."


def test_a_road_is_called_by_its_number_before_its_name(tmp_path):
    path = gpkg(
        tmp_path / "r.gpkg", lines(3), highway=["primary"] * 3, ref=["A2", None, ""], name=["X", "High St", None]
    )
    assert list(roads(path).frame["name"]) == ["A2", "High St", ""]


def test_of_several_layers_those_that_tell_roads_are_taken(tmp_path):
    path = tmp_path / "open.gpkg"
    gpkg(path, lines(2), "railway_track", classification=["Single Track", "Multi Track"], name=["a", "b"])
    gpkg(path, [Point(542_000, 172_000)], "road_node", form=["junction"])
    gpkg(path, lines(3), "road", classification=["A Road", "B Road", "Local Road"], name=["", "", ""])
    ground = roads(path)
    assert list(ground.frame["road_class"]) == [2, 3, 5]
    assert ground.notes == ()


def test_a_zip_with_a_shapefile_in_a_folder_is_read_once(tmp_path):
    folder = tmp_path / "shp"
    folder.mkdir()
    gpd.GeoDataFrame({"class": ["A Road"]}, geometry=lines(1), crs=27700).to_file(folder / "r.shp")
    packed = tmp_path / "r.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"data/{file.name}")
    assert len(roads(packed).frame) == 1
    flat = tmp_path / "flat.zip"
    with zipfile.ZipFile(flat, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    assert len(roads(flat).frame) == 1


def test_what_lies_outside_is_not_read_and_what_crosses_is_cut(tmp_path, monkeypatch):
    crossing = LineString([(549_000, 175_000), (552_000, 175_000)])
    outside = LineString([(560_000, 175_000), (561_000, 175_000)])
    path = gpkg(tmp_path / "r.gpkg", [crossing, outside, INSIDE], highway=["primary"] * 3)
    seen = []
    plain = pyogrio.read_dataframe

    def watched(*words, **options):
        seen.append(plain(*words, **options))
        return seen[-1]

    monkeypatch.setattr(pyogrio, "read_dataframe", watched)
    frame = roads(path).frame
    assert len(seen[0]) == 2  # the third was passed over while reading
    assert list(seen[0].columns) == ["highway", "geometry"]
    assert shapely.equals(frame.geometry[0], LineString([(549_000, 175_000), (550_000, 175_000)]))
    assert frame.geometry[1].equals_exact(INSIDE)
    assert frame.crs.to_epsg() == 27700


def test_a_window_in_another_crs_loses_nothing(tmp_path):
    path = gpkg(tmp_path / "r.gpkg", [INSIDE], highway=["primary"])
    degrees = tmp_path / "d.gpkg"
    gpd.read_file(path).to_crs(4326).to_file(degrees, driver="GPKG")
    assert roads(degrees).frame.geometry[0].hausdorff_distance(INSIDE) < 0.01
    # its north edge bulges in degrees between the corners: a line just under its middle must stay
    top = LineString([(544_900, 179_999.5), (545_100, 179_999.5)])
    edge = tmp_path / "edge.gpkg"
    gpd.GeoDataFrame({"highway": ["primary"]}, geometry=[top], crs=27700).to_crs(4326).to_file(edge, driver="GPKG")
    assert len(roads(edge).frame) == 1


def test_parts_become_single_lines_that_keep_their_class(tmp_path):
    both = MultiLineString([INSIDE, shapely.affinity.translate(INSIDE, 0, 500)])
    path = gpkg(tmp_path / "r.gpkg", [both, INSIDE], highway=["primary", "secondary"])
    frame = roads(path).frame
    assert list(frame["road_class"]) == [2, 2, 3]
    assert set(frame.geom_type) == {"LineString"}


def test_broken_geometry_is_repaired_or_left_out_and_counted(tmp_path):
    bow = Polygon([(541_000, 171_000), (542_000, 172_000), (542_000, 171_000), (541_000, 172_000)])
    flat = Polygon([(541_000, 171_000), (542_000, 172_000), (541_000, 171_000)])
    path = gpkg(tmp_path / "w.gpkg", [bow, flat, bow.buffer(100)], natural=["water"] * 3)
    ground = water(path)
    assert ground.frame.is_valid.all()
    assert set(ground.frame.geom_type) == {"Polygon"}
    assert len(ground.frame) == 3  # the two halves of the bow tie, and the sound one
    assert ground.frame.area.iloc[:2].sum() == pytest.approx(500_000)
    assert ground.notes == (
        "w.gpkg: 1 invalid shapes were repaired.",
        "w.gpkg: 1 rows without a usable geometry are left out.",
    )


def test_shapes_that_are_none_empty_or_without_numbers_are_counted_as_lost():
    shapes = np.empty(5, dtype=object)
    with np.errstate(invalid="ignore"):
        odd = LineString([(0, 0), (np.inf, 1)]), LineString([(0, 0), (1, np.nan)])
    shapes[:] = [INSIDE, None, LineString(), *odd]
    before = shapes.copy()
    sound, repaired, dropped = vector._sound(shapes)
    assert (repaired, dropped) == (0, 4)
    assert sound[0] is INSIDE
    assert shapely.is_empty(sound[1:]).all()
    assert all(left is right for left, right in zip(shapes, before, strict=True))


def test_two_files_are_one_ground_with_their_own_publishers(tmp_path):
    one = gpkg(tmp_path / "a.gpkg", lines(1), road_function=["A Road"])
    two = gpkg(tmp_path / "b.gpkg", lines(1), grade=["x"])
    ground = roads(one, two)
    assert list(ground.frame["road_class"]) == [2, 3]
    assert list(ground.frame.index) == [0, 1]
    assert ground.publishers == (backdrop.OS, None)
    assert [file.name for file in ground.files] == ["a.gpkg", "b.gpkg"]


# ------------------------------------------------------------------------------------------------ water

POND = box(543_000, 173_000, 543_300, 173_300)


def test_water_is_told_from_other_nature(tmp_path):
    shapes = [POND, POND, INSIDE, INSIDE, INSIDE]
    path = gpkg(
        tmp_path / "w.gpkg",
        shapes,
        natural=["water", "wood", None, None, None],
        waterway=[None, None, "river", "Stream", "weir"],
    )
    ground = water(path)
    assert list(ground.frame["small"]) == [False, False, True]
    assert list(ground.frame.geom_type) == ["Polygon", "LineString", "LineString"]
    assert ground.publishers == (backdrop.OSM,)


def test_a_layer_that_tells_no_kinds_is_all_water(tmp_path):
    ground = water(gpkg(tmp_path / "w.gpkg", [POND, INSIDE], name=["a", "b"]))
    assert list(ground.frame["small"]) == [False, False]
    assert ground.frame["small"].dtype == bool


def test_of_several_layers_those_that_tell_of_water_are_taken(tmp_path):
    path = tmp_path / "local.gpkg"
    gpkg(path, [POND.buffer(900)], "woodland", feature_code=[1])
    gpkg(path, [POND], "surface_water_area", feature_code=[2])
    gpkg(path, [INSIDE], "watercourse_link", feature_code=[3])
    frame = water(path).frame
    assert list(frame.geom_type) == ["Polygon", "LineString"]
    assert frame.area[0] == pytest.approx(POND.area)


# ------------------------------------------------------------------------------------------------ places

AT = [Point(541_000 + 1000 * n, 175_000) for n in range(8)]

PLACE_SCHEMATA = {
    "OSM": (
        {"name": list("abcdef"), "place": ["city", "town", "suburb", "village", "hamlet", "farm"]},
        [1, 2, 3, 4, 5],
    ),
    "OS Open Names": (
        {
            "name1": list("abcdef"),
            "type": ["populatedPlace"] * 5 + ["transportNetwork"],
            "local_type": ["City", "Town", "Suburban Area", "Village", "Other Settlement", "Named Road"],
        },
        [1, 2, 3, 4, 5],
    ),
    "OS OpenMap Local": (
        {"DISTNAME": list("abcd"), "FONTHEIGHT": ["Extra Large", "Large", "Medium", "Small"]},
        [1, 2, 3, 4],
    ),
    "Geofabrik": ({"name": list("ab"), "fclass": ["national_capital", "bench"]}, [1]),
}


@pytest.mark.parametrize(("columns", "ranks"), PLACE_SCHEMATA.values(), ids=PLACE_SCHEMATA)
def test_places_are_ranked_by_the_columns_of_each_source(tmp_path, columns, ranks):
    names = next(iter(columns.values()))
    ground = places(gpkg(tmp_path / "p.gpkg", AT[: len(names)], **columns))
    assert list(ground.frame["rank"]) == ranks
    assert list(ground.frame["name"]) == names[: len(ranks)]


def test_places_without_kinds_are_of_one_rank_and_that_is_said(tmp_path):
    ground = places(gpkg(tmp_path / "wards.gpkg", [box(541_000, 171_000, 542_000, 172_000)], NAME=["Erith"]))
    assert list(ground.frame["rank"]) == [3]
    assert ground.frame.geometry[0].equals(Point(541_500, 171_500))
    assert ground.notes == ("wards.gpkg does not tell towns from villages: its places are all of rank 3.",)


def test_places_come_by_rank_then_name_then_place(tmp_path):
    columns = {"name": ["b", "a", "a", "z"], "place": ["town", "town", "town", "city"]}
    frame = places(gpkg(tmp_path / "p.gpkg", [AT[0], AT[3], AT[1], AT[2]], **columns)).frame
    assert list(frame["name"]) == ["z", "a", "a", "b"]
    assert list(frame.geometry.x) == [543_000, 542_000, 544_000, 541_000]


def test_a_name_is_one_short_printable_line(tmp_path):
    names = ["<img src=x onerror=alert(1)>", " two\n lines\x07 ", "x" * 61, "y" * 60, "", None]
    path = gpkg(tmp_path / "p.gpkg", AT[:6], name=names, place=["town"] * 6)
    taken = list(places(path).frame["name"])
    assert taken == ["<img src=x onerror=alert(1)>", "two lines", "x" * 59 + "…", "y" * 60]


# ------------------------------------------------------------------------------------------------ sentences


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"--roads .*none\.gpkg does not exist; check the path\."):
        roads(tmp_path / "none.gpkg")


def test_a_file_that_is_no_layer_is_named(tmp_path):
    path = tmp_path / "x.gpkg"
    path.write_bytes(b"no layer")
    with pytest.raises(InputError, match=r"--water x\.gpkg cannot be read as a vector layer \(.*\); get it again\."):
        water(path)


def test_a_table_is_no_layer(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(
        InputError, match=r"--places x\.csv holds no layer with geometry; give lines, polygons or points"
    ):
        places(path)


def test_a_shapefile_without_a_crs_is_refused(tmp_path):
    path = tmp_path / "r.shp"
    gpd.GeoDataFrame({"class": ["A Road"]}, geometry=[INSIDE], crs=27700).to_file(path)
    path.with_suffix(".prj").unlink()
    with pytest.raises(InputError, match=r"r\.shp does not say its CRS \(a shapefile needs its \.prj\)"):
        roads(path)


def geojson(path, coordinates, crs=None):
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "LineString", "coordinates": coordinates}}
    document: dict[str, Any] = {"type": "FeatureCollection", "features": [feature]}
    if crs:
        document["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(document))
    return path


def test_geojson_without_a_crs_is_degrees(tmp_path):
    path = geojson(tmp_path / "r.geojson", [[0.1, 51.45], [0.11, 51.46]])
    assert len(roads(path, window=box(540_000, 170_000, 560_000, 180_000)).frame) == 1


def test_geojson_without_a_crs_in_metres_is_refused(tmp_path):
    path = geojson(tmp_path / "r.geojson", [[542_000, 172_000], [544_000, 173_000]])
    with pytest.raises(InputError, match=r"r\.geojson is said to be in degrees .* reach 544,000, 173,000; .*27700"):
        roads(path)


def test_degrees_said_to_be_metres_are_refused(tmp_path):
    path = geojson(tmp_path / "r.geojson", [[0.1, 51.45], [0.11, 51.46]], crs="urn:ogc:def:crs:EPSG::27700")
    with pytest.raises(
        InputError, match=r"said to be projected \(EPSG:27700\), .* up to 0\.11, 51\.46, look like degrees"
    ):
        roads(path)


@pytest.mark.parametrize(("read", "option"), [(roads, "--roads"), (water, "--water"), (places, "--places")])
def test_a_layer_of_another_place_is_refused(tmp_path, read, option):
    there = shapely.affinity.translate(POND if option == "--places" else INSIDE, 100_000, 0)
    path = gpkg(tmp_path / "far.gpkg", [there], name=["x"], place=["town"], highway=["primary"])
    with pytest.raises(InputError, match=rf"{option} far\.gpkg holds nothing of the area that can be drawn; is it the"):
        read(path)


def test_points_of_another_kind_are_no_places(tmp_path):
    path = gpkg(tmp_path / "pois.gpkg", AT[:2], name=["a", "b"], fclass=["bench", "pub"])
    with pytest.raises(InputError, match=r"--places pois\.gpkg holds nothing of the area"):
        places(path)


def test_polygons_are_no_roads(tmp_path):
    path = gpkg(tmp_path / "areas.gpkg", [POND], highway=["primary"])
    with pytest.raises(InputError, match=r"--roads areas\.gpkg holds nothing of the area"):
        roads(path)


def test_places_without_names_say_what_there_is(tmp_path):
    path = gpkg(tmp_path / "p.gpkg", AT[:1], title=["a"], kind=["town"])
    with pytest.raises(
        InputError, match=r"p\.gpkg has no column of names \(name1, name or distname\) .* has: title, kind"
    ):
        places(path)


def test_main_roads_of_london(real):
    path = Path(real) / "overlays" / "london-2018-MRN.zip"
    if not path.exists():
        pytest.skip(f"{path.name} is not in the public data")
    bexley = box(545_000, 169_000, 555_000, 181_000)
    ground = read_roads([path], bexley, epsg=27700)
    assert 100 < len(ground.frame) < 1_000
    assert ground.frame.within(bexley.buffer(0.01)).all()
