"""The life of the hotspots in the pack: ids of an earlier pack are kept, earlier months looked at, all of it said."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace
from typing import Any, cast

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from hotspots.errors import InputError
from hotspots.files import write_geopackage
from hotspots.pack.previous import read_places
from hotspots.pipeline.life_findings import life_findings
from hotspots.tables.hotspots import STATUSES
from tests import conftest as kit


def streets(frame):
    return frame["name"].str[4:].str.partition(",")[0]


@pytest.fixture(scope="module")
def april(town, tmp_path_factory):
    """The pack of the month before."""
    return town.run(tmp_path_factory.mktemp("april"), month="2024-04")


# An earlier pack


def test_the_hotspots_of_a_pack_and_those_it_knew_are_read(pack):
    places = read_places(pack.folder, epsg=27700)
    hotspots, past = pack.layer("hotspots"), pack.layer("past")
    assert list(places.index) == [*hotspots["hotspot_id"], *past["hotspot_id"]]
    assert places.crs.to_epsg() == 27700
    assert list(places.loc[hotspots["hotspot_id"], "first_seen"]) == list(hotspots["first_seen"])
    assert list(places.loc[past["hotspot_id"], "last_seen"]) == list(past["last_seen"])
    assert places.loc[hotspots["hotspot_id"], "last_seen"].isna().all()
    degrees = read_places(pack.folder, epsg=4326)
    assert degrees.geometry.to_crs(27700).geom_equals_exact(places.geometry, 0.1).all()


def test_a_pack_of_an_earlier_version_has_no_past(pack, tmp_path):
    columns = ["hotspot_id", "rank", "easting", "northing", "geometry"]
    layer = pack.layer("hotspots")[columns].set_index("hotspot_id")
    write_geopackage(tmp_path / "month.gpkg", {"hotspots": layer})
    places = read_places(tmp_path, epsg=27700)
    assert list(places.index) == list(layer.index)
    assert places[["first_seen", "last_seen"]].isna().all(axis=None)


def test_layers_that_cannot_be_read_are_one_sentence(tmp_path):
    for data in (None, b"", b"no database"):
        if data is not None:
            (tmp_path / "month.gpkg").write_bytes(data)
        with pytest.raises(InputError, match=r"The hotspots of .*month\.gpkg cannot be read .* make that pack again\."):
            read_places(tmp_path, epsg=27700)


def test_the_ids_of_the_earlier_pack_win(town, april, pack, tmp_path):
    old = tmp_path / "old"
    shutil.copytree(april.folder, old)
    layer = april.layer("hotspots").set_index("hotspot_id")
    renamed = layer.rename(index={key: f"KEPT-{key}" for key in layer.index})
    (old / "month.gpkg").unlink()
    write_geopackage(old / "month.gpkg", {"hotspots": renamed})
    kept = town.run(tmp_path / "out", previous=old, events=None)
    named = dict(zip(streets(kept.csv("hotspots")), kept.csv("hotspots").index, strict=True))
    before = dict(zip(streets(renamed), renamed.index, strict=True))
    assert named == {street: before[street] for street in named}
    assert set(before) - set(named) == {"Old Yard"}
    assert (
        f"KEPT-{april.csv('hotspots').index[streets(april.csv('hotspots')) == 'Old Yard'][0]}" in kept.csv("past").index
    )
    assert kept.manifest["parameters"]["months_looked_at"] == ["2024-03", "2024-04", "2024-05"]
    same = pack.csv("hotspots").reset_index(drop=True).drop(columns=["first_seen"])
    pd.testing.assert_frame_equal(kept.csv("hotspots").reset_index(drop=True).drop(columns=["first_seen"]), same)


def test_the_month_before_names_the_same_places_the_same(april, pack):
    before, now = april.csv("hotspots"), pack.csv("hotspots")
    named = dict(zip(streets(before), before.index, strict=True))
    assert {street: named[street] for street in streets(now)} == dict(zip(streets(now), now.index, strict=True))
    assert list(now["months_in_top"]) == [3, 3, 3]
    assert set(now["status"]) == {"seen before"}
    assert set(now["first_seen"]) == {"2024-03"}
    assert set(before["first_seen"]) == {"2024-03"}


def test_a_place_that_has_gone_is_history(pack):
    past = pack.csv("past")
    gone = past[past["name"].str.startswith("Old Yard")]
    assert len(gone) == 1
    assert tuple(gone[["first_seen", "last_seen", "n", "n_month"]].iloc[0]) == ("2024-03", "2024-04", 0, 0)
    assert "Earlier hotspots that are none now" in pack.page
    months = pack.csv("hotspot_months")
    hotspots = pack.csv("hotspots")
    assert list(months.columns[-2:]) == ["2024-04", "2024-05"]
    assert list(months.loc[hotspots.index, "2024-05"]) == list(hotspots["n_month"])
    assert list(months.loc[hotspots.index].iloc[:, -12:].sum(axis=1)) == list(hotspots["n"])


def test_one_month_to_look_at_says_so(town, tmp_path):
    settings = tmp_path / "one.toml"
    settings.write_text("[hotspots]\nlife_months = 1\n", encoding="utf-8")
    read = town.run(tmp_path / "out", settings=settings)
    assert "Which hotspots are new cannot be told" in read.page
    assert read.manifest["parameters"]["months_looked_at"] == ["2024-05"]
    assert read.csv("hotspots")[["status", "first_seen", "months_in_top"]].isna().all(axis=None)
    assert "new" not in {hotspot["status"] for hotspot in read.csv("hotspots").to_dict("records")}


def test_a_later_pack_is_refused_and_an_earlier_one_named_in_the_manifest(town, april, pack, tmp_path):
    said = kit.run_cli(*town.options(tmp_path / "out", month="2024-04", previous=pack.folder))
    assert said.code == 1
    assert "is the pack of 2024-05, later than 2024-04; give an earlier one" in said.sentence
    read = town.run(tmp_path / "out", previous=april.folder)
    assert read.manifest["parameters"]["previous"] == {"month": "2024-04", "sha256": april.hashes["manifest.json"]}
    assert pack.manifest["parameters"]["previous"] is None


# Sentences


def table(*statuses):
    key = pd.Index([f"H{number}" for number in range(len(statuses))], name="hotspot_id")
    frame = {"rank": range(1, len(statuses) + 1), "status": pd.Series(statuses, index=key, dtype="str")}
    return gpd.GeoDataFrame(frame, geometry=[shapely.Point(0, 0).buffer(1)] * len(statuses), index=key, crs=27700)


def life(months, gone=0, joined=0):
    heirs = pd.Series([None] * gone + ["H1"] * joined, dtype="str")
    looked = pd.period_range(end="2024-05", periods=months, freq="M")
    return cast("Any", SimpleNamespace(months=looked, past=pd.DataFrame({"succeeded_by": heirs})))


def test_each_status_is_named_once_with_its_numbers():
    said = life_findings(table("persistent", "new", "persistent", "diminishing", "new"), life(24))
    assert said[0] == "Numbers 2 and 5 are new; numbers 1 and 3 are persistent; number 4 is diminishing."
    assert said[1].startswith("The same method was run for each of 24 months from June 2022")
    assert len(said) == 2
    assert "sporadic" in STATUSES
    assert life_findings(table("sporadic"), life(24))[0] == "Number 1 is sporadic."


def test_fewer_than_twelve_months_say_what_cannot_be_told():
    assert "With 11 months to look at" in life_findings(table("new"), life(11))[2]
    assert len(life_findings(table("new"), life(12))) == 2


@pytest.mark.parametrize(
    ("gone", "joined", "words"),
    [
        (1, 0, "One place was a hotspot in an earlier month and is none now."),
        (3, 2, "Three places were hotspots in an earlier month and are none now."),
    ],
)
def test_places_that_have_gone_are_counted_without_those_that_joined_another(gone, joined, words):
    assert life_findings(table("new"), life(12, gone, joined))[-1] == words


def test_no_hotspot_has_no_status():
    said = life_findings(table(), life(12))
    assert len(said) == 1
    assert said[0].startswith("The same method")


# Wards, part of the day


def test_a_ward_names_the_hotspots_and_a_lookup_of_other_codes_is_refused(town, tmp_path):
    layer = gpd.read_file(town.boundaries)
    code = next(name for name in layer.columns if name.lower().endswith("cd"))
    wards = pd.DataFrame({"LSOA21CD": layer[code], "WD24NM": "Christchurch"})
    wards.to_csv(tmp_path / "wards.csv", index=False)
    settings = tmp_path / "wards.toml"
    settings.write_text('[areas]\nwards = "wards.csv"\n', encoding="utf-8")
    read = town.run(tmp_path / "out", settings=settings)
    assert read.csv("hotspots")["name"].iloc[0] == "H01 High Street, Christchurch"
    assert ("wards", "wards.csv") in {(file["role"], file["name"]) for file in read.manifest["inputs"]}
    wards.assign(LSOA21CD="E01999999").drop_duplicates().to_csv(tmp_path / "wards.csv", index=False)
    said = kit.run_cli(*town.options(tmp_path / "other", settings=settings))
    assert said.code == 1
    assert "wards.csv gives a ward for no LSOA of the area" in said.sentence


def test_the_manifest_says_how_lsoas_and_cells_were_tested(pack):
    tests = pack.manifest["tests"]
    assert set(tests) == {"lsoas", "cells"}
    assert tests["cells"]["size_m"] == 150
    assert json.dumps(tests)
    cells = pack.layer("cells")
    assert cells["n"].sum() <= pack.layer("incidents")["in_focus"].sum()
