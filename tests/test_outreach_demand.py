"""Demand points: counted by hand, the laws of their weights, services, hotspots and wards."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import InputError, TableError
from hotspots.outreach.demand import (
    PERSISTENCE_GRID,
    demand_points,
    less_provision,
    own_demand,
    site_hotspots,
    with_places,
)
from hotspots.outreach.sessions import session_shares, timed
from hotspots.settings.hours import Span, read_hours
from hotspots.tables import DEMAND, KEPT, check
from tests.places_fixtures import code, lattice, located
from tests.reach_fixtures import EAST, NORTH, box, demand_at, hotspots_on, services_at, sites_at, with_times

MONTHS = pd.period_range("2024-02", "2024-05", freq="M")
EVENINGS = read_hours("Tue, Fri 16:30-22:30; Sat 20:00-02:00")
LABELS = ["Tue 16:30-22:30", "Fri 16:30-22:30", "Sat 20:00-02:00"]
FRIDAY, SATURDAY, NOON = "2024-05-03 17:00", "2024-05-04 23:00", "2024-05-03 12:00"
PLACE = st.tuples(st.integers(0, 4), st.integers(0, 2)).map(lambda at: (90.0 * at[0] + 5, 90.0 * at[1] + 5))
ROW = st.tuples(
    PLACE,
    st.sampled_from(MONTHS.astype(str).tolist()),
    st.sampled_from([None, FRIDAY, SATURDAY, NOON]),
    st.sampled_from([None, "2024-05-03 22:45", "2024-05-05 03:01:02", "2024-05-20 10:00"]),
)


def incidents_of(rows):
    places, months, begin, until = ([row[part] for row in rows] for part in range(4))
    return with_times(located(places, months=months), begin, until)


def plain(places, months=None):
    return located(places, months=[str(MONTHS[0])] * len(places) if months is None else months)


def xy_of(demand):
    return np.column_stack([demand.geometry.x - EAST, demand.geometry.y - NORTH]).tolist()


# ------------------------------------------------------------------------------------------------ incidents


def by_hand(incidents, place, persistence, sessions):
    """Incidents a month, weight and weight by session of one place, row by row."""
    here = incidents[[(point.x, point.y) == place for point in incidents.geometry]]
    cells = PERSISTENCE_GRID.names(PERSISTENCE_GRID.cells_of([(point.x, point.y) for point in incidents.geometry]))
    own = PERSISTENCE_GRID.names(PERSISTENCE_GRID.cells_of([place]))[0]
    held = {month for month, cell in zip(incidents["month"], cells, strict=True) if cell == own}
    lasting = len(held) if persistence else 1.0
    lengths = np.array([span.minutes for span in sessions]) / max(1, sum(span.minutes for span in sessions))
    counted = np.tile(lengths, (len(here), 1))
    if sessions and timed(incidents).told:
        shares = session_shares(incidents, sessions)
        counted = shares.fillna(shares.mean()).loc[here.index].to_numpy()
        weight = counted.sum()
    else:
        weight = len(here)
    scale = lasting / len(MONTHS)
    return len(here) / len(MONTHS), weight * scale, counted.sum(axis=0) * scale


@settings(max_examples=15)
@given(st.lists(ROW, max_size=14), st.integers(1, 4), st.booleans(), st.sampled_from([(), EVENINGS, EVENINGS[:1]]))
def test_demand_is_that_counted_by_hand(rows, times, persistence, sessions):
    # Several times over, so that there are often enough times to tell.
    incidents = incidents_of(rows * times)
    demand, by_session = demand_points(incidents, MONTHS, persistence=persistence, sessions=sessions)
    check(DEMAND, demand, epsg=27700)
    places = sorted({(point.x, point.y) for point in incidents.geometry})
    assert list(zip(demand.geometry.x, demand.geometry.y, strict=True)) == places
    assert demand.index.tolist() == [f"D{number:05d}" for number in range(1, len(places) + 1)]
    assert by_session.index.equals(demand.index)
    assert by_session.columns.tolist() == LABELS[: len(sessions)]
    bare = sum(by_hand(incidents, place, persistence=False, sessions=sessions)[1] for place in places)
    lasting = sum(by_hand(incidents, place, persistence, sessions)[1] for place in places)
    scale = bare / lasting if lasting else 1.0
    assert demand["weight"].sum() == pytest.approx(bare, abs=1e-9)
    for place, key in zip(places, demand.index, strict=True):
        n_month, weight, parts = by_hand(incidents, place, persistence, sessions)
        weight, parts = weight * scale, parts * scale
        assert demand["n_month"][key] == pytest.approx(n_month, rel=1e-12)
        assert demand["weight"][key] == pytest.approx(weight, abs=1e-9)
        np.testing.assert_allclose(by_session.loc[key], parts, atol=1e-9)
    if sessions:
        np.testing.assert_allclose(by_session.sum(axis=1), demand["weight"], rtol=1e-12, atol=1e-15)
    if not persistence:
        assert (demand["weight"] <= demand["n_month"] * (1 + 1e-12)).all()
    assert demand["n_month"].sum() == pytest.approx(len(incidents) / len(MONTHS))
    assert demand[["ward", "hotspot_id"]].isna().all(axis=None)


@settings(max_examples=8)
@given(st.lists(ROW, min_size=1, max_size=14), st.integers(1, 4), st.randoms())
def test_the_order_of_incidents_changes_no_bit(rows, times, random):
    rows = rows * times
    shuffled = list(rows)
    random.shuffle(shuffled)
    before, after = (
        demand_points(incidents_of(some), MONTHS, persistence=True, sessions=EVENINGS) for some in (rows, shuffled)
    )
    pd.testing.assert_frame_equal(
        after[0].drop(columns="geometry"), before[0].drop(columns="geometry"), check_exact=True
    )
    pd.testing.assert_frame_equal(after[1], before[1], check_exact=True)
    assert after[0].geometry.equals(before[0].geometry)


@pytest.mark.parametrize(("columns", "rows"), [(4, 0), (-2, 4)])
def test_moving_everything_by_whole_cells_changes_no_weight(columns, rows):
    places = [(5, 5), (5, 5), (60, 20), (145, 90), (300, 7), (310, 9)]
    east, north = PERSISTENCE_GRID.centres([(columns, rows)])[0] - PERSISTENCE_GRID.centres([(0, 0)])[0]
    moved = [(x + east, y + north) for x, y in places]
    months = [str(MONTHS[at % 3]) for at in range(6)]
    before, after = (
        demand_points(plain(some, months), MONTHS, persistence=True, sessions=())[0] for some in (places, moved)
    )
    assert after["weight"].tolist() == before["weight"].tolist()
    assert len(set(before["weight"])) > 1


def test_a_place_counts_by_the_months_its_cell_had_incidents_in():
    # Two points of one cell with three months between them, and one far off with one.
    cells = PERSISTENCE_GRID.cells_of([(EAST + 10, NORTH + 10), (EAST + 12, NORTH + 10), (EAST + 900, NORTH)]).tolist()
    assert cells[0] == cells[1] != cells[2]
    incidents = plain(
        [(10, 10), (10, 10), (12, 10), (12, 10), (900, 0)], ["2024-02", "2024-03", "2024-03", "2024-05", "2024-05"]
    )
    demand, _ = demand_points(incidents, MONTHS, persistence=True, sessions=())
    assert demand["n_month"].tolist() == [0.5, 0.5, 0.25]
    # Three times as lasting counts three times as much, and the whole stays.
    assert demand["weight"].tolist() == pytest.approx([0.5 * 3 * 1.25 / 3.25] * 2 + [0.25 * 1.25 / 3.25])
    whole, _ = demand_points(incidents, MONTHS, persistence=False, sessions=())
    assert whole["weight"].tolist() == whole["n_month"].tolist() == [0.5, 0.5, 0.25]


def test_an_incident_without_a_time_counts_as_the_mean_of_the_others():
    # 30 with a time: half of them on Friday evening, a third on Saturday night, a sixth at noon.
    begin = [FRIDAY] * 15 + [SATURDAY] * 10 + [NOON] * 5 + [None] * 8
    places = [(5, 5)] * 30 + [(500, 5)] * 8
    incidents = with_times(plain(places), begin)
    demand, by_session = demand_points(incidents, MONTHS, persistence=False, sessions=EVENINGS)
    np.testing.assert_allclose(by_session, [[0, 15 / 4, 10 / 4], [0, 1, 8 / 12]], rtol=1e-8)
    np.testing.assert_allclose(demand["weight"], [25 / 4, 5 / 3], rtol=1e-8)
    # One time less tells too little: all count whole, and alike in all evenings.
    few = incidents.drop(index="i000000")
    demand, by_session = demand_points(few, MONTHS, persistence=False, sessions=EVENINGS)
    assert demand["weight"].tolist() == demand["n_month"].tolist() == [29 / 4, 2]
    np.testing.assert_allclose(by_session, np.outer([29 / 4, 2], [1 / 3, 1 / 3, 1 / 3]), rtol=1e-12)


def test_without_times_the_weight_divides_by_the_length_of_sessions():
    sessions = read_hours("Mon 10-12; Fri 16-22")
    _, by_session = demand_points(plain([(5, 5)] * 4), MONTHS, persistence=False, sessions=sessions)
    assert by_session.to_numpy().tolist() == [[0.25, 0.75]]


def test_the_area_of_a_point_is_that_of_most_of_its_incidents():
    places = [(5, 5)] * 4 + [(50, 5)] * 4 + [(90, 5)] * 2 + [(95, 5)]
    lsoa = ["E3", "E2", "E2", "E1", "E3", "E2", None, "E4", None, "E1", None]
    incidents = located(places, lsoa=lsoa, months=["2024-02"] * 11)
    demand, _ = demand_points(incidents, MONTHS, persistence=False, sessions=())
    assert demand["lsoa_code"].fillna("").tolist() == ["E2", "E2", "E1", ""]


def test_no_incident_is_no_demand():
    demand, by_session = demand_points(plain([]), MONTHS, persistence=True, sessions=EVENINGS)
    assert len(demand) == 0
    assert by_session.shape == (0, 3)
    check(DEMAND, demand, epsg=27700)


def test_what_a_pack_keeps_is_enough_and_stays_as_it_is():
    incidents = incidents_of([((5.0, 5.0), "2024-02", FRIDAY, None), ((95.0, 5.0), "2024-03", None, None)])
    kept = check(KEPT, incidents[list(KEPT.columns)])
    copy = kept.copy()
    one, other = (demand_points(some, MONTHS, persistence=True, sessions=EVENINGS) for some in (incidents, kept))
    pd.testing.assert_frame_equal(one[0], other[0])
    pd.testing.assert_frame_equal(one[1], other[1])
    pd.testing.assert_frame_equal(kept, copy)
    with pytest.raises(TableError, match="KEPT breaks its contract: month: column missing"):
        demand_points(kept.drop(columns="month"), MONTHS, persistence=True, sessions=EVENINGS)


def test_numbers_have_a_digit_more_where_there_are_more_points():
    places = [(x, y) for x in range(400) for y in range(250)]
    columns = gpd.GeoDataFrame({"weight": 1.0}, geometry=gpd.points_from_xy(*np.array(places).T), index=range(100_000))
    assert own_demand(columns.set_crs(27700)).index[[0, -1]].tolist() == ["D000001", "D100000"]


@pytest.mark.parametrize("months", [MONTHS[:0], MONTHS[1:], MONTHS.append(MONTHS[:1])])
def test_every_incident_lies_in_one_of_the_months(months):
    with pytest.raises(ValueError, match="every incident lies in one of the months"):
        demand_points(plain([(5, 5)]), months, persistence=True, sessions=())


def test_sessions_that_overlap_are_refused():
    with pytest.raises(ValueError, match="sessions do not overlap"):
        demand_points(plain([(5, 5)]), MONTHS, persistence=True, sessions=(Span(0, 0, 60), Span(0, 59, 70)))


# ------------------------------------------------------------------------------------------------ a layer of one's own


def layer(places, weights, crs=27700):
    shapes = [
        place if place is None or isinstance(place, shapely.Geometry) else shapely.Point(place) for place in places
    ]
    return gpd.GeoDataFrame({"weight": weights}, geometry=shapes, crs=crs)


def test_own_points_are_added_up_by_place():
    given = layer([(9, 1), (3, 7), (3, 2), (9, 1)], [0.1, 2, 0, 0.2])
    copy = given.copy()
    demand = own_demand(given)
    check(DEMAND, demand, epsg=27700)
    assert [(point.x, point.y) for point in demand.geometry] == [(3, 2), (3, 7), (9, 1)]
    assert demand.index.tolist() == ["D00001", "D00002", "D00003"]
    assert demand["weight"].tolist() == demand["n_month"].tolist() == [0, 2, pytest.approx(0.3)]
    assert demand[["lsoa_code", "ward", "hotspot_id"]].isna().all(axis=None)
    pd.testing.assert_frame_equal(given, copy)
    assert own_demand(layer([], [])).empty


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0, 9)), min_size=1, max_size=9), st.randoms())
@settings(max_examples=15)
def test_the_order_of_own_points_changes_no_bit(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    one, other = (own_demand(layer([(x, 1) for x, _ in some], [w for _, w in some])) for some in (rows, shuffled))
    assert one["weight"].tolist() == other["weight"].tolist()
    assert one["weight"].sum() == pytest.approx(sum(weight for _, weight in rows))


def test_numbers_written_as_text_are_numbers():
    assert own_demand(layer([(1, 1)], ["2.5"]))["weight"].tolist() == [2.5]


@pytest.mark.parametrize("bad", [-1, np.nan, np.inf, None, "many"])
def test_a_weight_is_a_number_of_0_or_more(bad):
    with pytest.raises(
        InputError, match=r"weight of 2 of 3 points of demand is no number of 0 or more \(first: .* row 2\)"
    ):
        own_demand(layer([(1, 1)] * 3, pd.Series([1, bad, bad], dtype=object)))


@pytest.mark.parametrize("bad", [None, shapely.Point(), shapely.box(0, 0, 1, 1), shapely.MultiPoint([(1, 1)])])
def test_own_demand_is_of_points(bad):
    with pytest.raises(InputError, match=r"2 of 3 geometries of the layer of demand are no points \(first: row 2\)"):
        own_demand(layer([(1, 1), bad, bad], [1, 1, 1]))


def test_own_demand_says_how_much():
    with pytest.raises(InputError, match=r"no column 'weight' \(its columns: need, name\)"):
        own_demand(layer([(1, 1)], [1]).rename(columns={"weight": "need"}).assign(name="x"))
    with pytest.raises(InputError, match=r"no column 'weight' \(its columns: none\)"):
        own_demand(layer([(1, 1)], [1]).drop(columns="weight"))


# ------------------------------------------------------------------------------------------------ hotspots and wards


def test_points_are_put_on_hotspots_and_in_wards():
    wards = [f"Ward {key[-1]}" if key != code(1, 0) else None for key in lattice(2, 2).index]
    areas = lattice(2, 2).assign(ward=pd.Series(wards, dtype="str").to_numpy())
    hotspots = hotspots_on([box(0, 0, 60, 60), box(40, 0, 90, 60), box(140, 0, 160, 20)], ranks=[2, 1, 3])
    demand = demand_at(
        [(10, 10), (50, 10), (60, 10), (60, 61), (150, 10), (100, 150), (500, 500), (50, 150), (10, 20)],
        lsoa_code=[None, None, None, None, None, None, None, "E01000000", "E09999999"],
    )
    placed = with_places(demand, hotspots, areas)
    assert placed["hotspot_id"].fillna("").tolist() == ["H1", "H2", "H2", "", "H3", "", "", "", "H1"]
    west, north = code(0, 0), code(0, 1)
    expected = [west, west, west, west, code(1, 0), north, "", west, "E09999999"]
    assert placed["lsoa_code"].fillna("").tolist() == expected
    ward = [*["Ward 0"] * 4, "", "Ward 1", "", "Ward 0", ""]
    assert placed["ward"].fillna("").tolist() == ward
    pd.testing.assert_frame_equal(placed[["n_month", "weight", "geometry"]], demand[["n_month", "weight", "geometry"]])
    pd.testing.assert_frame_equal(with_places(demand, hotspots, areas.iloc[::-1]), placed)
    assert demand["hotspot_id"].isna().all()


def test_without_hotspots_points_lie_on_none():
    placed = with_places(demand_at([(10, 10)]), hotspots_on([]), lattice(2, 2))
    assert placed["hotspot_id"].isna().all()
    assert placed["ward"].isna().all()
    assert placed["lsoa_code"].tolist() == [code(0, 0)]
    assert with_places(demand_at([]), hotspots_on([box(0, 0, 1, 1)]), lattice(2, 2)).empty


def test_places_of_another_crs_are_refused():
    demand = demand_at([(10, 10)])
    with pytest.raises(
        TableError, match="The demand points are in EPSG:27700, the hotspots in EPSG:32630: bring both to one"
    ):
        with_places(demand, hotspots_on([box(0, 0, 1, 1)], crs=32630), lattice(2, 2))
    with pytest.raises(TableError, match="The demand points are in EPSG:27700, the areas in EPSG:32630"):
        with_places(demand, hotspots_on([]), lattice(2, 2).to_crs(32630))
    with pytest.raises(TableError, match="The demand points are in EPSG:32630, the services in EPSG:27700"):
        less_provision(demand_at([], crs=32630), services_at([]), share=1, walk_factor=1, sessions=())
    with pytest.raises(TableError, match="The sites are in EPSG:32630, the hotspots in EPSG:27700"):
        site_hotspots(sites_at([], crs=32630), hotspots_on([]), 1)


# ------------------------------------------------------------------------------------------------ services


def left(services, share=1.0, walk_factor=1.0, sessions=EVENINGS):
    """What is left at 0, 100 and 300 m east of the corner."""
    demand = demand_at([(0, 0), (100, 0), (300, 0)], [1.0, 2.0, 4.0])
    found = less_provision(demand, services_at(services), share=share, walk_factor=walk_factor, sessions=sessions)
    assert found["n_month"].tolist() == [2, 4, 8]
    assert demand["weight"].tolist() == [1, 2, 4]
    return (found["weight"] / demand["weight"]).tolist()


@pytest.mark.parametrize(
    ("services", "share", "walk_factor", "expected"),
    [
        ([], 1, 1, [1, 1, 1]),
        ([(0, 0, 100, None)], 1, 1, [0, 0, 1]),
        ([(0, 0, 99.9, None)], 1, 1, [0, 1, 1]),
        ([(0, 0, 100, None)], 0.4, 1, [0.6, 0.6, 1]),
        ([(0, 0, 130, None)], 1, 1.3, [0, 0, 1]),
        ([(0, 0, 129.9, None)], 1, 1.3, [0, 1, 1]),
        # Each within its own reach.
        ([(0, 0, 10, None), (0, 90, 400, "Fri 16:30-22:30")], 1, 1, [0, 2 / 3, 2 / 3]),
        ([(0, 90, 400, "Fri 16:30-22:30"), (0, 0, 10, None)], 1, 1, [0, 2 / 3, 2 / 3]),
        # An hour and a half of eighteen.
        ([(0, 0, 50, "Fri 22:00-23:00; Sat 18-21")], 0.5, 1, [1 - 0.5 * 1.5 / 18, 1, 1]),
        ([(0, 0, 50, "Mon")], 1, 1, [1, 1, 1]),
        # Of several the best, not all together.
        ([(0, 0, 50, "Tue"), (0, 0, 50, "Fri, Sat"), (0, 0, 50, "Sat")], 1, 1, [1 - 10 / 18, 1, 1]),
    ],
)
def test_services_that_are_open_take_need_off(services, share, walk_factor, expected):
    assert left(services, share, walk_factor) == pytest.approx(expected)


def test_without_sessions_every_service_is_taken_for_open():
    assert left([(0, 0, 50, "Mon 3-4")], sessions=()) == [0, 1, 1]


@pytest.mark.parametrize(("share", "walk_factor"), [(-0.1, 1), (1.1, 1), (1, 0), (1, np.inf), (np.nan, 1)])
def test_a_share_lies_between_0_and_1(share, walk_factor):
    with pytest.raises(ValueError, match="the share lies between 0 and 1 and the factor above 0, not"):
        left([], share, walk_factor)


def test_hours_that_cannot_be_read_are_named():
    with pytest.raises(ValueError, match="'late' is no day of the week"):
        left([(0, 0, 50, "late")])


def test_tables_are_held_to_their_contract():
    bad, services = demand_at([(0, 0)]).drop(columns="weight"), services_at([])
    for do in (
        lambda: less_provision(bad, services, share=1, walk_factor=1, sessions=()),
        lambda: with_places(bad, hotspots_on([]), lattice(2, 2)),
    ):
        with pytest.raises(TableError, match="DEMAND breaks its contract: weight: column missing"):
            do()
    with pytest.raises(TableError, match="PROVISION breaks its contract: reach_m: column missing"):
        less_provision(demand_at([]), services.drop(columns="reach_m"), share=1, walk_factor=1, sessions=())
    with pytest.raises(TableError, match="HOTSPOTS breaks its contract: rank: column missing"):
        with_places(demand_at([]), hotspots_on([]).drop(columns="rank"), lattice(2, 2))
    with pytest.raises(TableError, match="HOTSPOTS breaks its contract: rank: column missing"):
        site_hotspots(sites_at([]), hotspots_on([]).drop(columns="rank"), 1)
    with pytest.raises(TableError, match="SITES breaks its contract: status: column missing"):
        site_hotspots(sites_at([]).drop(columns="status"), hotspots_on([]), 1)


# ------------------------------------------------------------------------------------------------ sites and hotspots


def test_sites_are_told_the_hotspots_near_them_by_rank():
    hotspots = hotspots_on([box(0, 0, 100, 100), box(150, 0, 200, 100), box(0, 0, 10, 10)], ranks=[3, 1, 2])
    sites = sites_at([(50, 50), (120, 50), (300, 50), (301, 50), (5, 5)])
    found = site_hotspots(sites, hotspots, 100)
    assert found.index.equals(sites.index)
    assert found.name == "hotspot_ids"
    assert found.dtype == "str"
    assert found.tolist() == ["H2 H3 H1", "H2 H1", "H2", "", "H3 H1"]
    assert site_hotspots(sites, hotspots, 0).tolist() == ["H1", "", "", "", "H3 H1"]
    assert site_hotspots(sites, hotspots_on([]), 100).tolist() == [""] * 5
    assert site_hotspots(sites_at([]), hotspots, 100).empty
