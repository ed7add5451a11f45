"""The chosen area and its ring, the boroughs around it, and whose force polices an LSOA."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal

from hotspots.errors import InputError, SettingsError
from hotspots.places.areas import choose_area, neighbours_of, outline_of, with_forces
from hotspots.tables import AREAS, check
from tests.places_fixtures import MET, SOUTH, WEST, code, lattice

NAMES = ("Bexley", "Greenwich", "Lewisham")


def boroughs(columns=9, rows=2):
    """Three columns of squares for each of three boroughs, west to east."""
    return lattice(columns, rows, borough=lambda column, _row: NAMES[min(column // 3, 2)])


def zones(areas):
    return {zone: set(areas.index[areas["zone"] == zone]) for zone in ("area", "ring", "beyond")}


def cells(*columns):
    return {code(column, row) for column in columns for row in range(2)}


@pytest.mark.parametrize("name", ["Greenwich", "greenwich", " GREENWICH ", "E09000002", "e09000002"])
def test_an_area_is_a_borough_or_a_district_code_in_any_case(name):
    found = zones(choose_area(boroughs(), [name], context_m=150))
    assert found == {"area": cells(3, 4, 5), "ring": cells(1, 2, 6, 7), "beyond": cells(0, 8)}


@pytest.mark.parametrize(
    ("context_m", "ring"),
    [(0.0, (3,)), (99.0, (3,)), (100.0, (3, 4)), (250.0, (3, 4, 5)), (5000.0, (3, 4, 5, 6, 7, 8))],
)
def test_the_ring_holds_whatever_lies_within_its_width_in_part(context_m, ring):
    assert zones(choose_area(boroughs(), ["Bexley"], context_m=context_m))["ring"] == cells(*ring)


def test_several_areas_are_one():
    found = zones(choose_area(boroughs(), ["Lewisham", "Bexley", "bexley"], context_m=50))
    assert found == {"area": cells(0, 1, 2, 6, 7, 8), "ring": cells(3, 5), "beyond": cells(4)}


def test_without_names_the_whole_layer_is_the_area():
    assert set(choose_area(boroughs().assign(zone="beyond"), [], context_m=100)["zone"]) == {"area"}


def test_a_choice_keeps_everything_else_and_its_contract():
    areas = boroughs()
    copy = areas.copy(deep=True)
    chosen = check(AREAS, choose_area(areas, ["Bexley"], context_m=100))
    assert_frame_equal(areas, copy)
    assert_frame_equal(chosen.drop(columns="zone"), areas.drop(columns="zone"))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Bexly", "did you mean Bexley"),
        ("GRENWICH", "did you mean Greenwich"),
        ("Zzz", "it has: Bexley, Greenwich, Lewisham"),
        ("", "it has: Bexley, Greenwich, Lewisham"),
        ("E09000099", "it has: Bexley"),
    ],
)
def test_an_unknown_area_is_named_with_what_the_layer_has(name, hint):
    with pytest.raises(SettingsError, match=f"--area '{name}' is no borough of the boundary layer; {hint}"):
        choose_area(boroughs(), ["Bexley", name], context_m=100)


def test_of_many_boroughs_only_the_ends_are_named():
    many = lattice(45, 1, borough=lambda column, _row: f"Town{column:02d}")
    with pytest.raises(SettingsError, match="it has 45 boroughs, from Town00 to Town44"):
        choose_area(many, ["Zzz"], context_m=100)


def test_a_layer_without_district_codes_knows_its_boroughs():
    areas = boroughs().assign(district_code=pd.Series(None, index=boroughs().index, dtype="str"))
    assert zones(choose_area(areas, ["Bexley"], context_m=0))["area"] == cells(0, 1, 2)
    with pytest.raises(SettingsError, match="E09000001"):
        choose_area(areas, ["E09000001"], context_m=0)


def test_an_outline_closes_hairline_gaps():
    areas = boroughs()
    areas.geometry = [
        shapely.transform(shape, lambda xy: xy.round(0) + 0.0002) if number % 2 else shape
        for number, shape in enumerate(areas.geometry)
    ]
    outline = outline_of(areas)
    assert isinstance(outline, shapely.Polygon)
    assert len(outline.interiors) == 0
    assert outline.area == pytest.approx(18 * 10_000, rel=1e-5)


# The ground of the map


@pytest.mark.parametrize(
    ("reach_m", "names"),
    [(50.0, ["Greenwich"]), (299.0, ["Greenwich"]), (300.0, ["Greenwich"]), (301.0, ["Greenwich", "Lewisham"])],
)
def test_neighbours_are_whole_boroughs_within_reach(reach_m, names):
    areas = choose_area(boroughs(), ["Bexley"], context_m=100)
    ground = neighbours_of(areas, reach_m=reach_m, tolerance_m=1)
    assert ground["borough"].tolist() == names
    assert ground.crs == areas.crs
    # A borough that the reach only touches would be a line.
    assert set(ground.geom_type) <= {"Polygon", "MultiPolygon"}
    window = shapely.box(WEST - reach_m, SOUTH - reach_m, WEST + 300 + reach_m, SOUTH + 200 + reach_m)
    assert ground.within(window.buffer(1e-6)).all()
    assert ground.area.iloc[0] == pytest.approx(200 * min(reach_m, 300.0))


def test_an_area_alone_has_no_neighbours():
    ground = neighbours_of(choose_area(boroughs(), [], context_m=100), reach_m=500, tolerance_m=1)
    assert len(ground) == 0
    assert isinstance(ground, gpd.GeoDataFrame)


def test_part_of_a_borough_in_the_area_hides_the_rest_of_it_from_the_ground():
    areas = choose_area(boroughs(), ["Bexley"], context_m=100)
    areas.loc[code(3, 0), "zone"] = "area"
    assert neighbours_of(areas, reach_m=900, tolerance_m=1)["borough"].tolist() == ["Lewisham"]


def test_the_ground_is_simplified():
    areas = choose_area(boroughs(), ["Bexley"], context_m=100)
    notch = shapely.difference(areas.geometry[code(4, 0)], shapely.box(WEST + 440, SOUTH, WEST + 442, SOUTH + 2))
    areas.loc[[code(4, 0)], "geometry"] = gpd.GeoSeries([notch], index=[code(4, 0)], crs=areas.crs)
    corners = [
        shapely.get_num_coordinates(neighbours_of(areas, reach_m=200, tolerance_m=tolerance).geometry.iloc[0])
        for tolerance in (0.1, 10)
    ]
    assert corners[0] > corners[1]


# Forces


def coverage(*forces):
    frame = pd.DataFrame(
        {
            "force": pd.Series(forces, dtype="str"),
            "month": pd.PeriodIndex(["2024-05"] * len(forces), freq="M"),
            "rows": 5,
        }
    )
    return frame.set_index(pd.RangeIndex(1, len(frame) + 1, name="coverage_no"))


def reported(*rows):
    return pd.DataFrame(rows, columns=["borough", "force", "rows"])


def forces(areas, *rows, overrides=None, files=(MET,)):
    found = with_forces(areas, coverage(*files), overrides or {}, reported(*rows))
    assert len(found) == len(areas)
    by = found.groupby("borough")["force"].agg(lambda force: None if force.isna().all() else force.iloc[0])
    return {name: None if pd.isna(force) else force for name, force in by.items()}


def towns():
    names = ("Bexley", "Dartford", "Newtown")
    return lattice(3, 1, borough=lambda column, _row: names[column])


def test_the_built_in_table_knows_the_force_of_a_district():
    assert forces(towns()) == {"Bexley": MET, "Dartford": "Kent Police", "Newtown": None}


def test_the_table_comes_before_the_rows_and_the_settings_before_both():
    rows = [("Dartford", MET, 900), ("Bexley", "Kent Police", 900)]
    assert forces(towns(), *rows)["Dartford"] == "Kent Police"
    own = forces(towns(), *rows, overrides={"DARTFORD": "Essex Police", "newtown": "Kent Police"})
    assert own == {"Bexley": MET, "Dartford": "Essex Police", "Newtown": "Kent Police"}


def test_an_unknown_district_gets_the_force_with_most_rows_there():
    rows = [("Newtown", "Kent Police", 4), ("Newtown", "Essex Police", 9), ("Newtown", MET, 1)]
    assert forces(towns(), *rows)["Newtown"] == "Essex Police"
    tied = [("Newtown", "Kent Police", 9), ("Newtown", "Essex Police", 9)]
    assert forces(towns(), *tied)["Newtown"] == forces(towns(), *tied[::-1])["Newtown"] == "Essex Police"


def test_rows_without_a_force_tell_nothing():
    assert forces(towns(), ("Newtown", "", 90))["Newtown"] is None
    assert forces(towns(), ("Newtown", "", 90), ("Newtown", "Kent Police", 1))["Newtown"] == "Kent Police"


@pytest.mark.parametrize("files", [(), ("",)])
def test_files_without_any_force_are_refused(files):
    with pytest.raises(InputError, match="name no police force"):
        forces(towns(), files=files)


def test_forces_do_not_change_what_they_were_lent():
    areas, rows = towns(), reported(("Newtown", "Kent Police", 4))
    copies = areas.copy(deep=True), rows.copy(deep=True)
    check(AREAS, with_forces(areas, coverage(MET), {}, rows))
    assert_frame_equal(areas, copies[0])
    assert_frame_equal(rows, copies[1])
