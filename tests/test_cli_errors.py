"""Bad input: one clear sentence on standard error that says what, where and what to try; exit code 1; no pack."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely.geometry import Point

from tests import conftest as kit

CHANGED_HEADER = ["Crime ID", "Month", "Lon", "Lat", "Location", "LSOA code", "Crime type"]


def text(folder, name, content):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def layer(folder, name, frame):
    frame.to_file(folder / name, driver="GeoJSON" if name.endswith("json") else "GPKG")
    return folder / name


def points(folder):
    frame = kit.lattice()
    return layer(folder, "points.geojson", frame.set_geometry(frame.centroid).to_crs(4326))


def no_codes(folder):
    return layer(folder, "plain.gpkg", kit.lattice().rename(columns={"LSOA21CD": "code", "LSOA21NM": "label"}))


def street(folder, **changes):
    rows = [row | changes for row in kit.town_rows()]
    return kit.write_table(folder / "x-street.csv", rows)


# name → (options that make the input bad, what the sentence must hold)
CASES = {
    "missing incidents": (
        lambda d: {"incidents": d / "gone"},
        ["--incidents", "gone does not exist", "a folder or a zip"],
    ),
    "missing boundaries": (lambda d: {"boundaries": d / "gone.shp"}, ["gone.shp does not exist", "ONS Open Geography"]),
    "missing events": (lambda d: {"events": d / "gone.csv"}, ["gone.csv does not exist"]),
    "missing lookup": (lambda d: {"lookup": d / "gone.csv"}, ["gone.csv does not exist"]),
    "missing population": (lambda d: {"population": d / "gone.csv"}, ["gone.csv does not exist"]),
    "missing settings": (lambda d: {"settings": d / "gone.toml"}, ["gone.toml", "check --settings"]),
    "not a CSV": (
        lambda d: {"incidents": text(d, "x.csv", b"PK\x03\x04\x00\x00\x00binary")},
        ["x.csv is a workbook or packed"],
    ),
    "a picture": (lambda d: {"incidents": text(d, "x.csv", b"\x89PNG\r\n\x1a\n" + bytes(64))}, ["x.csv is not a text"]),
    "an empty file": (lambda d: {"incidents": text(d, "x.csv", "")}, ["x.csv is empty"]),
    "only a header": (
        lambda d: {"incidents": text(d, "x.csv", ",".join(kit.HEADER) + "\n")},
        ["x.csv"],
    ),
    "no such month": (
        lambda _: {"month": "2031-01"},
        ["no month 2031-01", kit.MET, "2023-04 to 2024-05", "14 months"],
    ),
    "wrong columns": (
        lambda d: {"incidents": kit.write_table(d / "x.csv", kit.town_rows(), CHANGED_HEADER)},
        ["x.csv lacks the columns Longitude, Latitude", "it has: Crime ID, Month, Lon, Lat"],
    ),
    "boundaries without polygons": (
        lambda d: {"boundaries": points(d)},
        ["points.geojson holds no polygons but Point"],
    ),
    "boundaries without codes": (
        lambda d: {"boundaries": no_codes(d)},
        ["plain.gpkg has no LSOA code and name columns", "it has: code, label", "ONS Open Geography", "BGC"],
    ),
    "boundaries that are text": (lambda d: {"boundaries": text(d, "x.geojson", "hello")}, ["x.geojson"]),
    "boundaries that are a folder": (lambda d: {"boundaries": d}, ["ONS Open Geography"]),
    "an area that does not exist": (
        lambda _: {"area": "Atlantis"},
        ["--area 'Atlantis' is no borough", "Bexley, Dartford, Greenwich"],
    ),
    "a near miss of an area": (
        lambda _: {"area": ["Bexley", "Greenwhich"]},
        ["'Greenwhich'", "did you mean Greenwich?"],
    ),
    # more of the same kind
    "an area without its force": (lambda _: {"area": "Dartford"}, ["Kent Police", kit.MET]),
    "a folder without street files": (lambda d: {"incidents": d}, ["holds no file named *-street.csv"]),
    "not a zip": (lambda d: {"incidents": text(d, "x.zip", "hello")}, ["x.zip is not a readable zip"]),
    "not gzip": (lambda d: {"incidents": text(d, "x-street.csv.gz", "hello")}, ["x-street.csv.gz is not"]),
    "a category that is not in the data": (
        lambda _: {"category": "Vehicle crime"},
        ["--category 'Vehicle crime' is not in the data", f"It has: {kit.ASB}, {kit.BURGLARY}, {kit.ROBBERY}"],
    ),
    "a near miss of a category": (lambda _: {"category": "Burglery"}, ["did you mean 'Burglary'?"]),
    "none of the default categories": (
        lambda d: {"incidents": street(d, **{"Crime type": "Shoplifting"})},
        ["None of the crime types in focus", "which have: Shoplifting", "--category"],
    ),
    "no force in the files": (
        lambda d: {"incidents": street(d, **{"Falls within": "", "Reported by": ""})},
        ["name no police force"],
    ),
    "no usable row": (
        lambda d: {"incidents": street(d, Longitude="", Latitude="")},
        ["x-street.csv", "usable", "no_location"],
    ),
    "tiles without their places": (lambda _: {"tiles": "https://example.org/tiles"}, ["--tiles", "{z}/{x}/{y}.png"]),
    "tiles of another kind": (lambda _: {"tiles": "javascript:{z}{x}{y}"}, ["--tiles"]),
    "tiles that break out": (lambda _: {"tiles": 'https://e.org/{z}/{x}/{y}"><script>'}, ["--tiles"]),
    "a window too short": (lambda _: {"window_months": 1}, ["--window-months must lie between 2 and 120, not 1"]),
    "a window too long": (lambda _: {"window_months": 121}, ["--window-months must lie between 2 and 120, not 121"]),
    "settings that are no TOML": (lambda d: {"settings": text(d, "x.toml", "[focus")}, ["x.toml is not valid TOML"]),
    "an unknown setting": (
        lambda d: {"settings": text(d, "x.toml", "[hotspots]\nradius = 5\n")},
        ["x.toml", "'radius'", "did you mean 'radius_m'?"],
    ),
    "a setting out of range": (
        lambda d: {"settings": text(d, "x.toml", "[hotspots]\nradius_m = 1\n")},
        ["x.toml: [hotspots] radius_m must lie between 5 and 5000"],
    ),
    "a CRS in degrees": (
        lambda d: {"settings": text(d, "x.toml", "[areas]\nanalysis_epsg = 4326\n")},
        ["[areas] analysis_epsg 4326 (WGS 84) is not projected in metres", "27700"],
    ),
    "an unknown CRS": (
        lambda d: {"settings": text(d, "x.toml", "[areas]\nanalysis_epsg = 29999\n")},
        ["[areas] analysis_epsg 29999 is no known CRS"],
    ),
    "residents of the other vintage": (
        lambda d: {"population": text(d, "p.csv", "LSOA11CD,Total\nE01099991,1500\n")},
        ["p.csv gives residents for none of the 16 LSOAs", "2021 codes"],
    ),
    "residents that are no number": (
        lambda d: {"population": text(d, "p.csv", "LSOA21CD,Total\n\nE01000017,1500\n\nE01000018,many\n")},
        ["p.csv, row 5", "'many'"],
    ),
    "a lookup with other columns": (lambda d: {"lookup": text(d, "l.csv", "a,b\n1,2\n")}, ["l.csv lacks the columns"]),
    "events without their columns": (
        lambda d: {"events": text(d, "e.csv", "what,when\nFair,2024-05-01\n")},
        ["e.csv lacks the columns title, starts_at", "it has: what, when"],
    ),
    "out is a file": (
        lambda d: {"out": text(d, "taken", "mine")},
        ["taken is a file where a folder is needed; give another --out"],
    ),
    "out is below a file": (lambda d: {"out": text(d, "taken", "mine") / "x"}, ["taken is a file"]),
    "a bad CRS of the layer": (
        lambda d: {"boundaries": layer(d, "x.geojson", kit.lattice().set_crs(4326, allow_override=True))},
        ["x.geojson", "27700"],
    ),
    "two vintages": (
        lambda d: {
            "boundaries": [
                layer(d, "a.gpkg", kit.lattice()),
                layer(d, "b.gpkg", kit.lattice().rename(columns={"LSOA21CD": "LSOA11CD", "LSOA21NM": "LSOA11NM"})),
            ]
        },
        ["mix LSOA vintages (2011, 2021)"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_clear_sentence(case, town, tmp_path):
    make, wanted = CASES[case]
    (tmp_path / "in").mkdir()
    out = tmp_path / "out"
    said = kit.run_cli(*town.options(out, **make(tmp_path / "in")), cwd=tmp_path)
    assert said.code == 1, said.err
    folded = said.sentence.casefold()
    for part in wanted:
        assert part.casefold() in folded, (part, said.sentence)
    assert said.sentence[-1] in ".?" or "it has" in folded
    assert len(said.sentence) < 700
    assert not out.exists()
    if case.startswith("out is"):
        assert (tmp_path / "in" / "taken").read_text() == "mine"


def test_an_existing_pack_is_found_before_the_files_are_read(town, tmp_path):
    (tmp_path / kit.MONTH).mkdir()
    said = kit.run_cli(*town.options(tmp_path, incidents=tmp_path / "gone"))
    assert said.code == 1
    assert "already exists and is kept; add --force" in said.sentence


def test_a_polygon_that_is_broken_is_repaired_and_named(town, tmp_path):
    layer_of = kit.lattice()
    x, y = kit.WEST, kit.SOUTH
    bow = gpd.GeoSeries.from_wkt([f"POLYGON(({x} {y},{x + 500} {y + 500},{x + 500} {y},{x} {y + 500},{x} {y}))"]).iloc[
        0
    ]
    layer_of.loc[0, "geometry"] = bow
    layer_of.to_file(tmp_path / "bow.gpkg")
    read = town.run(tmp_path / "out", boundaries=tmp_path / "bow.gpkg")
    assert "Invalid polygons repaired: E01000001." in read.said.out
    assert read.manifest["polygons_repaired"] == ["E01000001"]


def test_a_layer_of_one_point_among_polygons_names_the_row(town, tmp_path):
    mixed = kit.lattice()
    mixed.loc[3, "geometry"] = Point(kit.WEST, kit.SOUTH)
    mixed.to_file(tmp_path / "mixed.geojson", driver="GeoJSON")
    said = kit.run_cli(*town.options(tmp_path / "out", boundaries=tmp_path / "mixed.geojson"))
    assert (said.code, "E01000004" in said.sentence) == (1, True)
