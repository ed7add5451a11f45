"""A pack read back: every layer as its table, whatever a GeoPackage cannot hold."""

from __future__ import annotations

import json
import shutil

import geopandas as gpd
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_index_equal

from hotspots.errors import InputError
from hotspots.files import write_geopackage
from hotspots.pack.saved import read_saved
from hotspots.pipeline.inputs import Inputs, load
from hotspots.pipeline.month import MonthRequest, run_month
from hotspots.pipeline.stages import make_tables
from hotspots.settings import Report, Settings
from hotspots.tables import AREA_STATS, EVENTS, HOTSPOTS, check
from tests import conftest as kit

EVENTS_CSV = (
    "event_id,title,kind,starts_at,ends_at,easting,northing,risk,likelihood,reviewed_on,rrule\n"
    "a,Fair,community,2024-07-06 14:00,2024-07-06 18:00,548000,175000,high,4,2024-05-20,\n"
    "b,Market,market,2024-06-01 09:00,,,,,,,FREQ=WEEKLY;BYDAY=SA\n"
)


@pytest.fixture(scope="module")
def made(town, tmp_path_factory):
    """A month written, and the tables it was made of."""
    folder = tmp_path_factory.mktemp("saved")
    register = folder / "events.csv"
    register.write_text(EVENTS_CSV, encoding="utf-8")
    settings = Settings(report=Report(marking="OFFICIAL", source="a source of tests"))
    inputs = Inputs(kit.MONTH, (town.incidents,), (town.boundaries,), areas=("Bexley",))
    result = run_month(MonthRequest(inputs, folder / "packs", events=register), settings)
    from hotspots.intake.events import read_events  # noqa: PLC0415 - of this fixture alone

    tables = make_tables(load(inputs, settings), settings, read_events(register, epsg=27700))
    return result.pack, tables


def test_layers_come_back_as_their_tables(made):
    pack, tables = made
    saved = read_saved(pack, epsg=27700)
    assert saved.month == pd.Period(kit.MONTH, freq="M")
    for contract, back, there in (
        (HOTSPOTS, saved.hotspots, tables.found.hotspots),
        (AREA_STATS, saved.areas, tables.areas),
        (EVENTS, saved.events, tables.coming.events),
    ):
        check(contract, back, epsg=27700)
        wanted = there[list(contract.columns)]
        assert_geodataframe_equal(back, wanted, check_like=False, check_geom_type=False, check_less_precise=True)


def test_incidents_keep_month_time_and_themes(made):
    pack, tables = made
    back = read_saved(pack, epsg=27700).incidents
    there = tables.context.sort_index()
    assert_index_equal(back.index, there.index, check_names=True, exact=False)
    for name in ("category", "themes", "zone"):
        assert back[name].tolist() == there[name].tolist()
    assert back["month"].tolist() == there["month"].tolist()
    assert back["time_known"].tolist() == there["time_known"].tolist()
    assert back["occurred_at"].dt.tz is not None
    known = there["time_known"]
    assert back.loc[known, "occurred_at"].tolist() == there.loc[known, "occurred_at"].tolist()


def test_marking_and_sources_stand_in_the_manifest(made):
    pack, _ = made
    report = read_saved(pack, epsg=27700).document["report"]
    assert report["marking"] == "OFFICIAL"
    assert report["sources"][0] == "Incidents: a source of tests."


def test_layers_are_brought_to_the_crs_asked_for(made):
    pack, _ = made
    saved = read_saved(pack, epsg=32630)
    assert {frame.crs.to_epsg() for frame in (saved.incidents, saved.areas, saved.hotspots, saved.events)} == {32630}


@pytest.fixture
def copy(made, tmp_path):
    pack, _ = made
    target = tmp_path / "pack"
    shutil.copytree(pack, target)
    return target


def test_a_folder_that_is_no_pack_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"is no pack: it holds no manifest\.json"):
        read_saved(tmp_path, epsg=27700)


def test_a_pack_without_layers_is_refused(copy):
    (copy / "month.gpkg").unlink()
    with pytest.raises(
        InputError, match=r"month\.gpkg cannot be read as the layers of a pack .*; make that pack again"
    ):
        read_saved(copy, epsg=27700)


def test_a_pack_of_another_version_is_refused(copy):
    layer = gpd.read_file(copy / "month.gpkg", layer="hotspots").drop(columns="name")
    write_geopackage(copy / "month.gpkg", {"hotspots": layer.set_index("hotspot_id")})
    with pytest.raises(InputError, match="make that pack again"):
        read_saved(copy, epsg=27700)


def test_a_manifest_without_a_month_is_refused(copy):
    document = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    (copy / "manifest.json").write_text(json.dumps(document | {"month": "May"}), encoding="utf-8")
    with pytest.raises(InputError, match="names no month \\('May'\\)"):
        read_saved(copy, epsg=27700)
