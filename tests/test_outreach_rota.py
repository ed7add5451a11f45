"""The rota against every rota there is on tiny cases; its laws; clocks, travel and what it says."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections import Counter
from fractions import Fraction
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point

from hotspots.errors import TableError
from hotspots.outreach import evenings as evenings_module
from hotspots.outreach.evenings import Evening, Order, evenings_of, orders_of, slots, travel_minutes
from hotspots.outreach.rota import Rota, parts_of, rota
from hotspots.outreach.rota_model import Task, choose, counted, greedy
from hotspots.settings import Bus
from hotspots.settings.hours import Span, hours_text, read_hours, within
from hotspots.tables import ROTA, check

LONDON = ZoneInfo("Europe/London")
MONDAY = dt.date(2026, 10, 5)
TUE_THU = read_hours("Tue, Thu 16:30-22:30")
NOBODY: dict[dt.date, str] = {}


def places(*xs, hours=None, ids=None, names=None):
    """SITES at some eastings, in metres from 549000."""
    n = len(xs)
    ids = ids or [f"S{at}" for at in range(n)]
    frame = gpd.GeoDataFrame(
        {
            "name": names or [f"Stop {key}" for key in ids],
            "status": ["candidate"] * n,
            "hours": hours or [None] * n,
            "capacity": pd.array([pd.NA] * n, dtype="Int64"),
            "reason": [None] * n,
            "notes": [None] * n,
        },
        index=pd.Index(ids, name="site_id", dtype="str"),
        geometry=[Point(549_000 + x, 175_000) for x in xs],
        crs=27700,
    )
    return frame.astype(dict.fromkeys(("name", "status", "hours", "reason", "notes"), "str"))


def needs(stops, sessions, values):
    """Need by stop: one number for all sessions, or one per session."""
    table = [np.broadcast_to(value, len(sessions)) for value in values]
    labels = [hours_text((span,)) for span in sessions]
    return pd.DataFrame(np.array(table, dtype=float).reshape(len(stops), len(labels)), stops.index, labels)


def made(stops, values, sessions=TUE_THU, first=MONDAY, closed=NOBODY, on=NOBODY, **changes):
    bus = dataclasses.replace(Bus(cycle_weeks=2, stops_per_evening=1, time_limit_s=30.0), **changes)
    return rota(stops, needs(stops, sessions, values), sessions, first, bus, closed=closed, on=on)


def by_evening(found: Rota) -> list[list[str]]:
    return [group["site_id"].tolist() for _, group in found.visits.groupby("evening")]


def visits_of(found: Rota) -> dict[str, int]:
    return dict(Counter(found.visits["site_id"].tolist()))


# --- every rota there is ----------------------------------------------------------------------------------------------


def every_order(date, span, stops, bus, size):
    """Orders of one evening that may be, written down apart from the module: whole minutes, no change of clocks."""
    found: dict[frozenset[int], float] = {}
    x, hours = stops.geometry.x.to_numpy(), [read_hours(text) if isinstance(text, str) else () for text in stops.hours]
    for count in range(1, size + 1):
        for order in itertools.permutations(range(len(stops)), count):
            ways = [abs(x[a] - x[b]) * 1.3 / (bus.speed_kmh / 3.6) / 60 for a, b in itertools.pairwise(order)]
            if any(way > bus.most_travel_min + 1e-9 for way in ways):
                continue
            whole = [int(np.ceil(round(way, 6))) for way in ways]
            stay = (span.minutes - sum(whole)) // count
            begins, good = span.start, stay >= 1
            for place, stop in enumerate(order):
                begins += whole[place - 1] if place else 0
                good = good and within(Span(date.weekday(), begins, begins + stay), hours[stop])
                begins += stay
            key = frozenset(order)
            if good and (key not in found or sum(ways) < found[key] - 1e-9):
                found[key] = sum(ways)
    return found


def score(chosen, sessions, need):
    """What a rota is worth: stops visited, visits, repeats, and what the visits count."""
    repeats = sum(len(a & b) for a, b in itertools.pairwise(chosen))
    worth = Fraction(0)
    for stop in range(len(need)):
        own = sorted((need[stop][at] for at, one in zip(sessions, chosen, strict=True) if stop in one), reverse=True)
        worth += sum((Fraction(value) / k for k, value in enumerate(own, start=1)), Fraction(0))
    return len(frozenset().union(*chosen)), sum(map(len, chosen)), -repeats, worth


def unevenness(chosen, stops):
    """Sum over evenings and stops of how far the visits so far are from their share."""
    total = 0.0
    for stop in range(stops):
        came = np.cumsum([stop in one for one in chosen])
        total += float(np.abs(came - came[-1] * np.arange(1, len(chosen) + 1) / len(chosen)).sum())
    return total


HOURS = st.sampled_from([None, None, "Tue 16:00-23:00", "Thu 16:30-19:40", "19:00-23:00", "Mon 10:00-12:00"])


@settings(max_examples=30)
@given(
    spots=st.lists(st.tuples(st.integers(0, 40), HOURS), min_size=1, max_size=3),
    values=st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=2), min_size=3, max_size=3),
    weeks=st.integers(1, 2),
    size=st.integers(1, 2),
    most=st.sampled_from([2.0, 30.0]),
    away=st.sampled_from([None, dt.date(2026, 10, 6)]),
)
def test_no_rota_is_better(spots, values, weeks, size, most, away):
    stops = places(*(100 * x for x, _ in spots), hours=[hours for _, hours in spots])
    closed = {} if away is None else {away: "training"}
    change = {"cycle_weeks": weeks, "stops_per_evening": size, "most_travel_min": most}
    found = made(stops, values[: len(stops)], closed=closed, **change)
    dates = [MONDAY + dt.timedelta(days=7 * week + 1 + 2 * at) for week in range(weeks) for at in range(2)]
    taking = [(date, at % 2) for at, date in enumerate(dates) if date not in closed]
    can = [every_order(date, TUE_THU[at], stops, Bus(**change), size) for date, at in taking]
    sessions = [at for _, at in taking]
    every = [*itertools.product(*([frozenset(), *one] for one in can))]
    scores = [score(chosen, sessions, values) for chosen in every]
    best = max(scores)
    by_date = dict.fromkeys((date for date, _ in taking), frozenset[int]())
    for date, group in found.visits.groupby(found.visits["starts_at"].dt.date):
        by_date[date] = frozenset(stops.index.get_indexer(group["site_id"]))
    ours = tuple(by_date.values())
    mine = score(ours, sessions, values)
    assert mine[:3] == best[:3]
    assert float(mine[3]) == pytest.approx(float(best[3]), abs=1e-5)
    assert found.counts == pytest.approx(float(mine[3]))
    assert found.optimal
    assert found.bound == pytest.approx(found.counts, abs=1e-4)
    # Of all with the same visits by stop and session, it is the evenest.
    seen = {(stop, at): sum(at == j and stop in one for j, one in zip(sessions, ours, strict=True)) for stop in range(3) for at in range(2)}  # fmt: skip
    alike = [
        unevenness(chosen, len(stops)) + 1e-4 * sum(ways[one] for ways, one in zip(can, chosen, strict=True) if one)
        for chosen, worth in zip(every, scores, strict=True)
        if worth[:3] == best[:3]
        and all(sum(at == j and stop in one for j, one in zip(sessions, chosen, strict=True)) == n for (stop, at), n in seen.items())
    ]  # fmt: skip
    # Minutes are rounded up in ours.
    assert unevenness(ours, len(stops)) <= min(alike) + 1e-3


def test_of_rotas_that_count_the_same_the_one_with_less_travel_is_taken():
    # Each stop once, two an evening: near ones together.
    found = made(places(0, 9_000, 500, 9_500), [5, 5, 5, 5], sessions=TUE_THU, cycle_weeks=1, stops_per_evening=2)
    assert {frozenset(one) for one in by_evening(found)} == {frozenset({"S0", "S2"}), frozenset({"S1", "S3"})}


# --- laws -------------------------------------------------------------------------------------------------------------


@st.composite
def cases(draw):
    n = draw(st.integers(1, 6))
    spots = draw(st.lists(st.integers(0, 60), min_size=n, max_size=n))
    hours = draw(st.lists(HOURS, min_size=n, max_size=n))
    sessions = read_hours(
        draw(st.sampled_from(["Tue, Fri 16:30-22:30", "Sat 10:00-14:00; Sat 18:00-02:00", "Wed 17-20"]))
    )
    values = draw(st.lists(st.floats(0, 50), min_size=n, max_size=n))
    first = MONDAY + dt.timedelta(days=draw(st.integers(0, 60)))
    closed = {first + dt.timedelta(days=draw(st.integers(0, 20))): "a reason"}
    size, weeks = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    return places(*(100 * x for x in spots), hours=hours), values, sessions, first, closed, size, weeks


@settings(max_examples=15)
@given(case=cases())
def test_laws(case):
    stops, values, sessions, first, closed, size, weeks = case
    need = needs(stops, sessions, values)
    bus = Bus(cycle_weeks=weeks, stops_per_evening=size, most_travel_min=12.0, time_limit_s=20.0)
    before = stops.copy(), need.copy()
    on = {first + dt.timedelta(days=day): f"day {day}" for day in range(0, 30, 2)}
    found = rota(stops, need, sessions, first, bus, closed=closed, on=on)
    visits = check(ROTA, found.visits)
    pd.testing.assert_frame_equal(before[0], stops)
    pd.testing.assert_frame_equal(before[1], need)
    # The order of rows changes nothing, and a second run neither.
    again = rota(stops[::-1], need[::-1], sessions, first, bus, closed=closed, on=on)
    pd.testing.assert_frame_equal(visits, again.visits)
    assert (found.sentences, found.optimal, found.bound) == (again.sentences, again.optimal, again.bound)
    assert found.counts <= found.bound + 1e-6 * (1 + found.bound)
    assert visits["starts_at"].is_monotonic_increasing
    for _, group in visits.groupby("evening"):
        begins, ends = group["starts_at"].tolist(), group["ends_at"].tolist()
        date = begins[0].date()
        session = next(at for at, span in enumerate(sessions) if span.weekday == date.weekday() and span.start == begins[0].hour * 60 + begins[0].minute)  # fmt: skip
        close = pd.Timestamp(date) + pd.Timedelta(minutes=sessions[session].stop)
        assert group["order"].tolist() == list(range(1, len(group) + 1))
        assert group["site_id"].is_unique
        assert len(group) <= size
        assert len(set(group["ends_at"] - group["starts_at"])) == 1
        assert group["travel_min"].iloc[0] == 0
        assert group["travel_min"].max() <= 15
        assert (group["travel_min"] % 5 == 0).all()
        assert [(b - a).total_seconds() / 60 for a, b in zip(ends, begins[1:], strict=False)] == group["travel_min"].tolist()[1:]  # fmt: skip
        left = close.tz_localize("Europe/London") - ends[-1]
        assert pd.Timedelta(0) <= left < pd.Timedelta(minutes=5 * len(group))
        assert group["week"].tolist() == [(date - first).days // 7 + 1] * len(group)
        assert set(group["on"].fillna("")) == {on.get(date, "")}
        assert date not in closed
        assert first <= date < first + dt.timedelta(days=7 * weeks)
        assert group["demand"].tolist() == [need.iloc[:, session][key] for key in group["site_id"]]
        assert group["name"].tolist() == [stops["name"][key] for key in group["site_id"]]
        for key, a, b in zip(group["site_id"], begins, ends, strict=True):
            text = stops["hours"][key]
            there = Span(
                a.weekday(), a.hour * 60 + a.minute, a.hour * 60 + a.minute + int((b - a).total_seconds()) // 60
            )
            change = a.utcoffset() != b.utcoffset()
            assert change or within(there, read_hours(text) if isinstance(text, str) else ())


@settings(max_examples=6)
@given(values=st.lists(st.integers(1, 60), min_size=5, max_size=6))
def test_visits_follow_need_as_seats_follow_votes(values):
    # One stop an evening of 16, and no stop has so much that it would come twice in a row.
    values = [20 + value for value in values]
    found = made(places(*range(len(values))), values, cycle_weeks=8)
    averages = sorted((Fraction(value, k) for value in values for k in range(1, 17)), reverse=True)
    seats = {at: sum(Fraction(value, k) >= averages[15] for k in range(1, 17)) for at, value in enumerate(values)}
    if averages[15] != averages[16] and min(seats.values()) >= 1:
        assert visits_of(found) == {f"S{at}": n for at, n in seats.items()}
    assert found.counts == pytest.approx(float(sum(averages[:16])), rel=1e-6) or min(seats.values()) == 0
    assert found.sentences == ()


def test_counted_is_the_rule_of_dhondt():
    assert counted([3.0, 6.0, 2.0]) == pytest.approx(6 + 3 / 2 + 2 / 3)
    assert counted([]) == 0


def test_a_stop_without_need_is_visited_once():
    assert visits_of(made(places(0, 100, 200), [9, 8, 0], cycle_weeks=6)) == {"S0": 6, "S1": 5, "S2": 1}


def test_need_by_session_draws_a_stop_to_its_evening():
    found = made(places(0, 100), [[1, 9], [9, 1]], cycle_weeks=4)
    visits = zip(found.visits["site_id"], found.visits["starts_at"].dt.day_name(), strict=True)
    assert set(visits) == {("S0", "Thursday"), ("S1", "Tuesday")}


def test_visits_are_spread_over_the_cycle():
    found = made(places(0, 100, 200), [4, 4, 1], cycle_weeks=6)
    at = found.visits.loc[found.visits["site_id"] == "S2", "evening"].tolist()
    assert len(at) == 1
    assert 3 <= at[0] <= 10


# --- evenings and clocks ----------------------------------------------------------------------------------------------


def test_a_cycle_begins_on_any_day():
    found = evenings_of(read_hours("Tue, Fri 18:00-22:00"), dt.date(2026, 10, 8), 2, "Europe/London")
    assert [(evening.date.isoformat(), evening.session) for evening in found] == [
        ("2026-10-09", 1),
        ("2026-10-13", 0),
        ("2026-10-16", 1),
        ("2026-10-20", 0),
    ]
    assert found[0].starts == dt.datetime(2026, 10, 9, 18, tzinfo=LONDON)
    assert found[0].ends == dt.datetime(2026, 10, 9, 22, tzinfo=LONDON)
    assert evenings_of((Span(3, 0, 60),), dt.date(2026, 10, 8), 1, "Europe/London")[0].date == dt.date(2026, 10, 8)


def test_two_sessions_of_a_day_come_by_the_clock():
    found = evenings_of((Span(5, 1080, 1200), Span(5, 600, 700)), MONDAY, 1, "Europe/London")
    assert [evening.session for evening in found] == [1, 0]


@pytest.mark.parametrize(
    ("day", "text", "minutes", "begins", "ends"),
    [
        # The night of 25 October 2026 has an hour more, that of 29 March 2026 one less.
        ("2026-10-24", "Sat 22:00-04:00", 420, "22:00 BST, 01:30 BST", "01:30 BST, 04:00 GMT"),
        ("2026-03-28", "Sat 22:00-04:00", 300, "22:00 GMT, 00:30 GMT", "00:30 GMT, 04:00 BST"),
        ("2026-10-31", "Sat 22:00-04:00", 360, "22:00 GMT, 01:00 GMT", "01:00 GMT, 04:00 GMT"),
        # Half past one does not exist on that morning: it is half past two.
        ("2026-03-29", "Sun 01:30-04:30", 120, "02:30 BST, 03:30 BST", "03:30 BST, 04:30 BST"),
        # Half past one comes twice: the first.
        ("2026-10-25", "Sun 01:30-03:30", 180, "01:30 BST, 02:00 GMT", "02:00 GMT, 03:30 GMT"),
    ],
)
def test_where_the_clocks_change_each_stop_has_half_of_the_night_as_it_runs(day, text, minutes, begins, ends):
    sessions = read_hours(text)
    found = made(places(0, 0), [1, 1], sessions, dt.date.fromisoformat(day), cycle_weeks=1, stops_per_evening=2)
    [evening] = evenings_of(sessions, dt.date.fromisoformat(day), 1, "Europe/London")
    assert evening.minutes == minutes
    assert ", ".join(f"{at:%H:%M %Z}" for at in found.visits["starts_at"]) == begins
    assert ", ".join(f"{at:%H:%M %Z}" for at in found.visits["ends_at"]) == ends
    assert (found.visits["ends_at"] - found.visits["starts_at"]).tolist() == [pd.Timedelta(minutes=minutes / 2)] * 2


def test_opening_hours_are_read_off_the_clock_on_the_wall():
    # 01:30 BST to 04:00 GMT: the clock shows two hours and a half of the three and a half.
    night = read_hours("Sat 22:00-04:00")
    stops = places(0, 0, hours=["Sat 22:00-02:00", "Sun 01:30-04:00"])
    change = {"sessions": night, "cycle_weeks": 1, "stops_per_evening": 2}
    assert by_evening(made(stops, [1, 1], first=dt.date(2026, 10, 24), **change)) == [["S0", "S1"]]
    assert by_evening(made(stops, [1, 2], first=dt.date(2026, 10, 31), **change)) == []


def test_within_the_hour_that_comes_twice_time_counts_as_it_runs():
    # Three stops of an hour from 00:00: the second is from 01:00 BST to 01:00 GMT, no minute on the wall.
    [evening] = evenings_of((Span(6, 0, 120),), dt.date(2026, 10, 25), 1, "Europe/London")
    hours = [read_hours("Sun 00:00-01:00"), read_hours("Sun 01:00-01:30"), ()]
    order = Order((0, 1, 2), (0, 0, 0))
    assert [f"{a:%H:%M %Z}" for a, _ in slots(evening, order)] == ["00:00 BST", "01:00 BST", "01:00 GMT"]
    assert all(len(one.stops) < 3 for one in orders_of(evening, hours, np.zeros((3, 3)), 3, 30).orders)
    wide = [hours[0], read_hours("Sun 01:00-02:00"), ()]
    assert orders_of(evening, wide, np.zeros((3, 3)), 3, 30).orders[-1] == order


def test_the_zone_is_a_choice_and_the_table_is_in_london():
    stops = places(0)
    bus = Bus(cycle_weeks=1, stops_per_evening=1)
    found = rota(stops, needs(stops, TUE_THU, [1]), TUE_THU, MONDAY, bus, closed={}, on={}, zone="Europe/Paris")
    assert found.visits["starts_at"].iloc[0] == pd.Timestamp("2026-10-06 15:30", tz="Europe/London")


# --- travel and orders ------------------------------------------------------------------------------------------------


def test_travel_is_the_straight_line_by_road():
    found = travel_minutes(np.array([0.0, 300.0]), np.array([0.0, 400.0]), 39.0)
    assert found.tolist() == [[0, 1], [1, 0]]  # 500 m × 1.3 at 650 m a minute


@pytest.mark.parametrize(("most", "stops"), [(1.0, 2), (0.99, 1)])
def test_the_longest_way_is_allowed_and_no_longer_one(most, stops):
    change = {"stops_per_evening": 2, "cycle_weeks": 1, "speed_kmh": 39.0, "most_travel_min": most}
    found = made(places(0, 500), [1, 1], **change)
    assert [len(one) for one in by_evening(found)] == [stops, stops]


def test_the_way_comes_off_the_evening_in_times_a_crew_can_keep():
    # 1,170 m at 300 m a minute is 3.9 minutes: 5 are taken, and 355 halved to 175.
    found = made(places(0, 900), [2, 1], read_hours("Tue 16:30-22:30"), stops_per_evening=2, cycle_weeks=1)
    assert found.visits["travel_min"].tolist() == [0, 5]
    assert [f"{a:%H:%M}-{b:%H:%M}" for a, b in zip(found.visits["starts_at"], found.visits["ends_at"], strict=True)] == ["16:30-19:25", "19:30-22:25"]  # fmt: skip


def test_a_rest_is_left():
    evening = Evening(0, MONDAY, dt.datetime(2026, 10, 5, 18, tzinfo=LONDON), dt.datetime(2026, 10, 5, 18, 22, tzinfo=LONDON))  # fmt: skip
    assert [f"{a:%M}-{b:%M}" for a, b in slots(evening, Order((0, 1, 2), (0, 0, 0)))] == ["00-05", "05-10", "10-15"]
    assert slots(evening, Order((0, 1), (0, 15))) == ()
    assert len(slots(evening, Order((0, 1), (0, 10)))) == 2


def test_the_order_of_an_evening_is_the_shortest_that_fits():
    change = {"sessions": read_hours("Tue 16:30-22:30"), "stops_per_evening": 3, "cycle_weeks": 1}
    spots = (1_000, 3_000, 0)
    assert by_evening(made(places(*spots), [1, 1, 1], **change)) == [["S1", "S0", "S2"]]
    late = places(*spots, hours=[None, "20:00-23:00", None])
    assert by_evening(made(late, [1, 1, 1], **change)) == [["S2", "S0", "S1"]]
    middle_first = places(*spots, hours=["16:00-19:00", None, None])
    assert by_evening(made(middle_first, [1, 1, 1], **change)) == [["S0", "S2", "S1"]]


def test_of_too_many_sets_each_stop_goes_with_those_near_it(monkeypatch):
    monkeypatch.setattr(evenings_module, "MOST_SETS", 12)
    spots = (0, 100, 200, 5_000, 5_100, 5_200)
    travel = travel_minutes(np.array(spots, dtype=float), np.zeros(6), 18.0)
    [evening] = evenings_of((Span(1, 990, 1350),), MONDAY, 1, "Europe/London")
    found = orders_of(evening, [()] * 6, travel, 2, 240)
    assert not found.whole
    pairs = {frozenset(one.stops) for one in found.orders if len(one.stops) == 2}
    assert pairs == {frozenset(pair) for three in ((0, 1, 2), (3, 4, 5)) for pair in itertools.combinations(three, 2)}
    assert orders_of(evening, [()] * 6, travel, 1, 240).whole
    said = made(places(*spots), [1] * 6, stops_per_evening=2).sentences
    assert said == ("There are too many sets of stops to weigh them all: each stop went with those nearest to it.",)
    monkeypatch.setattr(evenings_module, "MOST_SETS", 2_000)
    monkeypatch.setattr(evenings_module, "MOST_ORDERS", 29)
    assert not orders_of(evening, [()] * 6, travel, 2, 240).whole
    monkeypatch.setattr(evenings_module, "MOST_ORDERS", 30)
    assert orders_of(evening, [()] * 6, travel, 2, 240).whole


# --- what is given up, and said ---------------------------------------------------------------------------------------


def test_nothing_is_said_where_all_is_kept():
    found = made(places(0, 100, 200, 300), [5, 4, 3, 2], stops_per_evening=2)
    assert found.sentences == ()
    assert found.optimal
    assert visits_of(found) == dict.fromkeys(["S0", "S1", "S2", "S3"], 2)
    assert not any(set(a) & set(b) for a, b in itertools.pairwise(by_evening(found)))


def test_days_that_are_closed_are_said_with_their_reasons():
    closed = {dt.date(2026, 10, 6): "service", dt.date(2026, 10, 7): "no session", dt.date(2026, 10, 13): "service"}
    closed[dt.date(2026, 10, 15)] = "training"
    found = made(places(0, 100), [1, 1], closed=closed)
    assert found.sentences == (
        "The bus stays in on Tue 6 Oct 2026 and Tue 13 Oct 2026: service.",
        "The bus stays in on Thu 15 Oct 2026: training.",
        "Stop S1 has no visit: the cycle has room for 1 visit to 2 stops.",
    )
    assert found.visits["evening"].tolist() == [1]


def test_a_stop_that_is_never_open_is_said():
    stops = places(
        0, 100, 200, hours=["Mon 10:00-12:00", "Tue 16:30-18:00", None], names=["Erith", "Welling", "Bexley"]
    )
    found = made(stops, [9, 9, 1], stops_per_evening=2, cycle_weeks=1)
    assert found.sentences == (
        "Erith is open at no session: it has no visit.",
        "Welling is open for no whole stop of an evening: it has no visit.",
        "Every evening has fewer than 2 stops: opening hours, ways and the stops there are allow no more.",
        "Two evenings in a row cannot be avoided at Bexley (once).",
    )
    assert visits_of(found) == {"S2": 2}


def test_fewer_visits_than_stops_are_said_and_go_to_the_most_need():
    found = made(places(0, 100, 200, 300), [1, 9, 2, 8], cycle_weeks=1)
    assert visits_of(found) == {"S1": 1, "S3": 1}
    assert found.sentences == ("Stop S0 and Stop S2 have no visit: the cycle has room for 2 visits to 4 stops.",)
    alone = made(places(0, 100, 200), [1, 9, 8], cycle_weeks=1)
    assert alone.sentences == ("Stop S0 has no visit: the cycle has room for 2 visits to 3 stops.",)


def test_stops_that_need_the_same_evening_are_said():
    stops = places(0, 100, 200, hours=["Tue 16:00-23:00", "Tue 16:00-23:00", None])
    found = made(stops, [1, 9, 5], cycle_weeks=1)
    assert found.sentences == ("Stop S0 has no visit: the cycle has room for 2 visits to 3 stops.",)
    busy = places(0, 100, 200, hours=["Tue 16:00-23:00", "Tue 16:00-23:00", "Thu, Sat, Sun 16:00-23:00"])
    change = {"sessions": read_hours("Tue, Thu, Sat, Sun 17:00-20:00"), "cycle_weeks": 1}
    assert made(busy, [1, 9, 1], **change).sentences[0] == (
        "Stop S0 has no visit: other stops need the evenings that fit."
    )
    free = places(0, 100, hours=["Tue 16:00-23:00", "Tue 16:00-23:00"])
    assert made(free, [1, 9], cycle_weeks=1).sentences == (
        "Stop S0 has no visit: the cycle has room for 1 visit to 2 stops.",
        "Thu 8 Oct 2026 has no stop: opening hours, ways and the stops there are allow no more.",
    )


def test_every_stop_has_its_visit_before_evenings_are_full():
    # S2 is an hour away from the others: the evening that it has is its own.
    found = made(places(0, 100, 20_000), [9, 9, 1], stops_per_evening=2, cycle_weeks=2)
    assert visits_of(found)["S2"] == 1
    assert sorted(len(one) for one in by_evening(found)) == [1, 2, 2, 2]
    assert any("has fewer than 2 stops" in said for said in found.sentences)


def test_evenings_are_full_before_rows_are_avoided():
    found = made(places(0, 100, 200), [3, 3, 3], stops_per_evening=2)
    assert [len(one) for one in by_evening(found)] == [2, 2, 2, 2]
    assert sum(len(set(a) & set(b)) for a, b in itertools.pairwise(by_evening(found))) == 3
    [said] = found.sentences
    assert said.startswith("Two evenings in a row cannot be avoided at Stop S0 (")


def test_many_short_evenings_are_counted():
    stops = places(0, 100, hours=[None, "Tue 16:00-23:00"])
    found = made(stops, [1, 1], stops_per_evening=2, cycle_weeks=7)
    assert found.sentences[0] == (
        "Thu 8 Oct 2026, Thu 15 Oct 2026, Thu 22 Oct 2026, Thu 29 Oct 2026, Thu 5 Nov 2026 and 2 more have fewer than "
        "2 stops: opening hours, ways and the stops there are allow no more."
    )
    assert found.sentences[1] == "Two evenings in a row cannot be avoided at Stop S0 (13 times)."


def test_a_cycle_without_an_evening_is_empty():
    sessions = read_hours("Tue 18:00-20:00")
    found = made(places(0), [1], sessions, cycle_weeks=1, closed={dt.date(2026, 10, 6): "Christmas"})
    assert len(check(ROTA, found.visits)) == 0
    assert found.sentences == (
        "The bus stays in on Tue 6 Oct 2026: Christmas.",
        "No evening takes place: the rota is empty.",
    )
    assert (found.optimal, found.bound, found.counts) == (True, 0, 0)
    none = made(places(0)[:0], [], cycle_weeks=1)
    assert none.sentences == ("There is no stop to visit.",)


def test_a_search_that_is_stopped_is_said():
    stops = places(*range(0, 900, 100))
    found = made(stops, [[9, 5], [3, 7], [1, 1], [4, 2], [8, 8], [5, 6], [2, 9], [3, 3], [7, 1]], stops_per_evening=3, cycle_weeks=4, time_limit_s=1e-6)  # fmt: skip
    assert not found.optimal
    assert found.bound >= found.counts > 0
    assert len(found.visits) == 24
    more = 100 * (found.bound / found.counts - 1)
    assert found.sentences[-1] == f"The search stopped after 1e-06 seconds: a rota that counts {more:.1f} % more is not ruled out."  # fmt: skip


def test_the_choice_to_fall_back_on_takes_what_adds_most():
    def order(*stops):
        return Order(stops, (0,) * len(stops))

    options = (order(0), order(1), order(0, 1), order(1, 2), order(0, 2))
    task = Task((options, options, (), options), (0, 1, 0, 1), np.array([[3.0, 4.0], [2.0, 2.0], [1.0, 9.0]]))
    # Two stops; one of them again, of which 4 / 2 + 9 is most; none; then 4 / 3 + 9 / 2 is most.
    assert greedy(task) == (2, 4, -1, 4)
    assert choose(task, 10).optimal


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda stops, need: (stops, need.rename(columns=str.upper)), r"has the columns \['TUE .* expected the sessions \['Tue 16:30-22:30'"),
        (lambda stops, need: (stops, need[:1]), "one row for each stop"),
        (lambda stops, need: (stops, pd.concat([need, need])), "one row for each stop"),
        (lambda stops, need: (stops, -need), "numbers of 0 or more"),
        (lambda stops, need: (stops, need * np.nan), "numbers of 0 or more"),
        (lambda stops, need: (stops, need * np.inf), "numbers of 0 or more"),
        (lambda stops, need: (stops.assign(hours="whenever"), need), "SITES: hours of S0: 'whenever' is no day of the week"),
        (lambda stops, need: (stops.drop(columns="name"), need), "SITES breaks its contract: name"),
    ],
)  # fmt: skip
def test_tables_that_do_not_fit_are_refused(change, message):
    stops = places(0, 100)
    stops, need = change(stops, needs(stops, TUE_THU, [1, 2]))
    with pytest.raises(TableError, match=message):
        rota(stops, need, TUE_THU, MONDAY, Bus(), closed={}, on={})


def by_part(needs, sessions, size):
    """Need of stops by the parts of their evenings."""
    labels = [hours_text((part,)) for span in sessions for part in parts_of(span, size)]
    index = pd.Index([f"s{at}" for at in range(len(needs))], name="site_id")
    return pd.DataFrame(needs, index=index, columns=labels, dtype=float)


@pytest.mark.parametrize("late", [0, 1])
def test_the_hour_decides_which_stop_comes_first(late):
    sessions = read_hours("Tue 16:00-20:00; Thu 16:00-20:00")
    needs = [[0, 5, 0, 5], [5, 0, 5, 0]] if late == 0 else [[5, 0, 5, 0], [0, 5, 0, 5]]
    stops = places(0, 300)
    needed = by_part(needs, sessions, 2).set_axis(stops.index)
    bus = Bus(stops_per_evening=2, cycle_weeks=2)
    found = rota(stops, needed, sessions, MONDAY, bus, closed={}, on={})
    seconds = found.visits[found.visits["order"] == 2]
    assert set(seconds["site_id"]) == {stops.index[late]}
    assert set(found.visits["demand"]) == {5.0}


def test_a_stop_alone_has_the_need_of_the_whole_evening():
    sessions = read_hours("Tue 16:00-20:00")
    stops = places(0)
    found = rota(
        stops,
        by_part([[2, 3]], sessions, 2).set_axis(stops.index),
        sessions,
        MONDAY,
        Bus(stops_per_evening=2, cycle_weeks=1),
        closed={},
        on={},
    )
    assert found.visits["demand"].tolist() == [5.0]


@pytest.mark.parametrize("seed", range(6))
def test_by_part_no_rota_counts_more(seed):
    """Every choice of order on three evenings, tried one by one."""
    random = np.random.default_rng(seed)
    sessions = read_hours("Tue 16:00-20:00; Wed 16:00-20:00; Thu 16:00-20:00")
    stops = places(0, 200, 400)
    needs = random.integers(0, 9, (3, 6))
    needed = by_part(needs, sessions, 2).set_axis(stops.index)
    found = rota(stops, needed, sessions, MONDAY, Bus(stops_per_evening=2, cycle_weeks=1), closed={}, on={})
    best = max(
        (
            len({stop for pair in evenings for stop in pair}),
            -sum(len(set(one) & set(other)) for one, other in itertools.pairwise(evenings)),
            sum(
                counted([needs[stop, 2 * at + pair.index(stop)] for at, pair in enumerate(evenings) if stop in pair])
                for stop in range(3)
            ),
        )
        for evenings in itertools.product(itertools.permutations(range(3), 2), repeat=3)
    )
    assert found.counts == pytest.approx(best[2])
