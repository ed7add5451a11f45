"""Events of other calendars and lists into the register, and the register out: read, compared, written, read again."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import vobject
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, Polygon, shape
from typer.testing import CliRunner

from hotspots.cli.app import app
from hotspots.errors import InputError, OutputError
from hotspots.events.duplicates import key, repeats
from hotspots.events.recurrence import expand
from hotspots.intake import calendar
from hotspots.intake.calendar import read_calendar
from hotspots.intake.diaries import read_diary
from hotspots.pack.events import calendar_bytes, geojson_bytes
from hotspots.pipeline.events import read_tracker
from hotspots.pipeline.events_exchange import ExportRequest, ImportRequest, export_events, import_events
from hotspots.settings import Settings
from tests.intake_fixtures import HOSTILE, text_file
from tests.test_recurrence import at, events

if TYPE_CHECKING:
    from pathlib import Path

TODAY = dt.date(2025, 5, 13)
SETTINGS = Settings()


def ics(*components: str) -> str:
    """A calendar of events, each given by its lines."""
    inside = "\n".join(f"BEGIN:VEVENT\n{lines.strip()}\nEND:VEVENT" for lines in components)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{inside}\nEND:VCALENDAR\n".replace("\n", "\r\n")


def read(folder: Path, *components: str) -> list[dict[str, object]]:
    found = read_calendar(text_file(folder, "diary.ics", ics(*components)))
    assert found.skipped == ()
    return [{name: cell for name, cell in row.items() if cell is not None} for row in found.sheet.rows]


def refused(folder: Path, lines: str) -> str:
    found = read_calendar(text_file(folder, "diary.ics", ics(lines)))
    assert found.sheet.rows == ()
    ((number, _, reason),) = found.skipped
    assert number == 1
    return reason


# --- calendars --------------------------------------------------------------------------------------------------------


def test_a_full_event_of_a_calendar(tmp_path):
    (row,) = read(
        tmp_path,
        """
UID:market-1
SUMMARY:  Sidcup\\, market
 day
DTSTART;TZID=Europe/London:20250704T090000
DTEND;TZID=Europe/London:20250704T150000
RRULE:FREQ=WEEKLY;BYDAY=FR
EXDATE;TZID=Europe/London:20250718T090000,20250711T090000
CATEGORIES:market,food
STATUS:TENTATIVE
LOCATION:Sidcup High Street
GEO:51.4262;0.1026
DESCRIPTION:Ring Jo Smith on 07700 900123
ORGANIZER;CN=Jo Smith:mailto:jo@example.org
ATTENDEE:mailto:sam@example.org
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Jo again
TRIGGER:-PT15M
END:VALARM""",
    )
    assert row.pop("event_id") == "C-a08d564afb"  # written down once: a second import must know it again
    assert row == {
        "title": "Sidcup, marketday",
        "kind": "market",
        "status": "proposed",
        "starts_at": dt.datetime(2025, 7, 4, 9),
        "ends_at": dt.datetime(2025, 7, 4, 15),
        "rrule": "FREQ=WEEKLY;BYDAY=FR",
        "except_on": "2025-07-11 2025-07-18",
        "venue": "Sidcup High Street",
        "longitude": 0.1026,
        "latitude": 51.4262,
    }


@pytest.mark.parametrize(
    ("told", "local"),
    [
        ("DTSTART:20250704T190000", dt.datetime(2025, 7, 4, 19)),
        ("DTSTART:20250704T190000Z", dt.datetime(2025, 7, 4, 20)),
        ("DTSTART:20250104T190000Z", dt.datetime(2025, 1, 4, 19)),
        ("DTSTART;TZID=Europe/Paris:20250704T190000", dt.datetime(2025, 7, 4, 18)),
        ("DTSTART;TZID=GMT Standard Time:20250704T190000", dt.datetime(2025, 7, 4, 19)),
        ("DTSTART;VALUE=DATE:20250704", dt.date(2025, 7, 4)),
        ("DTSTART:20251026T003000Z", dt.datetime(2025, 10, 26, 1, 30)),
        ("DTSTART:20251026T013000Z", "2025-10-26T01:30+00:00"),
    ],
)
def test_times_become_local(tmp_path, told, local):
    (row,) = read(tmp_path, f"UID:1\nSUMMARY:Fair\n{told}")
    assert row["starts_at"] == local
    assert type(row["starts_at"]) is type(local)


@pytest.mark.parametrize(
    ("told", "end"),
    [
        ("DTSTART:20250704T190000\nDTEND:20250704T230000", dt.datetime(2025, 7, 4, 23)),
        ("DTSTART:20250704T190000\nDURATION:PT5H30M", dt.datetime(2025, 7, 5, 0, 30)),
        # A day on the clock, an hour as it runs: the clocks go back in that night.
        ("DTSTART;TZID=Europe/London:20251025T120000\nDURATION:P1D", dt.datetime(2025, 10, 26, 12)),
        ("DTSTART;TZID=Europe/London:20251025T120000\nDURATION:PT15H", dt.datetime(2025, 10, 26, 2)),
        ("DTSTART;VALUE=DATE:20250704\nDTEND;VALUE=DATE:20250705", dt.date(2025, 7, 4)),
        ("DTSTART;VALUE=DATE:20250704\nDTEND;VALUE=DATE:20250707", dt.date(2025, 7, 6)),
        ("DTSTART;VALUE=DATE:20250704\nDTEND;VALUE=DATE:20250704", dt.date(2025, 7, 4)),
        ("DTSTART;VALUE=DATE:20250704\nDURATION:P2D", dt.date(2025, 7, 5)),
        ("DTSTART;VALUE=DATE:20250704\nDTEND;VALUE=DATE:20250701", dt.date(2025, 7, 1)),
        ("DTSTART:20250704T190000", None),
    ],
)
def test_ends(tmp_path, told, end):
    (row,) = read(tmp_path, f"UID:1\nSUMMARY:Fair\n{told}")
    assert row.get("ends_at") == end


def test_changed_and_additional_dates_become_events_of_their_own(tmp_path):
    rows = read(
        tmp_path,
        """UID:1
SUMMARY:Quiz
DTSTART;TZID=Europe/London:20250701T190000
DTEND;TZID=Europe/London:20250701T210000
RRULE:FREQ=WEEKLY
RDATE;TZID=Europe/London:20250704T180000,20250701T190000
EXDATE;VALUE=DATE:20250722""",
        """UID:1
SUMMARY:Quiz, final
RECURRENCE-ID;TZID=Europe/London:20250715T190000
DTSTART;TZID=Europe/London:20250716T190000""",
    )
    base, more, final = rows
    assert (base["except_on"], base["rrule"]) == ("2025-07-15 2025-07-22", "FREQ=WEEKLY")
    assert more["event_id"] == f"{base['event_id']}-20250704"
    assert (more["starts_at"], more["ends_at"]) == (dt.datetime(2025, 7, 4, 18), dt.datetime(2025, 7, 4, 20))
    assert "rrule" not in more
    assert "except_on" not in more
    assert final["event_id"] == f"{base['event_id']}-20250715"
    assert (final["title"], final["starts_at"]) == ("Quiz, final", dt.datetime(2025, 7, 16, 19))


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("UID:1\nSUMMARY:x", "it has no DTSTART"),
        ("UID:1\nDTSTART:soon", "DTSTART is no date or time"),
        ("UID:1\nDTSTART:20250704T190000\nDTEND:late", "DTEND is no date or time"),
        ("UID:1\nDTSTART;TZID=Mars/Phobos:20250704T190000", "its time zone 'Mars/Phobos' is not known"),
        ("UID:1\nDTSTART:20250704T190000\nEXDATE;TZID=Mars/X:20250704T190000", "its time zone 'Mars/X' is not known"),
        ("UID:1\nDTSTART:20250704T190000\nDTSTART:20250705T190000", "it has DTSTART more than once"),
        ("UID:1\nDTSTART:20250704T190000\nDTEND;VALUE=DATE:20250705", "its start has a clock and its end has none"),
        ("UID:1\nDTSTART:20250704T190000\nDURATION:-PT1H", "it ends before it starts"),
        ("UID:1\nDTSTART:20250704T190000\nRRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY", "it has several recurrence rules"),
        ("UID:1\nDTSTART:20250704T190000\nRRULE:FREQ=SPORADIC", "its recurrence is no rule of RFC 5545"),
        ("UID:1\nDTSTART:20250704T233000Z\nRRULE:FREQ=WEEKLY;BYDAY=FR", "it recurs by days of another time zone"),
    ],
)
def test_an_event_that_cannot_be_used_says_why(tmp_path, lines, reason):
    assert refused(tmp_path, lines).startswith(reason)


def test_a_series_by_another_clock_is_told(tmp_path):
    lines = "UID:1\nSUMMARY:Call\nRRULE:FREQ=WEEKLY\nDTSTART"
    for start, said in ((":20250704T190000Z", ("20:00",)), (";TZID=Europe/Paris:20250704T190000", ())):
        notes = read_calendar(text_file(tmp_path, "diary.ics", ics(lines + start))).notes
        assert len(notes) == len(said)
        assert all(f"on 04/07/2025, {clock}." in note for note, clock in zip(notes, said, strict=True))


def test_places(tmp_path):
    for told, expected in (
        ("LOCATION:https://meet.example/1", {}),
        ("LOCATION:WWW.meet.example", {}),
        ("GEO:0;0", {}),
        ("GEO:x", {}),
        ("LOCATION:Hall", {"venue": "Hall"}),
    ):
        (row,) = read(tmp_path, f"UID:1\nDTSTART:20250704T190000\n{told}")
        assert {name: row[name] for name in ("venue", "longitude", "latitude") if name in row} == expected


def test_ids_come_from_the_uid_or_else_from_title_and_start(tmp_path):
    line = "\nDTSTART:20250704T190000\nSUMMARY:"
    ids = [
        read(tmp_path, lines)[0]["event_id"]
        for lines in (f"UID:a{line}x", f"UID:a{line}y", f"UID:b{line}x", f"CLASS:PUBLIC{line}x", f"CLASS:PUBLIC{line}y")
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4
    assert read(tmp_path, f"UID:E7@hotspots{line}x")[0]["event_id"] == "E7"
    assert str(read(tmp_path, f"UID:@hotspots{line}x")[0]["event_id"]).startswith("C-")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no calendar: it lacks BEGIN:VCALENDAR"),
        ("BEGIN:VEVENT\r\nEND:VEVENT\r\n", "is no calendar"),
        ("title,date\r\n", "is not readable as a calendar"),
        ("\x00\x01\x02", "is not readable as a calendar"),
    ],
)
def test_what_is_no_calendar_is_one_clear_sentence(tmp_path, text, said):
    with pytest.raises(InputError, match=rf"diary\.ics {said}.*export it again"):
        read_calendar(text_file(tmp_path, "diary.ics", text))


def test_a_calendar_too_large_is_refused(tmp_path, monkeypatch):
    text = ics(*["UID:1\nDTSTART:20250704T190000"] * 3)
    monkeypatch.setattr(calendar, "MAX_EVENTS", 2)
    with pytest.raises(InputError, match="holds 3 events, more than 2; export a shorter period"):
        read_calendar(text_file(tmp_path, "diary.ics", text))
    monkeypatch.setattr(calendar, "MAX_BYTES", 100)
    with pytest.raises(InputError, match=r"has more than 0 MB; export a shorter period"):
        read_calendar(text_file(tmp_path, "diary.ics", text))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["UID", "SUMMARY", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "GEO", "X"]),
            st.sampled_from(["", ";TZID=Europe/London", ";VALUE=DATE", ";TZID=x", ";VALUE=PERIOD"]),
            st.text(max_size=12) | st.sampled_from(["20250704", "20250704T190000Z", "FREQ=DAILY", "PT1H", "1;1"]),
        ),
        max_size=8,
    )
)
def test_any_calendar_is_rows_or_reasons(tmp_path, lines):
    inside = "\n".join(f"{name}{told}:{' '.join(text.split())}" for name, told, text in lines)
    try:
        found = read_calendar(text_file(tmp_path, "diary.ics", ics(inside)))
    except InputError:
        return
    assert found.sheet.rows or found.skipped


# --- lists ------------------------------------------------------------------------------------------------------------


def listed(folder: Path, text: str) -> list[dict[str, object]]:
    found = read_diary(text_file(folder, "list.csv", text))
    assert found.skipped == ()
    return [{name: cell for name, cell in row.items() if cell is not None} for row in found.sheet.rows]


def test_fixtures_terms_and_calendars_saved_as_csv(tmp_path):
    assert listed(tmp_path, "Date,KO,Home,Away,Ground\n26 December 2025,1pm,Welling,Dover,Park View Road\n") == [
        {
            "title": "Welling v Dover",
            "kind": "match",
            "starts_at": dt.datetime(2025, 12, 26, 13),
            "venue": "Park View Road",
        }
    ]
    assert listed(tmp_path, "Term;From;To\nAutumn term;Monday 1st September 2025;19/12/2025\n") == [
        {"title": "Autumn term", "starts_at": dt.date(2025, 9, 1), "ends_at": dt.date(2025, 12, 19)}
    ]
    outlook = "Subject,Start Date,Start Time,End Date,End Time,All day event,Location,Description\n"
    assert listed(
        tmp_path,
        f"{outlook}Fair,04/07/2025,10:00:00,05/07/2025,16:30:00,False,Green,Jo\n"
        "Day,04/07/2025,00:00:00,04/07/2025,00:00:00,True,,Jo\n",
    ) == [
        {
            "title": "Fair",
            "starts_at": dt.datetime(2025, 7, 4, 10),
            "ends_at": dt.datetime(2025, 7, 5, 16, 30),
            "venue": "Green",
        },
        {"title": "Day", "starts_at": dt.date(2025, 7, 4), "ends_at": dt.date(2025, 7, 4)},
    ]
    assert listed(
        tmp_path, "Subject,Start Date,End Date,All day event\nDay,04/07/2025 00:00,05/07/2025 00:00,True\n"
    ) == [{"title": "Day", "starts_at": dt.date(2025, 7, 4), "ends_at": dt.date(2025, 7, 5)}]


@pytest.mark.parametrize(
    ("clock", "hour"),
    [
        ("19:45", (19, 45)),
        ("7.45pm", (19, 45)),
        ("7:45 PM", (19, 45)),
        ("3pm", (15, 0)),
        ("12pm", (12, 0)),
        ("12 a.m.", (0, 0)),
        ("9am", (9, 0)),
        ("15:00:00", (15, 0)),
        ("tbc", None),
        ("25:00", None),
        ("15", None),
    ],
)
def test_clocks(tmp_path, clock, hour):
    (row,) = listed(tmp_path, f"title,date,time\nFair,2025-07-04,{clock}\n")
    assert row["starts_at"] == (dt.datetime(2025, 7, 4, *hour) if hour else dt.date(2025, 7, 4))


def test_an_end_that_is_a_clock_alone_may_be_the_next_morning(tmp_path):
    rows = listed(tmp_path, "title,date,time,finish\nDisco,2025-07-04,21:00,2am\nTea,2025-07-04,15:00,16:00\n")
    assert [row["ends_at"] for row in rows] == [dt.datetime(2025, 7, 5, 2), dt.datetime(2025, 7, 4, 16)]


def test_a_date_with_its_zone_and_a_place_that_is_no_file(tmp_path):
    rows = listed(tmp_path, "title,start,place\nA,2025-10-26T01:30Z,The Green\nB,2025-07-04 19:00,routes.geojson#a\n")
    assert rows[0]["starts_at"] == "2025-10-26T01:30Z"
    assert rows[1]["starts_at"] == dt.datetime(2025, 7, 4, 19)
    assert (rows[0]["venue"], rows[1]["place"]) == ("The Green", "routes.geojson#a")
    assert "place" not in rows[0]


def test_rows_without_a_date_are_named_and_columns_left_are_told(tmp_path):
    found = read_diary(text_file(tmp_path, "list.csv", "title,date,referee\nA,soon,Jo\n,,\nB,,Jo\nC,2025-07-04,Jo\n"))
    assert [tuple(one) for one in found.skipped] == [
        (2, "A", "'soon' is no date; write 2025-12-26, 26/12/2025 or 26 December 2025"),
        (4, "B", "it has no date"),
    ]
    assert (found.sheet.numbers, found.notes) == ((5,), ("list.csv: not taken over: referee.",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,home\n2025-07-04,a\n", "no column for a title, such as title or event; it has: date, home"),
        ("title,when\nA,2025-07-04\n", "no column for a date, such as date or start_date; it has: title, when"),
    ],
)
def test_what_is_no_list_of_dates_is_one_clear_sentence(tmp_path, text, said):
    with pytest.raises(InputError, match=rf"list\.csv has {said}"):
        read_diary(text_file(tmp_path, "list.csv", text))


# --- duplicates -------------------------------------------------------------------------------------------------------


def again(new: dict[str, object], *known: dict[str, object]) -> list[tuple[str, str]]:
    found = repeats(events({"event_id": "N"} | new), events(*known))
    return list(found.itertuples(index=False, name=None))


FAIR: dict[str, object] = {"title": "Summer Fair", "starts_at": at("2025-07-04 10:00")}
SERIES = {"title": "Market", "starts_at": at("2025-07-04 10:00"), "rrule": "FREQ=WEEKLY;UNTIL=20250731"}


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"title": "  SUMMER fair! "}, True),
        ({"title": "Sümmer-Fair"}, True),
        ({"title": "Winter Fair"}, False),
        ({"starts_at": at("2025-07-04 10:30")}, False),
        ({"starts_at": at("2025-07-05 10:00")}, False),
        ({"starts_at": at("2025-07-04")}, True),
        ({"venue": "Danson Park"}, True),
        ({"venue": "Danson Park, main gate"}, True),
        ({"venue": "Lesnes Abbey"}, False),
        ({"geometry": Point(549_300, 175_000)}, True),
        ({"geometry": Point(549_000, 175_600)}, False),
        ({"rrule": "FREQ=DAILY", "starts_at": at("2025-07-01 10:00")}, False),
    ],
)
def test_the_same_title_time_and_place_is_the_same_event(change, same):
    known = FAIR | {"venue": "Danson Park"} | ({"geometry": Point(549_000, 175_000)} if "geometry" in change else {})
    assert [other for other, _ in again(FAIR | change, known)] == ["E1"] * same


@pytest.mark.parametrize(
    ("new", "same"),
    [
        ({"starts_at": at("2025-07-18 10:00")}, True),
        ({"starts_at": at("2025-07-18")}, True),
        ({"starts_at": at("2025-07-18 11:00")}, False),
        ({"starts_at": at("2025-07-17 10:00")}, False),
        ({"starts_at": at("2025-08-01 10:00")}, False),
        ({"starts_at": at("2025-07-25 10:00")}, False),
        ({"starts_at": at("2025-07-18 10:00"), "rrule": "freq=weekly;until=20250731T225959Z"}, True),
        ({"starts_at": at("2025-07-18 10:00"), "rrule": "FREQ=DAILY"}, False),
    ],
)
def test_a_date_of_a_series_is_known(new, same):
    found = again({"title": "market"} | new, SERIES | {"except_on": "2025-07-25"})
    assert [other for other, _ in found] == ["E1"] * same


def test_the_same_id_is_the_same_event_unless_all_else_differs():
    known = FAIR | {"event_id": "N", "venue": "Danson Park", "ends_at": at("2025-07-04 16:00")}
    assert again(FAIR, known) == [("N", "")]
    assert again(FAIR | {"starts_at": at("2025-07-05 10:00"), "venue": "x"}, known) == [("N", "start, venue")]
    assert again(FAIR | {"title": "Fair", "ends_at": at("2025-07-04 17:00")}, known) == [("N", "title, end")]
    assert again({"title": "Fair", "starts_at": at("2025-07-05 10:00")}, known) == []
    assert again(SERIES | {"rrule": "FREQ=WEEKLY;UNTIL=20250731T225959Z"}, SERIES | {"event_id": "N"}) == [("N", "")]
    assert again(SERIES | {"rrule": "FREQ=DAILY"}, SERIES | {"event_id": "N"}) == [("N", "recurrence")]


def test_an_event_twice_in_one_file_is_known_the_second_time():
    new = events(FAIR | {"event_id": "A"}, FAIR | {"event_id": "B"}, FAIR | {"event_id": "C", "title": "Other"})
    assert list(repeats(new, events()).itertuples(name=None)) == [("B", "A", "")]


def test_titles_are_compared_without_case_accents_and_punctuation():
    assert key("Welling Utd. vs DOVER") == key("welling utd v Dover") == "welling utd v dover"
    assert key("St. John's Fête") == "st johns fete"
    assert key("Canvas") == "canvas"


# --- into the register ------------------------------------------------------------------------------------------------

FILES = {
    "fixtures.csv": "Date,KO,Home,Away,Venue\n16/08/2025,15:00,Welling,Dover,Park View\n26/12/2025,1pm,Welling,Dartford,\n",
    "terms.csv": "Term,Start date,End date\nAutumn term,01/09/2025,19/12/2025\nHalf term,27/10/2025,31/10/2025\n",
    "bank-holidays.csv": "title,date\nEarly May bank holiday,2025-05-05\nBoxing Day,2025-12-26\n",
    "diary.ics": ics(
        "UID:1\nSUMMARY:Market\nDTSTART;TZID=Europe/London:20250103T090000\nRRULE:FREQ=WEEKLY;BYDAY=FR\n"
        "EXDATE;TZID=Europe/London:20250418T090000",
        "UID:2\nSUMMARY:=New Year\nDTSTART:20251231T203000Z\nDTEND:20260101T010000Z\nGEO:51.45;0.14",
        "UID:3\nSUMMARY:Market\nDTSTART;TZID=Europe/London:20250711T090000",
    ),
}
EXPECTED = {"fixtures.csv": (2, 0), "terms.csv": (2, 0), "bank-holidays.csv": (2, 0), "diary.ics": (2, 1)}


def register(folder: Path, name: str = "events.csv") -> Path:
    """A register with titles of its own and a column that nobody knows."""
    path = folder / name
    columns, row = ["id", "Event", "start", "remark"], ["X1", "Garden party", "2025-06-01 12:00", "keep"]
    if name.endswith(".csv"):
        return text_file(folder, name, ",".join(columns) + "\n" + ",".join(row) + "\n")
    book: Any = openpyxl.Workbook()
    book.active.append(columns)
    book.active.append([*row[:2], dt.datetime(2025, 6, 1, 12), row[3]])
    book.save(path)
    return path


def take(path: Path, name: str, text: str | None = None, **more: object):
    file = text_file(path.parent, name, FILES[name] if text is None else text)
    return import_events(ImportRequest(file, path, TODAY, **more), SETTINGS)  # type: ignore[arg-type]


@pytest.mark.parametrize("kept", ["events.csv", "events.xlsx"])
def test_a_second_import_adds_nothing(tmp_path, kept):
    path = register(tmp_path, kept)
    for name, (added, repeated) in EXPECTED.items():
        found = take(path, name)
        assert (len(found.added), len(found.repeated), found.skipped) == (added, repeated, ())
        assert found.written
        assert found.added.index.isin(read_tracker(path, SETTINGS).events.index).all()
    before = path.read_bytes()
    for name, (added, repeated) in EXPECTED.items():
        found = take(path, name)
        assert (len(found.added), len(found.repeated), found.written) == (0, added + repeated, False)
        assert all(not event.differs for event in found.repeated)
    assert path.read_bytes() == before
    kept_now = read_tracker(path, SETTINGS)
    assert len(kept_now.events) == 9
    assert not len(kept_now.rejects)
    by_title = kept_now.events.set_index("title")
    assert by_title.loc["Market", "rrule"] == "FREQ=WEEKLY;BYDAY=FR"
    assert by_title.loc["Market", "except_on"] == "2025-04-18"
    assert by_title.loc["Autumn term", "ends_at"] == at("2025-12-19 23:59")
    assert by_title.loc["=New Year", "starts_at"] == at("2025-12-31 20:30")
    assert by_title.loc["=New Year"].geometry is not None
    assert by_title.loc["Welling v Dover", "kind"] == "match"


def test_the_register_keeps_its_titles_columns_and_rows(tmp_path):
    path = register(tmp_path)
    take(path, "terms.csv", kind="term")
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "id,Event,start,remark,kind,ends_at"
    assert lines[1] == "X1,Garden party,2025-06-01 12:00,keep,,"
    assert lines[2].split(",")[1:] == ["Autumn term", "2025-09-01", "", "term", "2025-12-19"]
    assert (tmp_path / "events.2025-05-13.csv").exists()


def test_a_dry_run_writes_nothing(tmp_path):
    path = register(tmp_path)
    before = path.read_bytes()
    found = take(path, "terms.csv", dry_run=True)
    assert (len(found.added), found.written) == (2, False)
    assert path.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["events.csv", "terms.csv"]


def test_an_id_that_another_event_has_is_not_taken_from_it(tmp_path):
    path = register(tmp_path)
    found = take(path, "list.csv", "id,title,date\nX1,Other,2025-07-01\nX1-2,Third,2025-07-02\n")
    assert list(found.added.index) == ["X1-2", "X1-3"]
    assert read_tracker(path, SETTINGS).events["title"].to_dict() == {
        "X1": "Garden party",
        "X1-2": "Third",
        "X1-3": "Other",
    }
    again_ = take(path, "list.csv", "id,title,date\nX1,Other,2025-07-01\nX1-2,Third,2025-07-02\n")
    assert len(again_.added) == 0


def test_an_event_that_changed_in_the_file_is_told_and_not_taken_over(tmp_path):
    path = register(tmp_path)
    take(path, "diary.ics")
    found = take(path, "diary.ics", FILES["diary.ics"].replace("SUMMARY:=New Year", "SUMMARY:New Year party"))
    assert [event.differs for event in found.repeated if event.title == "New Year party"] == ["title"]
    assert "=New Year" in set(read_tracker(path, SETTINGS).events["title"])


def test_what_cannot_be_used_is_named_by_file_and_place(tmp_path):
    path = register(tmp_path)
    found = take(path, "list.csv", "title,date,rrule,risk\nA,soon,,\nB,2025-07-01,FREQ=HOURLY,\nC,2025-07-01,,huge\n")
    assert len(found.added) == 0
    assert [sentence.partition(": ")[0] for sentence in found.skipped] == [
        *("list.csv, row 2 (A)", "list.csv, row 3 (B)", "list.csv, row 4, risk")
    ]
    assert "recurs within a day" in found.skipped[1]
    assert not found.skipped[1].endswith("..")
    found = take(
        path, "d.ics", ics("UID:1", "UID:2\nSUMMARY:A\nDTSTART:20250701\nDTEND:20250601", "UID:3\nDTSTART:20250701")
    )
    assert found.skipped[0].startswith("d.ics, event 1: ")
    assert len(found.skipped) == 3
    assert len(found.added) == 0


def test_hostile_text_is_text_all_the_way(tmp_path):
    path = register(tmp_path)
    lines = [
        f"UID:{place}\nSUMMARY:{text.replace(',', chr(92) + ',')}\nDTSTART:2025070{place + 1}T190000"
        for place, text in enumerate(HOSTILE)
    ]
    found = take(path, "diary.ics", ics(*lines))
    assert len(found.added) == len(HOSTILE)
    assert not found.repeated
    assert len(take(path, "diary.ics", ics(*lines)).added) == 0
    out = calendar_bytes(read_tracker(path, SETTINGS).events).decode()
    assert len(list(vobject.readOne(out).vevent_list)) == len(HOSTILE) + 1


# --- out of the register ----------------------------------------------------------------------------------------------

REGISTER: list[dict[str, object]] = [
    {
        "event_id": "M",
        "title": "Market, with; commas\nand lines",
        "starts_at": at("2025-01-07 10:00"),
        "ends_at": at("2025-01-07 16:00"),
        "rrule": "FREQ=WEEKLY;BYDAY=TU,SU;UNTIL=20251130",
        "except_on": "2025-04-20 2025-12-30",
        "venue": "Broadway",
        "geometry": Point(549_000, 175_500),
        "risk": "high",
        "owner": "Jo",
        "notes": "secret",
        "mitigation": "secret",
        "reviewed_on": pd.Timestamp("2025-05-01"),
    },
    {"event_id": "N", "title": "Night", "starts_at": at("2025-10-25 22:00"), "ends_at": at("2025-10-26 03:00")},
    {
        "event_id": "T",
        "title": "Term",
        "starts_at": at("2025-09-01"),
        "ends_at": at("2025-12-19 23:59"),
        "kind": "term",
    },
    {
        "event_id": "W",
        "title": "Whole days",
        "starts_at": at("2025-05-02"),
        "rrule": "FREQ=MONTHLY;UNTIL=20250902",
        "except_on": "2025-06-02",
        "status": "proposed",
    },
    {"event_id": "C", "title": "Off", "starts_at": at("2025-05-03 12:00"), "status": "cancelled"},
    {
        "event_id": "S",
        "title": "Second hour",
        "starts_at": pd.Timestamp("2025-10-26T01:30Z").tz_convert("Europe/London"),
    },
    {
        "event_id": "R",
        "title": "Parade",
        "starts_at": at("2025-05-04 12:00"),
        "geometry": LineString([(549_000, 175_500), (549_500, 175_900)]),
    },
]


def local(time: dt.date) -> str:
    """A time of another library as local ISO text; its series of whole days are times without a zone."""
    if isinstance(time, dt.datetime) and time.tzinfo is not None:
        return f"{pd.Timestamp(time.astimezone(dt.UTC)).tz_convert('Europe/London'):%Y-%m-%dT%H:%M}"
    return f"{time:%Y-%m-%dT%H:%M}"


def test_another_library_reads_the_calendar_as_it_was():
    register_ = events(*REGISTER)
    data = calendar_bytes(register_)
    read_back = {
        event.uid.value.removesuffix("@hotspots"): event for event in vobject.readOne(data.decode()).vevent_list
    }
    assert set(read_back) == set(register_.index)
    active = register_[register_["status"] != "cancelled"]
    ours = expand(active, pd.Timestamp("2025-01-01"), pd.Timestamp("2025-12-31 23:59"))
    for event_id, row in register_.iterrows():
        event = read_back[str(event_id)]
        assert event.summary.value == row["title"]
        assert event.categories.value == [row["kind"]]
        assert getattr(event, "location", None) is None or event.location.value == row["venue"]
        dates = event.getrruleset(addRDate=True) or [event.dtstart.value]
        expected = [f"{start:%Y-%m-%dT%H:%M}" for start in ours.loc[ours["event_id"] == event_id, "starts_at"]]
        if row["status"] != "cancelled":
            told = [local(date) for date in dates]
            assert told == expected, event_id
    assert read_back["C"].status.value == "CANCELLED"
    assert read_back["W"].status.value == "TENTATIVE"
    assert read_back["M"].status.value == "CONFIRMED"
    assert local(read_back["N"].dtend.value) == "2025-10-26T03:00"
    assert read_back["T"].dtend.value == dt.date(2025, 12, 20)
    assert read_back["M"].geo.value.split(";")[0].startswith("51.4")


def test_the_calendar_says_nothing_of_risk_owner_or_notes_and_is_the_same_bytes_twice():
    register_ = events(*REGISTER)
    before = register_.copy(deep=True)
    data = calendar_bytes(register_)
    assert data == calendar_bytes(register_)
    text = data.decode()
    assert "secret" not in text
    assert "high" not in text
    assert "Jo" not in text
    assert text.count("DTSTAMP:20250501T000000Z") == 1
    assert text.count("DTSTAMP:20000101T000000Z") == len(REGISTER) - 1
    assert "UNTIL=20251130T235959Z" in text
    assert "UNTIL=20250902;" in text or "UNTIL=20250902\r\n" in text
    pd.testing.assert_frame_equal(register_, before)


def test_our_own_calendar_comes_back_equal(tmp_path):
    path = text_file(tmp_path, "events.csv", "event_id,title,starts_at\n")
    register_ = events(*(row | {"geometry": None} for row in REGISTER))
    found = take(path, "own.ics", calendar_bytes(register_).decode())
    assert (len(found.added), found.skipped) == (len(REGISTER), ())
    back = read_tracker(path, SETTINGS).events
    for column in ("kind", "status", "starts_at", "ends_at", "except_on", "venue"):
        assert back[column].equals(register_[column].astype(back[column].dtype)), column
    again_ = repeats(register_, back)
    assert (list(again_["repeats"]), set(again_["differs"])) == (list(register_.index), {"", "title"})
    assert list(again_.index[again_["differs"] == "title"]) == ["M"]  # a line break in a title becomes a blank


def test_the_clock_of_the_calendar_is_that_of_london():
    zone = calendar_bytes(events()).decode()
    text = zone.replace(
        "END:VCALENDAR",
        "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=Europe/London:20250101T120000\r\nRRULE:FREQ=DAILY;COUNT=365\r\n"
        "END:VEVENT\r\nEND:VCALENDAR",
    )
    for event in vobject.readOne(text.replace("Europe/London", "Own zone")).vevent_list:
        start = event.dtstart.value
        for day in pd.date_range("2025-01-01 12:00", "2025-12-31 12:00", tz="Europe/London"):
            assert start.tzinfo.utcoffset(day.tz_localize(None).to_pydatetime()) == day.utcoffset(), day


def test_a_layer_holds_every_event_and_its_place():
    dish = Polygon([(0, 0), (0, 90), (90, 90), (90, 0)])
    square = gpd.GeoSeries([dish]).translate(549_000, 175_000).iloc[0]
    register_ = events(*REGISTER, {"event_id": "Z", "starts_at": at("2025-05-05"), "geometry": square, "likelihood": 2})
    document = json.loads(geojson_bytes(register_, {"M": ["2025-05-04T10:00:00+01:00"]}))
    features = {feature["id"]: feature for feature in document["features"]}
    assert list(features) == list(register_.index)
    assert features["N"]["geometry"] is None
    degrees = register_.geometry.to_crs(4326)
    for event_id in ("M", "R", "Z"):
        assert shape(features[event_id]["geometry"]).hausdorff_distance(degrees[event_id]) < 1e-7
    ring = features["Z"]["geometry"]["coordinates"][0]
    assert Polygon(ring).exterior.is_ccw
    assert all(round(number, 7) == number for number in np.ravel(ring))
    market = features["M"]["properties"]
    assert (market["starts_at"], market["reviewed_on"]) == ("2025-01-07T10:00:00+00:00", "2025-05-01")
    assert market["recurs"] == "every Tue, Sun, until 30 Nov 2025"
    assert (market["occurrences"], features["N"]["properties"]["occurrences"]) == (["2025-05-04T10:00:00+01:00"], [])
    assert (market["ends_at"], market["likelihood"]) == ("2025-01-07T16:00:00+00:00", None)
    assert features["Z"]["properties"]["likelihood"] == 2
    assert "occurrences" not in json.loads(geojson_bytes(register_))["features"][0]["properties"]


def full(folder: Path) -> Path:
    path = text_file(folder, "events.csv", "event_id,title,starts_at\n")
    take(path, "own.ics", calendar_bytes(events(*REGISTER)).decode())
    return path


def test_a_workbook_holds_the_register_and_the_dates_of_the_month(tmp_path):
    path = full(tmp_path)
    found = export_events(ExportRequest(tmp_path / "out.xlsx", path, "2025-05"), SETTINGS)
    assert (found.events, found.occurrences) == (3, 10)
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    rows = list(book["events"].iter_rows(values_only=True))
    titles = list(rows[0])
    assert [row[0] for row in rows[1:]] == ["M", "W", "R"]
    market = dict(zip(titles, rows[1], strict=True))
    assert market["starts_at"] == dt.datetime(2025, 1, 7, 10)
    assert market["recurs"] == "every Tue, Sun, until 30 Nov 2025"
    assert market["longitude"] == pytest.approx(0.143, abs=0.01)
    dates = list(book["dates"].iter_rows(values_only=True))
    assert dates[0][:2] == ("event_id", "title")
    assert [row[0] for row in dates[1:]].count("M") == 8
    whole = export_events(ExportRequest(tmp_path / "all.xlsx", path), SETTINGS)
    assert (whole.events, whole.occurrences) == (7, 0)
    assert openpyxl.load_workbook(tmp_path / "all.xlsx").sheetnames == ["events"]
    back = read_tracker(tmp_path / "all.xlsx", SETTINGS)
    assert list(back.events["ends_at"]) == list(read_tracker(path, SETTINGS).events["ends_at"])
    assert len(back.events) == len(read_tracker(path, SETTINGS).events)
    assert not len(back.rejects)


def test_our_own_workbook_comes_back_with_nothing_left_behind(tmp_path):
    path = full(tmp_path)
    export_events(ExportRequest(tmp_path / "out.xlsx", path), SETTINGS)
    again = import_events(ImportRequest(tmp_path / "out.xlsx", path, TODAY), SETTINGS)
    assert (len(again.added), len(again.repeated), again.skipped, again.notes) == (0, len(REGISTER), (), ())
    # In the hour that an autumn night has twice, a cell does not say which one is meant.
    assert {one.event_id: one.differs for one in again.repeated if one.differs} == {"S": "start"}
    other = read_diary(text_file(tmp_path, "list.csv", "title,date,recurs\nTerm,2025-09-01,weekly\n"))
    assert other.notes == ("list.csv: not taken over: recurs.",)


def test_exports_of_a_month_hold_what_takes_place_in_it(tmp_path):
    path = full(tmp_path)
    for month, ids in (("2025-05", {"M", "W", "R"}), ("2025-10", {"M", "N", "T", "S"}), ("2026-05", set())):
        export_events(ExportRequest(tmp_path / "out.geojson", path, month, force=True), SETTINGS)
        document = json.loads((tmp_path / "out.geojson").read_bytes())
        assert {feature["id"] for feature in document["features"]} == ids
        assert all(feature["properties"]["occurrences"] for feature in document["features"])
        export_events(ExportRequest(tmp_path / "out.ics", path, month, force=True), SETTINGS)
        assert (tmp_path / "out.ics").read_text(encoding="utf-8").count("BEGIN:VEVENT") == len(ids)


def test_an_export_never_replaces_by_chance(tmp_path):
    path = full(tmp_path)
    request = ExportRequest(tmp_path / "out.ics", path)
    first = export_events(request, SETTINGS)
    assert first.size == (tmp_path / "out.ics").stat().st_size
    with pytest.raises(OutputError, match="is there already and is kept; add --force"):
        export_events(request, SETTINGS)
    with pytest.raises(
        OutputError, match=r"out\.pdf cannot be written; give a name that ends in \.ics, \.xlsx, \.geojson"
    ):
        export_events(ExportRequest(tmp_path / "out.pdf", path), SETTINGS)
    book = register(tmp_path, "events.xlsx")
    with pytest.raises(OutputError, match="is the register itself; give another name"):
        export_events(ExportRequest(tmp_path / "events.xlsx", book, force=True), SETTINGS)


# --- commands ---------------------------------------------------------------------------------------------------------


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "160")
    return CliRunner().invoke(app, ["events", *arguments], catch_exceptions=True)


def test_the_commands_say_what_they_did(tmp_path, monkeypatch):
    register(tmp_path)
    text_file(tmp_path, "diary.ics", FILES["diary.ics"])
    dry = run(tmp_path, monkeypatch, "import", "diary.ics", "--dry-run")
    assert "2 would be added, 1 there already, 0 not usable." in dry.output
    done = run(tmp_path, monkeypatch, "import", "diary.ics", "--kind", "market", "--today", "2025-05-13")
    assert done.exit_code == 0, done.output
    assert "2 added, 1 there already, 0 not usable." in done.output
    assert "every Fri" in done.output
    text_file(tmp_path, "terms.csv", "Term;From;To;Time\nAutumn;01/09/2031;19/12/2031;\nRun;02/09/2031;;07:30\n")
    terms = run(tmp_path, monkeypatch, "import", "terms.csv", "--dry-run").output
    assert re.search(r"Mon 01 Sep 2031 +Autumn", terms)
    assert "Tue 02 Sep 2031 07:30" in terms
    assert "hotspots events list" in done.output
    assert (tmp_path / "events.2025-05-13.csv").exists()
    out = run(tmp_path, monkeypatch, "export", "out.ics", "--month", "2025-12")
    assert out.exit_code == 0, out.output
    assert "2 events, 5 dates in 2025-12" in out.output
    text_file(tmp_path, "diary.ics", FILES["diary.ics"].replace("SUMMARY:=New Year", "SUMMARY:Party"))
    told = run(tmp_path, monkeypatch, "import", "diary.ics")
    assert "Party (C-" in told.output
    assert "the file says otherwise: title; the register is kept." in told.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("export", "out.ics", "--month", "May"), "YYYY-MM"),
        (("import", "diary.ics", "--today", "May"), "YYYY-MM-DD"),
        (("import",), "Missing argument"),
    ],
)
def test_wrong_usage_is_exit_code_2(tmp_path, monkeypatch, arguments, said):
    found = run(tmp_path, monkeypatch, *arguments)
    assert found.exit_code == 2
    assert said in found.output
