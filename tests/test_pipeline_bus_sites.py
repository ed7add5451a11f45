"""``hotspots bus sites``: from points of any source to a list that is edited by hand and read back."""

from __future__ import annotations

import codecs
import csv
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import Point

from hotspots.errors import InputError, OutputError, SettingsError
from hotspots.intake.sites import read_sites
from hotspots.pipeline.bus_sites import (
    SitesRequest,
    SitesResult,
    make_sites,
    parse_where,
)
from hotspots.settings import Settings
from tests.conftest import REAL

# The town's Bexley: 549,000 to 551,000 east, 175,500 to 177,500 north.
STOPS = (
    "Stop_Code_LBSL,Stop_Name,Location_Easting,Location_Northing,Kind\n"
    "2,ERITH PIER <>,549500,176000,bus_stop\n"
    "1,ERITH PIER,549590,176000,\n"
    "3,ERITH PIER,549700,176000,\n"
    "4,=SUM(A1),550000.25,176000.75,car_park\n"
    "5,GREENWICH,548000,176000,\n"
    "6,NOWHERE,0,0,\n"
)


@pytest.fixture
def request_(town, tmp_path):
    def made(text=STOPS, **changes):
        source = tmp_path / "stops.csv"
        source.write_bytes(text.encode())
        given = {
            "source": source,
            "boundaries": (town.boundaries,),
            "within": ("Bexley",),
            "out": tmp_path / "sites.csv",
        }
        return SitesRequest(**given | changes)

    return made


def test_a_list_is_written_and_read_back(request_):
    request = request_()
    said: list[str] = []
    result = make_sites(request, Settings(), said.append)
    skipped = {"outside the area": 1, "with 0, 0 as coordinates": 1}
    assert result == SitesResult(request.out, read=6, inside=4, joined=1, written=3, skipped=skipped)
    assert said == ["Reading boundaries", "Reading points"]
    data = request.out.read_bytes()
    assert data.startswith(codecs.BOM_UTF8)
    header, *rows = csv.reader(data.decode("utf-8-sig").splitlines())
    assert header == ["site_id", "name", "status", "hours", "capacity", "reason", "notes", "easting", "northing"]
    assert rows == [
        ["S-1", "Erith Pier", "candidate", "", "", "", "1 more of this name within 100 m", "549590.0", "176000.0"],
        ["S-3", "Erith Pier", "candidate", "", "", "", "", "549700.0", "176000.0"],
        ["S-4", "'=sum(A1)", "candidate", "", "", "", "car park", "550000.2", "176000.8"],
    ]
    intake = read_sites(request.out, epsg=27700)
    assert list(intake.sites.index) == ["S-1", "S-3", "S-4"]
    assert set(intake.sites["status"]) == {"candidate"}
    assert intake.sites.loc["S-4", "name"] == "=sum(A1)"
    assert intake.sites.geometry["S-1"] == Point(549590, 176000)
    assert intake.rejects.empty
    assert intake.notes == ()


def test_the_distance_decides_what_is_one_place(request_):
    result = make_sites(request_(apart_m=150.0), Settings())
    assert (result.joined, result.written) == (2, 2)
    assert make_sites(request_(apart_m=0.0, force=True), Settings()).joined == 0
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(SettingsError, match=r"--apart-m (-1|nan|inf) is no distance; give metres from 0 on"):
            make_sites(request_(apart_m=wrong, force=True), Settings())


def test_the_order_of_rows_changes_no_byte(request_):
    head, *rows = STOPS.splitlines()
    first = make_sites(request_(), Settings()).path.read_bytes()
    turned = make_sites(request_("\n".join([head, *rows[::-1]]), force=True), Settings())
    assert turned.path.read_bytes() == first


def test_a_kind_and_a_join_are_both_noted(request_):
    request = request_(where={"Stop_Code_LBSL": ("2", "3")}, apart_m=250.0)
    assert make_sites(request, Settings()).skipped == {"not among those chosen by column and value": 4}
    assert "bus stop; 1 more of this name within 250 m" in request.out.read_text("utf-8-sig")


def test_names_come_from_the_column_that_is_said(request_):
    request = request_(name_column="kind")
    make_sites(request, Settings())
    assert [row["name"] for row in csv.DictReader(request.out.read_text("utf-8-sig").splitlines())] == [
        "bus_stop",
        "car_park",
    ]


def test_without_a_borough_the_whole_layer_counts(request_):
    assert make_sites(request_(within=()), Settings()).inside == 5


def test_a_list_that_is_there_is_kept(request_):
    request = request_()
    request.out.write_text("mine")
    with pytest.raises(OutputError, match=r"sites.csv already exists and is kept; add --force to replace it, or give"):
        make_sites(request, Settings())
    assert request.out.read_text() == "mine"
    make_sites(request_(force=True), Settings())
    assert request.out.read_text() != "mine"


def test_what_cannot_be_done_is_said(request_, tmp_path):
    with pytest.raises(OutputError, match=r"sites.xlsx cannot be a site list; give an --out that ends in .csv"):
        make_sites(request_(out=tmp_path / "sites.xlsx"), Settings())
    with pytest.raises(SettingsError, match=r"--within 'Bexly' is no borough .* did you mean Bexley"):
        make_sites(request_(within=("Bexly",)), Settings())
    far = "name,easting,northing\nA,400000,400000\nB,,\n"
    with pytest.raises(
        InputError,
        match=r"Nothing of --from stops.csv is a site in Bexley \(1 outside the area; 1 without coordinates\); is it the",
    ):
        make_sites(request_(far), Settings())
    with pytest.raises(InputError, match=r"is a site in the boundaries \(the file has no rows\)"):
        make_sites(request_("name,easting,northing\n", within=()), Settings())
    assert not (tmp_path / "sites.csv").exists()


def test_another_crs_is_written_in_degrees(request_, tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text("[areas]\nanalysis_epsg = 32631\n")
    from hotspots.settings import load_settings  # noqa: PLC0415

    request = request_()
    make_sites(request, load_settings(path))
    first = next(csv.DictReader(request.out.read_text("utf-8-sig").splitlines()))
    there = Point(float(first["longitude"]), float(first["latitude"]))
    expected = gpd.GeoSeries([Point(549590, 176000)], crs=27700).to_crs(4326)[0]
    assert there.distance(expected) < 1e-5


def test_conditions_as_they_are_typed():
    assert parse_where([]) == {}
    assert parse_where(["fclass = parking, parking_site", "a=b=c", "fclass=bus"]) == {
        "fclass": ("parking", "parking_site", "bus"),
        "a": ("b=c",),
    }
    for wrong in ("parking", "=parking"):
        with pytest.raises(SettingsError, match=f"--where '{wrong}' is no condition; write column=value"):
            parse_where([wrong])


def test_real_stops_of_bexley(tmp_path):
    stops = REAL / "overlays" / "tfl-bus-stops.csv"
    boundaries = REAL / "boundaries" / "lsoa2021" / "Bexley-lsoa2021-fullres.zip"
    if not (stops.exists() and boundaries.exists()):
        pytest.skip("the real layers are not here")
    result = make_sites(SitesRequest(stops, (boundaries,), ("Bexley",), out=Path(tmp_path, "sites.csv")), Settings())
    assert (result.read, result.inside, result.joined, result.written) == (20_404, 678, 202, 476)
