"""The pack: six files that agree with each other, account for every row, and are the same bytes every time."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest

from hotspots.pack.folder import AREA_COLUMNS, HOTSPOT_COLUMNS
from hotspots.tables import AREA_STATS, HOTSPOTS, REJECTS
from tests import conftest as kit

FILES = {
    *("map.html", "map.png", "map.svg"),
    *("hotspots.csv", "hotspot_months.csv", "past.csv", "neighbours.csv", "areas.csv"),
    *("concentration.csv", "concentration.png", "concentration.svg", "when.csv", "timed.csv", "season.csv"),
    *("exposure.csv", "earlier.csv"),
    *("quality.html", "quality.csv", "rejects.csv", "month.gpkg", "manifest.json"),
}
TABLES = {"hotspots": HOTSPOTS, "areas": AREA_STATS, "rejects": REJECTS}
# As ../shared/design.md lists them; what no stage fills yet is left out.
DESIGN = {
    "hotspots": [
        "hotspot_id",
        "rank",
        "name",
        "n",
        "n_month",
        "usual_low",
        "usual_high",
        "change_p",
        "share_of_n",
        "share_of_area",
        "area_ha",
        "status",
        "top_category",
        "grid_ref",
        "easting",
        "northing",
        "lsoa_codes",
        "cross_border",
    ],
    "areas": [
        "lsoa_code",
        "lsoa_name",
        "borough",
        "zone",
        "n",
        "n_month",
        "n_previous",
        "n_last_year",
        "area_km2",
        "rate_per_km2",
        "rate_per_1000",
        "map_class",
    ],
    "rejects": ["reject_no", "source_file", "source_row", "incident_id", "reason", "column", "value"],
}
INCIDENT_LAYER = [
    "incident_id",
    "month",
    "occurred_at",
    "occurred_until",
    "occurred_on",
    "occurred_until_on",
    "category",
    "themes",
    "in_focus",
    "street",
    "lsoa_published",
    "lsoa_code",
    "located_by",
    "zone",
]
FOCUS = (kit.VIOLENCE, kit.ROBBERY)


def test_its_files_and_nothing_else(pack):
    assert {path.name for path in pack.folder.iterdir()} == FILES
    assert [path.name for path in pack.folder.parent.iterdir()] == ["2024-05"]


@pytest.mark.parametrize("name", TABLES)
def test_csvs_have_a_mark_unix_line_ends_and_the_columns_of_the_design(pack, name):
    raw = (pack.folder / f"{name}.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    header = next(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    first = [column for column in header if column in DESIGN[name]]
    assert first == DESIGN[name]
    if name != "rejects":
        assert header[: len(first)] == first
    assert set(header[1:]) == set(TABLES[name].columns) - {"geometry"}


def test_the_first_columns_are_columns_of_their_tables():
    assert set(HOTSPOT_COLUMNS) < set(HOTSPOTS.columns)
    assert set(AREA_COLUMNS) < set(AREA_STATS.columns)


def test_areas_keep_their_zeros_and_no_data_is_empty(pack):
    areas = pack.csv("areas")
    assert len(areas) == 16 + 8 + 12
    assert areas.groupby("borough")["zone"].agg(set).to_dict() == {
        "Bexley": {"area"},
        "Greenwich": {"ring"},
        "Dartford": {"ring"},
    }
    numbers = ["n", "n_month", "n_previous", "n_last_year", "rate_per_km2"]
    kent = areas[areas["borough"] == "Dartford"]
    assert kent[[*numbers, "map_class"]].isna().all().all()
    assert (kent["force"] == "Kent Police").all()
    met = areas[areas["borough"] != "Dartford"]
    assert met[numbers].notna().all().all()
    assert (met["n"] == 0).sum() == 20
    high_street = met[met["lsoa_name"] == "Bexley 001A"].iloc[0]
    assert list(high_street[numbers]) == pytest.approx([11 * 5 + 21, 21, 5, 5, 76 / 0.25], rel=1e-6)
    old_yard = met[met["lsoa_name"] == "Bexley 004B"].iloc[0]
    assert list(old_yard[numbers]) == [0, 0, 0, 30, 0], "the month a year before lies outside the window"


def test_numbers_are_unrounded(pack):
    rows = list(csv.DictReader(io.StringIO((pack.folder / "hotspots.csv").read_text(encoding="utf-8-sig"))))
    assert len(rows) == 3
    assert float(rows[0]["share_of_n"]) == 76 / 137
    assert len(rows[0]["easting"].partition(".")[2]) >= 6


def test_hotspots_stand_in_order_of_rank_and_count_their_own_ground(pack):
    hotspots, incidents = pack.csv("hotspots"), pack.layer("incidents")
    assert list(hotspots["rank"]) == [1, 2, 3]
    assert list(hotspots["name"].str.partition(",")[0]) == ["H01 High Street", "H02 Station Road", "H03 Border Road"]
    assert list(hotspots["change"]) == ["above", "usual", "usual"]
    shapes = pack.layer("hotspots").set_index("hotspot_id")
    focus = incidents[incidents["in_focus"]]
    for key, hotspot in hotspots.iterrows():
        inside = focus[focus.intersects(shapes.geometry[key])]
        assert (len(inside), (inside["month"] == kit.MONTH).sum()) == (hotspot["n"], hotspot["n_month"])
    assert list(shapes.index) == list(hotspots.index)


def test_the_order_of_rank_is_not_that_of_the_ids(whole):
    for table in (whole.csv("hotspots").reset_index(), whole.layer("hotspots")):
        assert list(table["rank"]) == [1, 2, 3, 4, 5]
        assert list(table["hotspot_id"]) != sorted(table["hotspot_id"])


def test_the_layers_are_readable_and_their_counts_are_those_of_the_tables(pack):
    path = pack.folder / "month.gpkg"
    names = ["incidents", "areas", "hotspots", "events", "past", "neighbours", "cells", "density"]
    assert [name for name, _ in pyogrio.list_layers(path)] == names
    layers = {name: pack.layer(name) for name in names}
    assert {layer.crs.to_epsg() for layer in layers.values()} == {27700}
    for name in ("areas", "hotspots"):
        table = pack.csv(name)
        layer = layers[name].set_index(table.index.name)
        assert list(layer.columns.drop("geometry")) == list(table.columns)
        assert layer.geometry.is_valid.all()
        for column in table.columns:
            # The CSV's empty cell is the layer's null.
            assert list(layer[column].isna()) == list(table[column].isna()), column
            known = table[column].notna()
            if pd.api.types.is_numeric_dtype(table[column]):
                np.testing.assert_allclose(
                    layer.loc[known, column].astype(float), table.loc[known, column].astype(float), rtol=1e-12
                )
            else:
                assert list(layer.loc[known, column]) == list(table.loc[known, column])


def test_the_incident_layer_is_every_accepted_row_of_the_window_in_area_or_ring(pack, town):
    incidents = pack.layer("incidents")
    assert list(incidents.columns) == [*INCIDENT_LAYER, "geometry"]
    wanted = [
        row
        for row in town.rows
        if row["Month"] in kit.WINDOW
        and row["Longitude"]
        and row["Location"][11:] not in {"Far Lane", "Nowhere", "No Location"}
    ]
    assert len(incidents) == len(wanted) - 1, "one repeats an ID"
    assert incidents["incident_id"].is_unique
    assert set(incidents["month"]) == set(kit.WINDOW)
    assert set(incidents["category"]) == {kit.VIOLENCE, kit.ROBBERY, kit.BURGLARY, kit.ASB}
    assert (incidents["in_focus"] == incidents["category"].isin(FOCUS)).all()
    assert (incidents["street"] == "Old Yard").sum() == 0
    field = incidents[incidents["street"] == "North Field"]
    assert len(field) == 12
    assert set(field["zone"]) == {"ring"}
    assert set(field["located_by"]) == {"outside"}
    assert field["lsoa_code"].isna().all()
    # Of the repeated ID the row with the smaller longitude is kept.
    assert list(incidents.loc[incidents["incident_id"] == "f" * 64, "street"]) == ["Station Road"]
    # ASB rows have no ID, are equal in every cell, and are all kept.
    assert (incidents["category"] == kit.ASB).sum() == 36


@pytest.mark.parametrize("which", ["pack", "whole"])
def test_every_row_is_accounted_for(which, request, town):
    read = request.getfixturevalue(which)
    manifest, rejects = read.manifest, read.csv("rejects")
    counts = manifest["counts"]
    assert counts["read"] == len(town.rows) == counts["accepted"] + counts["rejected"]
    assert counts["accepted"] == counts["located"] + counts["outside"]
    assert counts["outside"] == 28
    for key in ("read", "accepted", "rejected"):
        assert sum(file[key] for file in manifest["by_file"].values()) == counts[key]
    assert all(file["read"] == file["accepted"] + file["rejected"] for file in manifest["by_file"].values())
    of_incidents = rejects[rejects["source_file"].isin(list(manifest["by_file"]))]
    assert len(of_incidents) == counts["rejected"] == sum(manifest["rejected_by_reason"].values()) == 15
    assert manifest["no_location_by_category"] == {kit.VIOLENCE: 14}
    assert manifest["repeats_that_differ_in_place"] == 1
    repeat = rejects[rejects["reason"] == "repeated_id"].iloc[0]
    assert repeat["incident_id"] == "f" * 64
    assert repeat["value"].startswith("kept: 2024-05-metropolitan-street.csv row ")
    kept = town.rows[[row["Crime ID"] for row in town.rows].index("f" * 64) + 1]
    lines = (town.incidents / "2024-05" / repeat["source_file"]).read_text().splitlines()
    assert kept["Location"] in lines[int(repeat["value"].rpartition(" ")[2]) - 1]


def test_an_event_that_is_no_event_is_among_the_rejects(pack):
    rejects = pack.csv("rejects")
    bad = rejects[rejects["source_file"] == "events.csv"]
    assert bad[["source_row", "reason", "column", "value"]].to_numpy().tolist() == [
        [7, "bad_time", "starts_at", "31/02/2024"]
    ]
    assert list(rejects.index) == list(range(1, 17))


def test_with_the_whole_layer_areas_and_outside_are_all_rows_in_focus(whole, town):
    accepted = [
        row for row in town.rows if row["Month"] in kit.WINDOW and row["Longitude"] and row["Crime type"] in FOCUS
    ]
    outside = [row for row in accepted if row["Location"][11:] in {"North Field", "Nowhere"}]
    areas = whole.csv("areas")
    assert set(areas["zone"]) == {"area"}
    assert areas["n"].sum() + len(outside) == len(accepted) - 1
    assert len(areas) == 44


def test_inputs_have_names_and_hashes(pack, town):
    inputs = pack.manifest["inputs"]
    roles = [file["role"] for file in inputs]
    assert sorted(roles) == ["boundaries", "events", *["incidents"] * 14]
    on_disk = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in town.folder.rglob("*") if path.is_file()
    }
    assert {file["name"]: file["sha256"] for file in inputs}.items() <= on_disk.items()
    assert len(inputs) == 16


def test_no_path_is_anywhere_in_the_pack(pack, town):
    for path in pack.folder.iterdir():
        data = path.read_bytes()
        for folder in (town.folder, pack.folder.parent, Path.cwd(), Path.home()):
            if folder.name:
                assert str(folder).encode() not in data, (path.name, folder)
        assert town.folder.name.encode() not in data
        assert b"pytest" not in data


# ------------------------------------------------------------------------------------------------ the same bytes


def test_a_second_run_gives_the_same_bytes(pack, town, tmp_path):
    again = town.run(tmp_path, events=town.folder / "events.csv")
    assert again.hashes == pack.hashes


def test_fresh_processes_with_other_hash_seeds_give_the_same_bytes(pack, town, tmp_path):
    running = []
    for seed in ("1", "4242"):
        words = town.options(tmp_path / seed, events=town.folder / "events.csv")
        command = [sys.executable, "-W", "error", "-m", "hotspots", *words]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        running.append(
            (seed, subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL))
        )
    for seed, process in running:
        _, said = process.communicate(timeout=120)
        assert (process.returncode, said) == (0, b"")
        assert kit.PackRead(tmp_path / seed / kit.MONTH).hashes == pack.hashes


def test_the_order_of_rows_and_files_changes_no_table(pack, town, tmp_path):
    rows = list(town.rows)
    random.Random(7).shuffle(rows)  # noqa: S311 - an order, not a secret
    folder = kit.write_street(tmp_path / "shuffled", rows)
    paths = sorted(folder.rglob("*.csv"), reverse=True)
    boundaries = kit.lattice().sample(frac=1, random_state=7).to_crs(4326)
    boundaries.to_file(tmp_path / "lsoa.geojson", driver="GeoJSON")
    again = town.run(
        tmp_path / "out", incidents=paths, boundaries=tmp_path / "lsoa.geojson", events=town.folder / "events.csv"
    )
    for name in ("hotspots.csv", "areas.csv"):
        assert (again.folder / name).read_bytes() == (pack.folder / name).read_bytes()
    assert again.hashes["map.html"] == pack.hashes["map.html"]
    columns = INCIDENT_LAYER
    first, second = (read.layer("incidents").sort_values("incident_id")[columns] for read in (pack, again))
    pd.testing.assert_frame_equal(first.reset_index(drop=True), second.reset_index(drop=True))


# ------------------------------------------------------------------------------------------------ whole or not at all


@pytest.fixture
def held(town, pack, tmp_path):
    """A pack of another window that is there already."""
    folder = tmp_path / "out" / kit.MONTH
    folder.parent.mkdir()
    shutil.copytree(pack.folder, folder)
    (folder / "hotspots.csv").write_text("old")
    return kit.PackRead(folder)


def test_an_existing_pack_is_kept_byte_for_byte(held, town):
    before = held.hashes
    said = kit.run_cli(*town.options(held.folder.parent))
    assert said.code == 1
    assert "already exists and is kept; add --force to replace it" in said.sentence
    assert str(held.folder) in said.sentence
    assert held.hashes == before
    assert kit.names_in(held.folder.parent) == [kit.MONTH]


def test_an_existing_pack_is_replaced_by_force(held, town, pack):
    town.run(held.folder.parent, events=town.folder / "events.csv", force=True)
    assert held.hashes == pack.hashes
    assert kit.names_in(held.folder.parent) == [kit.MONTH]


@pytest.mark.parametrize(
    ("writer", "error"),
    [
        ("write_text", OSError(28, "No space left on device")),
        ("write_geopackage", KeyboardInterrupt()),
        ("write_json", OSError(28, "No space left on device")),
    ],
)
def test_a_run_that_dies_while_writing_leaves_the_old_pack(held, town, monkeypatch, writer, error):
    before = held.hashes

    def die(*_args, **_keywords):
        raise error

    monkeypatch.setattr(f"hotspots.pack.folder.{writer}", die)
    said = kit.run_cli(*town.options(held.folder.parent, force=True))
    if isinstance(error, OSError):
        assert said.code == 1
        assert "No space left on device" in said.sentence
    else:
        assert (said.code, said.out, said.err) == (130, "", "Stopped; no pack was changed.\n")
    assert held.hashes == before
    assert kit.names_in(held.folder.parent) == [kit.MONTH]


def test_a_file_held_open_gives_one_clear_sentence(held, town, monkeypatch):
    before = held.hashes

    def refuse(*_):
        raise PermissionError(13, "The process cannot access the file")

    monkeypatch.setattr("hotspots.files.os.replace", refuse)
    said = kit.run_cli(*town.options(held.folder.parent, force=True))
    assert said.code == 1
    assert "a file in it is probably open in another program. Close it there" in said.sentence
    assert held.hashes == before
    assert kit.names_in(held.folder.parent) == [kit.MONTH]
