"""Names of stops around events: the nearest first, each once, and no more than a few."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from hotspots.errors import TableError
from hotspots.events.around import MOST_NAMES, near_stops


def events(**shapes):
    return gpd.GeoDataFrame(geometry=list(shapes.values()), index=pd.Index(shapes, name="event_id"), crs=27700)


def stops(*rows, crs=27700):
    ids, names, x = zip(*rows, strict=True)
    return gpd.GeoDataFrame({"name": names}, geometry=gpd.points_from_xy(x, [0] * len(x)), index=pd.Index(ids), crs=crs)


def test_the_nearest_come_first_and_each_name_once():
    near = near_stops(
        events(
            at=Point(0, 0), ground=box(90, -5, 120, 5), way=LineString([(0, 0), (300, 0)]), none=None, far=Point(900, 0)
        ),
        stops(("1", "Quay", 100), ("2", "Mill", 50), ("3", "Quay", 20), ("4", "Hill", 200), ("5", "Pier", 200.1)),
        200,
    )
    assert near.to_dict() == {
        "at": ("Quay", "Mill", "Hill"),
        "ground": ("Quay", "Mill", "Hill", "Pier"),
        "way": ("Quay", "Mill", "Hill", "Pier"),
        "none": (),
        "far": (),
    }
    assert near.index.name == "event_id"


def test_of_stops_equally_far_the_first_id_counts():
    near = near_stops(events(at=Point(0, 0)), stops(("b", "B", 10), ("a", "A", 10), ("c", "C", -10)), 10)
    assert near["at"] == ("A", "B", "C")


def test_five_names_are_enough_the_others_are_counted_and_no_stop_is_none():
    rows = [(f"{at:04}", f"N{at}", at / 100) for at in range(1300)]
    first = ("N0", "N1", "N2", "N3", "N4")
    for count, last in ((5, ()), (6, ("and 1 more",)), (17, ("and 12 more",)), (1300, ("and 1,295 more",))):
        assert near_stops(events(at=Point(0, 0)), stops(*rows[:count]), 100)["at"] == first + last
    twice = [*rows[:5], ("x", "N4", 50), ("y", "N0", 60)]
    assert near_stops(events(at=Point(0, 0)), stops(*twice), 100)["at"] == first
    assert MOST_NAMES == 5
    nothing = stops(*rows).iloc[:0]
    assert near_stops(events(at=Point(0, 0)), nothing, 100).to_dict() == {"at": ()}
    assert near_stops(events(at=Point(0, 0)).iloc[:0], stops(*rows), 100).empty


@pytest.mark.parametrize(
    "name", ["Hail & Ride Section", "HAIL & RIDE SECTION", "hail and ride section ", "Hail & Ride", "Hail &  Ride"]
)
def test_a_road_where_a_bus_stops_anywhere_is_no_name(name):
    near = near_stops(events(at=Point(0, 0)), stops(("1", name, 1), ("2", "Mill", 2)), 100)
    assert near["at"] == ("Mill",)


def test_a_name_that_says_more_is_kept():
    names = ("Hail & Ride Mill Lane", "Mill Hail & Ride Section", "Sectioned")
    rows = [(f"{at}", name, at) for at, name in enumerate(names)]
    assert near_stops(events(at=Point(0, 0)), stops(*rows), 100)["at"] == names


def test_two_crs_are_refused():
    with pytest.raises(TableError, match="The events are in EPSG:27700, the stops in EPSG:4326"):
        near_stops(events(at=Point(0, 0)), stops(("1", "A", 0), crs=4326), 100)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.sampled_from("ABCDEFG"), st.integers(-50, 50)), max_size=12),
    st.integers(0, 50),
    st.randoms(use_true_random=False),
)
def test_names_are_those_counted_by_hand(rows, reach, turn):
    placed = [(f"{at:02}", name, x) for at, (name, x) in enumerate(rows)]
    there = stops(*placed) if placed else stops(("1", "A", 0)).iloc[:0]
    nearest: dict[str, None] = {}
    for _, name, x in sorted(placed, key=lambda row: (abs(row[2]), row[0])):
        if abs(x) <= reach:
            nearest.setdefault(name, None)
    mixed = there.iloc[turn.sample(range(len(there)), len(there))]
    left = (f"and {len(nearest) - 5} more",) if len(nearest) > 5 else ()
    assert near_stops(events(at=Point(0, 0)), mixed, reach)["at"] == (*tuple(nearest)[:5], *left)
