"""Over the line: the neighbours' hotspots, counted once and near enough, and which boroughs the area's own reach."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal

from hotspots.analysis.area_tests import month_changes
from hotspots.analysis.border import border_crossings, neighbour_hotspots, neighbour_table
from hotspots.analysis.hotspots import find_hotspots
from hotspots.analysis.methods import Surroundings
from hotspots.geo.gridref import grid_reference
from hotspots.places.areas import choose_area, outline_of
from hotspots.places.names import name_hotspots
from hotspots.settings import Hotspots
from hotspots.settings.sections import METHODS
from hotspots.tables import MEMBERS, check
from hotspots.tables.neighbours import NEIGHBOURS
from tests.places_fixtures import SOUTH, WEST, code, lattice, located

WINDOW = pd.period_range("2023-06", "2024-05", freq="M")
MONTHS = [str(month) for month in WINDOW]
SIDE = 500.0
CONTEXT_M = 900.0


def borough(column, row):
    """Alpha to the west of 2 km; to the east Beta, in the north Gamma."""
    if column < 4:
        return "Alpha"
    return "Beta" if row < 2 else "Gamma"


LAYER = choose_area(lattice(8, 4, borough=borough, side=SIDE), ["Alpha"], context_m=CONTEXT_M)
AREA, RING = LAYER["zone"] == "area", LAYER["zone"] == "ring"
OUTLINE, RING_OUTLINE = outline_of(LAYER[AREA]), outline_of(LAYER[RING])


def town(*piles, lsoa=None):
    """Rows of piles: east, north and how many in each month, or a number for every month."""
    rows = [
        (east, north, month)
        for east, north, n in piles
        for month, count in (n if isinstance(n, dict) else dict.fromkeys(MONTHS, n)).items()
        for _ in range(count)
    ]
    codes = [code(int(east // SIDE), int(north // SIDE)) for east, north, _ in rows]
    zones = list(LAYER["zone"].reindex(codes))
    frame = located([(x, y) for x, y, _ in rows], zones, lsoa or codes, months=[month for *_, month in rows])
    return frame[frame["zone"] != "beyond"]


def across(focus, *, method="clusters", own=None, ring=RING_OUTLINE, context_m=CONTEXT_M, untested=(), **changes):
    """What the area finds, what it finds across the line, and the table of that."""
    wanted = Hotspots(method=method, **changes)
    around = Surroundings(focus, WINDOW, LAYER, OUTLINE)
    first = own or find_hotspots(focus[focus["month"].isin(WINDOW)], around, wanted)
    rows = focus[focus["month"].isin(WINDOW)]
    found = neighbour_hotspots(rows, around, first, ring, wanted, outline=OUTLINE, context_m=context_m)
    names = pd.Series([f"Place {key}" for key in found.grounds.index], index=found.grounds.index, dtype="str")
    return first, found, neighbour_table(rows, found, names, first, LAYER, OUTLINE, WINDOW, untested=untested)


def at(east, north):
    return shapely.Point(WEST + east, SOUTH + north)


OWN, NEAR, FAR, NORTH = (1030.0, 280.0, 3), (2320.0, 280.0, 4), (2960.0, 280.0, 9), (2300.0, 1280.0, 2)


@pytest.mark.parametrize("method", METHODS)
def test_each_method_finds_what_lies_near_and_is_the_neighbours(method):
    own, found, table = across(town(OWN, NEAR, FAR, NORTH), method=method)
    check(NEIGHBOURS, table)
    check(MEMBERS, found.members)
    assert len(own.grounds) == 1
    assert own.grounds.iloc[0].covers(at(*OWN[:2]))
    ordered = table.sort_values("rank")
    assert ordered["rank"].tolist() == [1, 2]
    assert ordered["borough"].tolist() == ["Beta", "Gamma"]
    if method == "lsoa":
        return
    assert ordered["n"].tolist() == [48, 24]
    assert ordered["n_month"].tolist() == [4, 2]
    assert ordered["n_in_area"].tolist() == [0, 0]
    assert ordered["easting"].tolist() == [WEST + 2320, WEST + 2300]
    for row, pile in zip(ordered.to_dict("records"), (NEAR, NORTH), strict=True):
        assert row["geometry"].covers(at(*pile[:2]))


@pytest.mark.parametrize("method", ["cells", "clusters"])
def test_the_order_of_rows_changes_nothing_and_nothing_lent_is_changed(method):
    focus = town(OWN, NEAR, NORTH, (1970.0, 900.0, 3), (2060.0, 930.0, 3))
    copy, layer = focus.copy(deep=True), LAYER.copy(deep=True)
    own, found, table = across(focus, method=method)
    assert_frame_equal(focus, copy)
    assert_frame_equal(LAYER, layer)
    order = np.random.default_rng(2).permutation(len(focus))
    _, other, again = across(focus.iloc[order].set_index(focus.index), method=method)
    assert_frame_equal(table, again)
    assert found.members.iloc[order].reset_index(drop=True).equals(other.members.reset_index(drop=True))
    assert not (own.members["hotspot_id"].notna() & found.members["hotspot_id"].notna()).any()


def test_ids_are_the_places_own_and_told_from_the_areas():
    own, found, table = across(town(OWN, NEAR))
    assert table.index.tolist() == ["N5503-1762"]
    assert table.index.name == "neighbour_id"
    assert own.grounds.index.tolist() == ["H5490-1762"]
    assert found.parameters["min_incidents"] == sorted(set(found.minima))
    assert found.minima.index.tolist() == found.centres.index.tolist() == table.index.tolist()
    assert found.members["hotspot_id"].value_counts().to_dict() == {"N5503-1762": 48}
    # The same place seen by the neighbours has the same number.
    theirs = choose_area(LAYER, ["Beta"], context_m=CONTEXT_M)
    rows = town(OWN, NEAR)
    rows = rows.assign(zone=rows["lsoa_code"].map(theirs["zone"]))
    around = Surroundings(rows, WINDOW, theirs, outline_of(theirs[theirs["zone"] == "area"]))
    assert find_hotspots(rows, around, Hotspots(method="clusters")).grounds.index.tolist() == ["H5503-1762"]


@pytest.mark.parametrize(("east", "listed"), [(2840.0, True), (2890.0, True), (2910.0, False), (2990.0, False)])
def test_near_is_as_far_as_the_context_and_no_lsoa_further(east, listed):
    _, _, table = across(town((east, 280.0, 3)))
    assert len(table) == listed
    assert (table["distance_m"] <= CONTEXT_M).all()
    if listed:
        assert table["distance_m"].iloc[0] == pytest.approx(east - 2000 - 75, abs=0.5)


def test_a_place_that_crosses_the_line_is_listed_once_by_whom_it_belongs_to():
    # 12 on this side are enough: the area's own, and its ground is no neighbour's.
    own, found, table = across(town((1990.0, 280.0, 1), (2010.0, 280.0, 3)))
    assert len(own.grounds) == 1
    assert table.empty
    assert found.members["hotspot_id"].isna().all()
    # 11 of 47 are not.
    eleven = dict.fromkeys(MONTHS[:11], 1)
    own, _, table = across(town((1990.0, 280.0, eleven), (2010.0, 280.0, 3)))
    assert own.grounds.empty
    assert table[["n", "n_in_area", "distance_m"]].to_numpy().tolist() == [[47, 11, 0]]
    assert table["borough"].tolist() == ["Beta"]


def test_of_a_place_on_three_sides_the_borough_is_the_busiest_neighbour():
    focus = town((1990.0, 990.0, dict.fromkeys(MONTHS[:11], 1)), (2010.0, 990.0, 1), (2010.0, 1010.0, 2))
    assert across(focus)[2]["borough"].tolist() == ["Gamma"]
    piles = ((1990.0, 990.0, 11), (2010.0, 990.0, 8), (2010.0, 1010.0, 10))
    focus = town(*[(east, north, dict.fromkeys(MONTHS[:n], 1)) for east, north, n in piles])
    assert across(focus)[2][["borough", "n_in_area"]].to_numpy().tolist() == [["Gamma", 11]]
    even = town((2010.0, 990.0, 2), (2010.0, 1010.0, 2))
    assert across(even)[2]["borough"].tolist() == ["Beta"]


def test_ground_of_the_areas_hotspots_is_cut_away_and_the_rest_stays_a_place():
    # With a radius of 50 m these are two clusters, and their discs of 75 m overlap.
    focus = town((1960.0, 280.0, 3), (2080.0, 280.0, 3), (2030.0, 280.0, dict.fromkeys(MONTHS[:10], 1)))
    own, _, table = across(focus, radius_m=50.0, min_width_m=150.0)
    hotspot, place = own.grounds.iloc[0], table.geometry.iloc[0]
    assert own.members["hotspot_id"].notna().sum() == 46, "the ten on its ground are the area's"
    assert table["n"].tolist() == [36]
    assert hotspot.intersection(place).area == pytest.approx(0, abs=1e-6)
    assert table["hotspot_distance_m"].iloc[0] == pytest.approx(0, abs=1e-6)
    assert place.covers(at(2080, 280))
    assert place.area == pytest.approx(
        shapely.buffer(shapely.MultiPoint([at(2080, 280), at(2030, 280)]), 75).difference(hotspot).area, rel=0.02
    )
    assert table["easting"].tolist() == [WEST + 2080]


def test_a_centre_on_the_areas_ground_moves_to_the_nearest_that_is_left():
    twenty = dict.fromkeys(MONTHS[:10], 2)
    six = dict.fromkeys(MONTHS[:6], 1)
    piles = [(1960.0, 280.0, 3), (2030.0, 280.0, twenty), (2075.0, 280.0, six), (2110.0, 280.0, six)]
    own, _, table = across(town(*piles, (2110.0, 290.0, six)), radius_m=50.0)
    assert own.members["hotspot_id"].notna().sum() == 56
    assert table["n"].tolist() == [18]
    assert table[["easting", "northing"]].to_numpy().tolist() == [[WEST + 2075, SOUTH + 280]]
    assert table["grid_ref"].tolist() == [grid_reference(WEST + 2075, SOUTH + 280)]
    assert table.index.tolist() == ["N5500-1762"], "the id is of the place as drawn"


@pytest.mark.parametrize(("left", "listed"), [(11, False), (12, True)])
def test_what_is_left_must_be_enough(left, listed):
    focus = town(
        (1960.0, 280.0, 3), (2030.0, 280.0, 2), (2075.0, 280.0, dict.fromkeys(MONTHS[: left - 1], 1) | {MONTHS[-1]: 1})
    )
    _, found, table = across(focus, radius_m=50.0)
    assert len(table) == listed
    assert found.members["hotspot_id"].notna().sum() == (left if listed else 0)


@pytest.mark.parametrize(("near", "far", "listed"), [(8, 8, True), (8, 9, False), (11, 12, False), (12, 30, True)])
def test_half_a_place_near_is_the_neighbours_and_less_is_not_unless_enough(near, far, listed):
    rows = [
        (east, 280.0, pd.Series((MONTHS * 3)[:n]).value_counts().to_dict())
        for east, n in ((2890.0, near), (2910.0, far))
    ]
    assert len(across(town(*rows))[2]) == listed


def test_the_areas_radius_and_bandwidth_draw_the_neighbours_too():
    focus = town(OWN, NEAR, NORTH)
    for method, name, value in (("clusters", "radius_m", 60.0), ("density", "bandwidth_m", 333.0)):
        own, _, _ = across(focus, method=method)
        other = dataclasses.replace(own, parameters={**own.parameters, name: value})
        assert across(focus, own=other, method=method)[1].parameters[name] == value
    # What was chosen for nothing draws nobody's: 80 m apart, no 50 m join these.
    own, found, table = across(town(*[(east, 280.0, dict.fromkeys(MONTHS[:8], 1)) for east in (2320.0, 2400.0)]))
    assert own.parameters["radius_m"] == 50.0
    assert found.parameters["radius_m"] > 80.0
    assert table["n"].tolist() == [16]
    # A method without them takes what the settings say.
    assert across(focus, method="cells")[1].parameters["method"] == "cells"


def test_the_list_ends_at_its_number_and_the_areas_own_take_no_place_on_it():
    crossing = ((1990.0, 280.0, 1), (2010.0, 280.0, 9))
    _, _, table = across(town(*crossing, (2400.0, 700.0, 2), NORTH, OWN), max_number=2)
    assert sorted(table["n"]) == [24, 24]
    _, found, table = across(town(*crossing, (2400.0, 700.0, 2), (2300.0, 1280.0, 3), OWN), max_number=1)
    assert table["n"].tolist() == [36]
    assert found.parameters["min_incidents"] == found.minima.tolist()
    # Of equals the busier month comes first.
    late = dict.fromkeys(MONTHS[:6], 1) | {MONTHS[-1]: 18}
    for piles in (((2400.0, 700.0, 2), (2300.0, 1280.0, late)), ((2400.0, 700.0, late), (2300.0, 1280.0, 2))):
        assert across(town(*piles, OWN), max_number=1)[2]["n_month"].tolist() == [18]
        assert across(town(*piles))[2].sort_values("rank")["n_month"].tolist() == [18, 2]


def test_cells_remember_the_neighbours_history_and_not_the_areas():
    old = {f"2020-{month:02d}": 30 for month in range(1, 13)}
    focus = town((2320.0, 280.0, dict.fromkeys(MONTHS, 2) | old), (2300.0, 1280.0, 3))
    _, _, table = across(focus, method="cells", max_number=1, half_life_months=240.0)
    assert table["borough"].tolist() == ["Beta"]
    _, _, table = across(focus, method="cells", max_number=1, half_life_months=3.0)
    assert table["borough"].tolist() == ["Gamma"]


def test_a_share_of_ground_is_of_the_neighbours_ground_that_is_near():
    # 0.25 km² each: a fifth of 1.8 km² holds one, of the area's 4 km² it would hold three.
    focus = town(OWN, NEAR, NORTH, (2300.0, 700.0, 3))
    _, _, table = across(focus, method="lsoa", budget_share_of_area=0.2)
    assert table["n"].tolist() == [48]


@pytest.mark.parametrize("ring", [shapely.Polygon(), shapely.box(WEST + 3500, SOUTH, WEST + 4000, SOUTH + 500)])
def test_without_ground_with_data_there_are_no_neighbours(ring):
    own, found, table = across(town(OWN, NEAR), ring=ring)
    assert table.empty
    check(NEIGHBOURS, table)
    check(MEMBERS, found.members)
    assert found.members["hotspot_id"].isna().all()
    assert found.members.index.equals(own.members.index)
    assert (found.grounds.crs, found.parameters) == (own.grounds.crs, {"method": "clusters", "min_incidents": []})
    assert list(found.centres.columns) == ["easting", "northing"]
    assert found.minima.empty


def test_no_incident_is_no_neighbour():
    own, found, table = across(town(OWN, NEAR).iloc[:0])
    assert table.empty
    check(NEIGHBOURS, table)
    names = name_hotspots(town(OWN).iloc[:0], found.members, LAYER)
    assert names.empty
    assert own.grounds.empty


def test_rows_in_no_lsoa_are_nobodys():
    focus = town(NEAR)
    lost = focus.assign(lsoa_code=pd.Series(None, index=focus.index, dtype="str"))
    assert across(lost)[2].empty


def test_the_month_is_tested_over_the_neighbours_alone():
    focus = town(OWN, (2320.0, 280.0, dict.fromkeys(MONTHS, 3) | {MONTHS[-1]: 16}), NORTH, (2500.0, 700.0, 5))
    _, _, table = across(focus)
    counts = pd.DataFrame(
        [[3] * 11 + [16], [2] * 12, [5] * 12], index=pd.Index(["a", "b", "c"]), columns=WINDOW, dtype=np.int64
    )
    wanted = pd.DataFrame(month_changes(counts))
    got = table.sort_values("northing").loc[:, wanted.columns].reset_index(drop=True)
    assert_frame_equal(got, wanted.loc[["a", "c", "b"]].reset_index(drop=True), check_names=False)
    assert got["change"].tolist() == ["above", "usual", "usual"]
    _, _, table = across(focus, untested=[WINDOW[-1]])
    assert set(table["change"]) == {"untested"}


def test_the_nearest_hotspot_of_the_area_is_named():
    _, _, table = across(town(OWN, (1800.0, 1280.0, 3), NEAR, NORTH))
    ordered = table.sort_values("borough")
    assert ordered["hotspot_id"].tolist() == ["H5498-1772", "H5498-1772"]
    expected = [np.hypot(520, 1000) - 150, 500 - 150]
    assert ordered["hotspot_distance_m"].tolist() == pytest.approx(expected, abs=1)
    _, _, table = across(town((1030.0, 280.0, 3), NEAR))
    assert table["hotspot_id"].tolist() == ["H5490-1762"]
    _, _, table = across(town(NEAR))
    assert table[["hotspot_id", "hotspot_distance_m"]].isna().all(axis=None)


def test_of_equally_near_hotspots_the_first_is_named():
    own, found, _ = across(town((1700.0, 80.0, 3), (1700.0, 480.0, 3), NEAR))
    assert len(own.grounds) == 2
    names = pd.Series("Place", index=found.grounds.index, dtype="str")
    for order in ([0, 1], [1, 0]):
        turned = dataclasses.replace(own, grounds=own.grounds.iloc[order])
        table = neighbour_table(
            town((1700.0, 80.0, 3), (1700.0, 480.0, 3), NEAR), found, names, turned, LAYER, OUTLINE, WINDOW
        )
        assert table["hotspot_id"].tolist() == ["H5497-1760"]


def test_other_projections_have_no_grid_reference():
    focus = town(OWN, NEAR).set_crs(25832, allow_override=True)
    _, _, table = across(focus)
    assert table["grid_ref"].isna().all()
    assert table.crs.to_epsg() == 25832


# ------------------------------------------------------------------------------------------------ over the line


def box(west, south, east, north):
    return shapely.box(WEST + west, SOUTH + south, WEST + east, SOUTH + north)


def crossed(*grounds, outline=OUTLINE, layer=LAYER):
    shapes = gpd.GeoSeries(list(grounds), index=pd.Index([f"H{n}" for n in range(len(grounds))]), crs=27700)
    return border_crossings(shapes, layer, outline)


@pytest.mark.parametrize(
    ("ground", "reaches"),
    [
        ((1800, 300, 1950, 400), []),
        ((1800, 300, 1998.5, 400), []),
        ((1800, 300, 1999.5, 400), [("Beta", 0)]),
        ((1800, 300, 2001, 400), [("Beta", 0)]),
        ((1800, 300, 2051, 400), [("Beta", 5000)]),
        ((1800, 900, 2051, 1200), [("Gamma", 10_000), ("Beta", 5000)]),
        ((1800, 900, 2051, 1000), [("Beta", 5000), ("Gamma", 0)]),
        ((1800, 300, 2001.005, 400), [("Beta", 0)]),
        ((1800, 300, 2001.02, 400), [("Beta", 2)]),
        ((1800, -50, 1900, 100), [("", 4900)]),
        ((1900, -51, 2101, 100), [("", 10_150), ("Beta", 10_000)]),
        ((1800, 0, 1900, 100), []),
    ],
)
def test_a_ground_reaches_the_boroughs_it_lies_on(ground, reaches):
    found = crossed(box(*ground))
    assert found["hotspot_id"].tolist() == ["H0"] * len(reaches)
    assert list(zip(found["borough"], found["overlap_m2"].round(-1 if len(reaches) > 1 else 0), strict=True)) == [
        (name, pytest.approx(m2, abs=20 if m2 > 20 else 0.01)) for name, m2 in reaches
    ]


def test_all_hotspots_are_told_by_id_and_none_is_an_empty_frame():
    found = crossed(box(1900, 900, 2100, 1000), box(100, 100, 200, 200), box(1900, 1200, 2100, 1300))
    assert found[["hotspot_id", "borough"]].to_numpy().tolist() == [["H0", "Beta"], ["H0", "Gamma"], ["H2", "Gamma"]]
    assert list(found.index) == [0, 1, 2]
    for empty in (crossed(), crossed(box(100, 100, 200, 200))):
        assert empty.empty
        assert list(empty.columns) == ["hotspot_id", "borough", "overlap_m2"]


def test_over_the_end_of_the_layer_there_is_no_borough():
    found = crossed(box(1900, 300, 2101, 400), layer=LAYER[AREA])
    assert found[["borough", "overlap_m2"]].to_numpy().tolist() == [["", pytest.approx(10_000)]]


def test_many_lsoas_of_one_borough_are_one_row():
    found = crossed(box(1900, 400, 2101, 600))
    assert found["borough"].tolist() == ["Beta"]
    assert found["overlap_m2"].tolist() == [pytest.approx(20_000)]
