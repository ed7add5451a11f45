"""What every job starts from: months by force, what is missing, what is no data, and what a reader is told of it."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from hotspots.errors import InputError
from hotspots.pipeline.inputs import Inputs, load
from hotspots.settings import Areas, Settings, with_hotspots
from tests import conftest as kit

KENT = "Kent Police"
PERIODS = pd.PeriodIndex(kit.MONTHS, freq="M")


def kent_rows(months, where="Border Road"):
    """Rows of the neighbouring force, whose files hold only some months."""
    easting, northing = 551_250, 175_750
    longitude, latitude = kit._TO_DEGREES.transform(easting, northing)
    place = {"Longitude": f"{longitude:.6f}", "Latitude": f"{latitude:.6f}", "LSOA code": "E01000033"}
    force = {"Reported by": KENT, "Falls within": KENT}
    return [kit.row(month, where, kit.VIOLENCE, **{"Crime ID": f"k{month}", **place, **force}) for month in months]


@pytest.fixture
def make(town, tmp_path):
    def build(rows=None, layer=None, settings=None, **changes):
        incidents = town.incidents if rows is None else kit.write_street(tmp_path / "in", rows)
        boundaries = town.boundaries
        if layer is not None:
            boundaries = tmp_path / "layer.gpkg"
            layer.to_file(boundaries)
        inputs = Inputs(kit.MONTH, (incidents,), (boundaries,), areas=("Bexley",))
        return load(dataclasses.replace(inputs, **changes), settings or Settings())

    return build


def test_tables_are_whole_and_in_the_analysis_crs(make, town):
    loaded = make()
    assert len(loaded.areas) == 44
    assert len(loaded.located) == len(loaded.intake.incidents) == 413
    assert list(loaded.located.index) == list(loaded.intake.incidents.index)
    assert loaded.located.crs.to_epsg() == loaded.areas.crs.to_epsg() == 27700
    assert set(loaded.located["month"]) == set(PERIODS), "months outside the window are there for last year's count"
    assert list(loaded.window.months) == list(PERIODS[2:])
    assert loaded.window.missing == ()
    assert loaded.focus.categories == (kit.VIOLENCE, kit.ROBBERY)
    assert loaded.focus.absent == ("Possession of weapons",)
    assert [file.role for file in loaded.files] == ["incidents"] * 14 + ["boundaries"]
    assert "British National Grid" in loaded.transformation


def test_a_neighbour_without_files_is_no_data(make):
    loaded = make()
    dartford = loaded.areas["borough"] == "Dartford"
    assert (loaded.areas.loc[dartford, "force"] == KENT).all()
    assert not loaded.window.covered[dartford].any().any()
    assert loaded.window.covered[~dartford].all().all()
    assert loaded.notes == (
        "No file of the window is from Kent Police: no data, not zero, in its 12 LSOAs (Dartford).",
    )


def test_a_neighbour_that_lacks_months_gets_no_rate_and_the_months_are_named(make, town):
    held = [month for month in kit.MONTHS if month not in {"2023-08", "2023-09", "2024-02"}]
    loaded = make([*town.rows, *kent_rows(held)])
    assert loaded.notes == (
        "Kent Police lacks 2023-08 to 2023-09 and 2024-02: its 12 LSOAs (Dartford) are no data, out of every test.",
    )
    dartford = loaded.areas["borough"] == "Dartford"
    assert not loaded.window.covered.loc[dartford, PERIODS[4]].any()
    assert loaded.window.covered.loc[dartford, PERIODS[3]].all()
    assert loaded.window.missing == (), "the area's own force lacks none"


def test_such_a_neighbour_is_counted_and_has_no_rate(town, tmp_path):
    held = [month for month in kit.MONTHS if month != "2024-05"]
    rows = [*town.rows, *kent_rows(held)]
    areas = town.run(tmp_path / "out", incidents=kit.write_street(tmp_path / "in", rows)).csv("areas")
    kent = areas.loc["E01000033"]
    assert (kent["n"], kent["n_previous"], kent["months_covered"]) == (11, 1, 11)
    assert pd.isna(kent["n_month"])
    assert pd.isna(kent["rate_per_km2"])
    assert areas.loc["E01000034", "n"] == 0


def test_an_area_of_two_forces_uses_the_months_of_the_main_one_and_the_other_is_no_data(make, town):
    rows = [row for row in town.rows if row["Month"] != "2023-10"] + kent_rows(["2024-05", "2023-10"])
    loaded = make(rows, areas=("Bexley", "Dartford"))
    assert list(loaded.window.months) == [period for period in PERIODS[2:] if str(period) != "2023-10"]
    assert loaded.window.missing == (pd.Period("2023-10", "M"),)
    assert list(loaded.window.known) == list(loaded.areas["force"] == kit.MET)
    assert [note.partition(" lacks")[0] for note in loaded.warnings] == ["Kent Police"]


def test_a_month_that_only_a_neighbour_has_is_missing(make, town):
    rows = [row for row in town.rows if row["Month"] != "2023-10"] + kent_rows(kit.MONTHS)
    loaded = make(rows)
    assert loaded.window.missing == (pd.Period("2023-10", "M"),)
    with pytest.raises(InputError, match=r"no month 2023-10 of Metropolitan Police Service"):
        make(rows, month="2023-10")


def unknown_layer():
    layer = kit.lattice()
    names = layer["LSOA21NM"].str.replace("Dartford", "Borchester")
    return layer.assign(LSOA21NM=names, LAD22CD=layer["LAD22CD"].where(~names.str.startswith("Bor"), "E07999999"))


def test_a_district_nobody_knows_is_no_data_until_the_settings_name_its_force(make):
    loaded = make(layer=unknown_layer())
    borchester = loaded.areas["borough"] == "Borchester"
    assert loaded.areas.loc[borchester, "force"].isna().all()
    assert not loaded.window.covered[borchester].any().any()
    assert loaded.notes == (
        "No police force is known for Borchester (12 LSOAs): no data, not zero; name it under [areas] forces.",
    )
    named = make(layer=unknown_layer(), settings=Settings(areas=Areas(forces={"borchester": kit.MET})))
    assert (named.areas.loc[borchester, "force"] == kit.MET).all()
    assert named.window.covered[borchester].all().all()
    assert named.notes == ("No row of any crime type lies in Borchester: are the files a selection?",)


def test_the_window_is_that_of_the_settings(make):
    loaded = make(settings=with_hotspots(Settings(), window_months=24))
    assert list(loaded.window.months) == list(PERIODS)
    assert list(loaded.window.missing) == list(pd.period_range("2022-06", "2023-03", freq="M"))
    assert set(loaded.window.covered.columns) == {*pd.period_range("2022-06", "2024-05", freq="M")}


def test_a_short_window_still_knows_the_month_before_and_the_year_before(make):
    loaded = make(settings=with_hotspots(Settings(), window_months=2))
    assert list(loaded.window.covered.columns) == [PERIODS[-2], PERIODS[-1], PERIODS[-13]]


@pytest.mark.parametrize("typed", [(kit.ROBBERY.upper(),), (f"  {kit.ROBBERY} ",), (kit.ROBBERY, "robbery")])
def test_a_category_is_found_however_it_is_typed(make, typed):
    loaded = make(categories=typed)
    assert (loaded.focus.categories, loaded.focus.absent) == ((kit.ROBBERY,), ())
    assert set(loaded.located.loc[loaded.located["in_focus"], "category"]) == {kit.ROBBERY}


def test_two_layers_that_overlap_are_joined_and_say_so(town, tmp_path):
    extra = tmp_path / "extra.gpkg"
    kit.lattice().iloc[:3].to_file(extra)
    read = town.run(tmp_path / "out", boundaries=[town.boundaries, extra])
    assert "LSOAs given more than once, their polygons joined: 3." in read.said.out
    assert len(read.csv("areas")) == 36
