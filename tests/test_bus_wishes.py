"""Which sites can be stops, and the wishes as the model takes them."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy.sparse import csr_array

from hotspots.errors import InputError, SettingsError
from hotspots.pipeline.bus_wishes import judge_sites, problem_of, sessions_of
from hotspots.settings import Bus
from hotspots.settings.hours import Span
from tests.outreach_fixtures import EPSG, X, Y, ground, sites

BUS = Bus(sessions=("Tue, Thu 17:00-21:00",), walk_m=260, walk_factor=1.3)


def judged(given, bus=BUS, **more):
    return judge_sites(given, ground(), bus, name="sites.csv", **more)


def zone(x, y, name="the school gate"):
    return gpd.GeoDataFrame({"name": [name]}, geometry=[shapely.Point(X + x, Y + y).buffer(150)], crs=EPSG)


def test_sessions_are_spans_joined_where_they_overlap():
    assert sessions_of(Bus(sessions=("Tue 17:00-20:00", "Tue 19:00-22:00"))) == (Span(1, 17 * 60, 22 * 60),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [(("Foo 17-20",), "--sessions: 'foo' is no day of the week"), (("",), "--sessions must name at least one evening")],
)
def test_sessions_that_cannot_be_read_are_refused(text, sentence):
    with pytest.raises(SettingsError, match=sentence):
        sessions_of(Bus(sessions=text))


def test_places_hotspots_and_wards_are_told():
    found = judged(sites(("a", 500, 700), ("b", 1500, 500), ("c", 500, 801)))
    assert found.sites["hotspot_ids"].tolist() == ["H1", "", ""]
    assert found.sites["ward"].tolist() == ["West", "East", "West"]
    assert found.sites["borough"].tolist() == ["Town"] * 3
    assert found.hotspot_names == {"H1": "H01 Place 1", "H2": "H02 Place 2"}
    assert found.notes == ()


def test_a_site_outside_is_never_a_stop_and_said():
    found = judged(sites(("a", 500, 500), ("b", 2500, 500), ("c", -1, 500)))
    assert found.sites["status"].tolist() == ["candidate", "never", "never"]
    assert found.sites["reason"].tolist()[1:] == ["lies outside Town"] * 2
    assert found.notes == ("Left out: Site b and Site c: each lies outside Town.",)


def test_a_site_on_the_line_is_inside():
    assert judged(sites(("a", 0, 500))).sites["status"].tolist() == ["candidate"]


def test_a_site_in_a_zone_is_never_a_stop():
    found = judged(sites(("a", 500, 500), ("b", 1500, 1500)), zones=zone(500, 600))
    assert found.sites["status"].tolist() == ["never", "candidate"]
    assert found.sites["reason"].iloc[0] == "lies in the school gate, where the bus may not stop"


@pytest.mark.parametrize(
    ("hours", "status"),
    [
        ("Tue 17:00-19:00", "candidate"),
        ("Thu 19:00-23:00", "candidate"),
        ("Tue 17:30-19:30", "never"),
        ("Wed 17:00-21:00", "never"),
        (None, "candidate"),
    ],
)
def test_hours_must_hold_a_whole_stop_of_some_evening(hours, status):
    found = judged(sites(("a", 500, 500), ("b", 1500, 500), hours=[hours, None]))
    assert found.sites["status"].iloc[0] == status
    if status == "never":
        assert found.notes == (
            f"Left out: Site a: is open {hours} only, for a whole stop of no evening (Tue, Thu 17:00-21:00).",
        )


def test_a_saved_choice_fixes_sites_and_leaves_others_out():
    found = judged(sites(("a", 500, 500), ("b", 1500, 500), ("c", 1500, 900)), chosen={"a": True, "b": False})
    assert found.sites["status"].tolist() == ["fixed", "never", "candidate"]
    assert found.sites["reason"].iloc[1] == "left out in the saved choice"
    assert found.notes == ()


def test_a_choice_does_not_loosen_what_the_list_fixes():
    given = sites(("a", 500, 500), ("b", 1500, 500), status=["fixed", "never"], reason=[None, "no kerb"])
    assert judged(given, chosen={"a": False}).sites["status"].tolist() == ["fixed", "never"]
    with pytest.raises(InputError, match=r"sites\.csv: Site b \(b\) is chosen but never to be used \(no kerb\)"):
        judged(given, chosen={"b": True})


def test_the_reason_of_the_list_stays():
    found = judged(sites(("a", 500, 500), ("b", 2500, 500), status=["candidate", "never"], reason=[None, "no kerb"]))
    assert found.sites["reason"].iloc[1] == "no kerb"


@pytest.mark.parametrize(
    ("given", "zones", "sentence"),
    [
        (sites(("a", 2500, 500), status=["fixed"]), None, r"sites\.csv: Site a \(a\) is fixed but lies outside Town"),
        (sites(("a", 500, 500), status=["fixed"]), zone(500, 500), "is fixed but lies in the school gate"),
        (sites(("a", 500, 500), status=["fixed"], hours=["Sun 10:00-12:00"]), None, "is fixed but is open Sun"),
    ],
)
def test_a_fixed_site_that_cannot_be_a_stop_is_an_error(given, zones, sentence):
    with pytest.raises(InputError, match=sentence):
        judged(given, zones=zones)


def test_no_site_left_is_an_error_that_says_why():
    given = sites(("a", 2500, 500), ("b", 500, 500), ("c", 500, 900), status=["candidate", "candidate", "never"])
    with pytest.raises(
        InputError,
        match=r"No site of sites\.csv can be a stop: each .*lies outside Town \(1 site\).*; or is never to be used \(1\)",
    ):
        judged(given, zones=zone(500, 500))


def test_row_order_changes_nothing():
    given = sites(("a", 500, 500), ("b", 2500, 500), ("c", 1500, 500))
    one, other = judged(given), judge_sites(given.iloc[::-1], ground(), BUS, name="sites.csv")
    assert one.sites.equals(other.sites)
    assert one.notes == other.notes


def problem(given, bus):
    found = judged(given, bus)
    return problem_of(found, csr_array(np.eye(len(given))), np.ones(len(given)), bus)


def test_the_wishes_become_a_problem():
    given = sites(
        ("a", 500, 500),
        ("b", 500, 600),
        ("c", 1500, 500),
        ("d", 1500, 1400),
        status=["fixed", *["candidate"] * 2, "never"],
    )
    found = problem(given, dataclasses.replace(BUS, stops=3, min_separation_m=100, serve=("east",)))
    assert found.stops == 3
    assert found.fixed == {0}
    assert found.barred == {3}
    assert found.at_most_one == (("H1", (0, 1)),)
    assert found.at_least_one == (("east", (2, 3)),)
    assert found.apart == ()
    assert found.apart_words == "100 m between stops"


def test_sites_closer_than_the_least_distance_are_apart():
    given = sites(("a", 500, 500), ("b", 500, 600), ("c", 500, 700))
    assert problem(given, dataclasses.replace(BUS, min_separation_m=101)).apart == ((0, 1), (1, 2))
    assert problem(given, dataclasses.replace(BUS, min_separation_m=0)).apart == ()


def test_one_per_hotspot_can_be_waived():
    given = sites(("a", 500, 500), ("b", 500, 600))
    assert problem(given, dataclasses.replace(BUS, one_per_hotspot=False)).at_most_one == ()


def test_a_borough_can_be_served_too():
    given = sites(("a", 500, 500), ("b", 1500, 600))
    assert problem(given, dataclasses.replace(BUS, serve=("Town",))).at_least_one == (("Town", (0, 1)),)


def test_a_ward_without_a_site_is_named():
    with pytest.raises(
        SettingsError, match=r"no site lies in a ward or borough called 'North'; the sites lie in Town and West"
    ):
        problem(sites(("a", 500, 500)), dataclasses.replace(BUS, serve=("North",)))
