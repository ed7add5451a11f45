"""The plan: need, the best stops, the next best, the plan in force, the curve and what is said of them."""

from __future__ import annotations

import dataclasses
import datetime as dt
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.errors import InputError, SettingsError
from hotspots.outreach.coverage import reach_of
from hotspots.pipeline.bus_content import bus_content
from hotspots.pipeline.bus_findings import alternative_notes, amount, headline, method, why
from hotspots.pipeline.bus_ground import wanted_incidents
from hotspots.pipeline.bus_plan import make_plan, need_of
from hotspots.pipeline.bus_wishes import judge_sites
from hotspots.settings import Bus, Settings
from hotspots.tables import CURVE, DEMAND, PLAN, PROVISION, ROTA, check
from hotspots.tables.events import events_table
from tests.outreach_fixtures import ASB, EPSG, MONTHS, X, Y, ground, incidents, sites

BUS = Bus(
    stops=2, walk_m=260, walk_factor=1.3, sessions=("Tue, Thu 17:00-21:00",), alternatives=2, one_per_hotspot=False
)
PLACES = ((500, 500), (500, 500), (500, 500), (1500, 1500), (1500, 1500), (1500, 500), (600, 600))
SITES = (("a", 500, 520), ("b", 1500, 1520), ("c", 1500, 520), ("d", 1000, 1000))
FIRST = dt.date(2024, 1, 1)
PART = 100 / 7
"""Of all need one incident a month."""


def asked(bus=BUS, *, rows=None, given=None, current=(), provision=None, own=None, days=None):
    town = ground(incidents(*PLACES) if rows is None else rows)
    listed = judge_sites(sites(*SITES) if given is None else given, town, bus, name="sites.csv")
    need = need_of(town, town.incidents, bus, own=own, provision=provision)
    return make_plan(listed, need, bus, first=FIRST, days=days or {}, current=current)


@pytest.fixture(scope="module")
def found():
    return asked(current=("c", "d"))


def chosen(plan, at=0):
    return [plan.candidates.sites.index[site] for site in plan.solutions[at].chosen]


def test_tables_keep_their_contracts(found):
    check(PLAN, found.plan)
    check(CURVE, found.curve)
    check(ROTA, found.rota.visits)
    check(DEMAND, found.need.demand)


def test_the_best_plan_reaches_most(found):
    assert chosen(found) == ["a", "b"]
    assert found.solutions[0].optimal
    # Three a month at one place, one beside it, two at another: all of them every month.
    assert found.solutions[0].reach == pytest.approx(6 * PART)
    assert found.total == pytest.approx(100)


def test_no_pair_of_sites_does_better(found):
    weights = found.need.demand["weight"].to_numpy()
    every = [reach_of(found.coverage, weights, pair) for pair in combinations(range(4), 2)]
    assert max(every) == pytest.approx(found.solutions[0].reach)
    assert sorted(every, reverse=True)[:3] == pytest.approx([plan.reach for plan in found.solutions])


def test_the_plan_in_force_is_scored_alike(found):
    assert found.current is not None
    assert found.current.reach == pytest.approx(PART)
    rows = found.plan[found.plan["alternative"] == 0]
    assert sorted(rows["site_id"]) == ["c", "d"]


def test_stops_are_numbered_by_what_they_reach(found):
    rows = found.plan[found.plan["alternative"] == 1]
    assert rows["site_id"].tolist() == ["a", "b"]
    assert rows["stop_no"].tolist() == [1, 2]
    assert rows["covered"].tolist() == pytest.approx([4 * PART, 2 * PART])
    assert rows["gain"].tolist() == pytest.approx([4 * PART, 2 * PART])
    assert rows["n_month"].tolist() == pytest.approx([4, 2])
    assert rows["starts_at"].notna().all()
    assert found.plan.loc[found.plan["alternative"] != 1, "starts_at"].isna().all()


def test_the_curve_rises_as_far_as_there_are_sites(found):
    assert found.curve.index.tolist() == [1, 2, 3, 4]  # no further: there are four sites
    assert (found.curve["reach"] / PART).tolist() == pytest.approx([4, 6, 7, 7])
    assert (found.curve["gain"] / PART).tolist() == pytest.approx([4, 2, 1, 0])
    assert (found.curve["greedy"] / PART).tolist() == pytest.approx([4, 6, 7, 7])
    assert found.curve["share"].iloc[-1] == pytest.approx(1)
    assert found.curve["knee"].sum() == 1


def test_need_of_one_month_counts_less_than_lasting_need():
    town = ground(
        pd.concat([incidents((500, 500)), incidents((1500, 1500), (1500, 1500), months=MONTHS[:6])]).set_axis(
            pd.Index([f"i{number:03d}" for number in range(24)], name="incident_id")
        )
    )
    lasting = need_of(town, town.incidents, BUS)
    counted = need_of(town, town.incidents, dataclasses.replace(BUS, persistence=False))
    assert lasting.demand["weight"].tolist() == pytest.approx([200 / 3, 100 / 3])
    assert counted.demand["weight"].tolist() == pytest.approx([50, 50])
    assert lasting.demand["n_month"].tolist() == pytest.approx([1, 1])


def test_wards_and_hotspots_are_told_of_the_need(found):
    demand = found.need.demand
    assert demand["ward"].tolist() == ["West", "West", "East", "East"]
    assert demand["hotspot_id"].fillna("").tolist() == ["H1", "", "", "H2"]


def test_what_the_bus_is_for_can_be_the_hotspots_alone():
    town = ground(incidents((500, 500), (500, 601), (1500, 1500)))
    every = Bus(crime_types=(ASB,), themes=())
    assert len(wanted_incidents(town, every)) == 36
    inside = wanted_incidents(town, dataclasses.replace(every, only_hotspots=True))
    assert {point.y - Y for point in inside.geometry} == {500, 1500}
    far = ground(incidents((500, 601)))
    with pytest.raises(InputError, match="None of 12 incidents that the bus is for lies in a hotspot of Town"):
        wanted_incidents(far, dataclasses.replace(every, only_hotspots=True))


@pytest.mark.parametrize(
    ("types", "themes", "count"),
    [(("anti-social BEHAVIOUR",), (), 12), ((), ("knives",), 12), ((ASB,), ("Knives",), 24)],
)
def test_crime_types_and_themes_choose_the_incidents(types, themes, count):
    other = incidents((1500, 1500), category="Robbery", themes="Gangs|Knives")
    both = pd.concat([incidents((500, 500)), other]).set_axis(
        pd.Index([f"i{number:03d}" for number in range(24)], name="incident_id")
    )
    assert len(wanted_incidents(ground(both), Bus(crime_types=types, themes=themes))) == count


def test_nothing_that_the_bus_is_for_is_an_error():
    with pytest.raises(InputError, match=r"None of 24 incidents in Town is what the bus is for \(Arson and Gangs\)"):
        wanted_incidents(ground(), Bus(crime_types=("Arson",), themes=("Gangs",)))


def services(x, y, reach_m=200.0, hours=None):
    frame = gpd.GeoDataFrame(
        {"name": ["Youth club"], "reach_m": [float(reach_m)], "hours": pd.array([hours], dtype="str")},
        geometry=[shapely.Point(X + x, Y + y)],
        crs=EPSG,
        index=pd.Index(["p1"], name="provision_id"),
    )
    return check(PROVISION, frame.astype({"name": "str"}))


def test_existing_services_take_need_away():
    with_club = asked(provision=services(500, 500))
    assert chosen(with_club) == ["b", "c"]
    assert with_club.need.met.sum() / with_club.total == pytest.approx(4 / 3)
    assert with_club.total == pytest.approx(100)
    half = asked(provision=services(500, 500, hours="Tue 17:00-21:00"))
    assert half.need.met.sum() / half.total == pytest.approx(2 / 5)
    said = why(half, events_table({}, epsg=EPSG), 400, pd.Timestamp("2024-01-02", tz="Europe/London"))
    assert said["a"][1] == "Services that are there already meet 50 % of the need within reach, which is taken off."
    # What it meets on Tuesdays is no need on Tuesdays.
    assert half.need.by_part.sum().tolist() == pytest.approx([15, 15, 35, 35])


def test_own_points_replace_incidents():
    own = gpd.GeoDataFrame(
        {"weight": [5.0, 1.0]}, geometry=[shapely.Point(X + 1500, Y + 500), shapely.Point(X + 500, Y + 500)], crs=EPSG
    )
    found = asked(own=own)
    assert found.total == pytest.approx(100)
    assert chosen(found) == ["a", "c"]
    assert found.need.by_part.sum(axis=1).tolist() == pytest.approx(found.need.demand["weight"].tolist())
    assert not found.need.timed


def test_hours_that_are_known_decide():
    evening = incidents((500, 500), times="03 18:00")  # no fixed weekday
    night = incidents((1500, 1500), times="03 03:00")
    both = pd.concat([evening, night]).set_axis(pd.Index([f"i{n:03d}" for n in range(24)], name="incident_id"))
    both = pd.concat([both] * 3).set_axis(pd.Index([f"i{n:03d}" for n in range(72)], name="incident_id"))
    need = need_of(ground(both), both, dataclasses.replace(BUS, sessions=("daily 17:00-21:00",)))
    assert need.timed
    assert need.demand["weight"].tolist() == pytest.approx([100, 0])


def test_no_need_left_is_an_error():
    with pytest.raises(InputError, match="There is nothing for the bus to reach in Town"):
        asked(provision=services(1000, 1000, reach_m=5000))


def test_no_site_near_any_need_is_an_error():
    with pytest.raises(InputError, match="No site has any need within a walk of 260 m"):
        asked(given=sites(("d", 1000, 1000)), bus=dataclasses.replace(BUS, stops=1))


@pytest.mark.parametrize(
    ("changes", "given", "sentence"),
    [
        ({"stops": 5}, None, "5 stops are asked for, but only 4 of 4 sites can be used"),
        ({"stops": 1}, sites(*SITES, status=["fixed", "fixed", "candidate", "candidate"]), "1 stop and 2 fixed sites"),
        ({"min_separation_m": 3000}, None, "2 stops and 3000 m between stops"),
        ({"stops": 1, "serve": ("West", "East")}, sites(*SITES[:3]), "1 stop, a stop in West and a stop in East"),
    ],
)
def test_wishes_that_contradict_each_other_are_named(changes, given, sentence):
    with pytest.raises(SettingsError, match=sentence):
        asked(dataclasses.replace(BUS, **changes), given=given)


def test_the_other_side_of_a_road_is_no_alternative():
    both_sides = sites(*SITES, ("a2", 510, 520))
    apart = asked(given=both_sides)
    assert [chosen(apart, at) for at in range(3)] == [["a", "b"], ["a", "c"], ["a", "d"]]
    every = asked(dataclasses.replace(BUS, alike_m=0), given=both_sides)
    assert chosen(every, 1) == ["a2", "b"]


def test_row_order_changes_nothing(found):
    rows = incidents(*PLACES[::-1])
    other = asked(rows=rows, given=sites(*SITES[::-1]), current=("d", "c"))
    pd.testing.assert_frame_equal(pd.DataFrame(other.plan), pd.DataFrame(found.plan))
    pd.testing.assert_frame_equal(other.curve, found.curve)
    pd.testing.assert_frame_equal(other.rota.visits, found.rota.visits)


def test_the_headline_says_reach_proof_and_what_more_would_bring(found):
    said = headline(found, BUS, "Town")
    assert said[0] == (
        "Two stops have 6.0 of the 7.0 incidents a month in Town within a walk of 260 m (86 %), and 85.7 % of the need: "
        "incidents weighted by how lasting they are."
    )
    assert said[1] == "That is the most that any two of the 4 sites can reach with these wishes; it is proven."
    assert said[2] == "The plan in force, with two stops, reaches 14.3 % of the need, this one 71.4 % more."
    assert "One stop more would add 14.3 % of the need." in said


@pytest.mark.parametrize(
    ("changes", "words"),
    [({}, "incidents weighted by how lasting they are."), ({"persistence": False}, "of the need: incidents.")],
)
def test_the_headline_says_what_need_is(changes, words):
    bus = dataclasses.replace(BUS, **changes)
    assert headline(asked(bus), bus, "Town")[0].endswith(words)


def test_the_headline_says_that_services_are_taken_off():
    said = headline(asked(provision=services(500, 500)), BUS, "Town")[0]
    assert said.endswith("weighted by how lasting they are, less what services meet.")


def test_what_wishes_cost_is_said(found):
    assert found.free_reach == pytest.approx(found.solutions[0].reach)
    dear = asked(given=sites(*SITES, status=["candidate", "candidate", "candidate", "fixed"]))
    assert dear.free_reach == pytest.approx(6 * PART)
    said = headline(dear, BUS, "Town")
    assert said[2] == "The wishes cost 28.6 % of the need: without them as many stops would reach 85.7 %."


def test_a_stop_that_the_rota_leaves_out_is_said_in_front(found):
    visits = found.rota.visits
    short = dataclasses.replace(found.rota, visits=visits[visits["site_id"] == "a"])
    said = headline(dataclasses.replace(found, rota=short), BUS, "Town")
    assert said[2] == "The rota has no visit to Site b: the stops that are visited reach 57.1 % of the need."


def test_a_plan_in_force_that_is_better_or_barred_is_told_so(found):
    fewer = asked(dataclasses.replace(BUS, stops=1), current=("a", "b"))
    said = headline(fewer, BUS, "Town")
    assert said[2] == "The plan in force, with two stops, reaches 85.7 % of the need, 28.6 % more than this one."
    barred = asked(
        given=sites(*SITES, status=["never", *["candidate"] * 3], reason=["no kerb", *[None] * 3]), current=("a",)
    )
    assert headline(barred, BUS, "Town")[2].endswith("; Site a no kerb.")


def test_with_distance_decay_incidents_are_counted_whole():
    decayed = asked(dataclasses.replace(BUS, distance_decay=True))
    assert headline(decayed, BUS, "Town")[0].startswith("Two stops have 6.0 of the 7.0 incidents a month")


def test_a_smooth_curve_has_no_bend():
    even = incidents((500, 500), (1500, 1500), (1500, 500), (500, 1500))
    given = sites(("a", 500, 500), ("b", 1500, 1500), ("c", 1500, 500), ("d", 500, 1500))
    smooth = asked(rows=even, given=given)
    assert not smooth.curve["knee"].any()
    assert not any("bends" in said for said in headline(smooth, BUS, "Town"))


def test_a_search_that_was_stopped_is_not_called_proven(found):
    best = dataclasses.replace(found.solutions[0], optimal=False, bound=90.0)
    said = headline(dataclasses.replace(found, solutions=(best,)), BUS, "Town")
    assert said[1] == "The search was stopped after 60 s: any two of the 4 sites may reach up to 90.0 %, not more."


def test_alternatives_say_what_they_give_up(found):
    said = alternative_notes(found)
    assert said[0] == "The best plan."
    assert said[1] == "Site c instead of Site b: 14.3 % of the need less."


def test_amounts_never_read_as_a_false_zero():
    assert [amount(value) for value in (0, 0.01, 0.05, 3.14, 99.94, 1234.5)] == [
        *("0.0", "under 0.1", "0.1", "3.1", "99.9", "1,234"),
    ]


def test_every_site_says_why(found):
    events = events_table(
        {
            "event_id": ["e1", "e2", "e3"],
            "title": ["Fair", "Past fair", "Half term"],
            "kind": ["community", "community", "school term"],
            "status": ["planned"] * 3,
            "starts_at": [pd.Timestamp(f"2024-01-{day} 14:00", tz="Europe/London") for day in ("13", "01", "02")],
            "geometry": [shapely.Point(X + 500, Y + 700)] * 3,
        },
        epsg=EPSG,
    )
    said = why(found, events, 400, pd.Timestamp("2024-01-02", tz="Europe/London"))
    assert said["a"] == (
        "4.0 incidents a month lie within reach, 57.1 % of the need.",
        "Within reach of H01 Place 1.",
        "Next event within 400 m: Fair, Sat 13 Jan 2024, 14:00.",
    )
    assert said["d"] == (
        "0.0 incidents a month lie within reach, 0.0 % of the need.",
        "No hotspot lies within its reach.",
    )


def test_reasons_and_access_are_told():
    given = sites(
        *SITES,
        status=["fixed", "candidate", "candidate", "never"],
        reason=["it works.", None, None, None],
        notes=[None, "kerb 12 m", None, None],
    )
    plan = asked(given=given)
    said = why(plan, events_table({}, epsg=EPSG), 400, pd.Timestamp("2024-01-02", tz="Europe/London"))
    assert said["a"][-1] == "Fixed: it works."
    assert said["b"][-1] == "Kerb and access: kerb 12 m."
    assert said["d"][-1] == "Never a stop."


def test_the_method_says_what_was_assumed(found):
    said = dict(method(found, BUS, network=False, own=False))
    assert "1.3 times the straight line, which is 200 m" in said["What a stop reaches"]
    assert "need is taken as equal over them" in said["The rota"]
    assert "as much here" in said["How the stops were found"]
    assert said["The wishes"] == "2 stops."
    full = dataclasses.replace(
        BUS, min_separation_m=50, one_per_hotspot=True, serve=("West",), exclude="x", distance_decay=True
    )
    said = dict(method(found, full, network=True, own=True))
    assert said["The wishes"] == (
        "2 stops, at least 50 m between two, at most one within reach of a hotspot, at least one in West and none where "
        "the bus may not stop."
    )
    assert "along the streets given" in said["What a stop reaches"]
    assert "three, two and one quarter" in said["What a stop reaches"]
    assert (
        said["What is reached for"]
        == "A layer of the partnership's own points in the area, each by its weight; all of it is 100 %."
    )


def test_the_page_holds_areas_and_totals_and_the_same_reach(found):
    content = bus_content(found, ground(), Settings(bus=BUS), why={}, zones=None, provision=None)
    assert content.areas["need"].tolist() == pytest.approx([4 * PART, 0, PART, 2 * PART])
    assert content.total == 100
    assert [plan.kind for plan in content.plans] == ["best", "alternative", "alternative", "current"]
    assert content.words.title == "Outreach bus · Town · January 2024"
    assert content.words.proven not in content.words.headline
    groups = content.groups
    for plan in content.plans:
        at = {int(site) for site in content.sites.index.get_indexer(list(plan.site_ids))}
        best = [
            max(
                (share for site, share in zip(groups.indices[a:b], groups.data[a:b], strict=True) if site in at),
                default=0,
            )
            for a, b in zip(groups.indptr, groups.indptr[1:], strict=False)
        ]
        assert np.dot(best, groups.weight) == pytest.approx(plan.reach)
    assert content.rules.radius_m == pytest.approx(200)


def test_the_rota_goes_to_a_place_at_its_hour():
    early, late = incidents((500, 500), times="03 17:30"), incidents((1500, 1500), times="03 20:30")
    both = pd.concat([early, late] * 3).set_axis(pd.Index([f"i{n:03d}" for n in range(72)], name="incident_id"))
    town, bus = ground(both), dataclasses.replace(BUS, sessions=("daily 17:00-21:00",), cycle_weeks=1, alternatives=0)
    listed = judge_sites(sites(*SITES), town, bus, name="sites.csv")
    plan = make_plan(listed, need_of(town, both, bus), bus, first=FIRST, days={})
    assert plan.need.timed
    by_order = plan.rota.visits.groupby("order")["site_id"].agg(set).to_dict()
    assert by_order == {1: {"a"}, 2: {"b"}}
    untimed = asked(dataclasses.replace(bus, sessions=("Tue 17:00-21:00",)))
    assert not untimed.need.timed
    assert untimed.rota.visits["demand"].sum() > 0
