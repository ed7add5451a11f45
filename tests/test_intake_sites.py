"""Site lists, a planner's choice and existing services: what is read, what is refused, and in which words."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from shapely.geometry import LineString, Point, box

from hotspots.errors import InputError
from hotspots.files import neutral
from hotspots.intake.files import sha256
from hotspots.intake.sites import (
    COLUMNS,
    REASONS,
    check_choice,
    read_choice,
    read_provision,
    read_sites,
    rejects_said,
)
from hotspots.tables import PROVISION, REJECTS, SITES, check
from tests.intake_fixtures import counts, gzipped, shapefile_zip, text_file, zipped

HEAD = "site_id,name,status,reason,hours,capacity,notes,easting,northing\n"


def sites(folder, text, name="sites.csv"):
    return read_sites(text_file(folder, name, text), epsg=27700)


def told(intake):
    rejects = intake.rejects[["source_row", "reason", "column", "value"]].fillna("")
    return list(rejects.itertuples(index=False, name=None))


def test_a_list_becomes_sites_sorted_by_id(tmp_path):
    text = (
        HEAD
        + "b,Broadway car park,FIXED,asked for,Fri 16:00-22:00; mon 10-12,12,kerb on the  left,549300,175800\n"
        + "a,Erith pier,,,,,,551000.5,178000.25\n"
        + "c,Old depot,Never,closed,,,,549000,176000\n"
    )
    intake = sites(tmp_path, text)
    frame = check(SITES, intake.sites, epsg=27700)
    assert list(frame.index) == ["a", "b", "c"]
    assert list(frame["status"]) == ["candidate", "fixed", "never"]
    b = frame.loc["b"]
    assert (b["name"], b["reason"], b["notes"]) == ("Broadway car park", "asked for", "kerb on the left")
    assert (b["hours"], b["capacity"]) == ("Mon 10:00-12:00; Fri 16:00-22:00", 12)
    assert frame.loc["a"].drop(["name", "status", "geometry"]).isna().all()
    assert (frame.geometry["a"].x, frame.geometry["a"].y) == (551000.5, 178000.25)
    assert intake.notes == ()
    assert intake.rejects.empty
    assert intake.rows == {"b": 2, "a": 3, "c": 4}
    assert (intake.file.role, intake.file.name) == ("sites", "sites.csv")
    assert intake.file.sha256 == sha256(text.encode())


FAULTY = [
    ("1,A,maybe,,,,,549300,175800", ("bad_status", "status", "maybe")),
    ("1,A,,,Xday 10-12,,,549300,175800", ("bad_hours", "hours", "Xday 10-12")),
    ("1,A,,,,many,,549300,175800", ("bad_capacity", "capacity", "many")),
    ("1,A,,,,-1,,549300,175800", ("bad_capacity", "capacity", "-1")),
    ("1,A,,,,1.5,,549300,175800", ("bad_capacity", "capacity", "1.5")),
    (",,,,,,note,549300,175800", ("no_name", "name", "")),
    ("1,A,,,,,,,", ("no_location", "easting, northing", "")),
    ("1,A,,,,,,0,0", ("zero_coordinates", "easting, northing", "0, 0")),
    ("1,A,,,,,,abc,175800", ("bad_coordinates", "easting, northing", "abc, 175800 (not two numbers)")),
    ("1,A,,,,,,549300,", ("bad_coordinates", "easting, northing", "549300,  (not two numbers)")),
    (
        "1,A,,,,,,0.14,51.45",
        ("wrong_unit", "easting, northing", "0.14, 51.45 (degrees where metres were expected)"),
    ),
    (
        "1,A,,,,,,175800,549300",
        ("swapped_axes", "easting, northing", "175800, 549300 (easting and northing look swapped)"),
    ),
    ("1,A,,,,,,900000,900000", ("outside_great_britain", "easting, northing", "900000, 900000")),
    ("1,A,,,,,,549300,175800,x", ("too_many_cells", "", "10 cells under 9 titles")),
    ("ok,B,,,,,,549300,175800", ("repeated_id", "site_id", "ok")),
    ("1,A,maybe,,Xday,many,,0,0", ("bad_status", "status", "maybe")),
]


@pytest.mark.parametrize(("row", "fault"), FAULTY)
def test_a_faulty_row_is_a_reject_and_the_others_are_sites(tmp_path, row, fault):
    intake = sites(tmp_path, f"{HEAD}ok,First,,,,,,549300,175801\n{row}\n")
    check(REJECTS, intake.rejects)
    assert told(intake) == [(3, *fault)]
    assert list(intake.rejects["source_file"]) == ["sites.csv"]
    assert list(intake.sites["name"]) == ["First"]
    (said,) = rejects_said(intake.rejects)
    assert said.startswith(f"sites.csv, row 3{', column ' * bool(fault[1])}{fault[1]}: {REASONS[fault[0]]}")
    assert said.endswith("; the row is left out.")
    assert ("(''" in said) is False


def test_a_row_with_an_id_and_without_a_name_is_called_by_its_id(tmp_path):
    intake = sites(tmp_path, "id,easting,northing\nP1,549300,175800\n")
    assert list(intake.sites["name"]) == ["P1"]


def test_an_id_is_made_of_name_and_place_alone(tmp_path):
    row = "{},{},,,,,{},549300.2,175800.3\n"
    first = sites(tmp_path, HEAD + row.format("", "Erith  Pier", "") + row.format("x", "Other", ""))
    again = sites(tmp_path, HEAD + row.format("", "ERITH PIER", "a note"))
    moved = sites(tmp_path, HEAD + ",Erith Pier,,,,,,549302,175800.3\n" + ",Erith Pier,,,,,,549300,175803\n")
    (made,) = again.sites.index
    assert made.startswith("S-")
    assert made in first.sites.index
    assert len({made, *moved.sites.index}) == 3
    twice = sites(tmp_path, HEAD + row.format("", "Erith Pier", "") * 2)
    assert told(twice) == [(3, "repeated_id", "name", "Erith Pier")]


def test_degrees_count_where_there_are_no_metres(tmp_path):
    metres = Point(549300, 175800)
    lon, lat = gpd.GeoSeries([metres], crs=27700).to_crs(4326)[0].coords[0]
    text = (
        "Site,Latitude,Longitude,Easting,Northing\n"
        f"one,{lat},{lon},,\ntwo,{lat},{lon},549300,175800\nthree,{lat + 0.01},{lon},549300,175800\n"
        f"four,,,549300,175800\nfive,{lat},,549301,175800\n"
    )
    intake = sites(tmp_path, text)
    by_name = intake.sites.set_index("name").geometry
    assert by_name["one"].distance(metres) < 0.01
    assert by_name["two"] == metres
    assert by_name["four"] == metres
    assert by_name["five"] == Point(549301, 175800)
    assert told(intake) == [
        (4, "two_places", "Easting, Northing, Longitude, Latitude", f"549300, 175800; {lon}, {lat + 0.01}")
    ]


def test_another_crs_has_its_own_metres(tmp_path):
    path = text_file(tmp_path, "sites.csv", "name,x,y\nA,400000,5700000\n")
    frame = read_sites(path, epsg=32630).sites
    assert frame.crs.to_epsg() == 32630
    assert frame.geometry.iloc[0] == Point(400000, 5700000)


def test_a_file_without_a_usable_site_says_why(tmp_path):
    with pytest.raises(
        InputError, match=r"sites.csv has no usable site \(sites.csv, row 2, column easting, northing: a st"
    ):
        sites(tmp_path, HEAD + "1,A,,,,,,,\n2,B,maybe,,,,,1,1\n")
    with pytest.raises(
        InputError, match=r"no usable site \(it has no rows\); mend it, or make a list with hotspots bus"
    ):
        sites(tmp_path, HEAD)
    with pytest.raises(InputError, match=r"lacks the column name of a site list; it has: easting, northing"):
        sites(tmp_path, "easting,northing\n549300,175800\n")
    with pytest.raises(InputError, match=r"does not say where things are: it needs .* it has: name, easting"):
        sites(tmp_path, "name,easting\nA,549300\n")
    with pytest.raises(InputError, match=r"nowhere.csv does not exist"):
        read_sites(tmp_path / "nowhere.csv", epsg=27700)


def test_columns_that_are_not_used_are_named(tmp_path):
    intake = sites(tmp_path, "name,owner,easting,northing,Colour\nA,me,549300,175800,red\n")
    assert intake.notes == ("sites.csv: not used: owner, Colour.",)


def test_a_workbook_and_a_packed_list_are_read_alike(tmp_path):
    book = Workbook()
    page: Any = book.active
    rows: list[list[Any]] = [
        ["Name", "Bays", "Easting", "Northing"],
        ["=A", 12, 549300, 175800.5],
        ["B", None, 549400, 175800],
    ]
    for row in rows:
        page.append(row)
    page["A2"].data_type = "s"
    book.save(tmp_path / "sites.xlsx")
    text = "Name;Bays;Easting;Northing\n'=A;12;549300;175800.5\nB;;549400;175800\n"
    plain = read_sites(text_file(tmp_path, "sites.csv.gz", gzipped(text)), epsg=27700).sites
    pd.testing.assert_frame_equal(read_sites(tmp_path / "sites.xlsx", epsg=27700).sites, plain)
    assert set(plain["name"]) == {"=A", "B"}
    assert plain["capacity"].dropna().tolist() == [12]


@pytest.mark.parametrize("ending", [".geojson", ".gpkg", ".zip"])
def test_a_layer_has_the_same_columns(tmp_path, ending):
    frame = gpd.GeoDataFrame(
        {
            "site_id": ["a", "b", "c"],
            "name": ["A", "B", "C"],
            "status": ["fixed", None, "odd"],
            "bays": [3.0, None, 1.0],
            "hours": ["Fri 16:00-22:00", None, None],
        },
        geometry=[Point(549300, 175800), box(549400, 175800, 549402, 175802), Point(549500, 175800)],
        crs=27700,
    )
    path = tmp_path / f"sites{ending}"
    if ending == ".zip":
        frame = frame.assign(geometry=frame.geometry.centroid)
        shapefile_zip(path, frame, folder="in/")
    else:
        frame.to_crs(4326 if ending == ".geojson" else 27700).to_file(path)
    intake = read_sites(path, epsg=27700)
    assert list(intake.sites.index) == ["a", "b"]
    assert list(intake.sites["status"]) == ["fixed", "candidate"]
    assert intake.sites["capacity"].tolist() == [3, pd.NA]
    assert intake.sites["hours"].fillna("").tolist() == ["Fri 16:00-22:00", ""]
    assert intake.sites.geometry.iloc[0].distance(Point(549300, 175800)) < 0.01
    assert intake.sites.geometry.iloc[1].distance(Point(549401, 175801)) < 1.5
    assert told(intake) == [(3, "bad_status", "status", "odd")]
    said = f"sites{ending}: 1 lines or areas stand as a point on them."
    assert intake.notes == (() if ending == ".zip" else (said,))


def test_a_feature_without_a_place_is_a_reject(tmp_path):
    text = (
        '{"type": "FeatureCollection", "features": ['
        '{"type": "Feature", "properties": {"name": "A"}, "geometry": null},'
        '{"type": "Feature", "properties": {"name": "B"}, "geometry": {"type": "Point", "coordinates": [0, 0]}},'
        '{"type": "Feature", "properties": {"name": "C"}, "geometry": {"type": "Point", "coordinates": [51.4, 0.1]}},'
        '{"type": "Feature", "properties": {"name": "D"}, "geometry": {"type": "Point", "coordinates": [0.1, 51.4]}}]}'
    )
    intake = sites(tmp_path, text, "sites.geojson")
    assert counts(intake.rejects) == {"no_location": 1, "zero_coordinates": 1, "swapped_axes": 1}
    assert list(intake.rejects["source_row"]) == [1, 2, 3]
    assert list(intake.sites["name"]) == ["D"]


def test_a_layer_of_several_or_without_a_crs_is_refused(tmp_path):
    frame = gpd.GeoDataFrame({"name": ["A"]}, geometry=[Point(549300, 175800)], crs=27700)
    frame.to_file(tmp_path / "two.gpkg", layer="one")
    frame.to_file(tmp_path / "two.gpkg", layer="other")
    with pytest.raises(InputError, match=r"--sites two.gpkg holds several layers \(one, other\)"):
        read_sites(tmp_path / "two.gpkg", epsg=27700)
    shapefile_zip(tmp_path / "bare.zip", frame, without=".prj")
    with pytest.raises(InputError, match="does not say its CRS"):
        read_sites(tmp_path / "bare.zip", epsg=27700)
    with pytest.raises(InputError, match="cannot be read as a vector layer"):
        read_sites(zipped(tmp_path / "text.zip", {"a.txt": "a"}), epsg=27700)


WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=8)


@settings(max_examples=10)
@given(
    rows=st.lists(
        st.tuples(WORDS, st.integers(540_000, 555_000), st.integers(170_000, 180_000)), min_size=1, max_size=6
    ),
    turn=st.randoms(use_true_random=False),
)
def test_the_order_of_rows_changes_nothing(tmp_path_factory, rows, turn):
    folder = tmp_path_factory.mktemp("order")
    mixed = turn.sample(rows, len(rows))

    def read(these):
        lines = "".join(f'"{str(neutral(name)).replace(chr(34), chr(34) * 2)}",{x},{y}\n' for name, x, y in these)
        return sites(folder, "name,easting,northing\n" + lines)

    one, other = read(rows), read(mixed)
    pd.testing.assert_frame_equal(
        pd.DataFrame(one.sites.drop(columns="name").to_wkt()), pd.DataFrame(other.sites.drop(columns="name").to_wkt())
    )
    assert len(one.sites) + len(one.rejects) == len(rows)


def test_every_column_has_a_title_of_its_own():
    titles = [title for spellings in COLUMNS.values() for title in spellings]
    assert len(set(titles)) == len(titles)
    assert all(spellings[0] == ours for ours, spellings in COLUMNS.items())


# --- a choice ---------------------------------------------------------------------------------------------------------


def choice(folder, text):
    return read_choice(text_file(folder, "choice.csv", text))


def test_the_choice_of_the_page_is_read_back(tmp_path):
    text = "\ufeffsite_id,name,chosen,easting,northing\n'=1,'-A,yes,1,2\n'@b,B,no,1,2\nc,C,yes,1,2\n'\tt,T,YES,1,2\n"
    found = choice(tmp_path, text)
    assert found.fixed == ("=1", "c", "t")
    assert found.barred == ()
    assert (found.file.role, found.file.name) == ("choice", "choice.csv")


def test_a_list_of_ids_alone_fixes_them_all_and_never_bars(tmp_path):
    assert choice(tmp_path, "site_id\nb\na\nb\n").fixed == ("a", "b")
    found = choice(tmp_path, "site_id,chosen\na,never\nb,\nc,true\nd,0\n")
    assert (found.fixed, found.barred) == (("c",), ("a",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,chosen\nA,yes\n", "choice.csv lacks the column site_id; it has: name, chosen"),
        ("site_id,chosen\na,perhaps\n", "row 2: chosen is 'perhaps'; write yes or no, or never"),
        ("site_id,chosen\na,yes\na,no\n", "row 3: another row says otherwise of a; leave one"),
        ("site_id,chosen\n,yes\n", "row 2: there is no site_id"),
        ("site_id,chosen\na,yes,b\n", "row 2: the row has more cells than there are titles"),
    ],
)
def test_a_choice_that_says_something_else_is_refused(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        choice(tmp_path, text)


def test_a_choice_of_other_sites_is_refused_by_name(tmp_path):
    listed = sites(tmp_path, HEAD + "S-1,A,,,,,,549300,175800\nS-2,B,,,,,,549300,175801\n").sites
    check_choice(choice(tmp_path, "site_id,chosen\nS-1,yes\nS-2,never\nX,no\n"), listed)
    with pytest.raises(InputError, match=r"--fixed choice.csv names sites .* not have: S-11, zz; did you mean S-1\?"):
        check_choice(choice(tmp_path, "site_id,chosen\nS-11,yes\nzz,never\n"), listed)
    many = "site_id\n" + "".join(f"q{at:02}\n" for at in range(12))
    with pytest.raises(InputError, match=r"q00, .*, q09 and 2 more; was it made from another list"):
        check_choice(choice(tmp_path, many), listed)


def test_a_plan_in_force_is_called_by_its_own_option(tmp_path):
    path = text_file(tmp_path, "old.csv", "site_id\nzz\n")
    listed = sites(tmp_path, HEAD + "S-1,A,,,,,,549300,175800\n").sites
    with pytest.raises(InputError, match=r"^--current old.csv names sites"):
        check_choice(read_choice(path, "--current"), listed)
    for text in ("name\nA\n", "site_id,chosen\na,perhaps\n"):
        with pytest.raises(InputError, match=r"^--current old.csv"):
            read_choice(text_file(tmp_path, "old.csv", text), "--current")


# --- services ---------------------------------------------------------------------------------------------------------


def provision(folder, text):
    return read_provision(text_file(folder, "provision.csv", text), epsg=27700, reach_m=400)


def test_services_have_a_reach_and_hours(tmp_path):
    frame, file, notes = provision(
        tmp_path,
        "id,name,reach_m,hours,easting,northing\n"
        "b,Youth centre,800.5,mon-fri 16-20,549300,175800\na,Club,,,549400,175800\nc,,0,,549500,175800\n",
    )
    check(PROVISION, frame, epsg=27700)
    assert list(frame.index) == ["a", "b", "c"]
    assert list(frame["reach_m"]) == [400, 800.5, 0]
    assert list(frame["name"]) == ["Club", "Youth centre", "c"]
    assert frame["hours"].fillna("").tolist() == ["", "Mon-Fri 16:00-20:00", ""]
    assert frame.geometry["a"] == Point(549400, 175800)
    assert (file.role, notes) == ("provision", ())


def test_a_service_that_cannot_be_used_is_left_out_aloud(tmp_path):
    frame, _, notes = provision(
        tmp_path,
        "name,reach_m,hours,easting,northing\nA,,,549300,175800\nB,far,,549300,175800\nC,-1,,549300,175800\n"
        "D,nan,,549300,175800\nE,,never,549300,175800\nF,,,,\nA,,,549300,175800\n",
    )
    (made,) = frame.index
    assert made.startswith("V-")
    assert [note.partition(":")[0] for note in notes] == [
        *(f"provision.csv, row {row}, column reach_m" for row in (3, 4, 5)),
        "provision.csv, row 6, column hours",
        "provision.csv, row 7, column easting, northing",
        "provision.csv, row 8, column provision_id",
    ]
    assert "these are no hours" in notes[3]
    assert "there is no place; the row is left out." in notes[4]
    assert "another row has this id ('A'); the row is left out." in notes[5]


def test_services_without_a_usable_row_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"provision.csv has no usable service; it has no rows\."):
        provision(tmp_path, "name,easting,northing\n")
    with pytest.raises(
        InputError, match=r"no usable service; provision.csv, row 2, column reach_m: this is no distance"
    ):
        provision(tmp_path, "name,reach_m,easting,northing\nA,x,549300,175800\n")


def test_a_line_stands_as_a_point_on_it(tmp_path):
    line = LineString([(549300, 175800), (549400, 175800)])
    gpd.GeoDataFrame({"name": ["A"]}, geometry=[line], crs=27700).to_file(tmp_path / "p.gpkg")
    frame, _, _ = read_provision(tmp_path / "p.gpkg", epsg=27700, reach_m=1)
    assert frame.geometry.iloc[0].distance(line) < 1e-6
