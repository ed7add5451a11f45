"""Exposure: distances, hours and neighbours as counted by hand, an order that can be explained, no hour made up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from shapely.geometry import LineString, Point, box

from hotspots.errors import TableError
from hotspots.events import exposure as module
from hotspots.events.exposure import exposure, stops
from hotspots.tables import check
from hotspots.tables.exposure import EXPOSURE
from tests.exposure_fixtures import FRIDAYS, hotspots, occurrences, peaks, shape
from tests.places_fixtures import SOUTH, WEST, code, lattice

FEW = settings(max_examples=8)
HOURS = st.integers(0, 60)
SPOT = st.tuples(st.integers(0, 1200).map(float), st.integers(0, 300).map(float))


def at_hours(hours, ends, spot, risk="low", event=None):
    """An event so many hours after a Friday noon, which lasts so many; none: its end is not known."""
    start = pd.Timestamp("2024-06-07 12:00") + pd.Timedelta(hours=hours)
    end = None if ends is None else str(start + pd.Timedelta(hours=ends))
    return {"starts": str(start), "ends": end, "at": spot, "risk": risk} | ({} if event is None else {"id": event})


EVENTS = st.lists(
    st.builds(
        at_hours,
        HOURS,
        st.none() | st.integers(1, 9),
        st.none() | SPOT,
        st.sampled_from(["high", "medium", "low", None]),
    ),
    min_size=3,
    max_size=9,
)


def by_event(table, column):
    return table.drop_duplicates("event_id").set_index("event_id")[column]


def brute_hours(start, stop, peak):
    """Hours of a span in busy hours, minute by minute on the local clock."""
    minutes = pd.date_range(start, stop, freq="min", inclusive="left")
    since = (minutes.day_of_week - peak["day"]) % 7 * 24 + minutes.hour - peak["hour"]
    since = np.where(since < 0, since + 168, since)
    return ((since // 24 < peak["days"]) & (since % 24 < peak["hours"])).sum() / 60


@FEW
@given(EVENTS, st.lists(SPOT, min_size=1, max_size=4), st.sampled_from([150.0, 400.0]))
def test_each_pair_within_reach_is_there_at_the_distance_of_its_ground(events, places, reach_m):
    coming, spots = occurrences(*events), hotspots(*places)
    table = check(EXPOSURE, exposure(coming, spots, reach_m=reach_m))
    paired = table.dropna(subset="hotspot_id")
    found = {(row.occurrence_id, row.hotspot_id): row for row in paired.itertuples()}
    wanted = {}
    for name, where in coming.geometry.items():
        for hotspot, ground in spots.geometry.items():
            if where is not None and shapely.distance(where, ground) <= reach_m:
                wanted[name, hotspot] = shapely.distance(where, ground)
    assert found.keys() == wanted.keys()
    for key, row in found.items():
        assert row.distance_m == wanted[key]
        assert row.on_ground == (wanted[key] == 0)
    alone = table[table["hotspot_id"].isna()]
    assert set(alone["occurrence_id"]) == set(coming.index) - {name for name, _ in wanted}
    assert alone["occurrence_id"].is_unique
    assert alone["distance_m"].isna().all()
    assert not alone["on_ground"].any()
    assert set(table["occurrence_id"]) == set(coming.index)


@FEW
@given(EVENTS, st.sampled_from([100.0, 500.0]), st.sampled_from([1, 3, 1_000_000]))
def test_other_events_at_the_same_time_are_counted_as_by_hand(events, reach_m, at_once):
    coming = occurrences(*events)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PAIRS_AT_ONCE", at_once)
        counted = by_event(exposure(coming, hotspots((0.0, 0.0)), reach_m=reach_m), "concurrent")
    over = coming["ends_at"].fillna(coming["starts_at"] + pd.Timedelta(microseconds=1))
    for name, row in coming.iterrows():
        if row.geometry is None:
            assert pd.isna(counted[row["event_id"]])
            continue
        others = {
            other["event_id"]
            for key, other in coming.drop(name).iterrows()
            if other.geometry is not None
            and other["starts_at"] < over[name]
            and row["starts_at"] < over[key]
            and shapely.distance(row.geometry, other.geometry) <= reach_m
        }
        assert counted[row["event_id"]] == len(others)


def test_dates_of_one_event_are_no_other_events_and_one_with_two_dates_is_one():
    long = {"id": "A", "starts": "2024-06-01 00:00", "ends": "2024-06-30 00:00"}
    coming = occurrences(long, {"id": "B"}, {"id": "B", "starts": "2024-06-08 18:00", "ends": "2024-06-08 22:00"})
    counted = exposure(coming, hotspots((5000.0, 0.0))).set_index("occurrence_id")["concurrent"]
    assert counted.to_dict() == {"A@20240601T0000": 1, "B@20240607T1800": 1, "B@20240608T1800": 1}
    twice = occurrences({"id": "A"}, {"id": "A", "starts": "2024-06-07 19:00"})
    assert exposure(twice, hotspots((5000.0, 0.0)))["concurrent"].tolist() == [0, 0]


def test_one_that_ends_as_another_begins_is_not_at_the_same_time():
    coming = occurrences(at_hours(0, 2, (0.0, 0.0)), at_hours(2, 2, (0.0, 0.0)), at_hours(1, None, (0.0, 0.0)))
    assert by_event(exposure(coming, hotspots((5000.0, 0.0))), "concurrent").to_dict() == {"E00": 1, "E01": 0, "E02": 1}


def test_a_dispersal_makes_an_event_longer():
    first = {"starts": "2024-06-07 18:00", "ends": "2024-06-07 20:00", "dispersal": "2024-06-07 20:30"}
    coming = occurrences(first, at_hours(9, 1, (0.0, 0.0)), at_hours(9.5, 1, (0.0, 0.0)))
    spots = hotspots((5000.0, 0.0))
    assert by_event(exposure(coming, spots), "concurrent")["E00"] == 1
    assert by_event(exposure(coming, spots, dispersal_h=1.5), "concurrent")["E00"] == 2


def test_an_event_is_over_at_the_later_of_end_and_dispersal():
    coming = occurrences(
        {"ends": "2024-06-07 22:00"},
        {"ends": "2024-06-07 22:00", "dispersal": "2024-06-07 21:30"},
        {"ends": "2024-06-07 22:00", "dispersal": "2024-06-07 20:00"},
        {"ends": None, "dispersal": "2024-06-07 20:00"},
        {"ends": None},
        {"ends": "2024-06-07 18:00"},
        {"ends": "2024-06-07 17:00", "dispersal": "2024-06-07 16:59"},
    )
    over = stops(coming).dt.strftime("%H:%M")
    assert over.fillna("").tolist() == ["22:00", "22:30", "22:00", "21:00", "", "", ""]
    assert stops(coming, 0.0).dt.strftime("%H:%M").fillna("").tolist() == [
        "22:00",
        "22:00",
        "22:00",
        "20:00",
        "",
        "",
        "",
    ]


@FEW
@given(
    st.lists(st.tuples(st.integers(0, 14 * 24 * 4), st.integers(1, 30 * 4)), min_size=5, max_size=10, unique=True),
    st.tuples(st.integers(0, 6), st.integers(1, 7), st.integers(0, 23), st.integers(1, 24)),
    st.sampled_from(["2024-03-25", "2024-10-21", "2024-06-03"]),
)
def test_hours_in_the_busy_hours_are_those_of_the_local_clock(spans, window, monday):
    peak = dict(zip(("day", "days", "hour", "hours"), window, strict=True))
    quarter, first = pd.Timedelta(minutes=15), pd.Timestamp(monday, tz="Europe/London")
    starts = [first + quarter * start for start, _ in spans]
    stops_at = [start + quarter * length for start, (_, length) in zip(starts, spans, strict=True)]
    coming = occurrences(*[{}] * len(spans)).assign(
        starts_at=pd.Series(starts).dt.as_unit("us").array, ends_at=pd.Series(stops_at).dt.as_unit("us").array
    )
    hours = by_event(exposure(coming, hotspots((0.0, 0.0)), peaks(H_0=peak)), "overlap_h").sort_index()
    wanted = [brute_hours(start, stop, peak) for start, stop in zip(starts, stops_at, strict=True)]
    assert hours.tolist() == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize(
    ("start", "end", "changes", "hours"),
    [
        ("2024-06-07 18:00", "2024-06-07 22:00", {}, 2.0),
        ("2024-06-07 22:00", "2024-06-08 02:30", {}, 3.0),
        ("2024-06-07 12:00", "2024-06-09 12:00", {}, 10.0),
        ("2024-06-01 00:00", "2024-07-01 00:00", {}, 46.0),
        ("2024-06-06 18:00", "2024-06-06 23:00", {}, 0.0),
        ("2024-06-10 00:00", "2024-06-10 06:00", {"day": 6, "days": 1}, 1.0),
        ("2024-03-30 23:00", "2024-03-31 03:00", {"hour": 23, "hours": 3, "days": 2}, 2.0),
        ("2024-10-26 23:00", "2024-10-27 03:00", {"hour": 23, "hours": 3, "days": 2}, 4.0),
        ("2024-10-26 23:00", "2024-10-27 03:00", {"hour": 23, "hours": 2, "days": 2}, 2.0),
    ],
)
def test_hours_over_midnight_over_weeks_and_over_the_change_of_the_clock(start, end, changes, hours):
    coming = occurrences({"starts": start, "ends": end})
    assert exposure(coming, hotspots((0.0, 0.0)), peaks(H_0=changes))["overlap_h"].tolist() == [hours]


def test_no_hour_is_made_up():
    coming = occurrences({}, {"ends": None, "at": (10.0, 0.0)}, {"at": None}, {"at": (9000.0, 0.0)})
    spots = hotspots((0.0, 0.0), (100.0, 0.0))
    assert exposure(coming, spots)["overlap_h"].isna().all()
    assert exposure(coming, spots, peaks())["overlap_h"].isna().all()
    some = exposure(coming, spots, peaks(H_1={}))
    assert set(some.loc[some["overlap_h"].notna(), "occurrence_id"]) == {"E00@20240607T1800"}
    assert some.loc[some["overlap_h"].notna(), "hotspot_id"].tolist() == ["H-1"]


def test_a_line_and_a_polygon_count_from_their_nearest_ground():
    route = LineString([(WEST - 3000, SOUTH), (WEST - 200, SOUTH)])
    park = box(WEST + 50, SOUTH - 500, WEST + 2000, SOUTH + 500)
    table = exposure(occurrences({"at": route}, {"at": park}, {"at": Point()}), hotspots((0.0, 0.0)))
    assert by_event(table, "distance_m").tolist() == [0.0, pytest.approx(125.0), pytest.approx(np.nan, nan_ok=True)]
    assert by_event(table, "on_ground").to_dict() == {"E01": True, "E00": False, "E02": False}
    assert by_event(table, "reason")["E02"] == "medium risk; no place given"


HIGHER = [
    ({"risk": "high", "at": None}, {"risk": "medium", "at": (0.0, 0.0)}),
    ({"risk": "medium", "at": None}, {"risk": "low", "at": (0.0, 0.0)}),
    ({"risk": "low", "at": None}, {"risk": None, "at": (0.0, 0.0)}),
    ({"at": (0.0, 0.0), "ends": None}, {"at": (90.0, 0.0)}),
    ({"at": (390.0, 0.0), "ends": None}, {"at": (4000.0, 0.0)}),
    ({"at": (4000.0, 0.0)}, {"at": None, "starts": "2024-06-01 12:00", "ends": "2024-06-01 14:00"}),
    ({"at": (300.0, 0.0), "ends": "2024-06-07 23:00"}, {"at": (200.0, 0.0)}),
    ({"at": (200.0, 0.0)}, {"at": (300.0, 0.0)}),
    ({"at": (0.0, 0.0), "starts": "2024-06-06 22:00", "ends": "2024-06-06 23:00"}, {"at": (0.0, 0.0), "ends": None}),
]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("first", "second"), HIGHER)
def test_the_order_is_one_reason_after_the_other(first, second, turned):
    pair = [{"id": "A" if turned else "B"} | first, {"id": "B" if turned else "A"} | second]
    ranked = by_event(exposure(occurrences(*pair), hotspots((0.0, 0.0)), peaks(H_0={})), "rank")
    assert ranked[pair[0]["id"]] == 1
    assert ranked[pair[1]["id"]] == 2


def test_other_events_come_before_hours_and_hours_before_distance():
    crowd = [
        {
            "id": f"C{number}",
            "at": (390.0, -330.0),
            "risk": None,
            "starts": "2024-06-05 10:00",
            "ends": "2024-06-05 12:00",
        }
        for number in range(2)
    ]
    busy = {"id": "A", "at": (390.0, 0.0), "starts": "2024-06-05 10:00", "ends": "2024-06-05 12:00"}
    late, near = {"id": "B", "at": (-300.0, 0.0)}, {"id": "D", "at": (-100.0, 0.0), "ends": "2024-06-07 19:00"}
    table = exposure(occurrences(*crowd, busy, late, near), hotspots((0.0, 0.0)), peaks(H_0={}))
    ranks = by_event(table, "rank").to_dict()
    assert [event for event in sorted(ranks, key=ranks.get) if not event.startswith("C")] == ["A", "B", "D"]
    # The same two hours of work on a weekday, without anybody else, come last but for the distance.
    assert by_event(table, "concurrent")[["A", "B", "D"]].tolist() == [2, 1, 1]


def test_ranks_number_the_occurrences_and_the_rows_stand_in_their_order():
    coming = occurrences({}, {"at": (5000.0, 0.0)}, {"at": (350.0, 0.0), "risk": "high"})
    table = exposure(coming, hotspots((0.0, 0.0), (300.0, 0.0), (120.0, 0.0)), peaks(H_1={}))
    assert table["rank"].tolist() == [1, 1, 1, 2, 2, 2, 3]
    assert table["event_id"].tolist() == ["E02", "E02", "E02", "E00", "E00", "E00", "E01"]
    # On its ground first, then where it falls into busy hours, then the nearest; of equals the hotspot ranked higher.
    assert table["hotspot_id"].fillna("").tolist() == ["H-1", "H-2", "H-0", "H-0", "H-1", "H-2", ""]
    assert table.index.tolist() == list(range(1, 8))
    both = exposure(occurrences({"at": (150.0, 0.0)}), hotspots((0.0, 0.0), (300.0, 0.0)))
    assert both["hotspot_id"].tolist() == ["H-1", "H-0"]


def test_of_equal_events_the_earlier_comes_first():
    coming = occurrences({"id": "B", "starts": "2024-06-03 10:00"}, {"id": "A", "starts": "2024-06-14 10:00"})
    coming = coming.assign(ends_at=(coming["starts_at"] + pd.Timedelta(hours=1)).dt.as_unit("us"))
    assert exposure(coming, hotspots((0.0, 0.0)))["event_id"].tolist() == ["B", "A"]


def test_reasons_in_words():
    coming = occurrences(
        {"risk": "high"},
        {"at": (10.0, 0.0)},
        {"at": (20.0, 0.0), "starts": "2024-06-07 20:30", "ends": "2024-06-07 20:31"},
        {"at": (240.0, 0.0), "ends": "2024-06-07 23:30", "risk": "low"},
        {"at": (-77.0, 0.0), "starts": "2024-06-05 18:00", "ends": "2024-06-05 20:00", "risk": None},
        {"at": (0.0, 9000.0), "ends": None},
        {"at": (0.0, 5.0), "starts": "2024-06-06 10:00", "ends": None},
        {"at": None},
    )
    table = exposure(coming, hotspots((0.0, 0.0)), peaks(H_0={}))
    busy, ground = "the busy hours Fri–Sat 20:00–01:00 there", "on the ground of H01"
    others = "3 other events within reach at the same time"
    assert by_event(table, "reason").to_dict() == {
        "E00": f"high risk; {ground}; 2 h in {busy}; {others}",
        "E01": f"medium risk; {ground}; 2 h in {busy}; {others}",
        "E02": f"medium risk; {ground}; under 0.1 h in {busy}; {others}",
        "E03": f"low risk; 160 m from H01; 3.5 h in {busy}; {others}",
        "E04": f"no risk given; 10 m from H01; outside {busy}",
        "E05": "medium risk; no hotspot within 400 m",
        "E06": f"medium risk; {ground}; no end given, so no hours counted in the busy Fri–Sat 20:00–01:00 there",
        "E07": "medium risk; no place given",
    }
    pair = exposure(occurrences({}, {}), hotspots((900.0, 0.0)), reach_m=250.0)
    assert set(pair["reason"]) == {
        "medium risk; no hotspot within 250 m; 1 other event within reach at the same time",
    }


def test_a_hotspot_without_busy_hours_says_nothing_of_hours():
    assert exposure(occurrences({}), hotspots((0.0, 0.0)))["reason"].tolist() == ["medium risk; on the ground of H01"]


def test_areas_around_are_those_within_reach_by_code():
    layer = lattice()
    coming = occurrences({"at": (250.0, 150.0)}, {"at": None}, {"at": (9000.0, 0.0)})
    around = by_event(exposure(coming, hotspots((0.0, 0.0)), areas=layer.sort_index(), reach_m=50.0), "lsoa_codes")
    wanted = sorted(code(column, row) for column, row in [(2, 1), (1, 1), (3, 1), (2, 0), (2, 2)])
    assert around.to_dict() == {"E00": " ".join(wanted), "E01": "", "E02": ""}
    assert set(exposure(coming, hotspots((0.0, 0.0)))["lsoa_codes"]) == {""}


@settings(max_examples=4)
@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_changes_nothing(events, random):
    spots, hours = hotspots((0.0, 0.0), (350.0, 100.0), (700.0, 0.0)), peaks(H_0={}, H_1={"hour": 18}, H_2={"day": 5})
    table = exposure(occurrences(*events), spots, hours, lattice())
    # Events are called otherwise, so that they come in another order; hours stand in another order.
    names = [f"Z{number:02d}" for number in range(len(events))]
    random.shuffle(names)
    renamed = [event | {"id": name} for event, name in zip(events, names, strict=True)]
    turned = exposure(occurrences(*renamed), spots, hours.iloc[::-1], lattice())
    called = dict(zip(names, [f"E{number:02d}" for number in range(len(events))], strict=True))
    columns = ["hotspot_id", "distance_m", "on_ground", "overlap_h", "concurrent", "lsoa_codes", "reason"]
    first, second = (
        frame.assign(event_id=of).set_index(["event_id"])[columns].reset_index().sort_values(["event_id", "hotspot_id"])
        for frame, of in ((table, table["event_id"]), (turned, turned["event_id"].map(called)))
    )
    assert_frame_equal(first.reset_index(drop=True), second.reset_index(drop=True))
    # The order itself is the same but for events that are equal in all but their id.
    assert table["reason"].str.partition(";")[0].tolist() == turned["reason"].str.partition(";")[0].tolist()
    assert table["distance_m"].fillna(-1).tolist() == turned["distance_m"].fillna(-1).tolist()


def test_nothing_lent_is_changed():
    lent = occurrences({}, {"at": None}), hotspots((0.0, 0.0)), peaks(H_0={}), lattice()
    copies = [frame.copy(deep=True) for frame in lent]
    exposure(*lent)
    for frame, copy in zip(lent, copies, strict=True):
        assert_frame_equal(frame, copy)


@pytest.mark.parametrize("events", [(), ({"at": None},)])
def test_without_events_or_hotspots_there_is_nothing_or_a_row_of_nothing(events):
    table = check(EXPOSURE, exposure(occurrences(*events), hotspots((0.0, 0.0)), peaks(H_0={}), lattice()))
    assert len(table) == len(events)
    check(EXPOSURE, exposure(occurrences(*events), hotspots((0.0, 0.0)).iloc[:0], areas=lattice()))


def test_another_crs_is_refused():
    with pytest.raises(TableError, match=r"OCCURRENCES: the frame is in EPSG:4326, expected EPSG:27700\."):
        exposure(occurrences({"at": Point(0, 51)}, crs=4326), hotspots((0.0, 0.0)))
    with pytest.raises(TableError, match=r"AREAS: the frame is in EPSG:3857, expected EPSG:27700\."):
        exposure(occurrences({}), hotspots((0.0, 0.0)), areas=lattice().to_crs(3857))
    with pytest.raises(TableError, match=r"HOTSPOTS breaks its contract: n: column missing"):
        exposure(occurrences({}), hotspots((0.0, 0.0)).drop(columns="n"))


def test_what_lies_just_within_reach_is_within_it():
    spots = hotspots(box(WEST - 10, SOUTH - 10, WEST, SOUTH + 10))
    table = exposure(occurrences({"at": (400.0, 0.0)}, {"at": (400.5, 0.0)}), spots)
    assert by_event(table, "distance_m")["E00"] == 400.0
    assert pd.isna(by_event(table, "distance_m")["E01"])


def test_the_busy_hours_of_the_fixture_are_said_as_they_are():
    assert (FRIDAYS["said"], shape((0.0, 0.0))) == ("Fri–Sat 20:00–01:00", Point(WEST, SOUTH))
