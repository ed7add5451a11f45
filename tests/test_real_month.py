"""The main job on the public data of ../shared/data: accounts balance, the join agrees, it takes seconds."""

from __future__ import annotations

import time

import pytest

from tests import conftest as kit

pytestmark = pytest.mark.real

LONDON_2021 = "boundaries/lsoa2021/london-2021-lsoa-gen20.zip"
FOUR_BOROUGHS = "police/met-burglary/bexley-greenwich-lewisham-bromley-burglary-2010-12_2023-12.csv.gz"
ONE_MONTH = "police/met-burglary/2023-03-metropolitan-street.burglary-only.csv"
LOOKUP = "lookups/lsoa2011_lsoa2021_exact_fit_lookup_ew_v3.csv.gz"
SECONDS = 90
"""Far above what a run takes on two busy cores; the figures themselves are printed."""


def run(real, out, *, month, incidents, **changes):
    words = ["run", "--month", month, "--incidents", str(real / incidents)]
    words += ["--boundaries", str(real / LONDON_2021), "--out", str(out)]
    for name, value in changes.items():
        words += [f"--{name}", str(value)]
    started = time.monotonic()
    said = kit.run_cli(*words)
    seconds = time.monotonic() - started
    assert said.code == 0, said.err
    read = kit.PackRead(out / month, said)
    kept = read.manifest["published_code_kept"]
    print(f"\n{incidents}, {month}: {seconds:.1f} s, kept {kept['kept']:,} of {kept['named']:,}\n{said.out}")  # noqa: T201 - a figure for the note
    assert seconds < SECONDS
    balanced(read)
    return read


def balanced(read):
    manifest = read.manifest
    counts = manifest["counts"]
    assert counts["read"] == counts["accepted"] + counts["rejected"]
    assert counts["accepted"] == counts["located"] + counts["outside"]
    for key in ("read", "accepted", "rejected"):
        assert sum(file[key] for file in manifest["by_file"].values()) == counts[key]
    assert len(read.csv("rejects")) == counts["rejected"]
    assert (read.folder / "map.html").stat().st_size < 5_000_000


def agreement(read):
    kept = read.manifest["published_code_kept"]
    return kept["kept"] / kept["named"]


@pytest.fixture(scope="module")
def city(real, tmp_path_factory):
    out = tmp_path_factory.mktemp("city")
    return run(real, out, month="2025-12", incidents="police/city-of-london", area="City of London")


@pytest.fixture(scope="module")
def bexley(real, tmp_path_factory):
    return run(
        real,
        tmp_path_factory.mktemp("bexley"),
        month="2023-12",
        incidents=FOUR_BOROUGHS,
        area="Bexley",
        category="Burglary",
        lookup=real / LOOKUP,
    )


@pytest.fixture(scope="module")
def london(real, tmp_path_factory):
    return run(real, tmp_path_factory.mktemp("london"), month="2023-03", incidents=ONE_MONTH, category="Burglary")


def test_city_of_london(city):
    manifest = city.manifest
    assert manifest["counts"]["read"] == 18_867
    assert len(manifest["by_file"]) == 24
    assert manifest["rejected_by_reason"]["repeated_id"] == 273
    differ = manifest["repeats_that_differ_in_place"]
    assert 200 <= differ <= 273
    assert agreement(city) >= 0.999
    areas = city.csv("areas")
    own = areas[areas["zone"] == "area"]
    assert len(own) == 6
    assert own["n"].notna().all()
    assert areas.loc[areas["zone"] == "ring", "n"].isna().all(), "the Met's files are not given: no data"
    hotspots = city.csv("hotspots")
    assert 1 <= len(hotspots) <= 10
    assert (hotspots["n"] >= 12).all()
    assert hotspots["share_of_area"].sum() < 0.2


def test_city_incidents_of_the_window_are_in_the_layer_whatever_their_category(city):
    incidents = city.layer("incidents")
    assert len(set(incidents["month"])) == 12
    assert incidents["category"].nunique() == 14
    areas = city.csv("areas")
    own = incidents[(incidents["zone"] == "area") & incidents["in_focus"] & incidents["lsoa_code"].notna()]
    assert len(own) == areas["n"].sum()


def test_bexley_burglary(bexley):
    manifest = bexley.manifest
    assert manifest["counts"]["read"] == 108_196
    assert manifest["counts"]["outside"] == 0
    assert agreement(bexley) >= 0.999
    areas = bexley.csv("areas")
    assert set(areas.loc[areas["zone"] == "area", "borough"]) == {"Bexley"}
    assert (areas["zone"] == "area").sum() == 148, "146 LSOAs of 2011, of which two were split"
    assert areas["n"].notna().all()
    assert set(areas["months_covered"]) == {12}
    incidents = bexley.layer("incidents")
    assert set(incidents["category"]) == {"Burglary"}
    assert min(incidents["month"]) == "2023-01"


def test_one_month_of_the_whole_met(london):
    manifest = london.manifest
    assert manifest["counts"]["read"] == 4_925
    areas = london.csv("areas")
    assert len(areas) == 4_994
    city = areas[areas["borough"] == "City of London"]
    assert city["n"].isna().all(), "policed by another force: no data"
    assert areas["n"].sum() + manifest["counts"]["outside"] == manifest["counts"]["accepted"]
    assert len(manifest["parameters"]["months_missing"]) == 11
    assert "Missing from the files, not counted as zero: 2022-04 to 2023-02." in london.said.out
    assert "; try --lookup" in london.said.out
