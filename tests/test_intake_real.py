"""The public data as published: nothing of it is lost, and what is odd in it is named."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from hotspots.intake.boundaries import read_boundaries
from hotspots.intake.incidents import read_incidents
from hotspots.intake.lookups import RULES, read_lookup, read_population
from tests import intake_fixtures as fixtures
from tests.intake_fixtures import REAL

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from hotspots.intake.accept import Intake

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not REAL.is_dir(), reason=f"no real data at {REAL}; HOTSPOTS_REAL_DATA may name its folder"),
]

POLICE = REAL / "police"
LAYERS = REAL / "boundaries"


def lines(path: Path) -> list[dict[str, str]]:
    """Return the rows of a street file as the standard library reads them: the referee."""
    with path.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def balanced(intake: Intake) -> pd.DataFrame:
    accounts = intake.accounts
    assert (accounts["read"] == accounts["accepted"] + accounts["rejected"]).all()
    assert accounts["accepted"].sum() == len(intake.incidents)
    assert accounts["rejected"].sum() == len(intake.rejects)
    assert "too_many_cells" not in set(intake.rejects["reason"])
    return accounts


@pytest.fixture(scope="module")
def city() -> Intake:
    return read_incidents([POLICE / "city-of-london"])


def test_city_no_row_is_lost(city):
    accounts = balanced(city)
    assert len(accounts) == 24
    assert accounts["read"].sum() == 18_867
    for name, read in accounts["read"].items():
        assert read == len(lines(POLICE / "city-of-london" / str(name)))


def test_city_rejects_are_repeats_and_rows_without_location(city):
    counts = fixtures.counts(city.rejects)
    assert counts["repeated_id"] == 273
    assert set(counts) <= {"repeated_id", "no_location", "outside_great_britain"}
    rows = [row for path in sorted((POLICE / "city-of-london").iterdir()) for row in lines(path)]
    ids = [row["Crime ID"] for row in rows if row["Crime ID"]]
    assert len(ids) - len(set(ids)) == 273
    located = {row["Crime ID"] for row in rows if row["Longitude"] and row["Crime ID"]}
    bare = sum(1 for row in rows if row["Longitude"] and not row["Crime ID"])
    assert len(city.incidents) + counts.get("outside_great_britain", 0) == len(located) + bare


def test_city_coverage_is_24_months_of_rows(city):
    coverage = city.coverage[city.coverage["force"] == "City of London Police"]
    assert [str(month) for month in coverage["month"]][::23] == ["2024-01", "2025-12"]
    assert len(coverage) == 24
    assert city.coverage["rows"].sum() == 18_867


def test_city_coordinates_are_the_nearest_numbers_to_their_text(city):
    name = "2024-01-city-of-london-street.csv"
    texts = lines(POLICE / "city-of-london" / name)
    mine = city.incidents[city.incidents["source_file"] == name]
    for point, number in zip(mine.geometry, mine["source_row"], strict=True):
        assert (point.x, point.y) == (float(texts[number - 2]["Longitude"]), float(texts[number - 2]["Latitude"]))


def test_met_burglary_of_four_boroughs_is_whole():
    (path,) = (POLICE / "met-burglary").glob("bexley-*.csv.gz")
    intake = read_incidents([path])
    assert balanced(intake)["read"].tolist() == [108_196]
    assert intake.coverage["month"].nunique() == 157
    bare = intake.incidents.index.str.startswith("no-id-").sum()
    assert bare + intake.rejects["incident_id"].isna().sum() == 10_476
    assert set(fixtures.counts(intake.rejects)) == {"repeated_id"}


def test_one_met_month_has_both_vintages_of_codes():
    intake = read_incidents([POLICE / "met-burglary" / "2023-03-metropolitan-street.burglary-only.csv"])
    assert balanced(intake)["read"].tolist() == [4_925]
    assert set(intake.incidents["month"].astype(str)) == {"2023-03"}


def test_kent_is_whole():
    intake = read_incidents([POLICE / "kent" / "2021-08-kent-street.csv.gz"])
    assert balanced(intake)["read"].tolist() == [18_287]
    assert fixtures.counts(intake.rejects)["no_location"] == 189
    assert set(intake.force) == {"Kent Police"}


@pytest.mark.parametrize(
    ("path", "number", "vintage", "borough"),
    [
        ("lsoa2011/london-2011-lsoa-gen20.zip", 4_835, 2011, "Bexley"),
        ("lsoa2021/london-2021-lsoa-gen20.zip", 4_994, 2021, "Barking and Dagenham"),
        ("lsoa2021/Bexley-lsoa2021-fullres.zip", None, 2021, "Bexley"),
        ("lsoa2011/E09000004.json", None, 2011, "Bexley"),
    ],
)
def test_layers_are_read_whole(path, number, vintage, borough):
    found = read_boundaries([LAYERS / path], epsg=27700)
    assert len(found.areas) == (number or len(found.areas))
    assert set(found.areas["vintage"]) == {vintage}
    assert borough in set(found.areas["borough"])
    assert (found.repaired, found.repeated) == ((), ())
    assert 0.005 < found.areas["area_km2"].min() < found.areas["area_km2"].max() < 60


def test_the_one_invalid_polygon_of_bromley_is_repaired_and_named():
    found = read_boundaries([LAYERS / "lsoa2011" / "E09000006.json"], epsg=27700)
    assert found.repaired == ("E01000815",)
    assert found.areas.is_valid.all()


def test_the_geojson_of_degrees_and_the_shapefile_on_the_grid_are_one_place():
    grid = read_boundaries([LAYERS / "lsoa2011" / "london-2011-lsoa-gen20.zip"], epsg=27700).areas
    degrees = read_boundaries([LAYERS / "lsoa2011" / "E09000004.json"], epsg=27700).areas
    assert set(degrees.index) == set(grid.index[grid["borough"] == "Bexley"])
    assert degrees.centroid.distance(grid.centroid.loc[degrees.index]).max() < 40


def test_the_official_lookup_and_both_tables_of_residents_are_read():
    lookup, _ = read_lookup(REAL / "lookups" / "lsoa2011_lsoa2021_exact_fit_lookup_ew_v3.csv.gz")
    assert lookup["rule"].value_counts().reindex(RULES).tolist() == [33_647, 1_900, 239, 10]
    split = lookup[lookup["lsoa11"] == "E01000432"]
    assert (set(split["rule"]), set(split["lsoa21"])) == ({"S"}, {"E01033789", "E01033790"})
    census, _ = read_population(REAL / "population" / "lsoa21-census2021-residents-households-EW.csv")
    bexley = read_boundaries([LAYERS / "lsoa2021" / "Bexley-lsoa2021-fullres.zip"], epsg=27700).areas.index
    assert census[bexley].sum() == 246_490
    estimate, _ = read_population(REAL / "population" / "london-lsoa11-mid2020-pop.csv")
    assert len(estimate) == 4_835
