"""The rota as a calendar: written, and read again by two programs that know the format."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import geopandas as gpd
import icalendar
import pandas as pd
import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point

from hotspots.errors import TableError
from hotspots.intake.calendar import read_calendar
from hotspots.pipeline.bus_exchange import rota_ics
from hotspots.tables import ROTA
from tests.intake_fixtures import HOSTILE

STAMP = dt.datetime(2026, 9, 21, 10, 30, 15, 999, tzinfo=dt.UTC)
LONDON = ZoneInfo("Europe/London")
ROWS = [
    ("2026-10-06 16:30", "2026-10-06 19:28", "S2", "Erith, Pier Road; north", "Half term"),
    ("2026-10-06 19:32", "2026-10-06 22:30", "S1", "Welling Corner", None),
    ("2026-10-24 22:00", "2026-10-25 01:30", "S1", "Welling Corner", None),
]


def rota(rows=ROWS):
    frame = pd.DataFrame(
        {
            "week": 1,
            "evening": range(1, len(rows) + 1),
            "order": 1,
            "starts_at": pd.DatetimeIndex([row[0] for row in rows]).as_unit("us").tz_localize(LONDON, ambiguous=False),
            "ends_at": pd.DatetimeIndex([row[1] for row in rows]).as_unit("us").tz_localize(LONDON, ambiguous=False),
            "site_id": [row[2] for row in rows],
            "name": [row[3] for row in rows],
            "demand": 3.5,
            "travel_min": 0.0,
            "on": [row[4] for row in rows],
        },
        index=pd.RangeIndex(1, len(rows) + 1, name="visit_no"),
    )
    return frame[list(ROTA.columns)].astype(dict.fromkeys(("site_id", "name", "on"), "str"))


def stops(notes=("Bay; drop kerb, 40 m", None), crs=27700):
    frame = gpd.GeoDataFrame(
        {
            "name": ["Welling Corner", "Erith, Pier Road; north"],
            "status": "fixed",
            "hours": None,
            "capacity": pd.array([pd.NA, pd.NA], dtype="Int64"),
            "reason": "a secret reason",
            "notes": list(notes),
        },
        index=pd.Index(["S1", "S2"], name="site_id", dtype="str"),
        geometry=[Point(546_200, 175_800), Point(551_200, 178_100)],
        crs=27700,
    )
    return frame.astype(dict.fromkeys(("name", "status", "hours", "reason", "notes"), "str")).to_crs(crs)


def written(visits=None, places=None, title="Bus rota, October 2026", stamp=STAMP):
    return rota_ics(
        rota() if visits is None else visits, stops() if places is None else places, title=title, stamp=stamp
    )


def test_icalendar_reads_what_was_written():
    calendar = icalendar.Calendar.from_ical(written())
    assert str(calendar["X-WR-CALNAME"]) == "Bus rota, October 2026"
    assert str(calendar["METHOD"]) == "PUBLISH"
    assert str(calendar["VERSION"]) == "2.0"
    assert str(calendar["CALSCALE"]) == "GREGORIAN"
    assert str(calendar["PRODID"]) == "-//hotspots//outreach bus//EN"
    events = calendar.walk("VEVENT")
    assert [str(event["SUMMARY"]) for event in events] == [f"Outreach bus: {row[3]}" for row in ROWS]
    assert [str(event["LOCATION"]) for event in events] == [row[3] for row in ROWS]
    for name, column in (("DTSTART", "starts_at"), ("DTEND", "ends_at")):
        read = [event.decoded(name).astimezone(dt.UTC) for event in events]
        assert read == [moment.to_pydatetime().astimezone(dt.UTC) for moment in rota()[column]]
    assert {event["DTSTART"].params["TZID"] for event in events} == {"Europe/London"}
    assert {event.decoded("DTSTAMP") for event in events} == {STAMP.replace(microsecond=0)}
    assert {str(event["STATUS"]) for event in events} == {"CONFIRMED"}
    assert {event["CATEGORIES"].to_ical() for event in events} == {b"outreach bus"}
    assert [str(event.get("DESCRIPTION")) for event in events] == ["Half term", *["Bay; drop kerb, 40 m"] * 2]
    assert [str(event["UID"]) for event in events] == [
        "bus-20261006T1530Z-S2@hotspots",
        "bus-20261006T1832Z-S1@hotspots",
        "bus-20261024T2100Z-S1@hotspots",
    ]
    place = stops(crs=4326).geometry
    degrees = re.findall(r"^GEO:(\d+\.\d{1,7});(\d+\.\d{1,7})\r$", written().decode(), re.MULTILINE)
    assert len(degrees) == len(ROWS)
    for (latitude, longitude), row in zip(degrees, ROWS, strict=True):
        at = place[row[2]]
        assert (float(latitude), float(longitude)) == pytest.approx((at.y, at.x), abs=1e-7)


def test_vobject_reads_the_same():
    calendar = vobject.readOne(written().decode())
    assert calendar.vtimezone.tzid.value == "Europe/London"
    read = [(event.dtstart.value, event.dtend.value, event.summary.value) for event in calendar.vevent_list]
    assert [
        (begins.astimezone(dt.UTC), ends.astimezone(dt.UTC), summary) for begins, ends, summary in read
    ] == [
        (begins.to_pydatetime(), ends.to_pydatetime(), f"Outreach bus: {name}")
        for begins, ends, name in zip(
            rota()["starts_at"].dt.tz_convert("UTC"), rota()["ends_at"].dt.tz_convert("UTC"), rota()["name"], strict=True
        )
    ]  # fmt: skip


def test_the_hour_that_comes_twice_is_told_apart():
    # 01:30 GMT, an hour after 01:30 BST: the zone alone would mean the first.
    last = icalendar.Calendar.from_ical(written()).walk("VEVENT")[-1]
    assert last["DTEND"].to_ical() == b"20261025T013000Z"


def test_the_events_tracker_reads_it_too(tmp_path):
    path = tmp_path / "rota.ics"
    path.write_bytes(written())
    found = read_calendar(path)
    assert found.skipped == ()
    assert found.sheet.rows[0]["event_id"] == "bus-20261006T1530Z-S2"


def test_it_tells_nothing_of_need_or_reasons():
    text = written().decode()
    assert "secret" not in text
    assert "3.5" not in text


def test_it_is_the_same_bytes_whatever_the_order_and_the_crs_of_the_stops():
    assert written() == written(rota(), stops(crs=4326))
    assert written() == written(rota([ROWS[2], ROWS[0], ROWS[1]]))
    visits, places = rota(), stops()
    before = visits.copy(), places.copy()
    written(visits, places)
    pd.testing.assert_frame_equal(visits, before[0])
    pd.testing.assert_frame_equal(places, before[1])
    later = STAMP.astimezone(ZoneInfo("Asia/Tokyo"))
    assert written() == written(stamp=later)


def test_notes_and_what_the_day_is_stand_below_each_other():
    text = written(rota([("2026-10-06 16:30", "2026-10-06 19:28", "S1", "Here", "Half term")]))
    [event] = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert str(event["DESCRIPTION"]) == "Bay; drop kerb, 40 m\nHalf term"
    [bare] = icalendar.Calendar.from_ical(written(rota(ROWS[1:2]), stops((" ", None)))).walk("VEVENT")
    assert "DESCRIPTION" not in bare


def test_a_rota_without_visits_is_a_calendar_without_events():
    assert icalendar.Calendar.from_ical(written(rota([])[:0])).walk("VEVENT") == []


@settings(max_examples=20)
@given(name=st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(' ;,:"\\'), min_size=1, max_size=90))
def test_any_name_comes_back(name):
    visits = rota([("2026-10-06 16:30", "2026-10-06 19:28", "S1", name, HOSTILE)])
    [event] = icalendar.Calendar.from_ical(written(visits)).walk("VEVENT")
    assert str(event["LOCATION"]) == name
    [other] = vobject.readOne(written(visits).decode()).vevent_list
    assert other.location.value == name


def test_a_stop_that_is_not_there_is_refused():
    with pytest.raises(TableError, match=r"The rota visits S3, which is not among the stops\."):
        written(rota([("2026-10-06 16:30", "2026-10-06 19:28", "S3", "Here", None)]))
    with pytest.raises(TableError, match="SITES breaks its contract"):
        written(places=stops().assign(status="perhaps"))
    with pytest.raises(TableError, match="ROTA breaks its contract"):
        written(rota().assign(week=0))
    with pytest.raises(ValueError, match="has no time zone"):
        written(stamp=dt.datetime(2026, 9, 21))
