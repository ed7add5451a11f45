"""Points of every source people have: which of them are places, what they are called, and a layer of need."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPoint, Point, Polygon, box

from hotspots.errors import InputError
from hotspots.intake.located_rows import read_located
from hotspots.intake.point_layers import join_points, read_point_layer, read_points, tidy_names
from tests.conftest import REAL
from tests.intake_fixtures import gzipped, text_file

OVERLAYS = REAL / "overlays"
WITHIN = box(549_000, 175_000, 550_000, 176_000)

TFL = (
    "Stop_Code_LBSL,Bus_Stop_Code,Naptan_Atco,Stop_Name,Location_Easting,Location_Northing,Virtual_Bus_Stop\n"
    "10,5,49A,BROADWAY STN <> / THE MALL,549100,175100,0\n"
    "9,6,,BROADWAY STN <> / THE MALL,549130,175140,0\n"
    "11,7,49B,ERITH PIER #,548999,175100,0\n"
    "12,8,49C,NOWHERE,0,0,0\n"
    "13,9,49D,***NONE***,549100,175100,0\n"
    "14,9,49D,EDGE,549000,175000,1\n"
)
NAPTAN = (
    "ATCOCode,CommonName,Easting,Northing,Longitude,Latitude,StopType,Status\n"
    "240001,Ironworks,549100,175100,,,BCT,active\n"
    "240002,Dock,,,0.14,51.455,RLY,active\n"
    "240003,Gone,549100,175100,,,BCT,inactive\n"
)


def stops(folder, text=TFL, name="stops.csv", **asked):
    return read_point_layer(text_file(folder, name, text), "--from", epsg=27700, **asked)


def test_stops_of_tfl_inside_an_area(tmp_path):
    layer = stops(tmp_path, within=WITHIN)
    points = layer.points
    assert list(points.index) == ["S-10", "S-14", "S-9"]
    assert points.index.name == "point_id"
    assert list(points.columns) == ["name", "kind", "geometry"]
    assert points["name"].to_dict() == {
        "S-10": "Broadway Stn / The Mall",
        "S-14": "Edge",
        "S-9": "Broadway Stn / The Mall",
    }
    assert points["kind"].isna().all()
    assert points.geometry["S-9"] == Point(549130, 175140)
    assert points.crs.to_epsg() == 27700
    assert (layer.read, layer.inside) == (6, 3)
    assert layer.skipped == {"with 0, 0 as coordinates": 1, "outside the area": 1, "without a name": 1}
    assert layer.file.role == "points"
    same = read_points(tmp_path / "stops.csv", "--from", epsg=27700, within=WITHIN)
    pd.testing.assert_frame_equal(same, points)


def test_without_an_area_all_points_count(tmp_path):
    assert "S-11" in stops(tmp_path).points.index


def test_naptan_packed_with_stops_that_are_gone(tmp_path):
    layer = stops(tmp_path, gzipped(NAPTAN), "naptan.csv.gz")
    assert list(layer.points["name"]) == ["Ironworks", "Dock"]
    assert list(layer.points["kind"]) == ["bus stop", "railway station"]
    assert list(layer.points.index) == ["S-240001", "S-240002"]
    assert layer.skipped == {"no longer in use": 1}
    asked = stops(tmp_path, NAPTAN, where={"status": ("inactive",)})
    assert list(asked.points["name"]) == ["Gone"]
    assert asked.skipped == {"not among those chosen by column and value": 2}
    # A status means that only in NaPTAN.
    other = stops(tmp_path, "name,status,easting,northing\nA,inactive,549100,175100\n")
    assert list(other.points["name"]) == ["A"]


def test_columns_and_values_choose_without_regard_to_case(tmp_path):
    layer = stops(tmp_path, where={"virtual bus_stop": ("1", "2"), "STOP_NAME": ("edge",)})
    assert list(layer.points.index) == ["S-14"]
    with pytest.raises(InputError, match=r"--from stops.csv has no column 'fclass'; it has: Stop_Code_LBSL, "):
        stops(tmp_path, where={"fclass": ("parking",)})
    with pytest.raises(InputError, match="no row whose Virtual_Bus_Stop is 3 or 4; it has mostly: 0, 1"):
        stops(tmp_path, where={"Virtual_Bus_Stop": ("3", "4")})


def test_the_column_of_names_can_be_said(tmp_path):
    layer = stops(tmp_path, name_column="bus stop code", within=WITHIN)
    assert layer.points["name"].to_dict() == {"S-10": "5", "S-9": "6", "S-13": "9", "S-14": "9"}
    with pytest.raises(InputError, match=r"--from stops.csv has no column 'title'; it has"):
        stops(tmp_path, name_column="title")


def test_a_layer_of_polygons_lines_and_points_without_names(tmp_path):
    shapes = [
        box(549_100, 175_100, 549_140, 175_140),
        LineString([(549_200, 175_200), (549_300, 175_200)]),
        Point(549_300, 175_300),
        Polygon([(549_400, 175_400), (549_500, 175_500), (549_400, 175_500), (549_500, 175_400)]),
        MultiPoint([(549_600, 175_600), (549_700, 175_700)]),
    ]
    frame = gpd.GeoDataFrame(
        {
            "osm_id": ["1", "1", "3", None, "5"],
            "fclass": ["car_park", "car_park", None, "park", "x"],
            "name": [None, None, None, "Bow tie", "Many"],
        },
        geometry=shapes,
        crs=27700,
    )
    frame.to_crs(4326).to_file(tmp_path / "osm.geojson")
    layer = read_point_layer(tmp_path / "osm.geojson", "--from", epsg=27700, within=WITHIN)
    points = layer.points
    assert points["name"].tolist()[:2] == ["Car park", "Car park"]
    assert points.index.tolist()[:3] == ["S-1", "S-1-2", "S-5"]
    assert points.geometry["S-1"].distance(Point(549_120, 175_120)) < 1
    assert points.geometry["S-1-2"].distance(shapes[1]) < 0.01
    assert set(points["name"]) == {"Car park", "Bow tie", "Many"}
    assert layer.skipped == {"without a name": 1}
    assert set(points["kind"].dropna()) == {"car_park", "park", "x"}


def test_ids_do_not_hang_on_the_order_of_rows(tmp_path):
    head, *lines = TFL.splitlines()
    rows = [line.replace(",49A,", ",,") for line in lines]
    there = stops(tmp_path, "\n".join([head, *rows])).points
    pd.testing.assert_frame_equal(stops(tmp_path, "\n".join([head, *rows[::-1]])).points, there)
    twice = "id,name,easting,northing\n7,B,549100,175100\n7,A,549300,175100\n7,A,549200,175100\n,A,549200,175100\n"
    points = stops(tmp_path, twice).points
    assert points.loc[["S-7", "S-7-2", "S-7-3"]].geometry.x.tolist() == [549200, 549300, 549100]
    assert len(points) == 4


TIDY = [
    ("WESTMINSTER STN <> / PARLIAMENT SQUARE", "Westminster Stn / Parliament Square"),
    ("ST MARY'S-ON-THE-HILL", "St Mary's-on-the-Hill"),
    ("STATION<>#[DLR]", "Station"),
    ("PARK >T< / LANE>LOL<", "Park / Lane"),
    ("***NONE***", ""),
    ("THE END OF THE ROAD", "The End of the Road"),
    ("A / THE B", "A / The B"),
    ("O'NEILL'S  YARD", "O'Neill's Yard"),
    ("A206 / O2", "A206 / O2"),
    ("7TH AVENUE", "7th Avenue"),
    ("A&E (MAIN)", "A&E (Main)"),
    ("DLR DEPOT", "DLR Depot"),
    ("ST.GEORGE'S", "St.George's"),
    ("ACADEMY/BATTERSEA", "Academy/Battersea"),
    ("/PARKGATE", "Parkgate"),
    ("THAMESMEAD <>/GT HALL", "Thamesmead / Gt Hall"),
    ("", ""),
]


def test_names_in_capitals_become_readable():
    names = pd.Series([name for name, _ in TIDY], index=range(5, 5 + len(TIDY)))
    tidied = tidy_names(names)
    assert tidied.tolist() == [tidy for _, tidy in TIDY]
    assert tidied.index.equals(names.index)
    pd.testing.assert_series_equal(tidy_names(tidied), tidied)


def test_names_in_small_letters_stay():
    names = ["24/7 Gym", "KFC #1", "The Old  Yard", "HSBC"]
    assert tidy_names(pd.Series(names)).tolist() == ["24/7 Gym", "KFC #1", "The Old Yard", "HSBC"]
    assert tidy_names(pd.Series(["ABC", "abc"])).tolist() == ["ABC", "abc"]
    assert tidy_names(pd.Series([], dtype="str")).tolist() == []


def places(*rows):
    ids, names, x, y = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {"name": list(names), "kind": None}, geometry=gpd.points_from_xy(x, y), crs=27700, index=pd.Index(ids)
    )


def test_points_of_one_name_within_reach_are_one():
    points = places(
        *(("d", "A", 0, 0), ("a", "a", 100, 0), ("b", "A", 200, 0), ("c", "A", 200.1, 0), ("e", "B", 100, 0)),
    )
    joined = join_points(points, 100)
    assert joined["joined"].to_dict() == {"a": 2, "c": 0, "e": 0}
    assert joined["joined"].dtype == "int64"
    assert joined.geometry["a"] == Point(100, 0)
    assert join_points(points, 0)["joined"].tolist() == [0] * 5
    assert join_points(points, 1e9)["joined"].to_dict() == {"a": 3, "e": 0}
    assert "joined" not in points


SPOTS = st.lists(
    st.tuples(st.sampled_from("AB"), st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=12, unique=True
)


@settings(max_examples=25)
@given(SPOTS, st.integers(0, 200), st.randoms(use_true_random=False))
def test_joining_loses_no_point_and_keeps_those_apart(spots, apart, turn):
    points = places(*((f"{at:02}", *spot) for at, spot in enumerate(spots)))
    joined = join_points(points, apart)
    assert len(joined) + joined["joined"].sum() == len(points)
    for name, group in points.groupby("name"):
        kept = joined[joined["name"] == name].geometry
        assert all(kept.distance(point).min() <= apart for point in group.geometry)
        assert all((kept.drop(one).distance(kept[one]) > apart).all() for one in kept.index)
    mixed = points.iloc[turn.sample(range(len(points)), len(points))]
    pd.testing.assert_frame_equal(join_points(mixed, apart), joined)


# --- where things are -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "titles",
    [
        "Easting,Northing",
        "Location_Easting,Location_Northing",
        "Start eastings,Start northings",
        "X,Y",
        "EASTING,Northing",
    ],
)
def test_usual_titles_of_metres(tmp_path, titles):
    rows = read_located(
        text_file(tmp_path, "a.csv", f"name,{titles}\nA,549300,175800\n"), "--from", epsg=27700, role="r"
    )
    assert rows.places.tolist() == [Point(549300, 175800)]
    assert rows.place_columns == tuple(titles.split(","))


@pytest.mark.parametrize("titles", ["lon,lat", "Longitude,Latitude", "stop_lon,stop_lat", "geo longitude,geo latitude"])
def test_usual_titles_of_degrees(tmp_path, titles):
    text = f"salon,flat,{titles}\nA,B,0.14,51.45\n"
    rows = read_located(text_file(tmp_path, "a.csv", text), "--from", epsg=27700, role="r")
    assert rows.places.to_crs(4326).iloc[0].distance(Point(0.14, 51.45)) < 1e-6
    assert rows.place_columns == tuple(titles.split(","))


def test_two_columns_of_eastings_are_refused_unless_one_is_exact(tmp_path):
    text = "{},End_Easting,Northing\n549300,1,175800\n"
    with pytest.raises(
        InputError, match=r"a.csv has several columns of eastings \(Start_Easting, End_Easting\); leave"
    ):
        read_located(text_file(tmp_path, "a.csv", text.format("Start_Easting")), "--from", epsg=27700, role="r")
    rows = read_located(text_file(tmp_path, "a.csv", text.format("Easting")), "--from", epsg=27700, role="r")
    assert rows.places.tolist() == [Point(549300, 175800)]


def test_x_and_y_count_only_where_nothing_else_is_there(tmp_path):
    text = "x,y,lon,lat\n1,2,0.14,51.45\n"
    rows = read_located(text_file(tmp_path, "a.csv", text), "--from", epsg=27700, role="r")
    assert rows.place_columns == ("lon", "lat")
    assert rows.faults == {}


def test_layers_hold_lists_and_times_too(tmp_path):
    feature = {
        "type": "Feature",
        "properties": {"tags": ["a", "b"], "on": True, "at": "2024-05-04T10:00:00", "n": 3, "none": None},
        "geometry": {"type": "Point", "coordinates": [0.14, 51.45]},
    }
    path = text_file(tmp_path, "a.geojson", json.dumps({"type": "FeatureCollection", "features": [feature] * 2}))
    rows = read_located(path, "--from", epsg=27700, role="r")
    assert list(rows.cells.index) == [1, 2]
    cells = rows.cells.loc[1].to_dict()
    assert (cells["n"], cells["on"], cells["none"]) == ("3", "true", "")
    assert cells["at"].startswith("2024-05-04T10:00")
    assert "a" in cells["tags"]


# --- real files -------------------------------------------------------------------------------------------------------


def test_real_stops_and_stations():
    if not OVERLAYS.exists():
        pytest.skip("the real layers are not here")
    tfl = read_point_layer(OVERLAYS / "tfl-bus-stops.csv", "--from", epsg=27700)
    assert (tfl.read, tfl.inside) == (20_404, 20_398)
    assert tfl.skipped == {"with 0, 0 as coordinates": 5, "without a name": 1}
    assert tfl.points.loc["S-1000", "name"] == "Westminster Stn / Parliament Square"
    assert not tfl.points["name"].str.contains(r"[<>#\[\]]").any()
    stations = read_points(OVERLAYS / "london_stations_2014.csv", "--from", epsg=27700)
    assert len(stations) == 367
    osm = read_point_layer(
        OVERLAYS / "osm-pois-2019-four-boroughs.geojson", "--from", epsg=27700, where={"fclass": ("library",)}
    )
    assert osm.inside == 30
    assert set(osm.points["kind"]) == {"library"}
