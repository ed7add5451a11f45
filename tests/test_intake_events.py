"""The events tracker: every row is an event or a reject that says why."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotspots.errors import InputError
from hotspots.events.recurrence import check_rule
from hotspots.intake.event_cells import parse_time, typed
from hotspots.intake.events import EventsIntake, read_events
from hotspots.intake.files import sha256
from hotspots.settings import Events
from tests import intake_fixtures as fixtures
from tests.intake_fixtures import gzipped, text_file

if TYPE_CHECKING:
    from pathlib import Path

TITLES = ("title", "starts_at", "ends_at", "longitude", "latitude", "kind", "risk", "notes")
FAIR = {"title": "Fair", "starts_at": "2024-05-04 10:00"}


def tracker(folder: Path, rows: list[dict[str, str]], titles=(), *, epsg: int = 27700) -> EventsIntake:
    titles = titles or list(dict.fromkeys(["title", "starts_at", *(name for record in rows for name in record)]))
    text = fixtures.table([titles, *([record.get(name, "") for name in titles] for record in rows)])
    found = read_events(text_file(folder, "events.csv", text), epsg=epsg)
    assert len(found.events) + len(found.rejects) == sum(any(record.values()) for record in rows)
    return found


def event(folder: Path, **changes: str) -> pd.Series:
    found = tracker(folder, [FAIR | changes])
    assert found.rejects.empty
    first: pd.Series = found.events.iloc[0]
    return first


# --- times -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("2024-05-04", "2024-05-04T00:00:00+01:00"),
        ("2024-05-04 19:30", "2024-05-04T19:30:00+01:00"),
        ("2024-05-04T19:30:15", "2024-05-04T19:30:15+01:00"),
        ("2024-01-04T19:30", "2024-01-04T19:30:00+00:00"),
        ("2024-05-04T19:30:15.5", "2024-05-04T19:30:15.500000+01:00"),
        ("2024-05-04 19:30:00.0000000", "2024-05-04T19:30:00+01:00"),
        ("2024-05-04T19:30Z", "2024-05-04T20:30:00+01:00"),
        ("2024-01-04T19:30+00:00", "2024-01-04T19:30:00+00:00"),
        ("2024-05-04T19:30+0200", "2024-05-04T18:30:00+01:00"),
        ("04/05/2024", "2024-05-04T00:00:00+01:00"),
        ("4/5/2024 9:05", "2024-05-04T09:05:00+01:00"),
        ("31/12/2024  23:59:59", "2024-12-31T23:59:59+00:00"),
        # The clocks go back: 01:30 is twice, the first is still summer time.
        ("2024-10-27 01:30", "2024-10-27T01:30:00+01:00"),
        ("27/10/2024 01:30", "2024-10-27T01:30:00+01:00"),
        ("2024-10-27T01:30Z", "2024-10-27T01:30:00+00:00"),
        ("2024-10-27 02:00", "2024-10-27T02:00:00+00:00"),
        # The clocks go forward: 01:30 does not exist, the moment after the jump is 02:00.
        ("2024-03-31 01:30", "2024-03-31T02:00:00+01:00"),
        ("31/03/2024 01:00", "2024-03-31T02:00:00+01:00"),
        ("2024-03-31 00:59", "2024-03-31T00:59:00+00:00"),
    ],
)
def test_times_are_local_in_london(text, local):
    moment = parse_time(text)
    assert moment is not None
    assert moment.isoformat() == local
    assert moment.unit == "us"
    assert str(moment.tz) == "Europe/London"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tbc",
        "now",
        "NaT",
        "2024",
        "2024-05",
        "20240504",
        "45416",
        "31/02/2024",
        "2024-02-30",
        "05/13/2024",
        "4/5/24",
        "4 May 2024",
        "2024-05-04 25:00",
        "2024-05-04 19.30",
        "4/5/2024 24:30",
        "2024-05-04T19:30+99:99",
        "２０２４-05-04",
        "20２４-05-04",
        "4/5/20２４",
        "2024-05-04 19:30:00.0000000000",
        "0024-05-04",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-12:00",
        "2024-05-04\n",
        "1e400",
        "\x00",
    ],
)
def test_what_is_no_time_is_none(text):
    assert parse_time(text) is None


@given(st.one_of(st.text(max_size=30), st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}[+-][0-9]{4}\Z")))
def test_any_text_is_a_time_or_none(text):
    moment = parse_time(text)
    assert moment is None or moment.tzinfo is not None


# --- events ----------------------------------------------------------------------------------------------------------


def test_a_full_row_becomes_an_event(tmp_path):
    found = event(
        tmp_path,
        event_id="E7",
        ends_at="04/05/2024 18:00",
        longitude="0.14",
        latitude="51.45",
        kind="festival",
        risk=" High ",
        status="cancelled",
        notes="Bring water",
        contact="Jane Doe",
    )
    assert found.name == "E7"
    assert (found["title"], found["kind"], found["risk"]) == ("Fair", "festival", "high")
    assert (found["status"], found["notes"]) == ("cancelled", "Bring water")
    assert found["starts_at"].isoformat() == "2024-05-04T10:00:00+01:00"
    assert found["ends_at"].isoformat() == "2024-05-04T18:00:00+01:00"
    expected = gpd.GeoSeries.from_xy([0.14], [51.45], crs=4326).to_crs(27700).iloc[0]
    assert found.geometry.distance(expected) < 1e-6
    assert "Jane Doe" not in str(found.to_dict())


def test_what_is_not_given_is_empty_or_the_plain_default(tmp_path):
    found = event(tmp_path)
    assert (found["kind"], found["status"]) == ("event", "planned")
    assert found.geometry is None
    assert pd.isna(found["ends_at"])
    assert pd.isna(found["risk"])
    assert pd.isna(found["notes"])


def test_eastings_and_degrees_stand_in_one_file(tmp_path):
    rows = [
        FAIR | {"id": "grid", "easting": "549000.5", "northing": "175500"},
        FAIR | {"id": "none"},
        FAIR | {"id": "place", "longitude": "0.14", "latitude": "51.45", "easting": "", "northing": ""},
    ]
    events = tracker(tmp_path, rows).events
    assert (events.geometry["grid"].x, events.geometry["grid"].y) == (549_000.5, 175_500)
    assert events.geometry["none"] is None
    assert 540_000 < events.geometry["place"].x < 560_000
    other = tracker(tmp_path, rows, epsg=32630).events
    assert other.crs.to_epsg() == 32630
    assert other.to_crs(27700).geometry["grid"].distance(events.geometry["grid"]) < 0.01


@pytest.mark.parametrize(
    ("text", "risk"),
    [("low", "low"), ("L", "low"), ("MED", "medium"), ("m", "medium"), ("Medium", "medium"), ("h", "high")],
)
def test_risks_are_known_in_their_spellings(tmp_path, text, risk):
    assert event(tmp_path, risk=text)["risk"] == risk


@pytest.mark.parametrize(
    ("changes", "reason", "column", "value"),
    [
        ({"title": ""}, "no_title", "title", ""),
        ({"starts_at": "soon"}, "bad_time", "starts_at", "soon"),
        ({"starts_at": "", "notes": "x"}, "bad_time", "starts_at", ""),
        ({"ends_at": "late"}, "bad_time", "ends_at", "late"),
        ({"ends_at": "2024-05-04 09:59"}, "ends_before_it_starts", "ends_at", "2024-05-04 09:59"),
        ({"risk": "very high"}, "bad_risk", "risk", "very high"),
        ({"longitude": "0.14", "latitude": ""}, "bad_location", "longitude, latitude", "0.14, "),
        ({"longitude": "x", "latitude": "51"}, "bad_location", "longitude, latitude", "x, 51"),
        ({"longitude": "nan", "latitude": "51"}, "bad_location", "longitude, latitude", "nan, 51"),
        ({"longitude": "1e400", "latitude": "51"}, "bad_location", "longitude, latitude", "1e400, 51"),
        ({"longitude": "0", "latitude": "0"}, "bad_location", "longitude, latitude", "0, 0"),
        ({"longitude": "549000", "latitude": "175500"}, "bad_location", "longitude, latitude", "549000, 175500"),
        ({"longitude": "51.45", "latitude": "0.14"}, "outside_great_britain", "longitude, latitude", "51.45, 0.14"),
        ({"easting": "549000", "northing": ""}, "bad_location", "easting, northing", "549000, "),
        ({"easting": "-549000", "northing": "175500"}, "bad_location", "easting, northing", "-549000, 175500"),
        ({"easting": "175500", "northing": "inf"}, "bad_location", "easting, northing", "175500, inf"),
        ({"easting": "549,000", "northing": "175500"}, "bad_location", "easting, northing", "549,000, 175500"),
        ({"title": "", "starts_at": "", "risk": "?"}, "no_title", "title", ""),
    ],
)
def test_a_row_that_cannot_be_used_is_rejected_with_reason_column_and_value(tmp_path, changes, reason, column, value):
    found = tracker(tmp_path, [FAIR, FAIR | changes])
    (reject,) = found.rejects.itertuples()
    assert (reject.Index, reject.source_file, reject.source_row) == (1, "events.csv", 3)
    assert (reject.reason, reject.column, reject.value) == (reason, column, value)
    assert len(found.events) == 1


def test_an_event_may_end_when_it_starts_and_span_a_change_of_clocks(tmp_path):
    assert event(tmp_path, ends_at="2024-05-04 10:00")["ends_at"] == event(tmp_path)["starts_at"]
    night = event(tmp_path, starts_at="2024-10-27 01:30", ends_at="2024-10-27T01:15Z")
    assert night["ends_at"] - night["starts_at"] == pd.Timedelta("45min")


def test_places_abroad_are_for_other_systems_than_the_british_grid(tmp_path):
    rows = [FAIR | {"longitude": "-87.6", "latitude": "41.8"}]
    assert tracker(tmp_path, rows).rejects["reason"].tolist() == ["outside_great_britain"]
    assert len(tracker(tmp_path, rows, epsg=26916).events) == 1


def test_a_row_with_more_cells_than_titles_is_rejected_without_its_text(tmp_path):
    text = 'title,starts_at,notes\nFair,2024-05-04,rain, or SECRET\nShow,2024-05-05,"sun, or rain"\n'
    found = read_events(text_file(tmp_path, "events.csv", text), epsg=27700)
    assert found.rejects[["source_row", "reason", "value"]].to_numpy().tolist() == [
        [2, "too_many_cells", "4 cells under 3 titles"],
    ]
    assert found.events["notes"].tolist() == ["sun, or rain"]


def test_blank_rows_are_passed_over_and_rows_keep_their_numbers(tmp_path):
    text = "title,starts_at\n\n,\nFair,2024-05-04\n  ,  \n,soon\n"
    found = read_events(text_file(tmp_path, "events.csv", text), epsg=27700)
    assert len(found.events) == 1
    assert found.rejects["source_row"].tolist() == [6]


def test_hostile_text_is_kept_as_text(tmp_path):
    rows = [FAIR | {"id": text, "title": text, "kind": text, "notes": text, "venue": text} for text in fixtures.HOSTILE]
    events = tracker(tmp_path, rows).events
    assert list(events.index) == sorted(fixtures.HOSTILE)
    for column in ("title", "kind", "notes", "venue"):
        assert list(events[column]) == list(events.index)


@pytest.mark.parametrize("rows", [[], [{"title": "", "starts_at": ""}], [{"title": "", "starts_at": "x"}]])
def test_a_tracker_without_a_usable_event_is_an_empty_table(tmp_path, rows):
    found = tracker(tmp_path, rows)
    assert found.events.empty
    assert str(found.events["starts_at"].dtype) == "datetime64[us, Europe/London]"
    assert found.events.crs.to_epsg() == 27700


def test_the_file_is_named_with_its_hash_packed_or_not(tmp_path):
    text = "title,starts_at\nFair,2024-05-04\n"
    for name, data in (("a.csv", text.encode()), ("a.csv.gz", gzipped(text))):
        file = read_events(text_file(tmp_path, name, data), epsg=27700).file
        assert (file.role, file.name, file.sha256) == ("events", name, sha256(text.encode()))


def test_columns_are_known_in_other_spellings(tmp_path):
    titles = ("Event", "START", "End", "Lng", "Lat", "Type")
    record = dict(zip(titles, ("Fair", "4/5/2024", "5/5/2024", "0.14", "51.45", "fair"), strict=True))
    found = tracker(tmp_path, [record], titles).events.iloc[0]
    assert (found["title"], found["kind"], found["ends_at"].day) == ("Fair", "fair", 5)
    assert found.geometry is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("title,when\nFair,x\n", "lacks the column starts_at; it has: title, when"),
        ("a,b\n", "lacks the columns title, starts_at; it has: a, b"),
        ('title,starts_at\n"Fair,2024-05-04\n', "row 2: not readable as CSV"),
        (b"\x89PNG\r\n\x1a\n\x00", "binary data"),
    ],
)
def test_what_is_no_tracker_is_one_clear_sentence(tmp_path, text, said):
    with pytest.raises(InputError, match=f"events.csv.*{said}"):
        read_events(text_file(tmp_path, "events.csv", text), epsg=27700)


def test_a_missing_tracker_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv does not exist"):
        read_events(tmp_path / "none.csv", epsg=27700)


# --- ids -------------------------------------------------------------------------------------------------------------


def test_ids_are_made_from_title_and_start_and_stay_when_the_rest_changes(tmp_path):
    name = event(tmp_path).name
    # Written down once: next month's pack must name the same event by the same id.
    assert name == "E-64a49ebb26"
    assert event(tmp_path, notes="x", risk="high", starts_at="04/05/2024 10:00").name == name
    assert event(tmp_path, title="Fayre").name != name
    assert event(tmp_path, starts_at="2024-05-04 11:00").name != name


def test_an_id_given_is_never_taken_by_one_that_is_made(tmp_path):
    made = str(event(tmp_path).name)
    rows = [FAIR | {"notes": "first"}, FAIR | {"id": made, "notes": "given"}]
    rows += [{"id": name, "title": name, "starts_at": "2024-05-04", "notes": name} for name in ("A", "A-2")]
    rows.insert(3, rows[2] | {"notes": "again"})
    notes = tracker(tmp_path, rows).events["notes"].to_dict()
    assert notes == {"A": "A", "A-2": "A-2", "A-3": "again", made: "given", f"{made}-2": "first"}


RECORDS = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["", "", "A", "A-2"]),
        "title": st.sampled_from(["", "Fair", "Show"]),
        "starts_at": st.sampled_from(["2024-05-04", "4/5/2024", "2024-10-27 01:30", "x", ""]),
    },
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(RECORDS, max_size=6))
def test_ids_are_unique_and_the_order_of_rows_changes_no_set_of_ids(tmp_path, rows):
    one, two = tracker(tmp_path, rows, (*TITLES, "id")), tracker(tmp_path, rows[::-1], (*TITLES, "id"))
    assert list(one.events.index) == list(two.events.index)
    given_ids = {record["id"] for record in rows if record["title"] and parse_time(record["starts_at"])} - {""}
    assert given_ids <= set(one.events.index)


def test_an_end_without_a_clock_is_the_end_of_that_day(tmp_path):
    found = event(tmp_path, starts_at="2024-05-04 18:00", ends_at="2024-05-04")
    assert found["ends_at"] == pd.Timestamp("2024-05-04 23:59", tz="Europe/London")


# --- the columns of the register -------------------------------------------------------------------------------------


def remarks(found: EventsIntake) -> list[tuple[int, str, str, str, bool]]:
    return [(at.row, at.column, at.value, at.reason, at.rejected) for at in found.remarks]


def test_every_column_of_the_register_is_read(tmp_path):
    found = event(
        tmp_path,
        rrule="rrule: freq=weekly;byday=tu, fr;",
        except_on="18/05/2024, 2024-05-11",
        likelihood="4",
        impact="3",
        attendance="2,500",
        profile="families",
        dispersal_time="00:15",
        dispersal_point="Station",
        organizer="The council",
        sag_ref="SAG/7",
        mitigation="stewards",
        owner="Licensing",
        last_reviewed="01/05/2024",
        reviewed_by="AB",
        venue="Park",
        status="Confirmed",
    )
    assert found["rrule"] == "FREQ=WEEKLY;BYDAY=TU,FR"
    assert found["except_on"] == "2024-05-11 2024-05-18"
    assert (found["likelihood"], found["impact"], found["risk"], found["expected_attendance"]) == (4, 3, "high", 2500)
    assert found["dispersal_at"].isoformat() == "2024-05-05T00:15:00+01:00"
    texts = ("profile", "dispersal_place", "organiser", "licence_ref", "mitigation", "owner", "reviewed_by", "venue")
    assert [found[name] for name in texts] == [
        *("families", "Station", "The council", "SAG/7", "stewards", "Licensing", "AB", "Park")
    ]
    assert (found["reviewed_on"], found["status"]) == (pd.Timestamp("2024-05-01"), "planned")


@pytest.mark.parametrize(
    ("likelihood", "impact", "risk"),
    [
        ("1", "5", "low"),
        ("2", "3", "medium"),
        ("3", "2", "medium"),
        ("2", "5", "medium"),
        ("3", "4", "high"),
        ("5", "5", "high"),
        ("5", "", None),
        ("", "5", None),
    ],
)
def test_risk_is_made_of_likelihood_and_impact(tmp_path, likelihood, impact, risk):
    found = event(tmp_path, likelihood=likelihood, impact=impact)["risk"]
    assert found == risk or (risk is None and pd.isna(found))


def test_the_matrix_is_a_setting_and_a_written_risk_that_contradicts_it_is_kept_and_noted(tmp_path):
    text = "title,starts_at,risk,likelihood,impact\nA,2024-05-04,,2,2\nB,2024-05-04,low,2,2\nC,2024-05-04,low,5,5\n"
    path = text_file(tmp_path, "events.csv", text)
    rules = Events(risk_medium_from=4, risk_high_from=5)
    found = read_events(path, epsg=27700, rules=rules)
    assert found.events.set_index("title")["risk"].to_dict() == {"A": "medium", "B": "low", "C": "low"}
    assert remarks(found) == [
        (3, "risk", "low; 2 × 2 is medium", "risk_contradicts", False),
        (4, "risk", "low; 5 × 5 is high", "risk_contradicts", False),
    ]
    assert found.remarks[0].said("events.csv") == (
        "events.csv, row 3, column risk: this is kept, though likelihood × impact says otherwise "
        "('low; 2 × 2 is medium')."
    )


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("rrule", "every Tuesday", "bad_rule"),
        ("rrule", "FREQ=HOURLY", "bad_rule"),
        ("rrule", "DTSTART=20240504;FREQ=DAILY", None),
        ("except_on", "2024-05-04 soon", "bad_exception"),
        ("except_on", ",", "bad_exception"),
        ("likelihood", "0", "bad_scale"),
        ("likelihood", "6", "bad_scale"),
        ("impact", "3.5", "bad_scale"),
        ("impact", "high", "bad_scale"),
        ("impact", "²", "bad_scale"),
        ("expected_attendance", "about 500", "bad_number"),
        ("expected_attendance", "-5", "bad_number"),
        ("expected_attendance", "25,00", "bad_number"),
        ("expected_attendance", "9" * 12, "bad_number"),
        ("dispersal_at", "late", "bad_time"),
        ("dispersal_at", "2024-05-04", "bad_time"),
        ("dispersal_at", "24:00", "bad_time"),
        ("dispersal_at", "2024-05-04 09:00", "before_it_starts"),
        ("reviewed_on", "last week", "bad_date"),
    ],
)
def test_a_cell_that_cannot_be_read_is_passed_over_and_named_and_the_event_kept(tmp_path, column, text, reason):
    found = tracker(tmp_path, [FAIR, FAIR | {"id": "x", column: text}])
    assert len(found.events) == 2
    if reason is None:
        assert found.events.loc["x", column] == text
        return
    assert remarks(found) == [(3, column, text, reason, False)]
    assert pd.isna(found.events.loc["x", column])
    assert found.remarks[0].said("f.csv").startswith(f"f.csv, row 3, column {column}: ")


def test_a_rule_is_checked_by_whoever_expands_it(tmp_path):
    path = text_file(tmp_path, "events.csv", "title,starts_at,rrule\nFair,2024-05-04,FREQ=WEEKLY;BYDAY=XX\n")
    assert read_events(path, epsg=27700).events["rrule"].tolist() == ["FREQ=WEEKLY;BYDAY=XX"]
    found = read_events(path, epsg=27700, check_rule=check_rule)
    assert found.events["rrule"].isna().all()
    assert remarks(found) == [(2, "rrule", "FREQ=WEEKLY;BYDAY=XX", "bad_rule", False)]


@pytest.mark.parametrize(("text", "status"), [("", "planned"), ("LIVE", "live"), ("canceled", "cancelled")])
def test_statuses_are_known_in_their_spellings(tmp_path, text, status):
    assert event(tmp_path, status=text)["status"] == status


def test_every_fault_of_a_row_is_named_and_the_row_rejected_once(tmp_path):
    found = tracker(tmp_path, [{"title": "", "starts_at": "x", "status": "?", "likelihood": "9", "easting": "1"}])
    assert [(remark.column, remark.reason, remark.rejected) for remark in found.remarks] == [
        ("title", "no_title", True),
        ("starts_at", "bad_time", True),
        ("status", "bad_status", True),
        ("easting, northing", "bad_location", True),
    ]
    assert found.rejects["reason"].tolist() == ["no_title"]
    assert found.remarks[2].said("e.csv") == (
        "e.csv, row 2, column status: this is no status; write one of proposed, planned, live, done, cancelled ('?'); "
        "the row is left out."
    )


def test_an_id_that_is_given_twice_is_noted_and_rows_are_known_by_their_ids(tmp_path):
    found = tracker(tmp_path, [FAIR | {"id": "A"}, {"title": "x"}, FAIR | {"id": "A"}, FAIR | {"notes": "n"}])
    assert [remark for remark in remarks(found) if remark[3] == "repeated_id"] == [
        (4, "event_id", "A", "repeated_id", False)
    ]
    assert found.rows == (("A", 2), ("A-2", 4), ("E-64a49ebb26", 5))


def test_a_workbook_is_read_with_its_dates(tmp_path):
    made = openpyxl.Workbook()
    page = made.worksheets[0]
    page.append(["Title", "Start", "End", "Likelihood", "Impact", "Dispersal time", "Easting", "Northing"])
    moment = dt.datetime(2024, 5, 4, 19, 30)
    page.append(["Fair", moment, dt.date(2024, 5, 4), 4, 4, dt.time(22, 30), 549_000.5, 175_500])
    made.save(tmp_path / "events.xlsx")
    found = read_events(tmp_path / "events.xlsx", epsg=27700)
    first = found.events.iloc[0]
    assert [first[name].isoformat()[:16] for name in ("starts_at", "ends_at", "dispersal_at")] == [
        *("2024-05-04T19:30", "2024-05-04T23:59", "2024-05-04T22:30")
    ]
    assert (first["risk"], first.geometry.x, found.remarks) == ("high", 549_000.5, ())


def test_an_end_without_a_clock_is_the_end_of_the_day_on_which_the_clocks_change(tmp_path):
    found = event(tmp_path, starts_at="2024-10-27 00:30", ends_at="2024-10-27")
    assert found["ends_at"].isoformat() == "2024-10-27T23:59:00+00:00"


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("starts_at", " 04/05/2024 19:30 ", dt.datetime(2024, 5, 4, 19, 30)),
        ("ends_at", "2024-05-04", dt.date(2024, 5, 4)),
        ("starts_at", "2024-05-04T19:30Z", dt.datetime(2024, 5, 4, 20, 30)),
        ("starts_at", "2024-10-27T01:30Z", "2024-10-27T01:30Z"),
        ("dispersal_at", "22:30", "22:30"),
        ("reviewed_on", "04/05/2024", dt.date(2024, 5, 4)),
        ("reviewed_on", "soon", "soon"),
        ("likelihood", "3", 3),
        ("impact", "9", "9"),
        ("expected_attendance", "2,500", 2500),
        ("easting", "549000", 549_000.0),
        ("latitude", "nan", "nan"),
        ("title", "5", "5"),
        ("title", "  ", None),
        ("starts_at", "", None),
    ],
)
def test_what_is_typed_becomes_the_type_of_its_column(column, text, value):
    found = typed(column, text)
    assert (found, type(found)) == (value, type(value))


# --- places ----------------------------------------------------------------------------------------------------------

SQUARE = {"type": "Polygon", "coordinates": [[[0.1, 51.4], [0.11, 51.4], [0.11, 51.41], [0.1, 51.4]]]}
ROUTE = {"type": "LineString", "coordinates": [[0.14, 51.45], [0.15, 51.46]]}


def shape(name: str | None, geometry: object) -> dict[str, object]:
    return {"type": "Feature", "properties": {"name": name}, "geometry": geometry}


def shapes(folder: Path, *features: dict[str, object], **more: object) -> None:
    document = {"type": "FeatureCollection", "features": features} | more
    (folder / "r.geojson").write_text(json.dumps(document), encoding="utf-8")


def test_shapes_of_a_geojson_file_are_found_by_name(tmp_path):
    shapes(tmp_path, shape("Parade", ROUTE), shape("Park", SQUARE), shape("PARADE ", ROUTE), shape(None, None))
    rows = [FAIR | {"id": name, "place": f"r.geojson#{name}"} for name in ("parade", " Park", "gone", "")]
    found = tracker(
        tmp_path, [*rows, FAIR | {"id": "both", "place": "r.geojson#park", "easting": "549000", "northing": "175500"}]
    )
    kinds = found.events.geometry.geom_type.astype("object").where(found.events.geometry.notna(), None).to_dict()
    assert kinds == {"parade": "LineString", "Park": "Polygon", "gone": None, "both": "Point", found.rows[3][0]: None}
    expected = gpd.GeoSeries.from_xy([0.14], [51.45], crs=4326).to_crs(27700).iloc[0]
    assert found.events.geometry["parade"].distance(expected) < 0.01
    assert [remark[:4] for remark in remarks(found)] == [
        (4, "place", "r.geojson#gone", "bad_place"),
        (5, "place", "r.geojson#", "bad_place"),
    ]
    assert found.notes == ("r.geojson: the shape 4 cannot be used.",)


def test_a_file_of_one_shape_needs_no_name_and_may_be_on_the_grid(tmp_path):
    grid = {"type": "Point", "coordinates": [549_000, 175_500, 12]}
    shapes(tmp_path, shape("x", grid), crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}})
    found = event(tmp_path, place="r.geojson")
    assert (found.geometry.x, found.geometry.y, found.geometry.has_z) == (549_000, 175_500, False)
    (tmp_path / "r.geojson").write_text(json.dumps(ROUTE), encoding="utf-8")
    assert event(tmp_path, place="r.geojson").geometry.geom_type == "LineString"


@pytest.mark.parametrize(
    ("features", "more", "note"),
    [
        ([shape("x", {"type": "Point", "coordinates": [51.4, 0.1]})], {}, "the shape x lies outside Great Britain"),
        ([shape("x", {"type": "Point", "coordinates": []})], {}, "the shape x cannot be used"),
        ([shape("x", {"type": "Nothing"})], {}, "the shape x cannot be used"),
        (
            [shape("x", {"type": "Polygon", "coordinates": [[[0.1, 51], [0.2, 51], [0.1, 51], [0.1, 51]]]})],
            {},
            "x cannot",
        ),
        ([shape("x", ROUTE)], {"crs": "EPSG:3857"}, "r.geojson cannot be read: it is no GeoJSON in degrees or on the"),
    ],
)
def test_shapes_that_cannot_be_used_are_named(tmp_path, features, more, note):
    shapes(tmp_path, *features, **more)
    found = tracker(tmp_path, [FAIR | {"place": "r.geojson#x"}])
    assert found.events.geometry.isna().all()
    assert len(found.notes) == 1
    assert note in found.notes[0]


@pytest.mark.parametrize("place", ["../r.geojson#x", "/r.geojson#x", "c:/r.geojson#x", "\\\\host\\r.geojson#x", "#x"])
def test_no_file_outside_the_folder_of_the_register_is_opened(tmp_path, place):
    inner = tmp_path / "inner"
    inner.mkdir()
    shapes(tmp_path, shape("x", ROUTE))
    found = tracker(inner, [FAIR | {"place": place}])
    assert [remark[3] for remark in remarks(found)] == ["bad_place"]
    assert found.notes == ()


def test_venues_are_found_by_name_and_their_faults_are_named(tmp_path):
    text = "Name,Easting,Northing,Longitude,Latitude\nPark  View,549000,175400,,\nHall,,,0.14,51.45\nNowhere,,,,\n"
    text_file(tmp_path, "venues.csv", text + "hall,1,1,,\n,549000,175400,,\nFar,,,51,0\n")
    rows = [FAIR | {"id": name, "venue": name} for name in ("park view", "HALL", "Nowhere", "Elsewhere")]
    found = tracker(tmp_path, rows)
    assert (found.events.geometry["park view"].x, found.events.geometry["park view"].y) == (549_000, 175_400)
    assert 540_000 < found.events.geometry["HALL"].x < 560_000
    assert [remark[1:4] for remark in remarks(found)] == [
        ("venue", "Nowhere", "unknown_venue"),
        ("venue", "Elsewhere", "unknown_venue"),
    ]
    assert found.notes == (
        "venues.csv, row 4: Nowhere has no usable place: these are no coordinates.",
        "venues.csv, row 5: hall is there before; the first row counts.",
        "venues.csv, row 7: Far has no usable place: this lies outside Great Britain.",
    )


def test_without_a_file_of_venues_a_venue_is_only_a_name(tmp_path):
    found = tracker(tmp_path, [FAIR | {"venue": "Park"}])
    assert (found.events["venue"].tolist(), found.remarks, found.notes) == (["Park"], (), ())


def test_a_file_of_venues_without_names_is_one_sentence(tmp_path):
    text_file(tmp_path, "venues.csv", "place,easting\nx,1\n")
    with pytest.raises(InputError, match=r"venues\.csv lacks the column name; it has: place, easting"):
        tracker(tmp_path, [FAIR | {"venue": "Park"}])
