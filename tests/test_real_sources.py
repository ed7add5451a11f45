"""Every public incident file, read through settings alone: no row is lost, and what is rejected says why."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from hotspots.intake.incidents import read_incidents
from hotspots.settings import load_settings
from tests.intake_fixtures import REAL

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not (REAL / "police").is_dir(), reason=f"no real data at {REAL}")

UK = """
[[sources]]
name = "City of London"
path = "police/city-of-london"
format = "police.uk"

[[sources]]
name = "Kent"
path = "police/kent/2021-08-kent-street.csv.gz"
format = "police.uk"

[[sources]]
name = "Burglary of four boroughs"
path = "police/met-burglary/bexley-greenwich-lewisham-bromley-burglary-2010-12_2023-12.csv.gz"
format = "police.uk"

[[sources]]
name = "Ward"
path = "police/api-ward-json/*.json"
columns = { id = "persistent_id", month = "month", category = "category", longitude = "location.longitude", latitude = "location.latitude", street = "location.street.name" }

[[sources]]
name = "Three boroughs"
path = "police/api-ward-json/*.csv.gz"
columns = { id = "id", month = "month", category = "category", longitude = "lon", latitude = "lat", street = "street" }

[[sources]]
name = "Stops of the Met"
path = "police/stop-search/2024-08-metropolitan-stop-and-search.csv"
category = "Stop and search"
columns = { date = "Date", longitude = "Longitude", latitude = "Latitude" }

[[sources]]
name = "Stops of four boroughs"
path = "police/stop-search/bexley-*.csv.gz"
category = "Stop and search"
columns = { date = "Date", longitude = "Longitude", latitude = "Latitude" }

[[sources]]
name = "Nottingham burglary"
path = "timestamped/nottingham_burglary.csv.gz"
category = "Burglary"
columns = { month = "month", longitude = "longitude", latitude = "latitude", street = "location", lsoa = "lsoa_code" }

[[sources]]
name = "Nottingham robbery"
path = "timestamped/nottingham_robbery.csv.gz"
category = "Robbery"
columns = { month = "month", longitude = "longitude", latitude = "latitude", street = "location", lsoa = "lsoa_code" }

[[sources]]
name = "Bus stops"
path = "overlays/tfl-bus-stops.csv"
category = "Bus stop"
month = "2024-05"
columns = { id = "Naptan_Atco", easting = "Location_Easting", northing = "Location_Northing", street = "Stop_Name" }
"""
MET_MONTH = """
[[sources]]
name = "Met in 2023-03"
path = "police/met-burglary/2023-03-metropolitan-street.burglary-only.csv"
format = "police.uk"
"""
CHICAGO = """
[areas]
analysis_epsg = 26916
time_zone = "America/Chicago"

[[sources]]
name = "Assaults"
path = "timestamped/chicago_aggravated_assaults.csv.gz"
category = "Aggravated assault"
columns = { date = "date", longitude = "longitude", latitude = "latitude", street = "loc_cat" }

[[sources]]
name = "Arson"
path = "timestamped/chicago_arson.csv"
header_row = 0
epsg = 26971
category = "Arson"
columns = { x = 1, y = 2, date = 3 }
"""
CINCINNATI = """
[areas]
analysis_epsg = 26916
time_zone = "America/New_York"

[[sources]]
name = "Burglary"
path = "timestamped/cincinnati_burglary.csv.gz"
columns = { id = "incident_no", date = "offense_date", category = "offense", longitude = "longitude", latitude = "latitude" }
"""
VANCOUVER = """
[areas]
analysis_epsg = 26910
time_zone = "America/Vancouver"

[[sources]]
name = "Thefts"
path = "timestamped/vancouver_thefts.csv.gz"
epsg = 26910
columns = { category = "TYPE", year = "YEAR", month = "MONTH", day = "DAY", hour = "HOUR", minute = "MINUTE", street = "HUNDRED_BLOCK", x = "X", y = "Y" }
"""
SAN_FRANCISCO = """
[areas]
analysis_epsg = 26910
time_zone = "America/Los_Angeles"

[[sources]]
name = "Robbery"
path = "timestamped/san_francisco_robbery.csv"
columns = { id = "uid", date = "date_time", category = "offense_type", longitude = "longitude", latitude = "latitude" }
"""
PLACES = {
    "UK": UK,
    "Met month": MET_MONTH,
    "Chicago": CHICAGO,
    "Cincinnati": CINCINNATI,
    "Vancouver": VANCOUVER,
    "San Francisco": SAN_FRANCISCO,
}


def read(text: str, folder: Path):
    """Read what a settings file says, which lies anywhere and names the files in full."""
    for source in tomllib.loads(text)["sources"]:
        text = text.replace(f'path = "{source["path"]}"', f"path = '{REAL / source['path']}'")
    path = folder / "hotspots.toml"
    path.write_text(text, encoding="utf-8")
    return read_incidents([], load_settings(path))


@pytest.mark.parametrize("place", PLACES)
def test_every_row_of_every_public_file_is_accounted_for(place, tmp_path):
    intake = read(PLACES[place], tmp_path)
    accounts = intake.accounts
    assert (accounts["read"] > 0).all()
    assert (accounts["read"] == accounts["accepted"] + accounts["rejected"]).all()
    assert accounts["accepted"].sum() == len(intake.incidents)
    assert accounts["rejected"].sum() == len(intake.rejects)
    rows = intake.rejects.groupby("source_file").size().reindex(accounts.index, fill_value=0)
    assert (rows == accounts["rejected"]).all()
    assert intake.by_month["read"].sum() == accounts["read"].sum()
